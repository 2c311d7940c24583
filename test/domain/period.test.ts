// Periods: they tile time from the anchor on, at the anchor's wall time, across month ends, leap days and clock changes.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Cut, Schedule } from "../../src/domain/period.ts"
import {
  cadenceDuration,
  periodAt,
  periodContaining,
  periodsFrom,
  periodsWithin,
  ruleAt,
  startOf,
  wholeOf,
} from "../../src/domain/period.ts"
import {
  addDuration,
  formatInstant,
  instant,
  LATEST,
  meanLengthMs,
  NO_TIME,
  parseInstant,
  type Duration,
} from "../../src/domain/time.ts"
import { recentInstant, schedule, timeZone } from "./arbitraries.ts"

const HOUR = 3_600_000

function at(text: string) {
  const result = parseInstant(text)
  if (!result.ok) throw new Error(`${text} is not an instant`)
  return result.value
}

function starting(anchor: string, every: Duration, zone = "UTC"): Schedule {
  return { anchor: at(anchor), timeZone: zone, every }
}

function starts(of: Schedule, count: number): string[] {
  return Array.from({ length: count }, (_, index) => formatInstant(periodAt(of, index).start))
}

const monthly = cadenceDuration("Monthly", 1)
const daily = cadenceDuration("Daily", 1)
const annual = cadenceDuration("Annual", 1)

describe("cadences", () => {
  test.each([
    ["Daily", 3, { days: 3 }],
    ["Weekly", 2, { weeks: 2 }],
    ["Monthly", 1, { months: 1 }],
    ["Quarterly", 2, { months: 6 }],
    ["Annual", 1, { years: 1 }],
  ] as const)("%s every %d", (cadence, interval, parts) => {
    expect(cadenceDuration(cadence, interval)).toEqual({ ...NO_TIME, ...parts })
  })

  test.each([0, -1, 1.5, NaN])("have no interval of %d", (n) => {
    expect(() => cadenceDuration("Monthly", n)).toThrow("positive whole number")
  })
})

describe("boundaries", () => {
  test("the published quick start: 28 February to 28 March", () => {
    const { start, end } = periodAt(starting("2026-02-28T00:00:00Z", monthly), 0)
    expect([formatInstant(start), formatInstant(end)]).toEqual([
      "2026-02-28T00:00:00Z",
      "2026-03-28T00:00:00Z",
    ])
  })

  test("31 January → 28 February → 31 March → 30 April", () => {
    expect(starts(starting("2026-01-31T00:00:00Z", monthly), 4)).toEqual([
      "2026-01-31T00:00:00Z",
      "2026-02-28T00:00:00Z",
      "2026-03-31T00:00:00Z",
      "2026-04-30T00:00:00Z",
    ])
    expect(starts(starting("2024-01-31T00:00:00Z", monthly), 3)[1]).toBe("2024-02-29T00:00:00Z")
  })

  test("29 February, yearly, is 28 February in common years", () => {
    expect(starts(starting("2024-02-29T12:00:00Z", annual), 5)).toEqual([
      "2024-02-29T12:00:00Z",
      "2025-02-28T12:00:00Z",
      "2026-02-28T12:00:00Z",
      "2027-02-28T12:00:00Z",
      "2028-02-29T12:00:00Z",
    ])
  })

  test("30 November, quarterly", () => {
    expect(starts(starting("2026-11-30T00:00:00Z", cadenceDuration("Quarterly", 1)), 3)).toEqual([
      "2026-11-30T00:00:00Z",
      "2027-02-28T00:00:00Z",
      "2027-05-30T00:00:00Z",
    ])
  })

  // Local midnights around the clock changes of 2026, by the time zone database.
  test.each([
    ["America/New_York", "2026-03-07T05:00:00Z", [24, 23, 24]],
    ["America/New_York", "2026-10-31T04:00:00Z", [24, 25, 24]],
    ["Australia/Lord_Howe", "2026-04-03T13:00:00Z", [24, 24.5, 24]],
    ["Australia/Lord_Howe", "2026-10-02T13:30:00Z", [24, 23.5, 24]],
    ["Africa/Casablanca", "2026-02-13T23:00:00Z", [24, 25, 24]],
    ["Africa/Casablanca", "2026-03-21T00:00:00Z", [24, 23, 24]],
  ])("days in %s from %s last %j hours", (zone, anchor, hours) => {
    const days = hours.map((_, index) => periodAt(starting(anchor, daily, zone), index))
    expect(days.map(({ start, end }) => (end - start) / HOUR)).toEqual(hours)
  })

  test("a month over spring forward is an hour short, over fall back an hour long", () => {
    const length = (anchor: string) => {
      const { start, end } = periodAt(starting(anchor, monthly, "America/New_York"), 0)
      return (end - start) / HOUR
    }
    expect(length("2026-03-01T05:00:00Z")).toBe(31 * 24 - 1)
    expect(length("2026-11-01T04:00:00Z")).toBe(30 * 24 + 1)
  })

  test("the day that Samoa skipped is empty, and no time is in it", () => {
    const skipping = starting("2011-12-28T20:00:00Z", daily, "Pacific/Apia")
    const skipped = periodAt(skipping, 2)
    expect(skipped.start).toBe(skipped.end)
    expect(periodContaining(skipping, skipped.start)?.index).toBe(3)
    expect(periodContaining(skipping, instant(skipped.start - 1))?.index).toBe(1)
  })

  test("are not counted from before the anchor", () => {
    expect(() => periodAt(starting("2026-01-31T00:00:00Z", monthly), -1)).toThrow("counted from 0")
    expect(() => periodAt(starting("2026-01-31T00:00:00Z", monthly), 0.5)).toThrow("counted from 0")
  })
})

