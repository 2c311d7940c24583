// Instants, durations and civil-time arithmetic. JavaScript's Date and Intl are the second opinion.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  addDuration,
  EARLIEST,
  fixedLengthMs,
  formatInstant,
  instant,
  isTimeZone,
  LATEST,
  meanLengthMs,
  NO_TIME,
  parseDuration,
  parseInstant,
  type Duration,
} from "../../src/domain/time.ts"
import { anyInstant, recentInstant, timeZone } from "./arbitraries.ts"

const REFUSED = { ok: false, error: "not_rfc3339" }

function at(text: string) {
  const result = parseInstant(text)
  if (!result.ok) throw new Error(`${text} is not an instant`)
  return result.value
}

function lasting(iso: string): Duration {
  const result = parseDuration(iso)
  if (!result.ok) throw new Error(`${iso} is not a duration`)
  return result.value
}

describe("parseInstant", () => {
  // The first three are the examples of RFC 3339, section 5.8.
  test.each([
    ["1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520Z"],
    ["1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57Z"],
    ["2037-01-01T12:00:27.87+00:20", "2037-01-01T11:40:27.870Z"],
    ["2026-02-28T00:00:00Z", "2026-02-28T00:00:00Z"],
    ["2026-02-28t00:00:00z", "2026-02-28T00:00:00Z"],
    ["2026-02-28T12:34:56.1Z", "2026-02-28T12:34:56.100Z"],
    ["2026-02-28T12:34:56.1+12:34", "2026-02-28T00:00:56.100Z"],
    ["2026-02-28T12:34:56.123999Z", "2026-02-28T12:34:56.123Z"],
    ["2026-02-28T12:34:56.000000001-00:00", "2026-02-28T12:34:56Z"],
    ["2024-02-29T00:00:00+23:59", "2024-02-28T00:01:00Z"],
    ["2000-02-29T00:00:00Z", "2000-02-29T00:00:00Z"],
    ["1969-12-31T23:30:00-01:00", "1970-01-01T00:30:00Z"],
    ["9999-12-31T23:59:59.9999Z", "9999-12-31T23:59:59.999Z"],
  ])("reads %s", (text, expected) => expect(formatInstant(at(text))).toBe(expected))

  test.each([
    "",
    "2026-02-28",
    "2026-02-28T00:00:00",
    "2026-02-28 00:00:00Z",
    "2026-02-28T00:00Z",
    "2026-2-28T00:00:00Z",
    "20260228T000000Z",
    "2026-02-28T00:00:00.Z",
    "2026-02-28T00:00:00,5Z",
    "2026-02-28T00:00:00+0100",
    "2026-02-28T00:00:00+01",
    "2026-02-28T00:00:00+24:00",
    "2026-02-28T00:00:00+01:60",
    "2026-02-28T00:00:00\u221201:00",
    "2026-02-28T00:00:00Z ",
    "2026-02-28T00:00:00Z\n",
    "2026-02-28T00:00:00Z[UTC]",
    "+002026-02-28T00:00:00Z",
    "2026-02-29T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-02-28T24:00:00Z",
    "2026-02-28T00:60:00Z",
    "2016-12-31T23:59:60Z",
    "1969-12-31T23:59:59Z",
    "1970-01-01T00:00:00+00:01",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-00:01",
    "٢٠٢٦-02-28T00:00:00Z",
    "now",
    "1772236800",
  ])("refuses %j", (text) => expect(parseInstant(text)).toEqual(REFUSED))

  test("reads what it wrote, and what Date wrote", () => {
    fc.assert(
      fc.property(anyInstant, (i) => {
        const text = new Date(i).toISOString()
        expect(formatInstant(i)).toBe(text.replace(".000Z", "Z"))
        expect(parseInstant(formatInstant(i))).toEqual({ ok: true, value: i })
        expect(parseInstant(text)).toEqual({ ok: true, value: i })
      }),
    )
  })

  test("an offset is the distance from UTC", () => {
    const offset = fc.integer({ min: -1439, max: 1439 })
    fc.assert(
      fc.property(recentInstant, offset, (i, minutes) => {
        const size = Math.abs(minutes)
        const two = (n: number) => String(n).padStart(2, "0")
        const zone = `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`
        const local = new Date(i + minutes * 60_000).toISOString().replace("Z", zone)
        expect(parseInstant(local)).toEqual({ ok: true, value: i })
      }),
    )
  })

  test("knows every day of the calendar and no other", () => {
    const two = (n: number) => String(n).padStart(2, "0")
    fc.assert(
      fc.property(fc.integer({ min: 1970, max: 9999 }), (year) => {
        for (let month = 1; month <= 12; month += 1) {
          for (const day of [28, 29, 30, 31, 32]) {
            const exists = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day
            const result = parseInstant(`${year}-${two(month)}-${two(day)}T00:00:00Z`)
            expect(result).toEqual(exists ? { ok: true, value: Date.UTC(year, month - 1, day) } : REFUSED)
          }
        }
      }),
      { numRuns: 50 },
    )
  })
})

