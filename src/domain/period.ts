// Service periods. A rule is an anchor, a time zone and a duration; its boundaries are anchor + n × duration for every whole n,
// always counted from the anchor: 31 Jan → 28 Feb → 31 Mar. A schedule is a rule from an instant on, and where it changes.
// Law: the periods of a schedule, half-open [start, end), tile time from its start on, without gap or overlap. Pure.

import { assert, unreachable } from "./assert.ts"
import type { Interval } from "./proration.ts"
import { addDuration, LATEST, meanLengthMs, NO_TIME, type Duration, type Instant } from "./time.ts"

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

export type Rule = { readonly anchor: Instant; readonly timeZone: string; readonly every: Duration }

/** Where a period ends before its time and the next one begins: by another rule from here on, or (null) by the same. `prorated`:
 *  the period that is cut was served in part only; otherwise it counts as a whole one. */
export type Cut = { readonly at: Instant; readonly rule: Rule | null; readonly prorated: boolean }

export type Schedule = Rule & {
  /** Where the first period begins, if that is not the anchor: a boundary, or within a period, which then is a stub. */
  readonly start?: Instant
  /** In order of time, each after the start. */
  readonly cuts?: readonly Cut[]
}

/** `whole`: what the period is a part of, where it is one; absent where it is whole. */
export type Period = {
  readonly index: number
  readonly start: Instant
  readonly end: Instant
  readonly whole?: Interval
}

export function startOf(schedule: Schedule): Instant {
  return schedule.start ?? schedule.anchor
}

/** The interval that a period's share of time is taken of. */
export function wholeOf({ start, end, whole }: Period): Interval {
  return whole ?? { start, end }
}

/** Period number `index` (from 0). It is empty only where a zone skipped a whole day of its calendar, as Samoa did in 2011. */
export function periodAt(schedule: Schedule, index: number): Period {
  assert(Number.isSafeInteger(index) && index >= 0, "periods are counted from 0", { index })
  const stretch = stretchesOf(schedule).findLast((one) => one.index <= index)
  assert(stretch !== undefined, "a schedule has a first stretch", { schedule })
  return periodOf(stretch, index)
}

// A schedule's stretches: times in which one rule holds. Without cuts there is one.
type Stretch = {
  readonly from: Instant
  readonly until: Instant | null
  readonly rule: Rule
  /** Of its first period. */
  readonly index: number
  /** The number by the rule of that period. */
  readonly number: number
  readonly prorated: boolean
}

const stretches = new WeakMap<Schedule, readonly Stretch[]>()

function stretchesOf(schedule: Schedule): readonly Stretch[] {
  const known = stretches.get(schedule)
  if (known !== undefined) return known
  const made = makeStretches(schedule)
  stretches.set(schedule, made)
  return made
}

function makeStretches(schedule: Schedule): Stretch[] {
  const { anchor, timeZone, every, cuts = [] } = schedule
  const made: Stretch[] = []
  let rule: Rule = { anchor, timeZone, every }
  let from = startOf(schedule)
  let index = 0
  for (const cut of [...cuts, null]) {
    assert(cut === null || cut.at > from || made.length > 0, "a cut is after the start", { schedule })
    const number = from === rule.anchor ? 0 : numberAt(rule, from)
    const prorated = cut?.prorated ?? true
    const stretch = { from, until: cut?.at ?? null, rule, index, number, prorated }
    made.push(stretch)
    if (cut === null) break
    index += periodsIn(stretch, cut.at)
    from = cut.at
    rule = cut.rule ?? rule
  }
  return made
}

/** How many periods begin in a stretch that ends at `until`. */
function periodsIn({ from, rule, number }: Stretch, until: Instant): number {
  if (until === from) return 0
  const last = numberAt(rule, until)
  return last - number + (boundary(rule, last) === until ? 0 : 1)
}

