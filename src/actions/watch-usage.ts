// The usage of a subscription as it changes. Each turn reads and rates it as `read-usage.ts` does, then waits in the meter for
// a change. The waiting is a call of its own with an end, so nothing is left behind when the reader goes.
// Law: who reads to the end of what is given has seen the last state, though not every state in between.

import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import { ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import { pause } from "../runtime/pause.ts"
import type { Outcome } from "./act.ts"
import { findSubscriptionTerms } from "./find.ts"
import type { UsageSummary } from "./read-usage.ts"
import { currentPeriod, usageByTerms } from "./read-usage.ts"
import type { Scope } from "./scope.ts"
import { tenantNow } from "./scope.ts"

/** `id` names the state: the change up to which the meter was read, the terms, the period, and what is left of a limit. `Quiet`: nothing changed for a while. */
export type UsageNews =
  | { readonly kind: "Usage"; readonly id: string; readonly usage: UsageSummary }
  | { readonly kind: "Quiet" }

export type UsageWatch = AsyncGenerator<UsageNews, void, void>

/** `seen` is the id of the last state that the reader knows, or null. The watch ends by itself after a while. */
export async function watchUsage(
  scope: Scope,
  subscriptionId: string,
  seen: string | null,
): Promise<Outcome<UsageWatch>> {
  const found = await findSubscriptionTerms(scope, subscriptionId)
  return found.ok ? ok(watch(scope, found.value, seen)) : found
}

async function* watch(scope: Scope, first: SubscriptionTerms, known: string | null): UsageWatch {
  const { wallNow } = scope.platform
  const until = wallNow() + limits.streamLifeMs
  let terms = first
  let seen = known
  for (let changes = 0; changes < limits.streamChanges && wallNow() < until; changes += 1) {
    const current = await currentUsage(scope, terms)
    if (current === null) return
    terms = current.terms
    const { usage } = current
    const id = idOf(usage)
    if (id !== seen) yield { kind: "Usage", id, usage }
    seen = id
    await pause(limits.streamPaceMs)
    yield* quietUntilChanged(scope, terms, usage, until)
  }
}

function idOf({ seq, termsVersion, period, left }: UsageSummary): string {
  const id = `${seq}.${termsVersion ?? 0}.${period.index}`
  return left === null ? id : `${id}.${left}`
}

type Current = { readonly terms: SubscriptionTerms; readonly usage: UsageSummary }

/** By newer terms, if the meter has been told of them. Null when the subscription is there no more. */
async function currentUsage(scope: Scope, terms: SubscriptionTerms): Promise<Current | null> {
  const now = tenantNow(scope.tenant, scope.platform.wallNow())
  const usage = await usageByTerms(scope, terms, now)
  if (!usage.ok) return null
  if ((usage.value.termsVersion ?? 0) <= terms.subscription.termsVersion) return { terms, usage: usage.value }
  const newer = await findSubscriptionTerms(scope, terms.subscription.id)
  if (!newer.ok) return null
  const again = await usageByTerms(scope, newer.value, now)
  return again.ok ? { terms: newer.value, usage: again.value } : null
}

/** Returns when there may be something new, or when the watch is over. */
async function* quietUntilChanged(
  scope: Scope,
  terms: SubscriptionTerms,
  usage: UsageSummary,
  until: number,
): UsageWatch {
  const { wallNow } = scope.platform
  const meter = scope.meter(usage.subscriptionId)
  const { seq, termsVersion, period, asOf, left: limitLeft } = usage
  const ours = { customerId: scope.customerId, seq, termsVersion, limit: { asOf, left: limitLeft } }
  for (let left = until - wallNow(); left > 0; left = until - wallNow()) {
    const now = tenantNow(scope.tenant, wallNow())
    if (currentPeriod(terms, now).index !== period.index) return
    const toEnd = period.end > now ? period.end - now : left
    const { kind } = await meter.change({ ...ours, waitMs: Math.min(left, toEnd, limits.streamQuietMs) })
    if (kind === "Changed" || kind === "NotFound") return
    if (kind === "Busy") return await pause(limits.streamBusyMs)
    yield { kind: "Quiet" }
  }
}
