// One event of a subscription with its history: from its meter, or from the archive if it left it.

import type { ArchivedEvent } from "../domain/archive.ts"
import { err, ok } from "../domain/result.ts"
import type { EventChange, EventHistory } from "../meter/protocol.ts"
import type { Outcome } from "./act.ts"
import { findSubscription } from "./find.ts"
import { openArchive, toStored } from "./read-archived.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function readEvent(
  scope: Scope,
  subscriptionId: string,
  eventId: string,
): Promise<Outcome<EventHistory>> {
  const found = await findSubscription(scope, subscriptionId)
  if (!found.ok) return found
  const reply = await scope.meter(subscriptionId).event({ customerId: scope.customerId, eventId })
  if (reply.kind === "NotFound") return err(notFound("event"))
  if (reply.kind === "Event") return ok({ event: reply.event, history: reply.history })
  const opened = await openArchive(scope, reply.archive)
  if (!opened.ok) return opened
  const archived = opened.value.find(({ seq }) => seq === reply.seq)
  if (archived === undefined) return err(notFound("event"))
  return ok({ event: toStored(archived, found.value.customerId), history: historyOf(archived) })
}

function historyOf({ occurredAt, receivedAt, properties, corrections }: ArchivedEvent): EventChange[] {
  const content = { timestamp: occurredAt, properties }
  return [
    { kind: "Recorded", at: receivedAt, content, reason: null },
    ...corrections.map((said): EventChange => {
      const { madeAt: at, reason } = said
      if (said.kind === "Void") return { kind: "Voided", at, content: null, reason }
      return {
        kind: "Amended",
        at,
        content: { timestamp: said.occurredAt, properties: said.properties },
        reason,
      }
    }),
  ]
}
