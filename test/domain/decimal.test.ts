// Decimals: exact, in one normal form, with big.js as the second opinion.

import Big from "big.js"
import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  add,
  compare,
  decimal,
  decimalOf,
  formatDecimal,
  isNegative,
  isZero,
  max,
  min,
  multiply,
  negate,
  ONE,
  parseDecimal,
  subtract,
  ZERO,
} from "../../src/domain/decimal.ts"
import { anyDecimal } from "./arbitraries.ts"

const big = (text: string) => new Big(text)

function parsed(input: string | number): string {
  const result = parseDecimal(input)
  return result.ok ? formatDecimal(result.value) : result.error
}

describe("parseDecimal", () => {
  test.each([
    [0, "0"],
    [-0, "0"],
    ["-0.000", "0"],
    ["0e99999", "0"],
    [1500, "1500"],
    ["1500", "1500"],
    ["-12.5", "-12.5"],
    ["12.500", "12.5"],
    [0.1, "0.1"],
    [1e-7, "0.0000001"],
    [1e21, "1000000000000000000000"],
    ["1.5e3", "1500"],
    ["15E-1", "1.5"],
    ["100e-2", "1"],
    [9007199254740991, "9007199254740991"],
    [
      "999999999999999999999999999999.999999999999999999",
      "999999999999999999999999999999.999999999999999999",
    ],
    ["10e-19", "0.000000000000000001"],
  ])("reads %j", (input, expected) => expect(parsed(input)).toBe(expected))

  test.each([
    "",
    " ",
    " 1",
    "1 ",
    "+1",
    "01",
    "-01",
    "00",
    ".5",
    "1.",
    "-",
    "0x1",
    "1_000",
    "1,5",
    "1n",
    "NaN",
    "Infinity",
  ])("refuses %j, which JSON has no such number for", (input) => expect(parsed(input)).toBe("not_a_decimal"))

  test.each([NaN, Infinity, -Infinity])("refuses the number %d", (input) =>
    expect(parsed(input)).toBe("not_a_decimal"),
  )

  test.each([
    "1e400",
    "1e-400",
    "1e99999999999999999999",
    1e300,
    1e-300,
    "1e30",
    "1e-19",
    "1000000000000000000000000000000",
    "0.0000000000000000001",
    `0.${"3".repeat(5000)}`,
    `1.${"0".repeat(5000)}`,
    "9".repeat(100_000),
  ])("refuses what has more digits than a quantity", (input) => expect(parsed(input)).toBe("too_many_digits"))

  test("reads every JSON number of the accepted size as big.js does", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (n) => {
        const expected = big(JSON.stringify(n))
        const result = parseDecimal(n)
        expect(result).toEqual(parseDecimal(JSON.stringify(n)))
        const [whole = "", fraction = ""] = expected.toFixed().replace("-", "").split(".")
        if (whole.length > 30 || fraction.length > 18)
          expect(result).toEqual({ ok: false, error: "too_many_digits" })
        else expect(parsed(n)).toBe(n === 0 ? "0" : expected.toFixed())
      }),
    )
  })

  test("gives back what was formatted, field by field", () => {
    fc.assert(
      fc.property(anyDecimal, (d) => {
        expect(decimalOf(formatDecimal(d))).toEqual(d)
        const [whole = ""] = formatDecimal(d).replace("-", "").split(".")
        if (whole.length <= 30) expect(parseDecimal(formatDecimal(d))).toEqual({ ok: true, value: d })
      }),
    )
  })
})

describe("stored decimals", () => {
  test("may have outgrown what one event may carry", () => {
    const text = `-${"7".repeat(60)}.${"3".repeat(40)}`
    expect(formatDecimal(decimalOf(text))).toBe(text)
  })

  test.each(["", "1e3", "x", "1.", " 1"])("are never %j", (text) => {
    expect(() => decimalOf(text)).toThrow("plain notation")
  })
})

describe("normal form", () => {
  test("has no trailing fraction zeros, no negative scale and one zero", () => {
    expect(decimal(1500n, 2)).toEqual({ coefficient: 15n, scale: 0 })
    expect(decimal(1200n, 3)).toEqual({ coefficient: 12n, scale: 1 })
    expect(decimal(100n, 0)).toEqual({ coefficient: 100n, scale: 0 })
    expect(decimal(0n, 7)).toEqual(ZERO)
    expect(subtract(decimalOf("1.5"), decimalOf("1.5"))).toEqual(ZERO)
    expect(add(decimalOf("0.5"), decimalOf("0.5"))).toEqual(ONE)
    expect(multiply(decimalOf("0.5"), decimalOf("2"))).toEqual(ONE)
    expect(negate(ZERO)).toEqual(ZERO)
  })

  test("is never left by arithmetic, so equal values have equal fields", () => {
    const isNormal = (d: { coefficient: bigint; scale: number }) =>
      d.scale === 0 || (d.scale > 0 && d.coefficient % 10n !== 0n)
    fc.assert(
      fc.property(anyDecimal, anyDecimal, (a, b) => {
        for (const d of [add(a, b), subtract(a, b), multiply(a, b), negate(a)]) expect(isNormal(d)).toBe(true)
        expect(compare(a, b) === 0).toBe(formatDecimal(a) === formatDecimal(b))
      }),
    )
  })
})

describe("arithmetic", () => {
  test("agrees with big.js to the last digit", () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, (a, b) => {
        const [x, y] = [big(formatDecimal(a)), big(formatDecimal(b))]
        const same = (ours: string, theirs: Big) => expect(ours).toBe(theirs.toFixed().replace(/^-0$/, "0"))
        same(formatDecimal(add(a, b)), x.plus(y))
        same(formatDecimal(subtract(a, b)), x.minus(y))
        same(formatDecimal(multiply(a, b)), x.times(y))
        expect(compare(a, b)).toBe(x.cmp(y))
      }),
    )
  })

  test("min and max are the ends of the order; the sign is that of the value", () => {
    fc.assert(
      fc.property(anyDecimal, anyDecimal, (a, b) => {
        expect(compare(min(a, b), max(a, b))).not.toBe(1)
        expect(add(min(a, b), max(a, b))).toEqual(add(a, b))
        expect(isNegative(a)).toBe(compare(a, ZERO) === -1)
        expect(isZero(a)).toBe(compare(a, ZERO) === 0)
      }),
    )
  })

  test("adds up in any order", () => {
    fc.assert(
      fc.property(fc.array(anyDecimal), (all) => {
        expect(all.toReversed().reduce(add, ZERO)).toEqual(all.reduce(add, ZERO))
      }),
    )
  })
})