describe("instant", () => {
  test("is a whole millisecond that RFC 3339 can write", () => {
    expect(formatInstant(EARLIEST)).toBe("1970-01-01T00:00:00Z")
    expect(formatInstant(LATEST)).toBe("9999-12-31T23:59:59.999Z")
    for (const ms of [-1, 0.5, NaN, Infinity, LATEST + 1])
      expect(() => instant(ms)).toThrow("whole millisecond")
  })
})

describe("isTimeZone", () => {
  test.each([
    "UTC",
    "Europe/Berlin",
    "America/Argentina/Buenos_Aires",
    "Australia/Lord_Howe",
    "Etc/GMT+5",
    "Asia/Kolkata",
  ])("knows %s", (name) => expect(isTimeZone(name)).toBe(true))

  test.each([
    "",
    "Mars/Olympus",
    "+02:00",
    "Z",
    "GMT+2",
    "PST",
    "Europe/Berlin ",
    "Europe",
    "../UTC",
    "x".repeat(10_000),
  ])("does not know %j", (name) => expect(isTimeZone(name)).toBe(false))
})

describe("parseDuration", () => {
  test.each([
    ["P1M", { months: 1 }],
    ["P10D", { days: 10 }],
    ["PT1H", { hours: 1 }],
    ["P1Y2M", { years: 1, months: 2 }],
    ["P2W", { weeks: 2 }],
    ["PT90M", { minutes: 90 }],
    ["P1Y2M3W4DT5H6M7S", { years: 1, months: 2, weeks: 3, days: 4, hours: 5, minutes: 6, seconds: 7 }],
    ["P0Y1D", { days: 1 }],
    ["P100Y", { years: 100 }],
  ])("reads %s", (iso, parts) =>
    expect(parseDuration(iso)).toEqual({ ok: true, value: { ...NO_TIME, ...parts } }),
  )

  test.each([
    "",
    "P",
    "PT",
    "P1MT",
    "P0D",
    "PT0S",
    "-P1M",
    "P-1M",
    "+P1M",
    "P1.5D",
    "P1,5D",
    "p1m",
    "1M",
    "P1H",
    "PT1D",
    "P1D1M",
    "P1M ",
    "P101Y",
    "P999999999Y",
    "P9999999999D",
    `P${"9".repeat(10_000)}D`,
  ])("refuses %j", (iso) => expect(parseDuration(iso)).toEqual({ ok: false, error: "not_a_duration" }))

  test("has the mean length of the calendar's 400 years, which are 146,097 days", () => {
    expect(meanLengthMs(lasting("P1Y")) * 400).toBeCloseTo(146_097 * 86_400_000)
    expect(meanLengthMs(lasting("P1M")) * 4800).toBeCloseTo(146_097 * 86_400_000)
    expect(meanLengthMs(lasting("P1W"))).toBe(7 * 86_400_000)
    expect(meanLengthMs(lasting("P1DT1H1M1S"))).toBe(86_400_000 + 3_600_000 + 60_000 + 1_000)
  })
})