describe("cuts and ends", () => {
  const of = starting("2026-01-31T00:00:00Z", monthly)
  const shown = (from: Schedule, count: number, until: string | null = null) =>
    periodsFrom(from, 0, count, until === null ? null : at(until)).map((period) => {
      const whole = wholeOf(period)
      return [period.start, period.end, whole.start, whole.end].map((i) => formatInstant(i).slice(0, 10))
    })

  test("a start within a period is a stub of it, before the anchor too", () => {
    expect(shown({ ...of, start: at("2025-11-12T00:00:00Z") }, 2)).toEqual([
      ["2025-11-12", "2025-11-30", "2025-10-31", "2025-11-30"],
      ["2025-11-30", "2025-12-31", "2025-11-30", "2025-12-31"],
    ])
  })

  test("a cut by another rule: the old period ends short, the new one begins there", () => {
    const rule = { anchor: at("2026-03-10T00:00:00Z"), timeZone: "UTC", every: monthly }
    const cut: Cut = { at: at("2026-03-10T00:00:00Z"), rule, prorated: true }
    expect(shown({ ...of, cuts: [cut] }, 4)).toEqual([
      ["2026-01-31", "2026-02-28", "2026-01-31", "2026-02-28"],
      ["2026-02-28", "2026-03-10", "2026-02-28", "2026-03-31"],
      ["2026-03-10", "2026-04-10", "2026-03-10", "2026-04-10"],
      ["2026-04-10", "2026-05-10", "2026-04-10", "2026-05-10"],
    ])
    const unprorated = shown({ ...of, cuts: [{ ...cut, prorated: false }] }, 2)[1]
    expect(unprorated).toEqual(["2026-02-28", "2026-03-10", "2026-02-28", "2026-03-10"])
  })

  test("a cut by the same rule divides a period, one at a boundary changes nothing", () => {
    const cut = (text: string): Cut => ({ at: at(text), rule: null, prorated: true })
    expect(
      shown({ ...of, cuts: [cut("2026-03-10T00:00:00Z"), cut("2026-03-20T00:00:00Z")] }, 5).slice(1),
    ).toEqual([
      ["2026-02-28", "2026-03-10", "2026-02-28", "2026-03-31"],
      ["2026-03-10", "2026-03-20", "2026-02-28", "2026-03-31"],
      ["2026-03-20", "2026-03-31", "2026-02-28", "2026-03-31"],
      ["2026-03-31", "2026-04-30", "2026-03-31", "2026-04-30"],
    ])
    expect(shown({ ...of, cuts: [cut("2026-03-31T00:00:00Z")] }, 6)).toEqual(shown(of, 6))
  })

  test("an end cuts the last period, an end at a boundary does not", () => {
    expect(shown(of, 9, "2026-03-10T00:00:00Z")).toEqual([
      ["2026-01-31", "2026-02-28", "2026-01-31", "2026-02-28"],
      ["2026-02-28", "2026-03-10", "2026-02-28", "2026-03-31"],
    ])
    expect(shown(of, 9, "2026-03-31T00:00:00Z").at(-1)).toEqual([
      "2026-02-28",
      "2026-03-31",
      "2026-02-28",
      "2026-03-31",
    ])
    expect(shown(of, 9, "2026-01-31T00:00:00Z")).toEqual([])
  })

  test("a list ends before the calendar does", () => {
    const decades = starting("2026-01-31T00:00:00Z", cadenceDuration("Annual", 10))
    const last = periodsFrom(decades, 700, 200, null).at(-1)
    // 2026 + 10 × 797 = 9996 ends before 9999; what is reckoned leaves out the last ones.
    expect(last?.index).toBe(795)
    expect((last?.end ?? LATEST) < LATEST).toBe(true)
    expect(periodsFrom(decades, 100_000, 5, null)).toEqual([])
  })
})

