// The calendar of Billy's invoices, against an oracle that counts months by hand.
// Law: the n-th invoice is due at started_at + n × interval, in UTC at the same time of day; where the month is too short, on its last day.

import fc from "fast-check"
import { expect, test } from "vitest"
import { nextInvoiceAt } from "../../src/billy/subscription-json.ts"
import { anchoredSchedule } from "../../src/domain/billing-anchor.ts"
import { cadenceDuration, periodAt, startOf } from "../../src/domain/period.ts"
import type { Instant } from "../../src/domain/time.ts"
import { formatInstant, instant } from "../../src/domain/time.ts"

type Frequency = "Daily" | "Weekly" | "Monthly" | "Annual"

const DAY_MS = 86_400_000

function scheduleOf(frequency: Frequency, interval: number, startedAt: Instant) {
  const every = cadenceDuration(frequency, interval)
  const made = anchoredSchedule(null, { cadence: frequency, every, startedAt, timeZone: "UTC" })
  if (!made.ok) throw new Error(made.error.message)
  expect(startOf(made.value)).toBe(startedAt)
  return made.value
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

function oracle(frequency: Frequency, interval: number, start: number, n: number): number {
  if (frequency === "Daily") return start + n * interval * DAY_MS
  if (frequency === "Weekly") return start + n * interval * 7 * DAY_MS
  const from = new Date(start)
  const months =
    from.getUTCFullYear() * 12 + from.getUTCMonth() + n * interval * (frequency === "Annual" ? 12 : 1)
  const [year, month] = [Math.floor(months / 12), months % 12]
  const lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  const day = Math.min(from.getUTCDate(), lengths[month] ?? 31)
  return Date.UTC(year, month, day) + (start % DAY_MS)
}

const frequencies = fc.constantFrom<Frequency[]>("Daily", "Weekly", "Monthly", "Annual")
const starts = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2040, 0, 1) })

test("the n-th invoice is due n intervals after the start, whatever came between", () => {
  fc.assert(
    fc.property(
      frequencies,
      fc.integer({ min: 1, max: 24 }),
      starts,
      fc.integer({ min: 0, max: 60 }),
      (frequency, interval, start, n) => {
        const schedule = scheduleOf(frequency, interval, instant(start))
        const due = oracle(frequency, interval, start, n)
        expect(periodAt(schedule, n).start).toBe(due)
        const next = oracle(frequency, interval, start, n + 1)
        expect(nextInvoiceAt({ schedule, periodIndex: n }, n + 1)).toBe(next)
        expect(nextInvoiceAt({ schedule, periodIndex: 0 }, 0)).toBe(start)
      },
    ),
    { numRuns: 2_000 },
  )
})

/** The examples of the original. */
test.each([
  ["Monthly", "2014-01-31T10:00:00Z", ["2014-02-28", "2014-03-31", "2014-04-30"]],
  ["Monthly", "2013-11-30T10:00:00Z", ["2013-12-30", "2014-01-30", "2014-02-28", "2014-03-30"]],
  ["Annual", "2012-02-29T10:00:00Z", ["2013-02-28", "2014-02-28", "2015-02-28", "2016-02-29"]],
] as const)("%s from %s", (frequency, from, days) => {
  const schedule = scheduleOf(frequency, 1, instant(Date.parse(from)))
  const told = days.map((_, at) => formatInstant(periodAt(schedule, at + 1).start))
  expect(told).toEqual(days.map((day) => `${day}T10:00:00Z`))
})
