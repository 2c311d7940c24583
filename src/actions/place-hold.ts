// Sets budget of a subscription aside, before the work is done that will be charged to it.
// What a repeat means: another hold. One that nobody knows of is over after its time and harms nobody.

import { err, ok } from "../domain/result.ts"
import type { EventInput, HeldAmount, HoldReply, RecordRequest } from "../meter/protocol.ts"
import type { Outcome } from "./act.ts"
import { findSubscriptionTerms } from "./find.ts"
import { meterTermsOf, pricesOf } from "./meter-terms.ts"
import { latestTimestamp, rejection } from "./record-usage.ts"
import type { Refusal } from "./refusal.ts"
import { notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type { HeldAmount }

/** `events`: what they would cost is set aside; null with an amount. */
export type NewHold = {
  readonly amountNanos: string | null
  readonly events: readonly EventInput[] | null
  readonly ttlMs: number
}

/** `leftNanos`: what is left of the lowest limit; null where there is none. */
export type Held = { readonly hold: HeldAmount; readonly leftNanos: string | null }

export async function placeHold(
  scope: Scope,
  subscriptionId: string,
  { amountNanos, events, ttlMs }: NewHold,
): Promise<Outcome<Held>> {
  const found = await findSubscriptionTerms(scope, subscriptionId)
  if (!found.ok) return found
  const reply = await scope.meter(subscriptionId).placeHold({
    terms: meterTermsOf(found.value),
    customerId: scope.customerId,
    holdId: scope.newId(),
    amount: amountNanos,
    events: events === null ? null : eventsRequest(scope, events),
    prices: pricesOf(found.value),
    ttlMs,
    now: scope.now,
  })
  return reply.kind === "Held"
    ? ok({ hold: reply.hold, leftNanos: reply.left ?? null })
    : err(refusalOf(reply))
}

export function eventsRequest(scope: Scope, events: readonly EventInput[]): RecordRequest {
  return {
    terms: null,
    customerId: scope.customerId,
    futureLimit: latestTimestamp(scope),
    receivedAt: scope.now,
    idempotency: null,
    events,
  }
}

function refusalOf(reply: Exclude<HoldReply, { readonly kind: "Held" }>): Refusal {
  switch (reply.kind) {
    case "NotFound":
      return notFound("subscription")
    case "Busy":
      return budgetBusy()
    case "NotRunning":
      return refusal(
        "invalid_state",
        "The subscription is not running now: there is no period to set budget aside in.",
      )
    case "TooMany":
      return refusal(
        "invalid_state",
        "The subscription has as many holds as it may have. Capture or release some.",
      )
    case "OtherPeriod": {
      const message = "The events of a hold lie in the running period of the subscription."
      return refusal("invalid_request", message, [{ path: "events", message }])
    }
    case "Refused":
      return refusal(
        "spend_limit_reached",
        `The hold would go beyond a spend limit; ${reply.left} nanos are left.`,
      )
    case "Rejected":
      return rejection(reply.code, `events.${reply.index}`)
  }
}

export function budgetBusy(): Refusal {
  return refusal(
    "meter_busy",
    "The subscription's meter, or the budget of its customer, is busy. Send again shortly.",
  )
}
