// Billing anchors: where the first boundary lies, that short months don't move the ones after them, and what no cadence has.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { AnchorFields, BillingAnchor } from "../../src/domain/billing-anchor.ts"
import { anchoredSchedule, anchorFrom, WEEKDAYS } from "../../src/domain/billing-anchor.ts"
import type { Cadence } from "../../src/domain/period.ts"
import { cadenceDuration, periodAt, periodsFrom, wholeOf } from "../../src/domain/period.ts"
import {
  formatInstant,
  formatLocal,
  parseDuration,
  parseInstant,
  type Instant,
} from "../../src/domain/time.ts"
import { recentInstant, timeZone } from "./arbitraries.ts"

function at(text: string): Instant {
  const result = parseInstant(text)
  if (!result.ok) throw new Error(`${text} is not an instant`)
  return result.value
}

function anchorOf(given: AnchorFields | string): BillingAnchor {
  if (typeof given === "string") return { kind: "Instant", at: at(given) }
  const anchor = anchorFrom(given)
  if (!anchor.ok) throw new Error(anchor.error.message)
  return anchor.value
}

type Plan = Exclude<Cadence, "Custom"> | `P${string}` | readonly [Exclude<Cadence, "Custom">, number]

function subscribed(plan: Plan, start: string, zone = "UTC") {
  const times = { startedAt: at(start), timeZone: zone }
  if (typeof plan !== "string") {
    return { ...times, cadence: plan[0], every: cadenceDuration(...plan) }
  }
  const custom = parseDuration(plan)
  if (custom.ok) return { ...times, cadence: "Custom" as const, every: custom.value }
  const cadence = plan as Exclude<Cadence, "Custom">
  return { ...times, cadence, every: cadenceDuration(cadence, 1) }
}

function scheduleOf(given: AnchorFields | string | null, plan: Plan, start: string, zone?: string) {
  const made = anchoredSchedule(given === null ? null : anchorOf(given), subscribed(plan, start, zone))
  if (!made.ok) throw new Error(`${made.error.path}: ${made.error.message}`)
  return made.value
}

/** The ends of the first periods as the wall of the zone shows them; midnight is left out. */
function ends(given: AnchorFields | string | null, plan: Plan, start: string, count: number, zone = "UTC") {
  const schedule = scheduleOf(given, plan, start, zone)
  expect(formatInstant(periodAt(schedule, 0).start)).toBe(start)
  return periodsFrom(schedule, 0, count, null).map(({ end }) =>
    formatLocal(end, zone).slice(0, 19).replace("T00:00:00", ""),
  )
}

