// The body of an event: `{id, type, created_at, sequence, …, data}`, printed once and the same bytes ever after.
// Law: `data` is what the API showed when the event was first sent or listed; every endpoint and every repeat gets that.

import { freezeBody } from "../db/webhooks.ts"
import type { WebhookEventRow } from "../db/rows.ts"
import { formatInstant } from "../domain/time.ts"
import type { Scope } from "./scope.ts"

/** Null when the event was forgotten meanwhile. */
export async function bodyOf(scope: Scope, event: WebhookEventRow): Promise<string | null> {
  if (event.body !== null) return event.body
  const entry = await scope.read.webhooks.entry(event)
  const { type, subjectType, subjectId, customerId } = event
  const told = { type, subjectType, subjectId, customerId, detail: entry?.after ?? null }
  const data = await scope.platform.showSubject(scope.read, told)
  const body = JSON.stringify({
    id: event.id,
    type: event.type,
    created_at: formatInstant(event.at),
    sequence: event.sequence,
    subscription_id: event.subscriptionId,
    subscription_sequence: event.subscriptionSequence,
    data,
  })
  return freezeBody(scope.platform.db, scope.tenant.id, event.id, body)
}
