// The pricing models: published examples, tables at every edge, and the laws that hold for any price.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  add,
  compare,
  decimal,
  decimalOf,
  formatDecimal,
  ONE,
  subtract,
  ZERO,
  type Decimal,
} from "../../../src/domain/decimal.ts"
import { nanos, type Nanos } from "../../../src/domain/money.ts"
import {
  price as priceOf,
  type Graduated,
  type PricingModel,
  type Tier,
} from "../../../src/domain/pricing/index.ts"
import {
  addRatio,
  compareRatio,
  multiplyRatio,
  ratio,
  ratioOfDecimal,
  ZERO_RATIO,
  type Ratio,
} from "../../../src/domain/ratio.ts"
import { amount, positiveQuantity, pricingModel, quantity, rising, tiers } from "../arbitraries.ts"

const free = nanos(0n)

function tier(upTo: string | null, unitAmount: bigint, flatAmount = 0n): Tier {
  return {
    upTo: upTo === null ? null : decimalOf(upTo),
    unitAmount: nanos(unitAmount),
    flatAmount: nanos(flatAmount),
  }
}

const price = (model: PricingModel, q: Decimal) => priceOf(model, ratioOfDecimal(q))

/** The exact price as a fraction of integers, so that a table can state it. */
function cost(model: PricingModel, q: string): Ratio {
  return price(model, decimalOf(q)).amount
}

// The tiers of the published catalog page: the first million requests at $0.000001, the next nine million at $0.00000075,
// everything after at $0.0000005.
const published: Graduated = {
  model: "Graduated",
  tiers: [tier("1000000", 1_000_000n), tier("10000000", 750_000n), tier(null, 500_000n)],
}

describe("Flat and PerUnit", () => {
  test("a flat fee does not look at the quantity", () => {
    const flat: PricingModel = { model: "Flat", unitAmount: nanos(99_000_000_000_000n) }
    for (const q of ["0", "1", "12345.678"]) expect(cost(flat, q)).toEqual(ratio(99_000_000_000_000n))
  })

  test("the published price of $0.000001 per request", () => {
    const perRequest: PricingModel = { model: "PerUnit", unitAmount: nanos(1_000_000n) }
    expect(cost(perRequest, "1500")).toEqual(ratio(1_500_000_000n))
    expect(cost(perRequest, "0")).toEqual(ZERO_RATIO)
    expect(cost(perRequest, "0.0000005")).toEqual(ratio(1n, 2n))
  })
})

describe("Graduated", () => {
  test.each([
    ["0", 0n],
    ["1", 1_000_000n],
    ["1000000", 1_000_000_000_000n],
    ["1000001", 1_000_000_750_000n],
    ["10000000", 7_750_000_000_000n],
    ["10000001", 7_750_000_500_000n],
    ["12000000", 8_750_000_000_000n],
  ])("the published tiers at %s", (q, expected) => expect(cost(published, q)).toEqual(ratio(expected)))

  // A flat amount is added once when its tier is reached, and up_to is inclusive, for fractions too.
  const withFlats: Graduated = {
    model: "Graduated",
    tiers: [tier("10", 5n, 100n), tier("20", 3n, 1000n), tier(null, 1n, 7n)],
  }
  test.each([
    ["0", ratio(100n)],
    ["10", ratio(150n)],
    ["10.5", ratio(2303n, 2n)],
    ["20", ratio(1180n)],
    ["20.000001", ratio(1_187_000_001n, 1_000_000n)],
    ["21", ratio(1188n)],
  ])("flat amounts at %s", (q, expected) => expect(cost(withFlats, q)).toEqual(expected))

  test("shows each slice", () => {
    const rows = price(published, decimalOf("12000000")).parts.map((part) => [
      part.tier,
      part.label,
      formatDecimal(part.quantity),
      part.unitAmount,
      part.amount.num,
    ])
    expect(rows).toEqual([
      [0, "First 1000000", "1000000", 1_000_000n, 1_000_000_000_000n],
      [1, "Next 9000000", "9000000", 750_000n, 6_750_000_000_000n],
      [2, "Above 10000000", "2000000", 500_000n, 1_000_000_000_000n],
    ])
    expect(price(published, ZERO).parts.map((part) => part.tier)).toEqual([0])
  })

  test("is the sum of what each single unit costs in its own tier", () => {
    const small = fc.integer({ min: 0, max: 120 })
    fc.assert(
      fc.property(tiers, small, (list, units) => {
        const model: Graduated = { model: "Graduated", tiers: list.map((t) => ({ ...t, flatAmount: free })) }
        let sum = ZERO_RATIO
        for (let n = 1; n <= units; n += 1) {
          // Unit n lies between n − 1 and n; where a bound cuts it, each piece costs its own tier's price.
          for (const [index, t] of list.entries()) {
            const from = max(ratio(BigInt(n - 1)), bound(list[index - 1], ZERO_RATIO))
            const to = min(ratio(BigInt(n)), bound(t, ratio(BigInt(units))))
            if (compareRatio(from, to) < 0)
              sum = addRatio(sum, multiplyRatio(minus(to, from), ratio(t.unitAmount)))
          }
        }
        expect(price(model, decimal(BigInt(units), 0)).amount).toEqual(sum)
      }),
    )
  })

  test("adds exactly the flat amounts of the tiers reached", () => {
    fc.assert(
      fc.property(tiers, quantity, (list, q) => {
        const plain = list.map((t) => ({ ...t, flatAmount: free }))
        const reached = list.filter((_, index) => {
          const before = list[index - 1]?.upTo
          return index === 0 || (before !== undefined && before !== null && compare(q, before) > 0)
        })
        const flats = reached.reduce((sum, t) => sum + t.flatAmount, 0n)
        const expected = addRatio(price({ model: "Graduated", tiers: plain }, q).amount, ratio(flats))
        expect(price({ model: "Graduated", tiers: list }, q).amount).toEqual(expected)
      }),
    )
  })

  test("does not change when a tier is cut in two at the same price", () => {
    fc.assert(
      fc.property(amount, positiveQuantity, quantity, (unitAmount, cut, q) => {
        const two = [
          { upTo: cut, unitAmount, flatAmount: free },
          { upTo: null, unitAmount, flatAmount: free },
        ]
        expect(price({ model: "Graduated", tiers: two }, q).amount).toEqual(
          price({ model: "PerUnit", unitAmount }, q).amount,
        )
      }),
    )
  })
})