describe("boundaries", () => {
  test.each<[what: string, AnchorFields | string | null, Plan, start: string, ends: string[]]>([
    [
      "day 31, started 10 February: 28 February, 31 March",
      { day_of_month: 31 },
      "Monthly",
      "2026-02-10T09:30:00Z",
      ["2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31"],
    ],
    [
      "day 30, started on one: no stub",
      { day_of_month: 30 },
      "Monthly",
      "2026-01-30T00:00:00Z",
      ["2026-02-28", "2026-03-30", "2026-04-30"],
    ],
    [
      "day 1, started in its afternoon: the rest of the month",
      { day_of_month: 1 },
      "Monthly",
      "2026-06-01T15:00:00Z",
      ["2026-07-01", "2026-08-01"],
    ],
    [
      "day 29 in a leap year",
      { day_of_month: 29 },
      "Monthly",
      "2024-02-10T00:00:00Z",
      ["2024-02-29", "2024-03-29"],
    ],
    [
      "day 31, quarterly: 28 February, then 31 and 31 and 30",
      { day_of_month: 31 },
      "Quarterly",
      "2026-02-10T00:00:00Z",
      ["2026-02-28", "2026-05-31", "2026-08-31", "2026-11-30", "2027-02-28", "2027-05-31"],
    ],
    [
      "day 31, quarterly, started on one: a whole quarter",
      { day_of_month: 31 },
      "Quarterly",
      "2026-01-31T00:00:00Z",
      ["2026-04-30", "2026-07-31", "2026-10-31", "2027-01-31"],
    ],
    [
      "Sundays, every other week, started on one: two whole weeks",
      { weekday: "Sunday" },
      ["Weekly", 2],
      "2026-07-05T00:00:00Z",
      ["2026-07-19", "2026-08-02"],
    ],
    [
      "day 15, every two months",
      { day_of_month: 15 },
      ["Monthly", 2],
      "2026-01-20T00:00:00Z",
      ["2026-02-15", "2026-04-15", "2026-06-15"],
    ],
    [
      "day 31, every twelve months from a February: its last day",
      { day_of_month: 31 },
      ["Monthly", 12],
      "2025-02-10T00:00:00Z",
      ["2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28"],
    ],
    [
      "annual on a day of the month: its next one",
      { day_of_month: 5 },
      "Annual",
      "2026-03-10T00:00:00Z",
      ["2026-04-05", "2027-04-05"],
    ],
    [
      "annual on 1 January",
      { month: 1, day_of_month: 1 },
      "Annual",
      "2026-03-10T00:00:00Z",
      ["2027-01-01", "2028-01-01"],
    ],
    [
      "annual on 29 February: 28 in common years, and 29 again",
      { month: 2, day_of_month: 29 },
      "Annual",
      "2026-01-10T00:00:00Z",
      ["2026-02-28", "2027-02-28", "2028-02-29", "2029-02-28"],
    ],
    [
      "annual on 29 February, started on the 28th of a common year",
      { month: 2, day_of_month: 29 },
      "Annual",
      "2026-02-28T00:00:00Z",
      ["2027-02-28", "2028-02-29"],
    ],
    [
      "Mondays, started on a Wednesday",
      { weekday: "Monday" },
      "Weekly",
      "2026-07-01T00:00:00Z",
      ["2026-07-06", "2026-07-13"],
    ],
    [
      "Mondays, started on one at noon",
      { weekday: "Monday" },
      "Weekly",
      "2026-07-06T12:00:00Z",
      ["2026-07-13", "2026-07-20"],
    ],
    [
      "Sundays, every other week",
      { weekday: "Sunday" },
      ["Weekly", 2],
      "2026-07-01T00:00:00Z",
      ["2026-07-05", "2026-07-19"],
    ],
    [
      "an instant to come",
      "2026-01-31T12:00:00Z",
      "Monthly",
      "2026-01-10T00:00:00Z",
      ["2026-01-31T12:00:00", "2026-02-28T12:00:00", "2026-03-31T12:00:00"],
    ],
    [
      "an instant that has passed",
      "2024-08-31T12:00:00Z",
      "Monthly",
      "2026-02-10T00:00:00Z",
      ["2026-02-28T12:00:00", "2026-03-31T12:00:00"],
    ],
    [
      "an instant of a day",
      "2026-01-01T06:00:00Z",
      "Daily",
      "2026-01-10T00:00:00Z",
      ["2026-01-10T06:00:00", "2026-01-11T06:00:00"],
    ],
    [
      "an instant, every ten days",
      "2026-01-01T00:00:00Z",
      "P10D",
      "2026-01-25T00:00:00Z",
      ["2026-01-31", "2026-02-10"],
    ],
    [
      "none: from the start with its time of day",
      null,
      "Monthly",
      "2026-01-30T17:45:00Z",
      ["2026-02-28T17:45:00", "2026-03-30T17:45:00"],
    ],
  ])("%s", (_, given, plan, start, expected) => {
    expect(ends(given, plan, start, expected.length)).toEqual(expected)
  })

  // 10 March 2026 20:00 UTC is the 11th at 09:00 in Auckland and the 10th at 10:00 in Honolulu.
  test("are midnights of the zone, and its date is what counts", () => {
    const started = "2026-03-10T20:00:00Z"
    expect(ends({ day_of_month: 11 }, "Monthly", started, 1, "Pacific/Auckland")).toEqual(["2026-04-11"])
    expect(ends({ day_of_month: 11 }, "Monthly", started, 2, "Pacific/Honolulu")).toEqual([
      "2026-03-11",
      "2026-04-11",
    ])
    const { end } = periodAt(scheduleOf({ day_of_month: 11 }, "Monthly", started, "Pacific/Honolulu"), 0)
    expect(formatInstant(end)).toBe("2026-03-11T10:00:00Z")
  })

  test("a wall time that is skipped or comes twice, and those after it", () => {
    // 02:30 is skipped on 8 March; of the two 01:30 of 1 November it is the first, with the offset of summer.
    const skipped = ends(null, "Monthly", "2026-02-08T07:30:00Z", 2, "America/New_York")
    expect(skipped).toEqual(["2026-03-08T03:30:00", "2026-04-08T02:30:00"])
    const twice = scheduleOf(null, "Monthly", "2026-10-01T05:30:00Z", "America/New_York")
    expect(formatInstant(periodAt(twice, 0).end)).toBe("2026-11-01T05:30:00Z")
    expect(formatInstant(periodAt(twice, 1).end)).toBe("2026-12-01T06:30:00Z")
  })

  // In Santiago midnight of Sunday, 6 September 2026, does not exist: the clock goes from 24:00 to 01:00.
  test("a midnight that is skipped moves its own boundary only", () => {
    expect(ends({ weekday: "Sunday" }, "Weekly", "2026-09-02T04:00:00Z", 3, "America/Santiago")).toEqual([
      "2026-09-06T01:00:00",
      "2026-09-13",
      "2026-09-20",
    ])
    expect(ends({ day_of_month: 6 }, "Monthly", "2026-09-02T04:00:00Z", 3, "America/Santiago")).toEqual([
      "2026-09-06T01:00:00",
      "2026-10-06",
      "2026-11-06",
    ])
  })
})