/** What a clock on the wall of the zone shows, by Intl. */
function wallClock(zone: string, ms: number): { day: number; month: number; year: number; time: string } {
  const format = new Intl.DateTimeFormat("en-u-ca-gregory", {
    timeZone: zone,
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  })
  const parts = Object.fromEntries(format.formatToParts(ms).map(({ type, value }) => [type, value]))
  const time = `${parts["hour"]}:${parts["minute"]}:${parts["second"]}`
  return { day: Number(parts["day"]), month: Number(parts["month"]), year: Number(parts["year"]), time }
}

describe("laws", () => {
  test("periods tile time: each ends where the next starts, and none is empty", () => {
    fc.assert(
      fc.property(schedule, fc.integer({ min: 0, max: 600 }), (of, index) => {
        const period = periodAt(of, index)
        expect(period.index).toBe(index)
        expect(period.start < period.end).toBe(true)
        expect(periodAt(of, index + 1).start).toBe(period.end)
        if (index === 0) expect(period.start).toBe(of.anchor)
      }),
    )
  })

  test("periodContaining finds the period that periodAt gives, at both of its ends", () => {
    fc.assert(
      fc.property(schedule, fc.integer({ min: 0, max: 600 }), (of, index) => {
        const period = periodAt(of, index)
        // Asked of one schedule, a neighbor is never taken for the period before.
        for (const asked of [period.start, instant(period.end - 1), period.end, period.start]) {
          expect(periodContaining(of, asked)?.index).toBe(asked === period.end ? index + 1 : index)
        }
        // Copies, so that each is found anew.
        expect(periodContaining({ ...of }, period.start)).toEqual(period)
        expect(periodContaining({ ...of }, instant(period.end - 1))).toEqual(period)
        expect(periodContaining({ ...of }, period.end)?.index).toBe(index + 1)
        const before = periodContaining({ ...of }, instant(period.start - 1))
        expect(before === null ? -1 : before.index).toBe(index - 1)
      }),
    )
  })

  test("every instant from the anchor on is in exactly one period, whatever was asked before", () => {
    const asked = fc.array(recentInstant, { minLength: 1, maxLength: 10 })
    fc.assert(
      fc.property(schedule, asked, (of, instants) => {
        for (const i of instants) {
          const period = periodContaining(of, i)
          if (i < of.anchor) expect(period).toBeNull()
          else {
            expect(period).toEqual(periodAt(of, period?.index ?? -1))
            expect(period !== null && period.start <= i && i < period.end).toBe(true)
          }
        }
      }),
    )
  })

  test("months begin on the anchor's day, or the last of a shorter month, at the anchor's wall time", () => {
    // Clocks change in the first hours of a day, where a wall time can be missing; the table above has those.
    const daytime = (zone: string, ms: number) => wallClock(zone, ms).time >= "04:00:00"
    const anchored = fc.tuple(timeZone, recentInstant).filter(([zone, ms]) => daytime(zone, ms))
    fc.assert(
      fc.property(anchored, fc.integer({ min: 1, max: 120 }), ([zone, anchor], index) => {
        const from = wallClock(zone, anchor)
        const { start } = periodAt({ anchor, timeZone: zone, every: monthly }, index)
        const months = from.month - 1 + index
        const lastDay = new Date(Date.UTC(from.year, months + 1, 0)).getUTCDate()
        expect(wallClock(zone, start)).toEqual({
          time: from.time,
          day: Math.min(from.day, lastDay),
          month: (months % 12) + 1,
          year: from.year + Math.floor(months / 12),
        })
      }),
    )
  })
})

