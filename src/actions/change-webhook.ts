// What all changes of an endpoint have in common, and the changes themselves: other settings, off and on, another secret, gone.

import type { AuditEntry } from "../db/commit.ts"
import type { Guarded, Statement } from "../db/database.ts"
import type { WebhookEndpointRow } from "../db/rows.ts"
import { webhookEndpoints } from "../db/schema.ts"
import { isCaughtUp, renewDeliveries } from "../db/webhooks.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { err, ok } from "../domain/result.ts"
import { instant } from "../domain/time.ts"
import type { EndpointStatus } from "../domain/webhook.ts"
import { HEALTHY, ROTATION_MS } from "../domain/webhook.ts"
import { webhookUrl } from "../domain/webhook-url.ts"
import { limits } from "../limits.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { CreatedWebhook, NewWebhook } from "./create-webhook.ts"
import { webhookState, webhookSubject } from "./create-webhook.ts"
import { fanOut } from "./fan-out-events.ts"
import { invalid, notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { mintSecret } from "./webhook-secret.ts"

type Changes = Partial<Omit<WebhookEndpointRow, "id" | "tenantId" | "version">>

export type Change = {
  readonly action: string
  readonly changes: Changes
  readonly guards?: readonly Guarded[]
  readonly writes?: readonly Statement[]
  readonly agenda?: readonly AgendaItem[]
}

/** `decide` tells what becomes of the endpoint as it is. */
export async function changeWebhook<T>(
  scope: Scope,
  id: string,
  decide: (before: WebhookEndpointRow) => Outcome<Change> | Promise<Outcome<Change>>,
  valueOf: (after: WebhookEndpointRow) => T,
  reply: Reply<T>,
): Promise<Outcome<T>> {
  return act(
    scope,
    async () => {
      const before = await scope.read.webhooks.endpoint(id)
      if (before === null) return err(notFound("webhook endpoint"))
      const decided = await decide(before)
      if (!decided.ok) return decided
      const { action, changes, guards = [], writes = [], agenda = [] } = decided.value
      // Whoever is delivering to it looks at it again.
      const all = { ...changes, calls: before.calls + 1 }
      const after = { ...before, ...all, version: before.version + 1 }
      const entry: AuditEntry = {
        action,
        ...webhookSubject(after),
        before: webhookState(before),
        after: webhookState(after),
      }
      return ok({
        value: valueOf(after),
        commit: {
          guards: [scope.write.update(webhookEndpoints, id, before.version, all), ...guards],
          writes,
          agenda,
          audit: [entry],
        },
      })
    },
    reply,
  )
}

export type WebhookChanges = {
  readonly [K in keyof NewWebhook]?: NewWebhook[K] | undefined
} & { readonly status?: EndpointStatus | undefined }

/** An endpoint that is enabled again is asked afresh, and gets what it has missed. */
export async function updateWebhook(
  scope: Scope,
  id: string,
  input: WebhookChanges,
  reply: Reply<WebhookEndpointRow>,
): Promise<Outcome<WebhookEndpointRow>> {
  const { status, ...others } = input
  const url = input.url === undefined ? ok(undefined) : allowedUrl(scope, input.url)
  if (!url.ok) return url
  const events = input.events === undefined ? undefined : [...new Set(input.events)]
  const given = Object.entries({ ...others, url: url.value, events }).filter(
    ([, value]) => value !== undefined,
  )
  const fields = Object.fromEntries(given) as Changes
  return changeWebhook(
    scope,
    id,
    async (before) => {
      const changed = status === undefined || status === before.status ? {} : statusChanges(status)
      const isBack = status === "Enabled"
      return ok({
        action: "webhook.updated",
        changes: { ...fields, ...changed },
        guards: events === undefined ? [] : [await caughtUp(scope, before)],
        writes: isBack ? [renewDeliveries(scope.platform.db, before, scope.now, true)] : [],
        agenda: isBack ? [deliverItem(scope, id)] : [],
      })
    },
    (after) => after,
    reply,
  )
}

/** Before it wants something else it is given all that it has wanted until now: what it wants from here on is looked for from here on. */
async function caughtUp(scope: Scope, before: WebhookEndpointRow): Promise<Guarded> {
  let endpoint = before
  for (let page = 0; page < limits.webhookRounds; page++) {
    const next = await fanOut(scope, endpoint)
    if (next === endpoint) break
    endpoint = next
  }
  // Whatever has happened since, or was more than that, is a conflict: the next try begins where this one came to.
  return isCaughtUp(scope.platform.db, endpoint)
}

function allowedUrl(scope: Scope, text: string): Outcome<string> {
  const url = webhookUrl(text, scope.platform.allowPrivateWebhooks)
  return url.ok ? url : err(invalid("url", url.error))
}

function statusChanges(status: EndpointStatus): Changes {
  const free = { leaseBy: null, leaseUntil: null }
  return status === "Enabled"
    ? { status, disabledReason: null, ...HEALTHY, ...free }
    : { status, disabledReason: null, ...free }
}

export async function deleteWebhook(
  scope: Scope,
  id: string,
  reply: Reply<WebhookEndpointRow>,
): Promise<Outcome<WebhookEndpointRow>> {
  // Its secrets go at once; the row stays while deliveries of it are kept.
  const nothing = { secret: "", previousSecret: null, previousUntil: null }
  const change = { action: "webhook.deleted", changes: { ...nothing, deletedAt: scope.now } }
  return changeWebhook(
    scope,
    id,
    () => ok(change),
    (after) => after,
    reply,
  )
}

/** The secret before this one counts for another day, so that no receiver has to change at one instant. */
export async function rotateWebhookSecret(
  scope: Scope,
  id: string,
  reply: Reply<CreatedWebhook>,
): Promise<Outcome<CreatedWebhook>> {
  const { secret, sealed } = await mintSecret(scope)
  return changeWebhook(
    scope,
    id,
    (before) =>
      ok({
        action: "webhook.secret_rotated",
        changes: {
          secret: sealed,
          previousSecret: before.secret,
          previousUntil: instant(scope.now + ROTATION_MS),
        },
        agenda: [deliverItem(scope, id)],
      }),
    (endpoint) => ({ endpoint, secret }),
    reply,
  )
}

/** Delivers to an endpoint at once. Asking twice does no harm. */
export function deliverItem(scope: Scope, endpointId: string): AgendaItem {
  return { kind: "deliver-webhook", subject: endpointId, uniqueKey: scope.newId(), dueAt: scope.now }
}