function bound(t: Tier | undefined, otherwise: Ratio): Ratio {
  return t === undefined || t.upTo === null ? otherwise : ratioOfDecimal(t.upTo)
}
const min = (a: Ratio, b: Ratio) => (compareRatio(a, b) < 0 ? a : b)
const max = (a: Ratio, b: Ratio) => (compareRatio(a, b) > 0 ? a : b)
const minus = (a: Ratio, b: Ratio) => addRatio(a, { num: -b.num, den: b.den })

describe("Volume", () => {
  const volume: PricingModel = {
    model: "Volume",
    tiers: [tier("10", 5n, 100n), tier("20.5", 3n, 7n), tier(null, 1n)],
  }
  test.each([
    ["0", ratio(100n)],
    ["10", ratio(150n)],
    ["10.000001", ratio(37_000_003n, 1_000_000n)],
    ["20.5", ratio(137n, 2n)],
    ["20.6", ratio(103n, 5n)],
    ["1000", ratio(1000n)],
  ])("all of %s is at the tier that it falls in", (q, expected) => expect(cost(volume, q)).toEqual(expected))

  test("names the tier", () => {
    const shown = (q: string) => price(volume, decimalOf(q)).parts.map((part) => [part.tier, part.label])
    expect(shown("10")).toEqual([[0, "All units, up to 10"]])
    expect(shown("20")).toEqual([[1, "All units, up to 20.5"]])
    expect(shown("21")).toEqual([[2, "All units, above 20.5"]])
  })

  test("is the price per unit of one tier for every quantity", () => {
    fc.assert(
      fc.property(tiers, quantity, (list, q) => {
        const inTier = list.find((t) => t.upTo === null || compare(q, t.upTo) <= 0)
        const unitAmount = inTier?.unitAmount ?? free
        const expected = addRatio(
          price({ model: "PerUnit", unitAmount }, q).amount,
          ratio(inTier?.flatAmount ?? 0n),
        )
        expect(price({ model: "Volume", tiers: list }, q).amount).toEqual(expected)
      }),
    )
  })
})

describe("Package", () => {
  const credits: PricingModel = {
    model: "Package",
    unitAmount: nanos(10_000_000_000_000n),
    packageSize: decimalOf("100"),
  }
  test.each([
    ["0", 0n],
    ["0.001", 1n],
    ["100", 1n],
    ["100.001", 2n],
    ["101", 2n],
    ["1000", 10n],
  ])("%s needs %s bundles of 100", (q, bundles) => {
    const priced = price(credits, decimalOf(q))
    expect(priced.amount).toEqual(ratio(bundles * 10_000_000_000_000n))
    expect(priced.parts[0]?.quantity).toEqual(decimal(bundles, 0))
  })
})