describe("a stub", () => {
  test("is a part of the period that it is the end of", () => {
    const schedule = scheduleOf({ day_of_month: 31 }, "Monthly", "2026-02-10T00:00:00Z")
    const stub = periodAt(schedule, 0)
    expect(wholeOf(stub)).toEqual({ start: at("2026-01-31T00:00:00Z"), end: stub.end })
    expect(periodAt(schedule, 1).whole).toBeUndefined()
  })

  test("of a quarter is a part of the quarter", () => {
    const schedule = scheduleOf({ day_of_month: 31 }, "Quarterly", "2026-02-10T00:00:00Z")
    expect(wholeOf(periodAt(schedule, 0)).start).toBe(at("2025-11-30T00:00:00Z"))
  })

  test("is none where the start is a boundary", () => {
    for (const given of [{ day_of_month: 30 }, "2026-03-30T00:00:00Z", null]) {
      expect(periodAt(scheduleOf(given, "Monthly", "2026-01-30T00:00:00Z"), 0).whole).toBeUndefined()
    }
    // 31 wanted, 28 February is a boundary.
    const february = scheduleOf({ day_of_month: 31 }, "Monthly", "2026-02-28T00:00:00Z")
    expect(periodAt(february, 0)).toEqual({
      index: 0,
      start: at("2026-02-28T00:00:00Z"),
      end: at("2026-03-31T00:00:00Z"),
    })
  })
})

describe("refused", () => {
  test.each<[AnchorFields, path: string]>([
    [{}, "day_of_month"],
    [{ month: 5 }, "day_of_month"],
    [{ month: 2, day_of_month: 30 }, "day_of_month"],
    [{ month: 4, day_of_month: 31 }, "day_of_month"],
    [{ weekday: "Monday", day_of_month: 1 }, "weekday"],
    [{ weekday: "Monday", month: 1 }, "weekday"],
  ])("%j is no day", (fields, path) => {
    expect(anchorFrom(fields)).toMatchObject({ ok: false, error: { path } })
  })

  test.each<[AnchorFields, Plan, path: string]>([
    [{ weekday: "Monday" }, "Monthly", "weekday"],
    [{ weekday: "Monday" }, "Daily", "weekday"],
    [{ weekday: "Monday" }, "Annual", "weekday"],
    [{ day_of_month: 1 }, "Weekly", "day_of_month"],
    [{ day_of_month: 1 }, "Daily", "day_of_month"],
    [{ day_of_month: 1 }, "P1M", "day_of_month"],
    [{ month: 1, day_of_month: 1 }, "Monthly", "month"],
    [{ month: 1, day_of_month: 1 }, "Quarterly", "month"],
    [{ month: 1, day_of_month: 1 }, "Weekly", "month"],
  ])("%j is nothing that %s has", (fields, plan, path) => {
    const made = anchoredSchedule(anchorOf(fields), subscribed(plan, "2026-01-10T00:00:00Z"))
    expect(made).toMatchObject({ ok: false, error: { path } })
  })

  test("is a stub of a period that begins before the calendar does", () => {
    const early = subscribed("Annual", "1970-06-01T00:00:00Z")
    expect(anchoredSchedule(anchorOf({ day_of_month: 1 }), early)).toMatchObject({ ok: false })
    expect(anchoredSchedule(null, early)).toMatchObject({ ok: true })
  })
})

