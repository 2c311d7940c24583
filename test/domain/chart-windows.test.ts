// The hours and days of charts, in zones whose clocks change and whose hours don't begin on those of UTC.

import { describe, expect, test } from "vitest"
import { chartBoundaries, type ChartWindow } from "../../src/domain/chart-windows.ts"
import { formatInstant, parseInstant, type Instant } from "../../src/domain/time.ts"

function at(text: string): Instant {
  const parsed = parseInstant(text)
  if (!parsed.ok) throw new Error(text)
  return parsed.value
}

function told(
  window: ChartWindow,
  from: string,
  to: string,
  timeZone: string,
  most = 1_000,
): string[] | null {
  return chartBoundaries(window, at(from), at(to), timeZone, most)?.map(formatInstant) ?? null
}

function hoursLong(boundaries: readonly string[] | null): number[] {
  return (boundaries ?? []).slice(1).map((end, n) => (at(end) - at(boundaries?.[n] ?? "")) / 3_600_000)
}

describe("days", () => {
  test("are 23 and 25 hours where the clock changes", () => {
    // The EU changes its clocks at 01:00 UTC of the last Sundays of March and October.
    const spring = told("Day", "2026-03-27T23:00:00Z", "2026-03-30T22:00:00Z", "Europe/Berlin")
    expect(spring).toEqual([
      "2026-03-27T23:00:00Z",
      "2026-03-28T23:00:00Z",
      "2026-03-29T22:00:00Z",
      "2026-03-30T22:00:00Z",
    ])
    const autumn = told("Day", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "Europe/Berlin")
    expect(hoursLong(autumn)).toEqual([25])
  })

  test("begin after the gap where midnight is skipped, and are left out where the calendar skips them", () => {
    // Beirut goes forward at midnight: 29 March 2026 begins at 01:00, which is +03:00.
    expect(told("Day", "2026-03-28T22:00:00Z", "2026-03-28T22:00:01Z", "Asia/Beirut")).toEqual([
      "2026-03-28T22:00:00Z",
      "2026-03-29T21:00:00Z",
    ])
    // Samoa had no 30 December 2011.
    expect(told("Day", "2011-12-29T10:00:00Z", "2011-12-30T10:00:01Z", "Pacific/Apia")).toEqual([
      "2011-12-29T10:00:00Z",
      "2011-12-30T10:00:00Z",
      "2011-12-31T10:00:00Z",
    ])
  })

  test("are whole, the first and the last too", () => {
    expect(told("Day", "2026-03-01T12:34:56Z", "2026-03-02T00:00:00.001Z", "UTC")).toEqual([
      "2026-03-01T00:00:00Z",
      "2026-03-02T00:00:00Z",
      "2026-03-03T00:00:00Z",
    ])
    expect(told("Day", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", "UTC")).toHaveLength(2)
  })
})

describe("hours", () => {
  test("begin on the hours of the zone's clock", () => {
    expect(told("Hour", "2026-03-01T00:00:00Z", "2026-03-01T01:00:00Z", "Asia/Kolkata")).toEqual([
      "2026-02-28T23:30:00Z",
      "2026-03-01T00:30:00Z",
      "2026-03-01T01:30:00Z",
    ])
  })

  test("tile a day of which the clock moves by half an hour", () => {
    // Lord Howe Island goes back by 30 minutes at 02:00 (+11:00) of the first Sunday of April.
    const day = told("Day", "2026-04-04T13:00:00Z", "2026-04-04T13:00:01Z", "Australia/Lord_Howe")
    expect(hoursLong(day)).toEqual([24.5])
    const hours = told("Hour", day?.[0] ?? "", day?.[1] ?? "", "Australia/Lord_Howe")
    expect([hours?.[0], hours?.at(-1)]).toEqual(day)
    expect(hoursLong(hours).reduce((sum, length) => sum + length)).toBe(24.5)
  })
})

test("more windows than are wanted are none", () => {
  expect(told("Hour", "2026-03-01T00:00:00Z", "2026-03-01T10:00:00Z", "UTC", 10)).toHaveLength(11)
  expect(told("Hour", "2026-03-01T00:00:00Z", "2026-03-01T10:00:00.001Z", "UTC", 10)).toBeNull()
})
