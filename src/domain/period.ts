// Service periods. A schedule is an anchor, a time zone and a duration; period n runs from anchor + n × duration to
// anchor + (n + 1) × duration, half-open [start, end), always counted from the anchor: 31 Jan → 28 Feb → 31 Mar.
// Law: the periods of a schedule tile time from its anchor on, without gap or overlap. Pure.

import { assert, unreachable } from "./assert.ts"
import { addDuration, meanLengthMs, NO_TIME, type Duration, type Instant } from "./time.ts"

export type Cadence = "Daily" | "Weekly" | "Monthly" | "Quarterly" | "Annual" | "Custom"

/** The duration of a plan that bills every `interval` cadences; a custom plan brings its own. */
export function cadenceDuration(cadence: Exclude<Cadence, "Custom">, interval: number): Duration {
  assert(Number.isSafeInteger(interval) && interval > 0, "an interval is a positive whole number", {
    interval,
  })
  switch (cadence) {
    case "Daily":
      return { ...NO_TIME, days: interval }
    case "Weekly":
      return { ...NO_TIME, weeks: interval }
    case "Monthly":
      return { ...NO_TIME, months: interval }
    case "Quarterly":
      return { ...NO_TIME, months: 3 * interval }
    case "Annual":
      return { ...NO_TIME, years: interval }
    default:
      return unreachable(cadence)
  }
}

export type Schedule = { readonly anchor: Instant; readonly timeZone: string; readonly every: Duration }
export type Period = { readonly index: number; readonly start: Instant; readonly end: Instant }

/** Period number `index` (from 0). It is empty only where a zone skipped a whole day of its calendar, as Samoa did in 2011. */
export function periodAt(schedule: Schedule, index: number): Period {
  assert(Number.isSafeInteger(index) && index >= 0, "periods are counted from 0", { index })
  const start = boundary(schedule, index)
  const end = boundary(schedule, index + 1)
  assert(start <= end, "a period does not end before it starts", { schedule, index, start, end })
  return { index, start, end }
}

function boundary(schedule: Schedule, index: number): Instant {
  return addDuration(schedule.anchor, schedule.every, index, schedule.timeZone)
}

// The period that a schedule last gave: events come in the order of time, so the next one mostly falls in it again.
// A cache of a pure function; it can be lost at any moment and nothing changes but the time it takes.
const lastFound = new WeakMap<Schedule, Period>()

/** The period that holds `at`, or null before the anchor. */
export function periodContaining(schedule: Schedule, at: Instant): Period | null {
  if (at < schedule.anchor) return null
  const last = lastFound.get(schedule)
  if (last !== undefined && last.start <= at && at < last.end) return last
  const period = findPeriod(schedule, at)
  assert(period.start <= at && at < period.end, "the period found holds the time", { schedule, at, period })
  lastFound.set(schedule, period)
  return period
}

/** Estimates the number from the mean length and corrects it by the few steps that months and clock changes make it wrong by. */
function findPeriod(schedule: Schedule, at: Instant): Period {
  let period = periodAt(schedule, Math.floor((at - schedule.anchor) / meanLengthMs(schedule.every)))
  while (at < period.start) period = periodAt(schedule, period.index - 1)
  while (at >= period.end) period = periodAt(schedule, period.index + 1)
  return period
}