describe("Committed", () => {
  // $100 for 10,000 units, stated or at one cent each; beyond that 0.8 cents.
  const terms = {
    model: "Committed",
    committedAmount: nanos(10n ** 14n),
    overageUnitAmount: nanos(8n * 10n ** 9n),
  } as const
  const stated: PricingModel = { ...terms, committedQuantity: decimalOf("10000"), unitAmount: null }
  const derived: PricingModel = { ...terms, committedQuantity: null, unitAmount: nanos(10n ** 10n) }

  test.each([
    ["0", 10n ** 14n],
    ["9999", 10n ** 14n],
    ["10000", 10n ** 14n],
    ["10001", 10n ** 14n + 8n * 10n ** 9n],
    ["15000", 14n * 10n ** 13n],
  ])("%s of 10000 committed", (q, expected) => {
    expect(cost(stated, q)).toEqual(ratio(expected))
    expect(cost(derived, q)).toEqual(ratio(expected))
  })

  test("there is an overage only beyond the committed quantity", () => {
    const labels = (q: string) => price(stated, decimalOf(q)).parts.map((part) => part.label)
    expect(labels("10000")).toEqual(["Commitment"])
    expect(labels("10000.5")).toEqual(["Commitment", "Overage above 10000"])
  })

  test("the stated quantity wins over the derived one", () => {
    expect(cost({ ...stated, unitAmount: nanos(1n) }, "15000")).toEqual(ratio(14n * 10n ** 13n))
  })

  test("a quantity that is no decimal stays exact: 100 nanos at 3 nanos cover 33⅓ units", () => {
    const thirds: PricingModel = {
      model: "Committed",
      committedAmount: nanos(100n),
      committedQuantity: null,
      unitAmount: nanos(3n),
      overageUnitAmount: nanos(5n),
    }
    expect(cost(thirds, "33")).toEqual(ratio(100n))
    expect(cost(thirds, "34")).toEqual(ratio(100n * 3n + 2n * 5n, 3n))
    expect(formatDecimal(price(thirds, decimalOf("34")).parts[1]?.quantity ?? ZERO)).toBe(
      "0.666666666666666667",
    )
  })

  test("nothing committed covers nothing", () => {
    const none: PricingModel = { ...derived, committedAmount: free }
    expect(cost(none, "2")).toEqual(ratio(16n * 10n ** 9n))
  })

  test("has to say how much it covers", () => {
    expect(() => cost({ ...terms, committedQuantity: null, unitAmount: null }, "1")).toThrow(
      "how much it covers",
    )
    expect(() => cost({ ...terms, committedQuantity: null, unitAmount: free }, "1")).toThrow(
      "how much it covers",
    )
  })
})

describe("laws of every model", () => {
  test("the parts sum to the price, and each is quantity × unit + flat", () => {
    fc.assert(
      fc.property(pricingModel, quantity, (model, q) => {
        const { amount: total, parts } = price(model, q)
        expect(parts.map((part) => part.amount).reduce(addRatio, ZERO_RATIO)).toEqual(total)
        for (const part of parts) {
          const units = multiplyRatio(ratioOfDecimal(part.quantity), ratio(part.unitAmount))
          const off = minus(addRatio(units, ratio(part.flatAmount)), part.amount)
          if (model.model !== "Committed") expect(off).toEqual(ZERO_RATIO)
          // The quantity of an overage is shown with 18 digits: it is off by less than a unit in the last of them.
          else expect(compareRatio(multiplyRatio(off, off), square(part.unitAmount, 18))).not.toBe(1)
        }
      }),
    )
  })

  test("using more never costs less", () => {
    fc.assert(
      fc.property(pricingModel, quantity, quantity, (model, q, more) => {
        const list = rising(model)
        const [less, greater] = [price(list, q), price(list, add(q, more))]
        expect(compareRatio(less.amount, greater.amount)).not.toBe(1)
      }),
    )
  })

  test("the price is never negative and depends on nothing but model and quantity", () => {
    fc.assert(
      fc.property(pricingModel, quantity, (model, q) => {
        expect(compareRatio(price(model, q).amount, ZERO_RATIO)).not.toBe(-1)
        expect(price(model, q)).toEqual(price(structuredClone(model), { ...q }))
      }),
    )
  })

  test("a negative quantity has no price, nor has a list of tiers without an open end", () => {
    fc.assert(
      fc.property(pricingModel, positiveQuantity, (model, q) => {
        expect(() => price(model, subtract(ZERO, q))).toThrow("not negative")
      }),
    )
    const closed = [tier("10", 1n)]
    expect(() => cost({ model: "Graduated", tiers: closed }, "11")).toThrow("every unit")
    expect(() => cost({ model: "Volume", tiers: closed }, "11")).toThrow("falls in a tier")
    expect(() => cost({ model: "Graduated", tiers: [] }, "1")).toThrow("every unit")
    expect(() => price({ model: "Package", unitAmount: nanos(1n), packageSize: ZERO }, ONE)).toThrow(
      "holds something",
    )
  })
})

/** (unit × 10^−digits)². */
function square(unit: Nanos, digits: number): Ratio {
  const size = ratio(unit, 10n ** BigInt(digits))
  return multiplyRatio(size, size)
}
