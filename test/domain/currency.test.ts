// The currency table against an independent copy of ISO 4217 and the amendments that came after it.

import { data, publishDate } from "currency-codes"
import { describe, expect, test } from "vitest"
import { CURRENCIES, minorDigits, parseCurrency } from "../../src/domain/currency.ts"

// What ISO lists without a minor unit ("N.A."): metals, bond market units, drawing rights, testing and no currency.
const NOT_PAYABLE = "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX".split(" ")

// Amendments 176 (XCG for ANG), 178 (CUC withdrawn), 179 (XAD new, two digits), 180 (the euro for BGN).
const SINCE_ADDED = [
  { code: "XAD", digits: 2 },
  { code: "XCG", digits: 2 },
]
const SINCE_WITHDRAWN = ["ANG", "BGN", "CUC"]

describe("the currency table", () => {
  test("is ISO 4217 list one with the amendments since the copy was made", () => {
    expect(publishDate).toBe("2024-06-25")
    const gone = new Set([...NOT_PAYABLE, ...SINCE_WITHDRAWN])
    const expected = [...data.filter(({ code }) => !gone.has(code)), ...SINCE_ADDED]
      .map(({ code, digits }) => `${code} ${digits}`)
      .toSorted()
    expect(CURRENCIES.map((code) => `${code} ${minorDigits(code)}`)).toEqual(expected)
  })

  test.each([
    ["USD", 2],
    ["JPY", 0],
    ["KWD", 3],
    ["CLF", 4],
    ["HUF", 2],
    ["IDR", 2],
    ["IQD", 3],
    ["MGA", 2],
    ["UGX", 0],
  ])("%s has %d digits", (code, digits) => {
    const currency = parseCurrency(code)
    expect(currency.ok && minorDigits(currency.value)).toBe(digits)
  })

  test.each(["usd", "US", "USDT", "", " USD", "BTC", "ANG", "XXX", "XAU", "constructor", "__proto__"])(
    "does not know %j",
    (code) => expect(parseCurrency(code)).toEqual({ ok: false, error: "unknown_currency" }),
  )
})
