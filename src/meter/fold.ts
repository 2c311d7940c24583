// Adds measures to totals. Exact decimals make the order of the events irrelevant.
// Pure but for reading the totals that it starts from.

import { add, ZERO, type Decimal } from "../domain/decimal.ts"
import type { Period } from "../domain/period.ts"
import type { Instant } from "../domain/time.ts"
import { totalName } from "./state.ts"
import type { TotalRow } from "./store/total-table.ts"

type Running = { readonly period: Period; readonly key: string; value: Decimal; count: number }

export class Fold {
  readonly #before: (periodStart: Instant, key: string) => TotalRow | null
  readonly #running = new Map<string, Running>()

  /** `before` reads the total to start from; null for one that doesn't exist yet. */
  constructor(before: (periodStart: Instant, key: string) => TotalRow | null) {
    this.#before = before
  }

  add(period: Period, key: string, value: Decimal): void {
    const running = this.#runningTotal(period, key)
    running.value = add(running.value, value)
    running.count += 1
  }

  /** The totals that changed, as of the change `seq`. */
  changed(seq: number): TotalRow[] {
    return Array.from(this.#running.values(), ({ period, key, value, count }) => {
      return { periodStart: period.start, periodEnd: period.end, key, value, count, seq }
    })
  }

  #runningTotal(period: Period, key: string): Running {
    const name = totalName(period.start, key)
    const known = this.#running.get(name)
    if (known !== undefined) return known
    const before = this.#before(period.start, key)
    const running = { period, key, value: before?.value ?? ZERO, count: before?.count ?? 0 }
    this.#running.set(name, running)
    return running
  }
}
