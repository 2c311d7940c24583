// Creates an endpoint that events are sent to. It gets what happens from here on.

import { lastSequence } from "../db/webhooks.ts"
import type { WebhookEndpointRow } from "../db/rows.ts"
import { webhookEndpoints } from "../db/schema.ts"
import { err, ok } from "../domain/result.ts"
import type { EventFilter } from "../domain/webhook-events.ts"
import { HEALTHY } from "../domain/webhook.ts"
import { webhookUrl } from "../domain/webhook-url.ts"
import { limits } from "../limits.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { invalid, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { mintSecret } from "./webhook-secret.ts"

export type NewWebhook = {
  readonly url: string
  readonly events: readonly EventFilter[]
  readonly description: string | null
}

export type CreatedWebhook = { readonly endpoint: WebhookEndpointRow; readonly secret: string }

export async function createWebhook(
  scope: Scope,
  input: NewWebhook,
  reply: Reply<CreatedWebhook>,
): Promise<Outcome<CreatedWebhook>> {
  const url = webhookUrl(input.url, scope.platform.allowPrivateWebhooks)
  if (!url.ok) return err(invalid("url", url.error))
  const { secret, sealed } = await mintSecret(scope)
  const endpoint: WebhookEndpointRow = {
    ...HEALTHY,
    ...input,
    url: url.value,
    events: [...new Set(input.events)],
    id: scope.newId(),
    tenantId: scope.tenant.id,
    status: "Enabled",
    disabledReason: null,
    secret: sealed,
    previousSecret: null,
    previousUntil: null,
    cursor: 0,
    leaseBy: null,
    leaseUntil: null,
    calls: 0,
    version: 1,
    createdAt: scope.now,
    deletedAt: null,
  }
  return act(
    scope,
    async () => {
      if ((await scope.read.webhooks.countEndpoints()) >= limits.webhookEndpoints) {
        const detail = `There are at most ${limits.webhookEndpoints} endpoints. Delete one that isn't used.`
        return err(refusal("invalid_state", detail))
      }
      const cursor = lastSequence(scope.tenant.id) as unknown as number
      return ok({
        value: { endpoint, secret },
        commit: {
          writes: [scope.write.insert(webhookEndpoints, { ...endpoint, cursor })],
          audit: [{ action: "webhook.created", ...webhookSubject(endpoint), after: webhookState(endpoint) }],
        },
      })
    },
    reply,
  )
}

/** What an audit entry is about. */
export function webhookSubject({ id }: WebhookEndpointRow) {
  return { subjectType: "WebhookEndpoint", subjectId: id }
}

/** An endpoint as the audit trail keeps it. */
export function webhookState({ url, events, status, disabledReason }: WebhookEndpointRow) {
  return { url, events, status, ...(disabledReason === null ? {} : { reason: disabledReason }) }
}
