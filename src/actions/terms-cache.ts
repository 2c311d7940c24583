// What an isolate remembers of the terms of subscriptions that were read, so that reading usage is one call to the meter.
// Law: no entry is good by itself. Who uses one has asked the meter for the version that it counts by, and every change of
// what a usage answer depends on tells the meter before it answers itself.

import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import { hasEnded } from "../domain/subscription.ts"
import type { Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"

type Entry = { readonly terms: SubscriptionTerms; readonly until: number }

/** One per isolate. */
export class TermsCache {
  readonly #entries = new Map<string, Entry>()

  get(tenantId: string, subscriptionId: string, now: Instant): SubscriptionTerms | null {
    const entry = this.#entries.get(keyOf(tenantId, subscriptionId))
    return entry === undefined || entry.until <= now ? null : entry.terms
  }

  /** Those of a subscription that ends, or will, are read each time: it ends by its clock, which tells no meter. */
  set(terms: SubscriptionTerms, now: Instant): void {
    const { tenantId, id, status, cancelAt, endedAt, endAt } = terms.subscription
    const key = keyOf(tenantId, id)
    this.#entries.delete(key)
    if (hasEnded(status) || cancelAt !== null || endedAt !== null || endAt !== null) return
    // Whoever came first goes first.
    const [oldest] = this.#entries.keys()
    if (oldest !== undefined && this.#entries.size >= limits.termsCacheEntries) this.#entries.delete(oldest)
    this.#entries.set(key, { terms, until: now + limits.credentialCacheMs })
  }
}

function keyOf(tenantId: string, subscriptionId: string): string {
  return `${tenantId}/${subscriptionId}`
}
