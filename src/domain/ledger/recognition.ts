// When a fee is earned: day by day over the days that it is for. Days are those of UTC, counted from 1970; the day on which a service
// begins is one of them, the one on which it ends is not. docs/decisions/0018-revenue-recognition.md.
// Law: what is recognized of a span never depends on when or how often it is asked, and all of it is at its last day.

import { assert } from "../assert.ts"
import type { Minor } from "../money.ts"
import { minor } from "../money.ts"
import type { LineTax } from "../tax.ts"
import type { Instant } from "../time.ts"

/** [from, to) as numbers of days. */
export type DaySpan = { readonly from: number; readonly to: number }

export const DAY_MS = 86_400_000

export function dayOf(at: Instant): number {
  return Math.floor(at / DAY_MS)
}

/** What is recognized at the end of a day, cut to the minor unit towards zero so that an opposite entry mirrors it. The whole days of
 *  the amount are taken apart first, as SQL has to: its integers have 64 bits. */
export function recognized(amount: Minor, { from, to }: DaySpan, day: number): Minor {
  const days = BigInt(to - from)
  const passed = BigInt(Math.min(Math.max(day - from + 1, 0), to - from))
  const [each, rest] = [amount / days, amount % days]
  return minor(each * passed + (rest * passed) / days)
}

/** The day at which an entry is booked in full: the day of its booking or, of one over days, the last of them, which lies ahead. */
export function bookedInFull(days: DaySpan | undefined, bookedAt: Instant): number {
  const today = dayOf(bookedAt)
  if (days === undefined) return today
  assert(days.to - 1 > today, "what is booked day by day has a day ahead", { days, today })
  return days.to - 1
}

/** What of an invoice or a note is for days that lie ahead: the amount of each span, without tax. */
export type Deferral = { readonly days: DaySpan; readonly amountMinor: Minor }

/** `isMetered`: it is of usage that there was, and so earned, whatever the period. */
export type EarningLine = {
  readonly amountMinor: Minor
  readonly isTax: boolean
  readonly isMetered: boolean
  readonly serviceStart: Instant | null
  readonly serviceEnd: Instant | null
  readonly taxes: readonly LineTax[] | null
}

/** What of these lines is not earned when the day of `at` ends. `includedRates`: the tax rates that are in the lines' amounts. */
export function deferralsOf(
  lines: readonly EarningLine[],
  includedRates: ReadonlySet<string | null>,
  at: Instant,
): Deferral[] {
  const sums = new Map<string, Deferral>()
  for (const line of lines) {
    const days = daysAhead(line, at)
    if (days === null) continue
    const key = `${days.from}/${days.to}`
    const included = (line.taxes ?? []).filter(({ rateId }) => includedRates.has(rateId))
    const net = included.reduce((left, tax) => left - tax.amountMinor, line.amountMinor as bigint)
    sums.set(key, { days, amountMinor: minor((sums.get(key)?.amountMinor ?? 0n) + net) })
  }
  return [...sums.values()].filter(({ amountMinor }) => amountMinor !== 0n)
}

function daysAhead(line: EarningLine, at: Instant): DaySpan | null {
  const { serviceStart, serviceEnd } = line
  if (line.isTax || line.isMetered || serviceStart === null || serviceEnd === null) return null
  assert(serviceStart <= serviceEnd, "a service ends after it begins", { serviceStart, serviceEnd })
  const days = { from: dayOf(serviceStart), to: dayOf(serviceEnd) }
  return days.to > days.from && days.to > dayOf(at) + 1 ? days : null
}
