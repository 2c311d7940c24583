// A subscription's terms, made ready to be applied to many events: meters by event type, periods by time.
// Two kinds of periods are told apart: those whose totals count an event, and the billing periods, which may have several of them.
// Pure but for its memory of periods, which only saves computing them again.

import type { Amount } from "../domain/accumulator.ts"
import { Hours } from "../domain/hours.ts"
import type { Span } from "../domain/leases.ts"
import { measureOf, type MeasureProblem } from "../domain/measure.ts"
import { periodContaining, periodsWithin, type Period } from "../domain/period.ts"
import { err, ok, type Result } from "../domain/result.ts"
import type { MeterDefinition, MeterTerms } from "../domain/terms.ts"
import type { Instant } from "../domain/time.ts"
import { isPausedAt, type Pause } from "../domain/timeline.ts"
import { limits } from "../limits.ts"

export type CompiledMeter = { readonly definition: MeterDefinition; readonly hours: Hours }

/** What one event adds to the totals of one meter that counts it. */
export type Measured = {
  readonly meter: CompiledMeter
  readonly amount: Amount
  readonly member: string | null
  readonly group: string
}

type Measures = Result<readonly Measured[], MeasureProblem>

const NONE: Measures = ok([])

export class CompiledTerms {
  readonly terms: MeterTerms
  readonly hours: Hours
  readonly #metersByType: ReadonlyMap<string, readonly CompiledMeter[]>
  /** The answer for event types that are only counted, whatever is in the event. */
  readonly #counts = new Map<string, Measures>()
  /** Sorted by start. */
  #periods: Period[] = []
  #lastPeriod: Period | null = null
  #parts: (Span & { readonly starts: readonly Instant[] }) | null = null
  /** Null where there are none, so that they cost nothing. */
  readonly #pauses: readonly Pause[] | null

  constructor(terms: MeterTerms) {
    this.terms = terms
    this.#pauses = (terms.pauses ?? []).length === 0 ? null : (terms.pauses ?? null)
    const hours = new Hours(terms.schedule.timeZone)
    this.hours = hours
    const meters = terms.meters.map((definition) => ({ definition, hours }))
    this.#metersByType = Map.groupBy(meters, ({ definition }) => definition.eventType)
    for (const [eventType, all] of this.#metersByType) {
      if (all.every(isPlainCount)) this.#counts.set(eventType, measureAll(all, null))
    }
  }

  /** What an event adds to each meter that counts it, whenever it occurred, or why that can't be told. */
  measure(eventType: string, properties: unknown): Measures {
    const counts = this.#counts.get(eventType)
    if (counts !== undefined) return counts
    const meters = this.#metersByType.get(eventType)
    return meters === undefined ? NONE : measureAll(meters, properties)
  }

  /** The period, or the part of one, whose totals count an event of this time; null where none does: before the subscription
   *  started, and while it is paused. */
  countedPeriod(at: Instant): Period | null {
    if (at < this.terms.startedAt) return null
    if (this.#pauses !== null && isPausedAt(this.#pauses, at)) return null
    const last = this.#lastPeriod
    if (last !== null && last.start <= at && at < last.end) return last
    this.#lastPeriod = this.#findPeriod(at)
    return this.#lastPeriod
  }

  /** The billing period that holds a time, paused or not: limits look at all of it. Null before the subscription started. */
  billingPeriod(at: Instant): Span | null {
    return at < this.terms.startedAt ? null : this.#billingPeriodAt(at)
  }

  /** The billing period of a part, or of one that had another end. */
  billingPeriodOf(part: Span): Span {
    return this.#billingPeriodAt(part.start) ?? part
  }

  #billingPeriodAt(at: Instant): Span | null {
    const { billing, schedule } = this.terms
    return periodContaining(billing ?? schedule, at)
  }

  /** Where the parts of a billing period begin whose totals are counted each by itself, in order. */
  partsOf({ start, end }: Span): readonly Instant[] {
    const { billing, schedule } = this.terms
    if (billing === undefined) return [start]
    if (this.#parts?.start === start && this.#parts.end === end) return this.#parts.starts
    const starts = periodsWithin(schedule, { start, end }).map((part) => part.start)
    this.#parts = { start, end, starts }
    return starts
  }

  #findPeriod(at: Instant): Period | null {
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

function isPlainCount({ definition }: CompiledMeter): boolean {
  const { aggregation, filters, groupBy } = definition
  return aggregation === "Count" && filters === undefined && groupBy === undefined
}

function measureAll(meters: readonly CompiledMeter[], properties: unknown): Measures {
  const all: Measured[] = []
  for (const meter of meters) {
    const measure = measureOf(meter.definition, properties)
    if (!measure.ok) return err(measure.error)
    if (measure.value === null) continue
    const { amount, member, group } = measure.value
    all.push({ meter, amount, member, group })
  }
  return ok(all)
}
