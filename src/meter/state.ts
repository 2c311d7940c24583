// What a meter keeps in memory between calls: a cache of its storage, loaded on the first call and after every failed commit.
// Law: it holds what is stored and nothing else. It may be lost between any two calls.

import type { Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { CompiledTerms } from "./compiled-terms.ts"
import type { MeterStore } from "./store/meter-store.ts"
import type { TotalRow } from "./store/total-table.ts"

export class MeterState {
  readonly #store: MeterStore
  /** Null: nothing was ever stored in this object. */
  terms: CompiledTerms | null
  /** The newest change of an event or a total. */
  seq: number
  /** Whether there may be idempotency keys in their table. */
  hasKeys: boolean
  readonly #totals = new Map<string, TotalRow>()

  constructor(store: MeterStore) {
    this.#store = store
    const terms = store.open() ? store.terms.read() : null
    this.terms = terms === null ? null : new CompiledTerms(terms)
    this.seq = terms === null ? 0 : Math.max(store.events.lastSeq(), store.totals.lastSeq())
    this.hasKeys = terms !== null && !store.keys.isEmpty()
  }

  total(periodStart: Instant, key: string): TotalRow | null {
    if (this.terms === null) return null
    return this.#totals.get(totalName(periodStart, key)) ?? this.#store.totals.read(periodStart, key)
  }

  /** Takes in what a commit has stored. */
  adopt(totals: Iterable<TotalRow>): void {
    if (this.#totals.size > limits.meterTotals) this.#totals.clear()
    for (const total of totals) this.#totals.set(totalName(total.periodStart, total.key), total)
  }

  forgetTotals(): void {
    this.#totals.clear()
  }
}

export function totalName(periodStart: Instant, key: string): string {
  return `${periodStart} ${key}`
}