function periodOf({ from, until, rule, index: first, number, prorated }: Stretch, index: number): Period {
  const at = number + index - first
  const begins = boundary(rule, at)
  const ends = boundary(rule, at + 1)
  const start = index === first ? from : begins
  const cut = until !== null && until < ends
  const end = cut ? until : ends
  assert(start <= end, "a period does not end before it starts", { rule, index, start, end })
  const wholeEnd = cut && !prorated ? end : ends
  if (start === begins && end === wholeEnd) return { index, start, end }
  return { index, start, end, whole: { start: begins, end: wholeEnd } }
}

function boundary(rule: Rule, number: number): Instant {
  return addDuration(rule.anchor, rule.every, number, rule.timeZone)
}

/** The number of the rule's interval that holds an instant. Estimated from the mean length, and corrected by the few steps that
 *  months and clock changes make it wrong by. */
function numberAt(rule: Rule, at: Instant): number {
  let number = Math.floor((at - rule.anchor) / meanLengthMs(rule.every))
  while (at < boundary(rule, number)) number -= 1
  while (at >= boundary(rule, number + 1)) number += 1
  return number
}

// The period that a schedule last gave: events come in the order of time, so the next one mostly falls in it again.
// A cache of a pure function; it can be lost at any moment and nothing changes but the time it takes.
const lastFound = new WeakMap<Schedule, Period>()

/** The period that holds `at`, or null before the start. */
export function periodContaining(schedule: Schedule, at: Instant): Period | null {
  if (at < startOf(schedule)) return null
  const last = lastFound.get(schedule)
  if (last !== undefined && last.start <= at && at < last.end) return last
  const stretch = stretchesOf(schedule).findLast((one) => one.from <= at)
  assert(stretch !== undefined, "a schedule has a first stretch", { schedule })
  const period = periodOf(stretch, stretch.index + numberAt(stretch.rule, at) - stretch.number)
  assert(period.start <= at && at < period.end, "the period found holds the time", { schedule, at, period })
  lastFound.set(schedule, period)
  return period
}

/** The rule that holds at an instant. */
export function ruleAt(schedule: Schedule, at: Instant): Rule {
  const stretch = stretchesOf(schedule).findLast((one) => one.from <= at) ?? stretchesOf(schedule)[0]
  assert(stretch !== undefined, "a schedule has a first stretch", { schedule })
  return stretch.rule
}

/** The periods that begin in an interval or run when it begins, in order. */
export function periodsWithin(schedule: Schedule, { start, end }: Interval): Period[] {
  const first = start < startOf(schedule) ? periodAt(schedule, 0) : periodContaining(schedule, start)
  assert(first !== null, "an instant after the start is in a period", { schedule, start })
  const periods: Period[] = []
  for (let period = first; period.start < end; period = periodAt(schedule, period.index + 1)) {
    periods.push(period)
    if (period.end >= LATEST) break
  }
  return periods
}

/** At most `count` periods from number `from` on, as far as the calendar goes; up to `until`, where the last one is cut. */
export function periodsFrom(
  schedule: Schedule,
  from: number,
  count: number,
  until: Instant | null,
): Period[] {
  const periods: Period[] = []
  for (let index = from; index < from + count && isInCalendar(schedule, index); index += 1) {
    const period = periodAt(schedule, index)
    if (until !== null && period.start >= until) break
    periods.push(
      until !== null && until < period.end ? { ...period, end: until, whole: wholeOf(period) } : period,
    )
  }
  return periods
}

/** Whether a period surely ends before the last year does. Reckoned from the mean length, with a period to spare. */
function isInCalendar(schedule: Schedule, index: number): boolean {
  const stretch = stretchesOf(schedule).findLast((one) => one.index <= index)
  assert(stretch !== undefined, "a schedule has a first stretch", { schedule })
  const { rule, number, index: first } = stretch
  return rule.anchor + (number + index - first + 2) * meanLengthMs(rule.every) < LATEST
}
