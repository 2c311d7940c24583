// Corrects an accepted event: the meter first, which is the truth about events, then the audit trail.
// What a repeat means: the meter knows its correction and makes no second one, and the audit entry has the correction's id, so it is
// made once, also when the first try died between the two.

import type { AuditEntry } from "../db/commit.ts"
import { assert } from "../domain/assert.ts"
import { err, ok } from "../domain/result.ts"
import { formatInstant } from "../domain/time.ts"
import type {
  CorrectReply,
  CorrectRequest,
  EventChange,
  EventHistory,
  RejectionCode,
} from "../meter/protocol.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { findSubscriptionTerms } from "./find.ts"
import { meterTermsOf } from "./meter-terms.ts"
import { latestTimestamp, rejectionText } from "./record-usage.ts"
import type { Refusal } from "./refusal.ts"
import { notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type { EventChange, EventHistory }

export type Correction = Pick<CorrectRequest, "eventId" | "change" | "reason">

export async function correctEvent(
  scope: Scope,
  subscriptionId: string,
  correction: Correction,
  reply: Reply<EventHistory>,
): Promise<Outcome<EventHistory>> {
  const correctionId = scope.newId()
  return act(
    scope,
    async () => {
      const found = await findSubscriptionTerms(scope, subscriptionId)
      if (!found.ok) return found
      const { customerId } = found.value.subscription
      const corrected = await scope.meter(subscriptionId).correct({
        ...correction,
        correctionId,
        madeAt: scope.now,
        futureLimit: latestTimestamp(scope),
        terms: meterTermsOf(found.value),
      })
      if (corrected.kind !== "Corrected") return err(refusalOf(corrected))
      const { event, history, correctionId: id } = corrected
      const subject = { subscriptionId, customerId }
      const audit = id === null ? [] : [auditEntry(id, { event, history }, subject)]
      return ok({ value: { event, history }, commit: { audit } })
    },
    reply,
  )
}

/** Told from the history alone, so that a repeat tells the same. */
function auditEntry(
  id: string,
  { event, history }: EventHistory,
  { subscriptionId, customerId }: { readonly subscriptionId: string; readonly customerId: string },
): AuditEntry {
  const [before, last] = history.slice(-2)
  return {
    id,
    action: event.status === "Voided" ? "event.voided" : "event.amended",
    subjectType: "Event",
    subjectId: event.id,
    customerId,
    before: { subscription_id: subscriptionId, ...contentOf(before) },
    after: { subscription_id: subscriptionId, ...contentOf(last), reason: last?.reason ?? null },
  }
}

function contentOf(change: EventChange | undefined): object {
  const content = change?.content ?? null
  return content === null
    ? {}
    : { timestamp: formatInstant(content.timestamp), properties: content.properties }
}

type Refused = Exclude<CorrectReply, { readonly kind: "Corrected" }>

function refusalOf(reply: Refused): Refusal {
  switch (reply.kind) {
    case "NotFound":
      return notFound("event")
    case "Voided":
      return refusal("invalid_state", "The event was voided: record what is right as an event of its own.")
    case "TooMany":
      return refusal("invalid_state", "The event was corrected as often as an event may be.")
    case "Archived":
      return refusal(
        "invalid_state",
        "The events of that time are in the archive, and can't be corrected any more.",
      )
    case "Rejected":
      return rejected(reply.code)
  }
}

function rejected(code: RejectionCode): Refusal {
  const message = rejectionText(code)
  if (code === "subscription_ended") return refusal(code, message)
  // What is amended is of a customer, and counted against no limit.
  assert(code !== "customer_mismatch", "a correction names no customer")
  const path = code === "timestamp_in_future" ? "timestamp" : "properties"
  return refusal(code, message, [{ path, message }])
}
