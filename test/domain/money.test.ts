// Money: exact between nanos and minor units, one rounding, splits that sum to the whole.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { CURRENCIES, minorDigits, type Currency } from "../../src/domain/currency.ts"
import {
  allocate,
  formatNanos,
  MAX_NANOS,
  minor,
  minorToNanos,
  nanos,
  nanosToMinor,
  parseNanos,
  ratioToNanos,
  roundToMinor,
} from "../../src/domain/money.ts"
import { addRatio, compareRatio, ratio } from "../../src/domain/ratio.ts"
import { anyRatio } from "./arbitraries.ts"

const code = (text: string) => text as Currency
const currency = fc.constantFrom(...CURRENCIES)
const amount = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n })

describe("nanos on the wire", () => {
  // The reference points of the published API: pico-units, 1 USD = 10^12.
  test.each([
    ["1000000", code("USD"), "0.000001"],
    ["10000000000", code("USD"), "0.01"],
    ["9990000000000", code("USD"), "9.99"],
    ["1000000000000000000", code("USD"), "1000000"],
  ])("%s is %s %s", (text, _currency, units) => {
    const [whole = "", fraction = ""] = units.split(".")
    const result = parseNanos(text)
    expect(result.ok && result.value).toBe(BigInt(whole + fraction.padEnd(12, "0")))
  })

  test.each([
    ["0", 0n],
    ["-0", 0n],
    ["007", 7n],
    ["-1000000", -1_000_000n],
    ["1000000000000000000000000000000", 10n ** 30n],
    ["-1000000000000000000000000000000", -(10n ** 30n)],
  ])("reads %j", (text, value) => expect(parseNanos(text)).toEqual({ ok: true, value }))

  test.each(["", "-", "+1", "1.5", "1e3", " 1", "1 ", "0x10", "1_000", "١", "1\n", "--1", "1n"])(
    "refuses %j",
    (text) => expect(parseNanos(text)).toEqual({ ok: false, error: "not_an_integer" }),
  )

  test.each(["1000000000000000000000000000001", "-1000000000000000000000000000001", "9".repeat(1_000_000)])(
    "refuses amounts beyond the scale",
    (text) => expect(parseNanos(text)).toEqual({ ok: false, error: "too_large" }),
  )

  test("come back as they were sent", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -MAX_NANOS, max: MAX_NANOS }), (n) => {
        expect(parseNanos(formatNanos(nanos(n)))).toEqual({ ok: true, value: n })
      }),
    )
  })
})

describe("minor units", () => {
  test.each([
    ["USD", 1n, 10_000_000_000n],
    ["JPY", 1n, 1_000_000_000_000n],
    ["KWD", 1n, 1_000_000_000n],
    ["CLF", 1n, 100_000_000n],
    ["USD", -999n, -9_990_000_000_000n],
  ])("%s %s is %s nanos", (name, units, expected) => {
    expect(minorToNanos(minor(units), code(name))).toBe(expected)
  })

  test("become nanos and back without loss, and nothing else becomes minor units", () => {
    fc.assert(
      fc.property(amount, currency, fc.bigInt({ min: 1n, max: 99_999_999n }), (m, c, odd) => {
        const exact = minorToNanos(minor(m), c)
        expect(nanosToMinor(exact, c)).toEqual({ ok: true, value: m })
        // The finest minor unit, of four digits, is 10^8 nanos, so `odd` is less than any.
        expect(nanosToMinor(nanos(exact + odd), c)).toEqual({ ok: false, error: "not_whole_minor_units" })
      }),
    )
  })
})

describe("the rounding of an invoice line", () => {
  test.each([
    ["USD", ratio(5_000_000_000n), 1n],
    ["USD", ratio(-5_000_000_000n), -1n],
    ["USD", ratio(4_999_999_999n), 0n],
    // One third of a nano below half a cent stays below it: nothing is rounded on the way.
    ["USD", ratio(14_999_999_999n, 3n), 0n],
    ["USD", ratio(15_000_000_001n, 3n), 1n],
    ["JPY", ratio(1_500_000_000_000n), 2n],
    ["KWD", ratio(1_500_000_000n), 2n],
    ["USD", ratio(12_345_000_000_000n), 1235n],
  ])("a line of %s, case %#", (name, exact, expected) =>
    expect(roundToMinor(exact, code(name))).toBe(expected),
  )

  test("moves an amount by half a minor unit at most", () => {
    fc.assert(
      fc.property(anyRatio, currency, (exact, c) => {
        const rounded = ratio(minorToNanos(roundToMinor(exact, c), c))
        const half = ratio(10n ** BigInt(12 - minorDigits(c)), 2n)
        expect(compareRatio(rounded, addRatio(exact, half))).not.toBe(1)
        expect(compareRatio(addRatio(rounded, half), exact)).not.toBe(-1)
        expect(roundToMinor(rounded, c)).toBe(roundToMinor(exact, c))
      }),
    )
  })

  test("shows an exact amount in whole nanos", () => {
    expect(ratioToNanos(ratio(1n, 2n))).toBe(1n)
    expect(ratioToNanos(ratio(-1n, 2n))).toBe(-1n)
    expect(ratioToNanos(ratio(1n, 3n))).toBe(0n)
  })
})

describe("allocate", () => {
  const weights = fc
    .array(fc.bigInt({ min: 0n, max: 10n ** 20n }), { minLength: 1, maxLength: 20 })
    .filter((all) => all.some((weight) => weight > 0n))

  test.each([
    [100n, [1n, 1n, 1n], [34n, 33n, 33n]],
    [5n, [3n, 7n], [2n, 3n]],
    [-100n, [1n, 1n, 1n], [-34n, -33n, -33n]],
    [1n, [1n, 1n, 98n], [0n, 0n, 1n]],
    [101n, [50n, 0n, 51n], [50n, 0n, 51n]],
    [0n, [1n, 2n], [0n, 0n]],
    // Exactly 3.2, 1.6 and 3.2: the unit that is left goes to the largest remainder.
    [8n, [2n, 1n, 2n], [3n, 2n, 3n]],
  ])("splits %s, case %#", (total, by, expected) => expect(allocate(minor(total), by)).toEqual(expected))

  test("conserves the total, and each share is the exact one cut or rounded up", () => {
    fc.assert(
      fc.property(amount, weights, (total, by) => {
        const shares = allocate(minor(total), by)
        const sum = by.reduce((a, b) => a + b, 0n)
        expect(shares).toHaveLength(by.length)
        expect(shares.reduce<bigint>((a, b) => a + b, 0n)).toBe(total)
        for (const [index, share] of shares.entries()) {
          const off = share * sum - total * (by[index] ?? 0n)
          expect(-sum < off && off < sum).toBe(true)
        }
      }),
    )
  })

  test("gives nothing to what weighs nothing, and a larger weight never less", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n }), weights, (total, by) => {
        const shares = allocate(minor(total), by)
        const sorted = by.map((weight, index) => ({ weight, share: shares[index] ?? 0n }))
        for (const a of sorted) {
          if (a.weight === 0n) expect(a.share).toBe(0n)
          for (const b of sorted) if (a.weight > b.weight) expect(a.share >= b.share).toBe(true)
        }
      }),
    )
  })

  test("needs weights that say something", () => {
    expect(() => allocate(minor(1n), [])).toThrow("has a weight")
    expect(() => allocate(minor(1n), [0n, 0n])).toThrow("has a weight")
    expect(() => allocate(minor(1n), [2n, -1n])).toThrow("not negative")
  })
})
