// Hours of a zone's clock. Intl is the second opinion on what the clock shows.

import fc from "fast-check"
import { describe, expect, it, test } from "vitest"
import { Hours } from "../../src/domain/hours.ts"
import { EARLIEST, formatInstant, instant, parseInstant } from "../../src/domain/time.ts"
import { recentInstant, timeZone } from "./arbitraries.ts"

const HOUR = 3_600_000

function hourOf(zone: string, text: string): string {
  const at = parseInstant(text)
  if (!at.ok) throw new Error(text)
  const { start, end } = new Hours(zone).containing(at.value)
  return `${formatInstant(start)}/${formatInstant(end)}`
}

function minutesOf(zone: string, ms: number): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone: zone, minute: "2-digit", second: "2-digit" })
  return parts.format(ms)
}

describe("hours", () => {
  it("tile time, hold what is in them, and last an hour unless the clock changes by a part of one", () => {
    const hours = new Map<string, Hours>()
    fc.assert(
      fc.property(timeZone, recentInstant, (zone, at) => {
        // One memory for all, as in a meter.
        const known = hours.get(zone) ?? new Hours(zone)
        hours.set(zone, known)
        const { start, end } = known.containing(at)
        expect(start <= at && at < end).toBe(true)
        expect(known.containing(start)).toEqual({ start, end })
        expect(known.containing(instant(end - 1))).toEqual({ start, end })
        expect(known.containing(end).start).toBe(end)
        if (zone !== "Australia/Lord_Howe") {
          expect(end - start).toBe(HOUR)
          expect(minutesOf(zone, start)).toBe("00:00")
        }
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ["UTC", "2026-03-01T10:59:59.999Z", "2026-03-01T10:00:00Z/2026-03-01T11:00:00Z"],
    // 05:45 ahead: a full hour there is at a quarter past in UTC.
    ["Asia/Kathmandu", "2026-03-01T10:14:59Z", "2026-03-01T09:15:00Z/2026-03-01T10:15:00Z"],
    // 03:30 behind.
    ["America/St_Johns", "2026-01-01T00:10:00Z", "2025-12-31T23:30:00Z/2026-01-01T00:30:00Z"],
    // The hour from two to three that is missing in Berlin, and the one that comes twice: each is an hour of its own.
    ["Europe/Berlin", "2026-03-29T01:30:00Z", "2026-03-29T01:00:00Z/2026-03-29T02:00:00Z"],
    ["Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-25T00:00:00Z/2026-10-25T01:00:00Z"],
    ["Europe/Berlin", "2026-10-25T01:30:00Z", "2026-10-25T01:00:00Z/2026-10-25T02:00:00Z"],
    // Lord Howe goes back from +11 to +10:30 at 2:00, which is 1:30 then: the half hour is cut at 15:00 UTC.
    ["Australia/Lord_Howe", "2026-04-04T14:59:00Z", "2026-04-04T14:00:00Z/2026-04-04T15:00:00Z"],
    ["Australia/Lord_Howe", "2026-04-04T15:00:00Z", "2026-04-04T15:00:00Z/2026-04-04T15:30:00Z"],
    // Forward at 2:00 of +10:30, which is 2:30 then: half an hour from 15:30 UTC to the next full hour there.
    ["Australia/Lord_Howe", "2026-10-03T15:30:00Z", "2026-10-03T15:30:00Z/2026-10-03T16:00:00Z"],
    // Caracas went forward by half an hour at 2:30, which was 7:00 UTC: the hour from two on was cut there.
    ["America/Caracas", "2016-05-01T06:45:00Z", "2016-05-01T06:30:00Z/2016-05-01T07:00:00Z"],
    ["America/Caracas", "2016-05-01T07:00:00Z", "2016-05-01T07:00:00Z/2016-05-01T08:00:00Z"],
  ])("%s at %s", (zone, at, hour) => {
    expect(hourOf(zone, at)).toBe(hour)
  })

  it("are there from the first instant on", () => {
    for (const zone of ["UTC", "America/New_York", "America/St_Johns", "Asia/Kathmandu"]) {
      const { start, end } = new Hours(zone).containing(EARLIEST)
      expect(start <= EARLIEST && EARLIEST < end && end - start <= HOUR).toBe(true)
    }
  })
})
