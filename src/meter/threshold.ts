// Whether the usage of the running period that is not billed yet has reached the subscription's threshold.
// Laws: by each version of the terms it is told once at most, in the transaction of the events that reached it. A bill makes a new
// version, which knows what it billed; so the next crossing is counted from there, whatever came in between, and a repeat tells
// nothing new.

import type { Span } from "../domain/leases.ts"
import { nanos, type Nanos } from "../domain/money.ts"
import { PriceLists } from "../domain/spend.ts"
import type { ThresholdTerms } from "../domain/terms.ts"
import type { Instant } from "../domain/time.ts"
import type { CompiledTerms } from "./compiled-terms.ts"
import type { SlotBook } from "./slot-book.ts"
import { unbilledIn, type Rated } from "./spend-in.ts"

/** The last crossing that was told, and by which terms. */
type Told = { readonly crossing: number; readonly version: number }

export class Threshold {
  readonly #terms: CompiledTerms
  readonly #threshold: ThresholdTerms
  readonly #rated: Rated
  #told: Told

  private constructor(terms: CompiledTerms, threshold: ThresholdTerms, rated: Rated, told: Told) {
    this.#terms = terms
    this.#threshold = threshold
    this.#rated = rated
    this.#told = told
  }

  /** Null where there is none. `stored` is what `encode` gave, or null. */
  static of(terms: CompiledTerms, stored: string | null, slots: SlotBook): Threshold | null {
    const { threshold, prices } = terms.terms
    if (threshold === undefined || prices === undefined) return null
    const told: Told = stored === null ? { crossing: 0, version: 0 } : JSON.parse(stored)
    const partsOf = (period: Span) => terms.partsOf(period)
    return new Threshold(terms, threshold, { prices: new PriceLists(prices), slots, partsOf }, told)
  }

  /** The number of the crossing that is to be told now, after events were counted; null: there is none. */
  cross(now: Instant): number | null {
    const { version } = this.#terms.terms
    if (this.#told.version === version) return null
    const unbilled = this.unbilled(now)
    if (unbilled === null || unbilled < nanos(BigInt(this.#threshold.amountNanos))) return null
    this.#told = { crossing: this.#told.crossing + 1, version }
    return this.#told.crossing
  }

  /** In nanos; null where no period runs. */
  unbilled(now: Instant): Nanos | null {
    const { endsAt } = this.#terms.terms
    const period = endsAt !== null && now >= endsAt ? null : this.#terms.billingPeriod(now)
    return period === null ? null : unbilledIn(this.#rated, period, this.#threshold, now)
  }

  encode(): string {
    return JSON.stringify(this.#told)
  }
}
