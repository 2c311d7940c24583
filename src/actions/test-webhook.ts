// Sends an endpoint an event of its own, and sends a delivery once more. Both go the way of every other event.

import type { WebhookDeliveryRow, WebhookEndpointRow } from "../db/rows.ts"
import { webhookDeliveries, webhookEndpoints } from "../db/schema.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { changeWebhook, deliverItem } from "./change-webhook.ts"
import { webhookSubject } from "./create-webhook.ts"
import type { Refusal } from "./refusal.ts"
import { notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** An endpoint that is taken for broken is asked at once. */
export async function testWebhook(
  scope: Scope,
  id: string,
  reply: Reply<WebhookEndpointRow>,
): Promise<Outcome<WebhookEndpointRow>> {
  return changeWebhook(
    scope,
    id,
    (before) => {
      const refused = refuseDisabled(before)
      return refused === null ? ok({ action: "webhook.tested", changes: { probeAt: null } }) : err(refused)
    },
    (after) => after,
    reply,
  )
}

function refuseDisabled({ status }: WebhookEndpointRow): Refusal | null {
  return status === "Enabled"
    ? null
    : refusal("invalid_state", "The endpoint is disabled. Enable it first: it then gets what it has missed.")
}

export async function retryDelivery(
  scope: Scope,
  endpointId: string,
  deliveryId: string,
  reply: Reply<WebhookDeliveryRow>,
): Promise<Outcome<WebhookDeliveryRow>> {
  return act(
    scope,
    async () => {
      const endpoint = await scope.read.webhooks.endpoint(endpointId)
      if (endpoint === null) return err(notFound("webhook endpoint"))
      const delivery = await scope.read.webhooks.delivery(endpointId, deliveryId)
      if (delivery === null) return err(notFound("delivery"))
      const refused = refuseDisabled(endpoint)
      if (refused !== null) return err(refused)
      const changes = {
        status: "Pending" as const,
        attempts: 0,
        firstAttemptAt: null,
        nextAttemptAt: scope.now,
        doneAt: null,
      }
      const asked = { probeAt: null, calls: endpoint.calls + 1 }
      return ok({
        value: { ...delivery, ...changes },
        commit: {
          guards: [scope.write.update(webhookEndpoints, endpointId, endpoint.version, asked)],
          writes: [scope.write.change(webhookDeliveries, deliveryId, changes)],
          agenda: [deliverItem(scope, endpointId)],
          audit: [
            {
              action: "webhook.delivery_retried",
              ...webhookSubject(endpoint),
              after: { delivery_id: deliveryId, event_id: delivery.eventId },
            },
          ],
        },
      })
    },
    reply,
  )
}
