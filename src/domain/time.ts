// Time as data: instants (epoch milliseconds, UTC), ISO 8601 durations and civil-time arithmetic in a time zone. The only
// file that imports Temporal, always the polyfill: workerd has no native one that can be relied on. No clock: "now" is an
// argument everywhere.

import { Temporal } from "temporal-polyfill/implementation"
import { assert } from "./assert.ts"
import { err, ok, type Result } from "./result.ts"
import { digitsAt, readRfc3339 } from "./rfc3339.ts"

export type Instant = number & { readonly unit: "instant" }

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** 1970-01-01T00:00:00Z and 9999-12-31T23:59:59.999Z: what RFC 3339 can write and a billing system can mean. */
export const EARLIEST = 0 as Instant
export const LATEST = 253_402_300_799_999 as Instant

export function instant(ms: number): Instant {
  assert(isInstant(ms), "an instant is a whole millisecond between 1970 and 9999", { ms })
  return ms
}

function isInstant(ms: number): ms is Instant {
  return Number.isSafeInteger(ms) && ms >= EARLIEST && ms <= LATEST
}

/** Strict RFC 3339, with `Z` or an offset (see `rfc3339.ts`), within the years that an instant has. */
export function parseInstant(text: string): Result<Instant, "not_rfc3339"> {
  const ms = readRfc3339(text)
  return ms !== null && isInstant(ms) ? ok(ms) : err("not_rfc3339")
}

/** RFC 3339 in UTC with `Z`; milliseconds only where there are some. */
export function formatInstant(i: Instant): string {
  const text = Temporal.Instant.fromEpochMilliseconds(i).toString()
  const point = text.indexOf(".")
  return point < 0 ? text : `${text.slice(0, point)}.${text.slice(point + 1, -1).padEnd(3, "0")}Z`
}

const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/

/** Whether `name` is a time zone of the IANA database (`Europe/Berlin`, `UTC`); bare offsets such as `+02:00` are not. */
export function isTimeZone(name: string): boolean {
  if (name.length > 64 || !ZONE_NAME.test(name)) return false
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name)
    return true
  } catch {
    return false
  }
}

export type Duration = {
  readonly years: number
  readonly months: number
  readonly weeks: number
  readonly days: number
  readonly hours: number
  readonly minutes: number
  readonly seconds: number
}

export const NO_TIME: Duration = { years: 0, months: 0, weeks: 0, days: 0, hours: 0, minutes: 0, seconds: 0 }

const DURATION =
  /^P(?=\d|T\d)(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?=\d)(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$/

// A billing period longer than this is a typing mistake, and its end would leave the calendar.
const LONGEST_MS = 100 * 366 * DAY_MS

/** Reads an ISO 8601 duration of whole, positive numbers that is not zero and not longer than a century. */
export function parseDuration(iso: string): Result<Duration, "not_a_duration"> {
  const match = DURATION.exec(iso)
  if (match === null) return err("not_a_duration")
  const [years, months, weeks, days, hours, minutes, seconds] = match.slice(1).map(countOf)
  const duration = {
    years: years ?? 0,
    months: months ?? 0,
    weeks: weeks ?? 0,
    days: days ?? 0,
    hours: hours ?? 0,
    minutes: minutes ?? 0,
    seconds: seconds ?? 0,
  }
  const length = meanLengthMs(duration)
  return length > 0 && length <= LONGEST_MS ? ok(duration) : err("not_a_duration")
}

function countOf(digits: string | undefined): number {
  return digits === undefined ? 0 : digitsAt(digits, 0, digits.length)
}

export function sameDuration(a: Duration, b: Duration): boolean {
  return UNITS.every((unit) => a[unit] === b[unit])
}

const UNITS = ["years", "months", "weeks", "days", "hours", "minutes", "seconds"] as const

/** How long a duration is on average over the 400 years in which the calendar repeats; an estimate, never a boundary. */
export function meanLengthMs(d: Duration): number {
  const days = (d.years + d.months / 12) * 365.2425 + d.weeks * 7 + d.days
  return days * DAY_MS + d.hours * HOUR_MS + d.minutes * MINUTE_MS + d.seconds * SECOND_MS
}

/** The length of a duration that is the same whenever it begins, a day being 24 hours; null with months or years in it. */
export function fixedLengthMs(d: Duration): number | null {
  return d.years === 0 && d.months === 0 ? meanLengthMs(d) : null
}

/** `start` plus `times` × the duration in the civil time of a zone. The day of the month is cut to the month's length, a wall
 *  time that a clock change skips moves to after the gap, one that occurs twice is the first; hours and less are exact time. */
export function addDuration(start: Instant, d: Duration, times: number, timeZone: string): Instant {
  assert(Number.isSafeInteger(times), "a duration is added a whole number of times", { times })
  const local = Temporal.Instant.fromEpochMilliseconds(start).toZonedDateTimeISO(timeZone)
  const sum = local.add({
    years: d.years * times,
    months: d.months * times,
    weeks: d.weeks * times,
    days: d.days * times,
    hours: d.hours * times,
    minutes: d.minutes * times,
    seconds: d.seconds * times,
  })
  return instant(sum.epochMilliseconds)
}

/** A time [from, to) in which a zone's clock keeps its distance from UTC. `cuts…`: the change at that end is no whole number of
 *  hours, so that the full hours of the clock on its two sides don't fit together. */
export type OffsetSpan = {
  readonly from: Instant
  readonly to: Instant
  readonly offsetMs: number
  readonly cutsBefore: boolean
  readonly cutsAfter: boolean
}

export function offsetSpan(at: Instant, timeZone: string): OffsetSpan {
  const zoned = (ms: number) => Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone)
  const offsetAt = (ms: number) => zoned(ms).offsetNanoseconds / 1_000_000
  // The previous change is one before the time asked for, so that a change at `at` itself is found from the next instant.
  const previous = zoned(at + 1).getTimeZoneTransition("previous")?.epochMilliseconds ?? EARLIEST
  const next = zoned(at).getTimeZoneTransition("next")?.epochMilliseconds ?? LATEST + 1
  const from = Math.max(previous, EARLIEST)
  const to = Math.min(next, LATEST + 1)
  const offsetMs = offsetAt(at)
  const cuts = (ms: number, other: number) => (offsetAt(other) - offsetMs) % HOUR_MS !== 0 && ms > EARLIEST
  return {
    from: from as Instant,
    to: to as Instant,
    offsetMs,
    cutsBefore: cuts(from, from - 1),
    cutsAfter: to <= LATEST && cuts(to, to),
  }
}

