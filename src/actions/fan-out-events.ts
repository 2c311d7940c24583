// Gives an endpoint a delivery for each event that it wants, up to the present one.

import { moveCursor } from "../db/webhooks.ts"
import type { WebhookDeliveryRow, WebhookEndpointRow, WebhookEventRow } from "../db/rows.ts"
import { webhookDeliveries } from "../db/schema.ts"
import { wants } from "../domain/webhook-events.ts"
import { limits } from "../limits.ts"
import type { Scope } from "./scope.ts"

/** A page of events. The endpoint as it is then: whoever has it comes again while there are more. */
export async function fanOut(scope: Scope, endpoint: WebhookEndpointRow): Promise<WebhookEndpointRow> {
  const events = await scope.read.webhooks.events(endpoint.cursor, limits.webhookFanOut)
  const last = events.at(-1)
  if (last === undefined) return endpoint
  const wanted = events.filter((event) => wants(endpoint, event))
  const outcome = await scope.aside().commit({
    guards: [moveCursor(scope.platform.db, endpoint, last.sequence)],
    writes: wanted.map((event) => scope.write.insert(webhookDeliveries, rowOf(scope, endpoint, event))),
    audit: [],
  })
  return outcome.kind === "Committed" ? { ...endpoint, cursor: last.sequence } : endpoint
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
