// A subscription's usage along time, for charts: whole hours or days of its time zone, from the totals that the meter keeps of hours.

import type { ChartWindow } from "../domain/chart-windows.ts"
import { chartBoundaries } from "../domain/chart-windows.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { SeriesPoint } from "../meter/protocol.ts"
import type { Outcome } from "./act.ts"
import { findSubscriptionTerms } from "./find.ts"
import { meteredSkus, meterTermsOf } from "./meter-terms.ts"
import type { CountedMeter } from "./read-usage.ts"
import { countedMeters, currentPeriod } from "./read-usage.ts"
import { invalid, notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** Half-open; null is where the running period begins or ends. */
export type SeriesQuery = {
  readonly window: ChartWindow
  readonly from: Instant | null
  readonly to: Instant | null
}

export type UsagePoint = {
  readonly start: Instant
  readonly end: Instant
  /** An exact decimal. */
  readonly value: string
  readonly count: number
}

export type MeterSeries = CountedMeter & {
  /** Every window, also those without events. */
  readonly points: readonly UsagePoint[]
}

const HOUR_MS = 3_600_000

export async function readSeries(
  scope: Scope,
  subscriptionId: string,
  { window, from: askedFrom, to: askedTo }: SeriesQuery,
): Promise<Outcome<readonly MeterSeries[]>> {
  const found = await findSubscriptionTerms(scope, subscriptionId)
  if (!found.ok) return found
  const terms = found.value
  const period = currentPeriod(terms, scope.now)
  const [from, to] = [askedFrom ?? period.start, askedTo ?? period.end]
  if (from >= to)
    return err(invalid(askedFrom === null ? "to" : "from", "The time must begin before it ends."))
  const counted = countedMeters(meteredSkus(terms))
  const { timeZone } = terms.subscription.schedule
  const boundaries = chartBoundaries(window, from, to, timeZone, limits.seriesPoints)
  if (boundaries === null) return err(tooLong(`it has more than ${limits.seriesPoints} windows`))
  if (hoursIn(boundaries) * counted.length > limits.seriesHours) {
    return err(tooLong(`there are ${counted.length} meters to be read for all of its hours`))
  }
  const reply = await scope.meter(subscriptionId).series({
    customerId: scope.customerId,
    meters: counted.map(({ definition }) => definition.key),
    boundaries,
    terms: meterTermsOf(terms),
  })
  if (reply.kind === "NotFound") return err(notFound("subscription"))
  if (reply.kind === "TooMany") return err(tooLong("it has too many different values to be counted by day"))
  const points = new Map(reply.meters.map((meter) => [meter.key, meter.points]))
  return ok(
    counted.map((meter) => {
      return { ...meter, points: allPoints(boundaries, points.get(meter.definition.key) ?? []) }
    }),
  )
}

function tooLong(why: string) {
  return invalid("from", `Ask for a shorter time, or for longer windows: ${why}.`)
}

function hoursIn(boundaries: readonly Instant[]): number {
  return ((boundaries.at(-1) ?? 0) - (boundaries[0] ?? 0)) / HOUR_MS
}

function allPoints(boundaries: readonly Instant[], found: readonly SeriesPoint[]): UsagePoint[] {
  const byIndex = new Map(found.map((point) => [point.index, point]))
  return boundaries.slice(1).map((end, index) => {
    const { value, count } = byIndex.get(index) ?? { value: "0", count: 0 }
    return { start: boundaries[index] ?? end, end, value, count }
  })
}