/** The day of a zone's calendar that holds an instant: 23, 24 or 25 hours and the like, by the zone's clock. */
export function dayContaining(
  at: Instant,
  timeZone: string,
): { readonly start: Instant; readonly end: Instant } {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone)
  const start = local.startOfDay()
  const end = start.add({ days: 1 }).startOfDay()
  return { start: start.epochMilliseconds as Instant, end: end.epochMilliseconds as Instant }
}

/** The calendar month that holds an instant. */
export function monthContaining(
  at: Instant,
  timeZone: string,
): { readonly start: Instant; readonly end: Instant } {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone)
  const start = local.with({ day: 1 }).startOfDay()
  const end = start.add({ months: 1 }).startOfDay()
  return { start: start.epochMilliseconds as Instant, end: end.epochMilliseconds as Instant }
}

/** A day as a calendar on the wall shows it; `month` counts from 1. */
export type LocalDate = { readonly year: number; readonly month: number; readonly day: number }

/** The day of a zone's calendar that holds an instant; `weekday` counts from Monday, 1, to Sunday, 7. */
export function localDate(at: Instant, timeZone: string): LocalDate & { readonly weekday: number } {
  const { year, month, day, dayOfWeek } = zonedAt(at, timeZone)
  return { year, month, day, weekday: dayOfWeek }
}

/** How many days a zone's calendar goes on from one instant to another. */
export function localDaysBetween(from: Instant, to: Instant, timeZone: string): number {
  return zonedAt(from, timeZone).toPlainDate().until(zonedAt(to, timeZone).toPlainDate()).days
}

/** Where a day begins that is `months` and then `days` after a date, whose day is cut to the month's length: at midnight, or
 *  behind the gap where a clock change skips that. */
export function startOfLocalDay(
  date: LocalDate,
  { months = 0, days = 0 }: { readonly months?: number; readonly days?: number },
  timeZone: string,
): { readonly at: Instant; readonly day: number; readonly isMidnight: boolean } {
  const month = Temporal.PlainYearMonth.from({ year: date.year, month: date.month }).add({ months })
  const local = month.toPlainDate({ day: Math.min(date.day, month.daysInMonth) }).add({ days })
  const start = local.toZonedDateTime(timeZone)
  const { hour, minute, second } = start
  const isMidnight = hour === 0 && minute === 0 && second === 0
  return { at: instant(start.epochMilliseconds), day: local.day, isMidnight }
}

/** RFC 3339 in the time of a zone, with its offset; milliseconds only where there are some. */
export function formatLocal(at: Instant, timeZone: string): string {
  return zonedAt(at, timeZone).toString({
    timeZoneName: "never",
    calendarName: "never",
    fractionalSecondDigits: at % SECOND_MS === 0 ? 0 : 3,
  })
}

function zonedAt(at: Instant, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone)
}
