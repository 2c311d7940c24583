// Sends some deliveries side by side, and notes what became of each and what that says of the endpoint.

import type { WebhookDeliveryRow, WebhookEndpointRow } from "../db/rows.ts"
import { webhookDeliveries, webhookEndpoints } from "../db/schema.ts"
import { renewDeliveries } from "../db/webhooks.ts"
import { assert } from "../domain/assert.ts"
import type { Instant } from "../domain/time.ts"
import type { Health, WebhookAnswer } from "../domain/webhook.ts"
import {
  afterFailure,
  HEALTHY,
  isBroken,
  isDelivered,
  isGivenUp,
  isGone,
  nextTry,
} from "../domain/webhook.ts"
import { limits } from "../limits.ts"
import { webhookState, webhookSubject } from "./create-webhook.ts"
import { log } from "../runtime/log.ts"
import type { Scope } from "./scope.ts"
import { bodyOf } from "./webhook-body.ts"
import { secretsOf } from "./webhook-secret.ts"

type Sent = { readonly delivery: WebhookDeliveryRow; readonly answer: WebhookAnswer | null }

export async function sendDeliveries(
  scope: Scope,
  endpoint: WebhookEndpointRow,
  due: readonly WebhookDeliveryRow[],
  now: Instant,
): Promise<void> {
  assert(due.length <= limits.webhooksSideBySide, "deliveries are sent a few at a time", { due: due.length })
  const secrets = secretsOf(scope, endpoint, now)
  const sent = await Promise.all(
    due.map(async (delivery): Promise<Sent> => {
      try {
        return { delivery, answer: await answerTo(scope, endpoint, delivery, await secrets) }
      } catch (error) {
        // A fault of ours is a try that failed: what was sent beside it is noted, and the rest waits for the next one.
        log.error("a webhook could not be made", error, { event: delivery.eventId, endpoint: endpoint.id })
        return { delivery, answer: NOT_MADE }
      }
    }),
  )
  await note(scope, endpoint, sent, now)
}

const NOT_MADE: WebhookAnswer = {
  responseStatus: null,
  responseBody: null,
  durationMs: 0,
  error: "The call could not be made, for a fault on our side.",
}

async function answerTo(
  scope: Scope,
  endpoint: WebhookEndpointRow,
  delivery: WebhookDeliveryRow,
  secrets: Awaited<ReturnType<typeof secretsOf>>,
): Promise<WebhookAnswer | null> {
  const event = await scope.read.webhooks.event(delivery.eventId)
  const body = event === null ? null : await bodyOf(scope, event)
  if (body === null) return null
  return scope.platform.postWebhook({ url: endpoint.url, id: delivery.eventId, body, secrets })
}

async function note(
  scope: Scope,
  endpoint: WebhookEndpointRow,
  sent: readonly Sent[],
  now: Instant,
): Promise<void> {
  const answers = sent.flatMap(({ answer }) => answer ?? [])
  const before: Health = endpoint
  const health = answers.reduce<Health>(
    (at, answer) => (isDelivered(answer) ? HEALTHY : afterFailure(at, now)),
    before,
  )
  const isBack = isBroken(before) && !isBroken(health)
  const reason = reasonToStop(answers, health, now)
  await scope.aside().commit({
    writes: [
      ...sent.map((one) =>
        scope.write.change(
          webhookDeliveries,
          one.delivery.id,
          changesOf(endpoint, one, now, reason !== null),
        ),
      ),
      scope.write.change(webhookEndpoints, endpoint.id, {
        failures: health.failures,
        failingSince: health.failingSince,
        probeAt: health.probeAt,
      }),
      ...(isBack ? [renewDeliveries(scope.platform.db, endpoint, now, false)] : []),
    ],
    audit: [],
  })
  if (reason !== null) await disable(scope, endpoint, reason)
}

/** `isStopped`: the endpoint is given up, so no delivery is: it waits until somebody enables the endpoint again. */
function changesOf(
  { url }: WebhookEndpointRow,
  { delivery, answer }: Sent,
  now: Instant,
  isStopped: boolean,
) {
  // The event is older than events are kept.
  if (answer === null) return { status: "Failed" as const, doneAt: now }
  const attempts = delivery.attempts + 1
  const firstAttemptAt = delivery.firstAttemptAt ?? now
  const tries = [...delivery.log, { at: now, url, ...answer }].slice(-limits.webhookAttemptsKept)
  const tried = { attempts, firstAttemptAt, log: tries }
  if (isDelivered(answer)) return { ...tried, status: "Delivered" as const, doneAt: now }
  const next = nextTry(attempts, firstAttemptAt, now)
  return next === null && !isStopped
    ? { ...tried, status: "Failed" as const, doneAt: now }
    : { ...tried, nextAttemptAt: next ?? now }
}

function reasonToStop(answers: readonly WebhookAnswer[], health: Health, now: Instant): string | null {
  if (answers.some(isGone)) return "It answered 410 Gone."
  return isGivenUp(health, now) ? "Every delivery failed for three days." : null
}

/** Nothing is sent to it any more; what waits for it goes on waiting. Should somebody change it at this moment, the next failure tells. */
async function disable(scope: Scope, endpoint: WebhookEndpointRow, reason: string): Promise<void> {
  const changes = { status: "Disabled" as const, disabledReason: reason, leaseBy: null, leaseUntil: null }
  await scope.aside().commit({
    guards: [scope.write.update(webhookEndpoints, endpoint.id, endpoint.version, changes)],
    audit: [
      {
        action: "webhook.disabled",
        ...webhookSubject(endpoint),
        before: webhookState(endpoint),
        after: webhookState({ ...endpoint, ...changes }),
      },
    ],
  })
}
