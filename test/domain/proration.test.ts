// Proration: exact time shares that sum to the whole.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { dayShareOf, overlap, shareOf, type Interval } from "../../src/domain/proration.ts"
import { addRatio, compareRatio, ratio, ZERO_RATIO } from "../../src/domain/ratio.ts"
import { instant, parseInstant } from "../../src/domain/time.ts"
import { recentInstant, timeZone } from "./arbitraries.ts"

function between(from: string, to: string): Interval {
  const [start, end] = [parseInstant(from), parseInstant(to)]
  if (!start.ok || !end.ok) throw new Error(`${from} or ${to} is not an instant`)
  return { start: start.value, end: end.value }
}

const interval: fc.Arbitrary<Interval> = fc
  .tuple(recentInstant, fc.integer({ min: 1, max: 10 ** 11 }))
  .map(([start, length]) => ({ start, end: instant(start + length) }))

const april = between("2026-04-01T00:00:00Z", "2026-05-01T00:00:00Z")

describe("shareOf", () => {
  test("is exact: half of April, a third of a day, New York's March with its missing hour", () => {
    expect(shareOf(between("2026-04-16T00:00:00Z", "2026-05-01T00:00:00Z"), april)).toEqual(ratio(1n, 2n))
    expect(shareOf(between("2026-04-01T00:00:00Z", "2026-04-01T08:00:00Z"), april)).toEqual(ratio(1n, 90n))
    const march = between("2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z")
    const fromChange = between("2026-03-15T04:00:00Z", "2026-04-01T04:00:00Z")
    expect(shareOf(fromChange, march)).toEqual(ratio(17n * 24n, 31n * 24n - 1n))
  })

  test("two halves make the whole, and so do any number of parts", () => {
    const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 })
    fc.assert(
      fc.property(interval, cuts, (whole, at) => {
        const inside = at.map((share) => instant(whole.start + Math.floor(share * (whole.end - whole.start))))
        const bounds = [whole.start, ...inside.toSorted((a, b) => a - b), whole.end]
        const shares = bounds.slice(1).map((end, index) => {
          const start = bounds[index] ?? whole.start
          return shareOf(overlap({ start, end }, whole), whole)
        })
        expect(shares.reduce(addRatio, ZERO_RATIO)).toEqual(ratio(1n))
        for (const share of shares) {
          expect(compareRatio(share, ZERO_RATIO)).not.toBe(-1)
          expect(compareRatio(share, ratio(1n))).not.toBe(1)
        }
      }),
    )
  })

  test("is nothing for nothing, one for the whole", () => {
    expect(shareOf(null, april)).toEqual(ZERO_RATIO)
    expect(shareOf(april, april)).toEqual(ratio(1n))
  })

  test("is of a part that lies inside, of a whole that lasts", () => {
    expect(() => shareOf(between("2026-04-30T00:00:00Z", "2026-05-02T00:00:00Z"), april)).toThrow(
      "lies inside",
    )
    expect(() => shareOf(between("2026-03-31T00:00:00Z", "2026-04-02T00:00:00Z"), april)).toThrow(
      "lies inside",
    )
    expect(() => shareOf(null, { start: april.start, end: april.start })).toThrow("of something")
  })
})

describe("dayShareOf", () => {
  test("counts the days of the calendar, the day of the change to what follows", () => {
    const changed = between("2026-04-10T17:30:00Z", "2026-05-01T00:00:00Z")
    expect(dayShareOf(changed, april, "UTC")).toEqual(ratio(21n, 30n))
    expect(dayShareOf(between("2026-04-01T00:00:00Z", "2026-04-10T17:30:00Z"), april, "UTC")).toEqual(
      ratio(9n, 30n),
    )
    expect(dayShareOf(null, april, "UTC")).toEqual(ZERO_RATIO)
  })

  test("a day of 23 hours is a day: New York's March has 31", () => {
    const march = between("2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z")
    const fromChange = between("2026-03-08T05:00:00Z", "2026-04-01T04:00:00Z")
    expect(dayShareOf(fromChange, march, "America/New_York")).toEqual(ratio(24n, 31n))
  })

  test("from noon to noon is as many days as nights", () => {
    const whole = between("2026-04-10T12:00:00Z", "2026-05-10T12:00:00Z")
    const part = between("2026-04-20T09:00:00Z", "2026-05-10T12:00:00Z")
    expect(dayShareOf(part, whole, "UTC")).toEqual(ratio(20n, 30n))
  })

  test("within a day it is the share of its time", () => {
    const hours = between("2026-04-10T08:00:00Z", "2026-04-10T12:00:00Z")
    expect(dayShareOf(between("2026-04-10T08:00:00Z", "2026-04-10T09:00:00Z"), hours, "UTC")).toEqual(
      ratio(1n, 4n),
    )
  })

  test("shares of neighbors sum to that of both, and of all to one", () => {
    const point = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(interval, timeZone, fc.tuple(point, point), (whole, zone, points) => {
        const [a, b] = points
          .toSorted((x, y) => x - y)
          .map((share) => instant(whole.start + Math.floor(share * (whole.end - whole.start))))
        if (a === undefined || b === undefined) return
        const share = (start: number, end: number) =>
          dayShareOf({ start: instant(start), end: instant(end) }, whole, zone)
        const both = addRatio(share(whole.start, a), share(a, b))
        expect(both).toEqual(share(whole.start, b))
        expect(addRatio(both, share(b, whole.end))).toEqual(ratio(1n))
        expect(compareRatio(share(a, b), ZERO_RATIO)).not.toBe(-1)
      }),
    )
  })
})

describe("overlap", () => {
  test("of neighbors is nothing: the end is not part of an interval", () => {
    const may = between("2026-05-01T00:00:00Z", "2026-06-01T00:00:00Z")
    expect(overlap(april, may)).toBeNull()
    expect(overlap(may, april)).toBeNull()
  })

  test("holds exactly the instants that both hold", () => {
    const holds = (of: Interval | null, at: number) => of !== null && of.start <= at && at < of.end
    fc.assert(
      fc.property(interval, interval, (a, b) => {
        const common = overlap(a, b)
        expect(overlap(b, a)).toEqual(common)
        for (const at of [a.start, a.end, b.start, b.end].flatMap((edge) => [edge - 1, edge])) {
          expect(holds(common, at)).toBe(holds(a, at) && holds(b, at))
        }
      }),
    )
  })
})
