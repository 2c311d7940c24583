// What a period has spent is what its charges would come to, for every model and however the totals came about.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  pricingOf,
  type ModifierTerms,
  type PercentageTerms,
  type PriceTerms,
} from "../../src/domain/price-terms.ts"
import { rate } from "../../src/domain/pricing/pipeline.ts"
import { decimalOf } from "../../src/domain/decimal.ts"
import { addRatio, ceilRatio, ZERO_RATIO } from "../../src/domain/ratio.ts"
import { Prices, Spend, spendOf } from "../../src/domain/spend.ts"
import type { MeteredPrice } from "../../src/domain/terms.ts"
import { usageOfQuantity, type UsageTotal } from "../../src/domain/usage.ts"
import { usageTotal } from "./arbitraries.ts"

const NONE: ModifierTerms = {
  quantityTransform: null,
  includedQuantity: null,
  minimumAmountNanos: null,
  maximumAmountNanos: null,
}

function priced(meterKey: string, price: PriceTerms, modifiers?: Partial<ModifierTerms>): MeteredPrice {
  const pricing = modifiers === undefined ? { price } : { price, modifiers: { ...NONE, ...modifiers } }
  return { skuId: `${meterKey} ${price.model}`, meterKey, pricing }
}

const TIERS = [
  { upTo: "100", unitAmountNanos: "10", flatAmountNanos: "7" },
  { upTo: null, unitAmountNanos: "3", flatAmountNanos: "0" },
]

const PERCENTAGE: PercentageTerms = {
  model: "Percentage",
  rateBps: "12.5",
  fixedAmountNanos: "30",
  minimumPerEventNanos: "10",
  maximumPerEventNanos: "90",
}

const ALL: readonly MeteredPrice[] = [
  priced("calls", { model: "PerUnit", unitAmountNanos: "5" }),
  priced("calls", { model: "PerUnit", unitAmountNanos: "2" }, { includedQuantity: "10" }),
  priced("calls", { model: "Graduated", tiers: TIERS }),
  priced("tokens", { model: "Volume", tiers: TIERS }, { maximumAmountNanos: "2000" }),
  priced(
    "tokens",
    { model: "Package", unitAmountNanos: "11", packageSize: "8" },
    { minimumAmountNanos: "50" },
  ),
  priced(
    "hours",
    {
      model: "Committed",
      committedAmountNanos: "900",
      committedQuantity: "30",
      unitAmountNanos: null,
      overageUnitAmountNanos: "40",
    },
    { quantityTransform: { divideBy: "7", round: "None" } },
  ),
  priced("money", { ...PERCENTAGE, minimumPerEventNanos: null, maximumPerEventNanos: null }),
  priced("bounded", PERCENTAGE, { discountBps: 1_250 }),
  priced("regions", {
    model: "Matrix",
    dimensions: ["region", "tier"],
    cells: [
      { values: ["eu", "1"], unitAmountNanos: "7" },
      { values: [null, "2"], unitAmountNanos: "9" },
    ],
    defaultUnitAmountNanos: "4",
  }),
]

const KEYS = ["calls", "tokens", "hours", "money", "bounded", "regions", "free"]

const counted = (value: string) => usageOfQuantity(decimalOf(value))

/** As the charges of one period rate it, SKU by SKU; the meters that counted nothing are left out. */
function byCharges(totals: ReadonlyMap<string, UsageTotal>): bigint {
  const amounts = ALL.map(({ meterKey, pricing }) => {
    const total = totals.get(meterKey)
    return total === undefined ? ZERO_RATIO : rate(pricingOf(pricing), total).amount
  })
  return ceilRatio(amounts.reduce(addRatio, ZERO_RATIO))
}

const prices = new Prices(ALL)

describe("the spend", () => {
  test("is what the charges come to, rounded up, after any changes of the totals", () => {
    const change = fc.tuple(fc.constantFrom(...KEYS), usageTotal)
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const totals = new Map<string, UsageTotal>()
        const spend = new Spend(prices, () => null)
        for (const [key, total] of changes) {
          const next = new Map(totals).set(key, total)
          expect(spend.after([[key, total]])).toBe(byCharges(next))
          expect(spend.spent()).toBe(byCharges(totals))
          spend.set(key, total)
          totals.set(key, total)
        }
        expect(spend.spent()).toBe(byCharges(totals))
        expect(spendOf(prices, (key) => totals.get(key) ?? null)).toBe(byCharges(totals))
        const all = [...totals]
        expect(new Spend(prices, () => null).after(all)).toBe(byCharges(totals))
      }),
    )
  })

  test("has a price's minimum from its first event on, and nothing before", () => {
    const minimum = new Prices([
      priced("calls", { model: "PerUnit", unitAmountNanos: "5" }, { minimumAmountNanos: "100" }),
    ])
    const spend = new Spend(minimum, () => null)
    expect(spend.spent()).toBe(0n)
    expect(spend.after([["calls", counted("1")]])).toBe(100n)
    expect(spend.after([["calls", counted("0")]])).toBe(100n)
    expect(spend.after([["calls", counted("21")]])).toBe(105n)
  })

  test("is rounded up to whole nanos as one sum", () => {
    const thirds = { quantityTransform: { divideBy: "3", round: "None" as const } }
    const two = new Prices([
      priced("calls", { model: "PerUnit", unitAmountNanos: "1" }, thirds),
      priced("tokens", { model: "PerUnit", unitAmountNanos: "1" }, thirds),
    ])
    const of = (calls: string, tokens: string) =>
      spendOf(two, (key) => counted(key === "calls" ? calls : tokens))
    expect([of("1", "0"), of("1", "1"), of("1", "2"), of("2", "2")]).toEqual([1n, 1n, 1n, 2n])
  })

  test("of a total below zero is nothing", () => {
    expect(spendOf(new Prices(ALL.slice(0, 1)), () => counted("-5"))).toBe(0n)
  })
})
