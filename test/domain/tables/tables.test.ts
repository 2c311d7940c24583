// The worked examples of the tables beside this file: each amount was derived by hand, as its comment says.

import { describe, expect, test } from "vitest"
import { meterOfSku, pricingOf, type SkuTerms } from "../../../src/domain/catalog.ts"
import { parseCurrency } from "../../../src/domain/currency.ts"
import { add, max, ZERO } from "../../../src/domain/decimal.ts"
import { usageOfEvents } from "../../../src/domain/measure.ts"
import { minorToNanos, roundToMinor } from "../../../src/domain/money.ts"
import { NO_MODIFIER_TERMS } from "../../../src/domain/price-terms.ts"
import { rate } from "../../../src/domain/pricing/pipeline.ts"
import { ratio } from "../../../src/domain/ratio.ts"
import { skuTermsFrom } from "../../../src/domain/sku-fields.ts"
import type { UsageTotal } from "../../../src/domain/usage.ts"
import { casesOf, type Case, type Given } from "./language.ts"
import { TABLES } from "./tables.ts"

function usageOf(terms: SkuTerms, given: Given): UsageTotal {
  switch (given.kind) {
    case "Quantity":
      return { value: given.quantity, events: given.events, groups: [] }
    case "Groups": {
      const groups = given.groups.map(([values, value]) => ({
        values: values.map((text) => (text === "none" ? null : text)),
        value,
        events: 1,
      }))
      return { value: groups.map(({ value }) => value).reduce(add, ZERO), events: groups.length, groups }
    }
    case "Events": {
      const meter = meterOfSku({ terms })
      if (meter === null) throw new Error("events need a meter")
      const usage = usageOfEvents(meter, given.events)
      if (!usage.ok) throw new Error(usage.error.message)
      // Whoever rates a total takes one below zero for none.
      return { ...usage.value, value: max(usage.value.value, ZERO) }
    }
  }
}

function check({ sku, currency: code, discountBps, expected }: Case): void {
  const made = skuTermsFrom(sku)
  if (expected.kind === "Refused") {
    expect(made.ok ? [] : made.error.map(({ path }) => path)).toContain(expected.path)
    return
  }
  if (!made.ok) throw new Error(JSON.stringify(made.error))
  const currency = parseCurrency(code)
  if (!currency.ok) throw new Error(`no currency: ${code}`)
  const terms = made.value
  const modifiers = { ...(terms.modifiers ?? NO_MODIFIER_TERMS), discountBps }
  const { amount } = rate(pricingOf({ ...terms, modifiers }), usageOf(terms, expected.given))
  expect(amount).toEqual(expected.exact)
  const payable = minorToNanos(roundToMinor(amount, currency.value), currency.value)
  expect(ratio(payable)).toEqual(expected.rounded)
}

test("there are tables", () => {
  expect(TABLES.map(([file]) => file)).toContain("seed.txt")
  for (const [, cases] of TABLES) expect(cases.length).toBeGreaterThan(0)
})

describe.each(TABLES)("%s", (_file, cases) => {
  test.each(cases.map((one): [string, Case] => [`${one.place} ${one.line}`, one]))("%s", (_, one) => {
    check(one)
  })
})

test("a line that is not understood is an error", () => {
  const lines: readonly [text: string, error: string][] = [
    ["  5 -> 1", "below its price"],
    ["USD Cubic 5", "no model Cubic"],
    ["USD PerUnit 5\n  5 = 25", "expected"],
    ["USD PerUnit 5 | half", "no modifier half"],
    ["USD Package 5 by 7", "not understood"],
  ]
  for (const [text, error] of lines) expect(() => casesOf(text, "t")).toThrow(error)
})