describe("addDuration", () => {
  test.each([
    ["month ends are cut, from the start", "2026-01-31T00:00:00Z", "P1M", 1, "UTC", "2026-02-28T00:00:00Z"],
    ["and come back", "2026-01-31T00:00:00Z", "P1M", 2, "UTC", "2026-03-31T00:00:00Z"],
    ["29 February", "2024-02-29T00:00:00Z", "P1Y", 4, "UTC", "2028-02-29T00:00:00Z"],
    [
      "the local month's end, not UTC's",
      "2026-02-01T04:00:00Z",
      "P1M",
      1,
      "America/New_York",
      "2026-03-01T04:00:00Z",
    ],
    [
      "a day over spring forward",
      "2026-03-07T17:00:00Z",
      "P1D",
      1,
      "America/New_York",
      "2026-03-08T16:00:00Z",
    ],
    [
      "24 hours over spring forward",
      "2026-03-07T17:00:00Z",
      "PT24H",
      1,
      "America/New_York",
      "2026-03-08T17:00:00Z",
    ],
    [
      "02:30 that does not exist is 03:30",
      "2026-03-07T07:30:00Z",
      "P1D",
      1,
      "America/New_York",
      "2026-03-08T07:30:00Z",
    ],
    [
      "and 02:30 again the day after",
      "2026-03-07T07:30:00Z",
      "P1D",
      2,
      "America/New_York",
      "2026-03-09T06:30:00Z",
    ],
    [
      "01:30 that comes twice is the first",
      "2026-10-31T05:30:00Z",
      "P1D",
      1,
      "America/New_York",
      "2026-11-01T05:30:00Z",
    ],
    [
      "half an hour of summer time",
      "2026-10-03T13:30:00Z",
      "P1D",
      1,
      "Australia/Lord_Howe",
      "2026-10-04T13:00:00Z",
    ],
    ["back for Ramadan", "2026-02-14T11:00:00Z", "P1D", 1, "Africa/Casablanca", "2026-02-15T12:00:00Z"],
    ["and forward after it", "2026-03-21T12:00:00Z", "P1D", 1, "Africa/Casablanca", "2026-03-22T11:00:00Z"],
    [
      "a day that Samoa skipped is the next",
      "2011-12-29T20:00:00Z",
      "P1D",
      1,
      "Pacific/Apia",
      "2011-12-30T20:00:00Z",
    ],
    [
      "days first, then hours",
      "2026-03-07T17:00:00Z",
      "P1DT24H",
      1,
      "America/New_York",
      "2026-03-09T16:00:00Z",
    ],
    ["backwards", "2026-03-31T00:00:00Z", "P1M", -1, "UTC", "2026-02-28T00:00:00Z"],
  ])("%s", (_what, start, iso, times, zone, expected) => {
    expect(formatInstant(addDuration(at(start), lasting(iso), times, zone))).toBe(expected)
  })

  test("nothing is added zero times, not even where a wall time comes twice", () => {
    const second = at("2026-11-01T06:30:00Z")
    expect(addDuration(second, lasting("P1M"), 0, "America/New_York")).toBe(second)
    fc.assert(
      fc.property(recentInstant, timeZone, (i, zone) => {
        expect(addDuration(i, lasting("P1Y"), 0, zone)).toBe(i)
      }),
    )
  })

  test("hours are exact in every zone", () => {
    fc.assert(
      fc.property(recentInstant, timeZone, fc.integer({ min: 0, max: 10_000 }), (i, zone, n) => {
        expect(addDuration(i, lasting("PT1H"), n, zone)).toBe(i + n * 3_600_000)
      }),
    )
  })

  test("does not leave the calendar silently", () => {
    expect(() => addDuration(LATEST, lasting("P1D"), 1, "UTC")).toThrow("between 1970 and 9999")
    expect(() => addDuration(EARLIEST, lasting("P1D"), 0.5, "UTC")).toThrow("whole number of times")
  })
})

describe("fixedLengthMs", () => {
  test.each([
    ["PT1H", 3_600_000],
    ["P1D", 86_400_000],
    ["P1WT30M10S", 7 * 86_400_000 + 1_810_000],
    ["P1M", null],
    ["P1YT1H", null],
  ])("%s", (iso, ms) => {
    expect(fixedLengthMs(lasting(iso))).toBe(ms)
  })
})
