// Where the periods of a subscription begin: a day of the month or of the week, a date of the year, or an instant. Without an
// anchor they are counted from the start.
// Laws: every boundary is counted from the wanted day, so that a short month does not move the ones after it; day anchors are at
// local midnight; the first period is the stub from the start to the first boundary, unless the start is a boundary itself.

import { assert } from "./assert.ts"
import type { FieldFault } from "./catalog.ts"
import type { Cadence, Schedule } from "./period.ts"
import type { Result } from "./result.ts"
import { err, ok } from "./result.ts"
import type { Duration, Instant, LocalDate } from "./time.ts"
import { EARLIEST, localDate, meanLengthMs, startOfLocalDay } from "./time.ts"

/** In the order of ISO 8601. */
export const WEEKDAYS = [
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
  "Sunday",
] as const

export type Weekday = (typeof WEEKDAYS)[number]

export type BillingAnchor =
  | { readonly kind: "DayOfMonth"; readonly dayOfMonth: number }
  | { readonly kind: "DayOfYear"; readonly month: number; readonly dayOfMonth: number }
  | { readonly kind: "Weekday"; readonly weekday: Weekday }
  | { readonly kind: "Instant"; readonly at: Instant }

/** A day as the fields of the API say it. */
export type AnchorFields = {
  readonly day_of_month?: number | undefined
  readonly month?: number | undefined
  readonly weekday?: Weekday | undefined
}

// The longest that a month gets: 29 February comes again.
const MONTH_DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const

/** The day that the fields name, or the fault among them. */
export function anchorFrom(fields: AnchorFields): Result<BillingAnchor, FieldFault> {
  const { day_of_month: dayOfMonth, month, weekday } = fields
  if (weekday !== undefined) {
    if (dayOfMonth === undefined && month === undefined) return ok({ kind: "Weekday", weekday })
    return fault("weekday", "A weekday goes with neither a day_of_month nor a month.")
  }
  if (dayOfMonth === undefined) {
    return fault("day_of_month", "Say a day_of_month, a month and its day_of_month, or a weekday.")
  }
  if (month === undefined) return ok({ kind: "DayOfMonth", dayOfMonth })
  const last = MONTH_DAYS[month - 1]
  assert(last !== undefined, "a month is one of twelve", { month })
  if (dayOfMonth <= last) return ok({ kind: "DayOfYear", month, dayOfMonth })
  return fault("day_of_month", `Month ${month} has no day ${dayOfMonth}.`)
}

export type Subscribed = {
  readonly cadence: Cadence
  readonly every: Duration
  readonly startedAt: Instant
  readonly timeZone: string
}

/** The schedule from the start on with boundaries at the anchor, or why the cadence doesn't have it. */
export function anchoredSchedule(
  anchor: BillingAnchor | null,
  subscribed: Subscribed,
): Result<Schedule, FieldFault> {
  const { cadence, every, startedAt, timeZone } = subscribed
  if (anchor === null) return ok({ anchor: startedAt, timeZone, every })
  const refused = refuse(anchor, cadence)
  if (refused !== null) return err(refused)
  // The period that the stub is a part of must not begin before the calendar does.
  if (startedAt - 2 * meanLengthMs(every) - CALENDAR_MARGIN_MS < EARLIEST) {
    return fault("", "The period that holds the start would begin before 1970.")
  }
  const at = anchor.kind === "Instant" ? anchor.at : bestBoundary(anchor, subscribed)
  return ok({ anchor: at, timeZone, every, ...(at === startedAt ? {} : { start: startedAt }) })
}

const CALENDAR_MARGIN_MS = 366 * 86_400_000

const DAILY_OR_CUSTOM = "has no day of its own; it is anchored at a timestamp."

function refuse(anchor: BillingAnchor, cadence: Cadence): FieldFault | null {
  if (anchor.kind === "Instant") return null
  const path = FIELD_OF[anchor.kind]
  if (cadence === "Daily" || cadence === "Custom")
    return { path, message: `A ${cadence} plan ${DAILY_OR_CUSTOM}` }
  if (anchor.kind === "Weekday") {
    return cadence === "Weekly"
      ? null
      : { path, message: `A ${cadence} plan has no weekday; only Weekly has.` }
  }
  if (cadence === "Weekly") return { path, message: "A Weekly plan is anchored at a weekday." }
  if (anchor.kind === "DayOfMonth" || cadence === "Annual") return null
  return { path, message: `A ${cadence} plan has no month of its own; only Annual has.` }
}

const FIELD_OF = { DayOfMonth: "day_of_month", DayOfYear: "month", Weekday: "weekday" } as const

type DayAnchor = Exclude<BillingAnchor, { readonly kind: "Instant" }>
type Step = { readonly months?: number; readonly days?: number }

// Months have all their lengths within a year, and of leap years there is one within nine steps of any interval.
const CANDIDATES = 12

/** The boundary to count the others from: of the first ones at or after the start, one that falls on the wanted day, and at a
 *  midnight that exists. A boundary that was cut or moved would cut or move all others. */
function bestBoundary(anchor: DayAnchor, { every, startedAt, timeZone }: Subscribed): Instant {
  const { from, step, ...counted } = countedFrom(anchor, localDate(startedAt, timeZone))
  const boundary = (by: Step) => startOfLocalDay(from, by, timeZone)
  let first = counted.first
  while (boundary(first).at < startedAt) first = plus(first, step, 1)
  const period = { months: 12 * every.years + every.months, days: 7 * every.weeks }
  let best = boundary(first)
  for (let n = 1; n < CANDIDATES; n += 1) {
    const next = boundary(plus(first, period, n))
    const longer = anchor.kind !== "Weekday" && next.day > best.day
    const same = anchor.kind === "Weekday" || next.day === best.day
    if (longer || (same && next.isMidnight && !best.isMidnight)) best = next
  }
  return best.at
}

/** The first day around the start's that may be a boundary, `first` from a date, and how far the next one is. */
function countedFrom(
  anchor: DayAnchor,
  start: ReturnType<typeof localDate>,
): { readonly from: LocalDate; readonly first: Step; readonly step: Step } {
  switch (anchor.kind) {
    case "DayOfMonth":
      return { from: { ...start, day: anchor.dayOfMonth }, first: {}, step: { months: 1 } }
    case "DayOfYear": {
      const from = { year: start.year, month: anchor.month, day: anchor.dayOfMonth }
      return { from, first: {}, step: { months: 12 } }
    }
    case "Weekday": {
      const ahead = (WEEKDAYS.indexOf(anchor.weekday) + 1 - start.weekday + 7) % 7
      return { from: start, first: { days: ahead }, step: { days: 7 } }
    }
  }
}

function plus(a: Step, b: Step, times: number): Step {
  return {
    months: (a.months ?? 0) + times * (b.months ?? 0),
    days: (a.days ?? 0) + times * (b.days ?? 0),
  }
}

function fault(path: string, message: string): Result<never, FieldFault> {
  return err({ path, message })
}
