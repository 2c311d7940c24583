// Ratios: an exact field with one form per value, and the one rounding, half away from zero.

import Big from "big.js"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { decimalOf, formatDecimal } from "../../src/domain/decimal.ts"
import {
  addRatio,
  ceilRatio,
  compareRatio,
  decimalOfRatio,
  divideRatio,
  floorRatio,
  isZeroRatio,
  minRatio,
  multiplyRatio,
  negateRatio,
  ratio,
  ratioOfDecimal,
  roundRatio,
  subtractRatio,
  ZERO_RATIO,
  type Ratio,
} from "../../src/domain/ratio.ts"
import { anyDecimal, anyRatio } from "./arbitraries.ts"

describe("ratio", () => {
  test("is reduced, with a positive denominator", () => {
    expect(ratio(6n, 4n)).toEqual({ num: 3n, den: 2n })
    expect(ratio(6n, -4n)).toEqual({ num: -3n, den: 2n })
    expect(ratio(-6n, -3n)).toEqual({ num: 2n, den: 1n })
    expect(ratio(0n, -7n)).toEqual(ZERO_RATIO)
    expect(ratio(5n)).toEqual({ num: 5n, den: 1n })
    expect(ratioOfDecimal(decimalOf("-12.5"))).toEqual({ num: -25n, den: 2n })
    expect(() => ratio(1n, 0n)).toThrow("not zero")
  })

  test("has one form for one value", () => {
    fc.assert(
      fc.property(anyRatio, fc.bigInt({ min: 1n, max: 10n ** 20n }), fc.boolean(), (r, n, flip) => {
        const factor = flip ? -n : n
        expect(ratio(r.num * factor, r.den * factor)).toEqual(r)
        expect(r.den > 0n).toBe(true)
      }),
    )
  })

  test("obeys the laws of a field", () => {
    fc.assert(
      fc.property(anyRatio, anyRatio, anyRatio, (a, b, c) => {
        expect(addRatio(a, b)).toEqual(addRatio(b, a))
        expect(addRatio(addRatio(a, b), c)).toEqual(addRatio(a, addRatio(b, c)))
        expect(multiplyRatio(a, addRatio(b, c))).toEqual(addRatio(multiplyRatio(a, b), multiplyRatio(a, c)))
        expect(subtractRatio(addRatio(a, b), b)).toEqual(a)
        expect(isZeroRatio(addRatio(a, negateRatio(a)))).toBe(true)
        if (a.num !== 0n) expect(multiplyRatio(a, ratio(a.den, a.num))).toEqual(ratio(1n))
      }),
    )
  })

  test("is ordered by the sign of the difference", () => {
    fc.assert(
      fc.property(anyRatio, anyRatio, (a, b) => {
        const { num } = subtractRatio(a, b)
        expect(compareRatio(a, b)).toBe(num < 0n ? -1 : num > 0n ? 1 : 0)
      }),
    )
    expect(compareRatio(ratio(1n, 3n), ratio(33n, 100n))).toBe(1)
  })
})

describe("roundRatio", () => {
  test.each([
    ["2.5", 3n],
    ["-2.5", -3n],
    ["3.5", 4n],
    ["-3.5", -4n],
    ["0.5", 1n],
    ["-0.5", -1n],
    ["2.499999999999999999", 2n],
    ["-2.500000000000000001", -3n],
    ["0", 0n],
    ["-7", -7n],
  ])("rounds %s to %s", (text, expected) =>
    expect(roundRatio(ratioOfDecimal(decimalOf(text)))).toBe(expected),
  )

  test("is off by half at most, and by exactly half only away from zero", () => {
    const size = (r: Ratio) => (r.num < 0n ? negateRatio(r) : r)
    fc.assert(
      fc.property(anyRatio, (r) => {
        const rounded = ratio(roundRatio(r))
        const off = size(subtractRatio(rounded, r))
        expect(compareRatio(off, ratio(1n, 2n))).not.toBe(1)
        if (compareRatio(off, ratio(1n, 2n)) === 0) expect(compareRatio(size(rounded), size(r))).toBe(1)
        expect(roundRatio(negateRatio(r))).toBe(-roundRatio(r))
      }),
    )
  })

  test("rounds decimals as big.js rounds half up", () => {
    fc.assert(
      fc.property(anyDecimal, (d) => {
        // Mode 1 of big.js is "half up", which it takes away from zero.
        const theirs = new Big(formatDecimal(d)).round(0, 1).toFixed()
        expect(roundRatio(ratioOfDecimal(d))).toBe(BigInt(theirs))
      }),
    )
  })
})

describe("decimalOfRatio", () => {
  test("gives back every decimal of an accepted size", () => {
    fc.assert(
      fc.property(anyDecimal, (d) => {
        expect(decimalOfRatio(ratioOfDecimal(d))).toEqual(d)
      }),
    )
  })

  test("shows the rest with 18 digits", () => {
    expect(formatDecimal(decimalOfRatio(ratio(100n, 3n)))).toBe("33.333333333333333333")
    expect(formatDecimal(decimalOfRatio(ratio(-2n, 3n)))).toBe("-0.666666666666666667")
  })
})

describe("whole numbers around a ratio", () => {
  test.each([
    [0n, 1n, 0n, 0n],
    [7n, 1n, 7n, 7n],
    [1n, 3n, 0n, 1n],
    [201n, 200n, 1n, 2n],
    [-1n, 2n, -1n, 0n],
    [-5n, 2n, -3n, -2n],
    [-4n, 2n, -2n, -2n],
  ])("%s/%s lies between %s and %s", (num, den, below, above) => {
    expect(floorRatio(ratio(num, den))).toBe(below)
    expect(ceilRatio(ratio(num, den))).toBe(above)
  })

  test("are less than one away, on their own side", () => {
    fc.assert(
      fc.property(anyRatio, (r) => {
        const [below, above] = [floorRatio(r), ceilRatio(r)]
        expect(compareRatio(ratio(below), r)).not.toBe(1)
        expect(compareRatio(ratio(below + 1n), r)).toBe(1)
        expect(compareRatio(ratio(above), r)).not.toBe(-1)
        expect(compareRatio(ratio(above - 1n), r)).toBe(-1)
      }),
    )
  })
})

test("what is divided and multiplied is what it was, and the least of two is one of them", () => {
  fc.assert(
    fc.property(anyRatio, anyRatio, (a, b) => {
      if (isZeroRatio(b)) expect(() => divideRatio(a, b)).toThrow("not zero")
      else expect(multiplyRatio(divideRatio(a, b), b)).toEqual(a)
      const least = minRatio(a, b)
      expect([a, b]).toContainEqual(least)
      for (const r of [a, b]) expect(compareRatio(least, r)).not.toBe(1)
    }),
  )
})