describe("laws", () => {
  const dayOf = (ms: number, zone: string) => {
    const [year = 0, month = 0, day = 0] = formatLocal(ms as Instant, zone)
      .slice(0, 10)
      .split("-")
      .map(Number)
    return { year, month, day, weekday: new Date(Date.UTC(year, month - 1, day)).getUTCDay() }
  }
  const lengthOf = (year: number, month: number) => new Date(Date.UTC(year, month, 0)).getUTCDate()
  const interval = fc.integer({ min: 1, max: 40 })
  const index = fc.integer({ min: 0, max: 40 })

  test("every boundary of a month is on the wanted day or the last one, so many months after the first", () => {
    const wanted = fc.record({
      startedAt: recentInstant,
      zone: timeZone,
      cadence: fc.constantFrom("Monthly" as const, "Quarterly" as const, "Annual" as const),
      day: fc.integer({ min: 1, max: 31 }),
      interval: fc.integer({ min: 1, max: 4 }),
      index,
    })
    fc.assert(
      fc.property(wanted, ({ startedAt, zone, cadence, day, interval: n, index: number }) => {
        const every = cadenceDuration(cadence, n)
        const made = anchoredSchedule(
          { kind: "DayOfMonth", dayOfMonth: day },
          { cadence, every, startedAt, timeZone: zone },
        )
        if (!made.ok) throw new Error("refused")
        const first = dayOf(periodAt(made.value, 0).end, zone)
        const found = dayOf(periodAt(made.value, number).end, zone)
        expect(found.day).toBe(Math.min(day, lengthOf(found.year, found.month)))
        const months = 12 * (found.year - first.year) + found.month - first.month
        expect(months).toBe(number * (12 * every.years + every.months))
        // No such day lies between the start and the first boundary.
        const start = dayOf(startedAt, zone)
        const apart = 12 * (first.year - start.year) + first.month - start.month
        expect(apart).toBeLessThanOrEqual(2)
      }),
    )
  })

  test("every boundary of a week is on the weekday, the first at most a week after the start", () => {
    fc.assert(
      fc.property(
        recentInstant,
        timeZone,
        fc.constantFrom(...WEEKDAYS),
        interval,
        index,
        (start, zone, weekday, n, number) => {
          const every = cadenceDuration("Weekly", n)
          const made = anchoredSchedule(
            { kind: "Weekday", weekday },
            { cadence: "Weekly", every, startedAt: start, timeZone: zone },
          )
          if (!made.ok) throw new Error("refused")
          const { end } = periodAt(made.value, number)
          expect(dayOf(end, zone).weekday).toBe((WEEKDAYS.indexOf(weekday) + 1) % 7)
          const stub = periodAt(made.value, 0)
          if (stub.whole !== undefined)
            expect(stub.end - stub.start).toBeLessThanOrEqual(7 * 86_400_000 + 3_600_000)
        },
      ),
    )
  })

  test("boundaries of an instant are that instant and whole numbers of periods from it", () => {
    fc.assert(
      fc.property(recentInstant, recentInstant, timeZone, (start, anchor, zone) => {
        const every = cadenceDuration("Monthly", 1)
        const made = anchoredSchedule(
          { kind: "Instant", at: anchor },
          { cadence: "Monthly", every, startedAt: start, timeZone: zone },
        )
        if (!made.ok) throw new Error("refused")
        const stub = periodAt(made.value, 0)
        expect(stub.start).toBe(start)
        const [of, to] = [dayOf(anchor, zone), dayOf(stub.end, zone)]
        expect(to.day).toBe(Math.min(of.day, lengthOf(to.year, to.month)))
      }),
    )
  })
})
