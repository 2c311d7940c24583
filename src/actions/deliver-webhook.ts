// Sends an endpoint what waits for it, in order. Runs from the agenda.
// Law: at least once, of a subscription in the order in which it happened. One run of one job at a time has an endpoint; another one that
// comes meanwhile leaves word, and whoever has it does not go before it has looked again. Events wake one job together until that begins,
// so a job that begins says so (`calls`) before it looks: what happens from then on wakes another one.
// What a repeat means: an event may arrive twice, under the same id, where a run died behind a call. A job that is run twice at once sends
// once: the second run leaves the job to the first one, and to a later run in case that has died.

import type { Statement } from "../db/database.ts"
import type { Lease } from "../db/webhooks.ts"
import { callEndpoint, dropEndpoint, releaseEndpoint, takeEndpoint } from "../db/webhooks.ts"
import type { WebhookDeliveryRow, WebhookEndpointRow } from "../db/rows.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import { instant } from "../domain/time.ts"
import { isBroken } from "../domain/webhook.ts"
import { limits } from "../limits.ts"
import type { Outcome } from "./act.ts"
import { deliverItem } from "./change-webhook.ts"
import { fanOut } from "./fan-out-events.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { sendDeliveries } from "./send-deliveries.ts"

export async function deliverWebhook(scope: Scope, endpointId: string): Promise<Outcome<null>> {
  const left = await deliverAll(scope, endpointId)
  if (left === "ToAnotherRun") {
    return err(refusal("conflict", "Another run of this job delivers at this moment."))
  }
  // By itself: whatever became of the endpoint is committed by now, also when another delivery of this job has ended it.
  await scope.commit({ audit: [] })
  return ok(null)
}

/** Who does the job: this run, whatever there was to do, or another one of the same job that has the endpoint. */
type Left = "Done" | "ToAnotherRun"

async function deliverAll(scope: Scope, endpointId: string): Promise<Left> {
  const { tenant, platform } = scope
  const { db, wallNow } = platform
  const by = `${ofJob(scope)}${scope.newId()}`
  const until = wallNow() + limits.webhookJobMs
  for (let round = 0; round < limits.webhookRounds && wallNow() < until; round++) {
    const lease: Lease = { by, until: instant(wallNow() + limits.webhookLeaseMs) }
    const taken = await takeEndpoint(db, tenant.id, endpointId, lease, wallNow())
    if (taken === null) {
      const holder = await callEndpoint(db, tenant.id, endpointId, by, wallNow())
      if (holder !== null) return isSameJob(scope, holder) ? "ToAnotherRun" : "Done"
      const endpoint = await scope.read.webhooks.endpoint(endpointId)
      if (endpoint?.status !== "Enabled") return "Done"
      // Whoever had it let it go between the two looks, perhaps before the last event.
      continue
    }
    const now = presentOf(scope)
    const endpoint = await fanOut(scope, taken)
    const due = await dueNow(scope, endpoint, now)
    if (due.length > 0) await sendDeliveries(scope, endpoint, due, now)
    else if (await release(scope, endpoint, by)) return "Done"
  }
  await note(scope, dropEndpoint(db, tenant.id, endpointId, by), [
    { ...deliverItem(scope, endpointId), dueAt: presentOf(scope) },
  ])
  return "Done"
}

function ofJob({ jobId }: Scope): string {
  return jobId === null ? "" : `${jobId}:`
}

function isSameJob(scope: Scope, holder: string): boolean {
  return scope.jobId !== null && holder.startsWith(ofJob(scope))
}

async function note(scope: Scope, write: Statement, agenda: readonly AgendaItem[]): Promise<void> {
  await scope.aside().commit({ writes: [write], agenda, audit: [] })
}

/** Calls take their time: where the tenant's clock runs with the wall it has gone on meanwhile. */
function presentOf({ tenant, now, platform }: Scope): Instant {
  return tenant.clockAt === null ? instant(Math.max(now, platform.wallNow())) : now
}

async function dueNow(
  { read }: Scope,
  { id, failures, failingSince, probeAt }: WebhookEndpointRow,
  now: Instant,
): Promise<readonly WebhookDeliveryRow[]> {
  if (!isBroken({ failures, failingSince, probeAt })) {
    return read.webhooks.due(id, now, limits.webhooksSideBySide)
  }
  if (probeAt !== null && probeAt > now) return []
  const probe = await read.webhooks.probe(id, now)
  return probe === null ? [] : [probe]
}

/** Lets the endpoint go, unless there is more to do by now. What waits for its time gets another job. */
async function release(scope: Scope, endpoint: WebhookEndpointRow, by: string): Promise<boolean> {
  const next = await scope.read.webhooks.nextDue(endpoint.id)
  const dueAt = next === null ? null : instant(Math.max(next, endpoint.probeAt ?? next))
  const outcome = await scope.aside().commit({
    guards: [releaseEndpoint(scope.platform.db, endpoint, by)],
    agenda: dueAt === null ? [] : [laterItem(endpoint.id, dueAt)],
    audit: [],
  })
  return outcome.kind === "Committed"
}

/** One job for an instant, however many want it. */
function laterItem(subject: string, dueAt: Instant): AgendaItem {
  return { kind: "deliver-webhook", subject, uniqueKey: `at:${dueAt}`, dueAt }
}
