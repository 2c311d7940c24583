// Gives an endpoint a delivery for each event that it wants, up to the present one.
// Law: what it does not want is never read, so a rare type costs the same among ten events as among ten thousand.

import { moveCursor } from "../db/webhooks.ts"
import type { WebhookDeliveryRow, WebhookEndpointRow, WebhookEventRow } from "../db/rows.ts"
import { webhookDeliveries } from "../db/schema.ts"
import { assert } from "../domain/assert.ts"
import { wants } from "../domain/webhook-events.ts"
import { limits } from "../limits.ts"
import type { Scope } from "./scope.ts"

/** A page of what it wants. The endpoint as it is then: whoever has it comes again while there are more. What is behind the page is looked
 *  at by the next one; with a page that isn't full everything was looked at that there was when it was read. */
export async function fanOut(scope: Scope, endpoint: WebhookEndpointRow): Promise<WebhookEndpointRow> {
  const { events, last } = await scope.read.webhooks.wantedEvents(endpoint, limits.webhookFanOut)
  assert(
    events.every((event) => wants(endpoint, event)),
    "an endpoint gets what it wants",
    { endpoint: endpoint.id },
  )
  const cursor = events.length < limits.webhookFanOut ? last : (events.at(-1)?.sequence ?? last)
  if (cursor <= endpoint.cursor) return endpoint
  const outcome = await scope.aside().commit({
    guards: [moveCursor(scope.platform.db, endpoint, cursor)],
    writes: events.map((event) => scope.write.insert(webhookDeliveries, rowOf(scope, endpoint, event))),
    audit: [],
  })
  return outcome.kind === "Committed" ? { ...endpoint, cursor } : endpoint
}

function rowOf(scope: Scope, endpoint: WebhookEndpointRow, event: WebhookEventRow): WebhookDeliveryRow {
  return {
    id: scope.newId(),
    tenantId: scope.tenant.id,
    endpointId: endpoint.id,
    eventId: event.id,
    sequence: event.sequence,
    lane: event.subscriptionId ?? event.subjectId,
    status: "Pending",
    attempts: 0,
    firstAttemptAt: null,
    nextAttemptAt: event.at,
    log: [],
    createdAt: scope.now,
    doneAt: null,
  }
}