describe("laws of schedules that begin within a period and are cut", () => {
  const HOURS = 3_600_000
  const duration = schedule.map(({ every }) => every)
  const rule = fc.record({ anchor: recentInstant, timeZone, every: duration })
  const cut = fc.record({
    after: fc.integer({ min: 1, max: 10_000 }),
    rule: fc.option(rule, { nil: null }),
    prorated: fc.boolean(),
  })
  const recent = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2026, 0, 1) }).map(instant)
  const cutSchedule: fc.Arbitrary<Schedule> = fc
    .tuple(rule, recent, fc.array(cut, { maxLength: 4 }))
    .map(([of, start, wanted]) => {
      let from: number = start
      const cuts = wanted.map(({ after, ...rest }) => {
        from += after * HOURS
        return { ...rest, at: instant(from) }
      })
      return { ...of, start, cuts }
    })

  test("periods tile time from the start on, and are numbered without a gap", () => {
    fc.assert(
      fc.property(cutSchedule, fc.integer({ min: 0, max: 1_000 }), (of, from) => {
        expect(periodAt(of, 0).start).toBe(startOf(of))
        for (let index = from; index < from + 3; index += 1) {
          const period = periodAt(of, index)
          expect(period.index).toBe(index)
          expect(period.start < period.end).toBe(true)
          expect(periodAt(of, index + 1).start).toBe(period.end)
        }
      }),
    )
  })

  test("around each cut too, which ends a period", () => {
    fc.assert(
      fc.property(cutSchedule, (of) => {
        for (const one of of.cuts ?? []) {
          const before = periodContaining(of, instant(one.at - 1))
          const after = periodContaining(of, one.at)
          expect(before?.end).toBe(one.at)
          expect(after?.start).toBe(one.at)
          expect(after?.index).toBe((before?.index ?? NaN) + 1)
          for (const period of [before, after]) {
            if (period !== null) expect(periodAt({ ...of }, period.index)).toEqual(period)
          }
        }
      }),
    )
  })

  test("a period lies in its whole, and is it or is less", () => {
    fc.assert(
      fc.property(cutSchedule, fc.integer({ min: 0, max: 300 }), (of, index) => {
        const period = periodAt(of, index)
        const whole = wholeOf(period)
        expect(whole.start <= period.start && period.end <= whole.end).toBe(true)
        if (period.whole !== undefined) {
          expect(whole.end - whole.start).toBeGreaterThan(period.end - period.start)
        }
      }),
    )
  })

  test("what is no cut and no start is a boundary of the rule: its anchor and a whole number of durations", () => {
    fc.assert(
      fc.property(cutSchedule, fc.integer({ min: 0, max: 300 }), (of, index) => {
        const { start, end } = periodAt(of, index)
        const { anchor, every, timeZone: zone } = ruleAt(of, start)
        if ((of.cuts ?? []).some((one) => one.at === end)) return
        const about = Math.round((end - anchor) / meanLengthMs(every))
        const near = Array.from({ length: 11 }, (_, n) => about + n - 5)
        expect(near.some((n) => addDuration(anchor, every, n, zone) === end)).toBe(true)
      }),
    )
  })

  test("those within an interval are those that it touches, in order", () => {
    fc.assert(
      fc.property(cutSchedule, recent, fc.integer({ min: 1, max: 2_000 }), (of, start, hours) => {
        const asked = { start, end: instant(start + hours * HOURS) }
        const found = periodsWithin(of, asked)
        const touches = found.filter((p) => p.start < asked.end && p.end > asked.start)
        expect(found.filter((p) => p.end > asked.start)).toEqual(touches)
        if (asked.end > startOf(of)) {
          expect(found.at(-1)?.end).toBeGreaterThanOrEqual(asked.end)
          expect(found[0]?.start).toBe(
            asked.start < startOf(of) ? startOf(of) : periodContaining({ ...of }, asked.start)?.start,
          )
        }
        found.slice(1).forEach((p, n) => expect(p.start).toBe(found[n]?.end))
      }),
    )
  })
})
