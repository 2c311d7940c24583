// A subscription's terms, made ready to be applied to many events: meters by event type, periods by time.
// Pure but for its memory of periods, which only saves computing them again.

import type { Decimal } from "../domain/decimal.ts"
import { measureOf, type MeasureProblem } from "../domain/measure.ts"
import { periodContaining, type Period } from "../domain/period.ts"
import type { Result } from "../domain/result.ts"
import type { MeterDefinition, MeterTerms } from "../domain/terms.ts"
import type { Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"

/** What one event adds to the total of one meter, or why it can't be told. */
export type Measure = { readonly key: string; readonly value: Result<Decimal, MeasureProblem> }

const NOTHING: readonly MeterDefinition[] = []

export class CompiledTerms {
  readonly terms: MeterTerms
  readonly #metersByType: ReadonlyMap<string, readonly MeterDefinition[]>
  /** Sorted by start. */
  #periods: Period[] = []

  constructor(terms: MeterTerms) {
    this.terms = terms
    this.#metersByType = Map.groupBy(terms.meters, (meter) => meter.eventType)
  }

  /** What an event adds to each meter that counts its type, whenever it occurred. `properties` is a JSON object. */
  measure(eventType: string, properties: string): Measure[] {
    const meters = this.#metersByType.get(eventType) ?? NOTHING
    const parsed: unknown = meters.some((meter) => meter.aggregation === "Sum")
      ? JSON.parse(properties)
      : null
    return meters.map((meter) => ({ key: meter.key, value: measureOf(meter, parsed) }))
  }

  /** The period whose totals count an event of this time; null before the subscription started. */
  billingPeriod(at: Instant): Period | null {
    if (at < this.terms.startedAt) return null
    const next = this.#firstAfter(at)
    const candidate = this.#periods[next - 1]
    if (candidate !== undefined && at < candidate.end) return candidate
    const period = periodContaining(this.terms.schedule, at)
    if (period === null) return null
    if (this.#periods.length >= limits.meterPeriods) this.#periods = [period]
    else this.#periods.splice(next, 0, period)
    return period
  }

  /** The index of the first remembered period that starts after `at`. */
  #firstAfter(at: Instant): number {
    let low = 0
    let high = this.#periods.length
    while (low < high) {
      const middle = (low + high) >> 1
      const period = this.#periods[middle]
      if (period !== undefined && period.start <= at) low = middle + 1
      else high = middle
    }
    return low
  }
}
