// The modifiers around the models: tables reckoned by hand, and the laws that hold for any of them.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import {
  add,
  compare,
  decimalOf,
  formatDecimal,
  ONE,
  subtract,
  ZERO,
  type Decimal,
} from "../../../src/domain/decimal.ts"
import { nanos } from "../../../src/domain/money.ts"
import type { PricingModel, Tier } from "../../../src/domain/pricing/index.ts"
import { price } from "../../../src/domain/pricing/index.ts"
import type { Modifiers, QuantityRounding } from "../../../src/domain/pricing/pipeline.ts"
import { NO_MODIFIERS, rate as rateUsage, type Pricing } from "../../../src/domain/pricing/pipeline.ts"
import type { Ratio } from "../../../src/domain/ratio.ts"
import {
  addRatio,
  compareRatio,
  multiplyRatio,
  ratio,
  ratioOfDecimal,
  ZERO_RATIO,
} from "../../../src/domain/ratio.ts"
import { usageOfQuantity } from "../../../src/domain/usage.ts"
import {
  amount,
  modifiers,
  positiveQuantity,
  pricingModel,
  quantity,
  rising,
  usageTotal,
} from "../arbitraries.ts"

const rate = (pricing: Pricing, q: Decimal) => rateUsage(pricing, usageOfQuantity(q))

function tier(upTo: string | null, unitAmount: bigint, flatAmount = 0n): Tier {
  return {
    upTo: upTo === null ? null : decimalOf(upTo),
    unitAmount: nanos(unitAmount),
    flatAmount: nanos(flatAmount),
  }
}

const perUnit: PricingModel = { model: "PerUnit", unitAmount: nanos(6n) }
const steps = [tier("10", 5n, 100n), tier("20", 3n, 1000n), tier(null, 1n)]
const graduated: PricingModel = { model: "Graduated", tiers: steps }
const volume: PricingModel = { model: "Volume", tiers: steps }
const packages: PricingModel = { model: "Package", unitAmount: nanos(50n), packageSize: decimalOf("4") }
const committed: PricingModel = {
  model: "Committed",
  committedAmount: nanos(400n),
  committedQuantity: decimalOf("10"),
  unitAmount: null,
  overageUnitAmount: nanos(9n),
}

function rated(model: PricingModel, some: Partial<Modifiers>, q: string) {
  return rate({ model, modifiers: { ...NO_MODIFIERS, ...some } }, decimalOf(q))
}

const by = (divideBy: string, round: QuantityRounding) => ({
  quantityTransform: { divideBy: decimalOf(divideBy), round },
})
const included = (q: string) => ({ includedQuantity: decimalOf(q) })
const atLeast = (n: bigint) => ({ minimumAmount: nanos(n) })
const atMost = (n: bigint) => ({ maximumAmount: nanos(n) })

describe("quantity_transform", () => {
  test.each<[q: string, divideBy: string, up: bigint, down: bigint, none: Ratio]>([
    ["0", "1000", 0n, 0n, ratio(0n)],
    ["1", "1000", 1n, 0n, ratio(1n, 1000n)],
    ["999.999", "1000", 1n, 0n, ratio(999_999n, 1_000_000n)],
    ["1000", "1000", 1n, 1n, ratio(1n)],
    ["1000.001", "1000", 2n, 1n, ratio(1_000_001n, 1_000_000n)],
    // A third stays a third.
    ["1200", "3600", 1n, 0n, ratio(1n, 3n)],
    ["5", "0.3", 17n, 16n, ratio(50n, 3n)],
  ])("%s divided by %s", (q, divideBy, up, down, none) => {
    const amountOf = (round: QuantityRounding) => rated(perUnit, by(divideBy, round), q).amount
    expect(amountOf("Up")).toEqual(ratio(6n * up))
    expect(amountOf("Down")).toEqual(ratio(6n * down))
    expect(amountOf("None")).toEqual(ratio(6n * none.num, none.den))
  })

  test("is applied to the total, not to what is left of it: 25 are 3 tens, of which 2 are included", () => {
    const {
      transformed,
      included: free,
      billable,
      amount: all,
    } = rated(perUnit, { ...by("10", "Up"), ...included("2") }, "25")
    expect([transformed, free, billable].map(formatDecimal)).toEqual(["3", "2", "1"])
    expect(all).toEqual(ratio(6n))
  })

  test("makes units that tiers and packages are counted in", () => {
    // 250 are 25 tens: 10 at 5 and 100, 10 at 3 and 1000, 5 at 1. All 25 in the last tier. ⌈25 / 4⌉ = 7 packages.
    expect(rated(graduated, by("10", "None"), "250").amount).toEqual(ratio(50n + 100n + 30n + 1000n + 5n))
    expect(rated(volume, by("10", "None"), "250").amount).toEqual(ratio(25n))
    expect(rated(packages, by("10", "None"), "250").amount).toEqual(ratio(350n))
    // 120 / 3 are 40 packages of one, and the least bit more begins another.
    const single: PricingModel = { model: "Package", unitAmount: nanos(1n), packageSize: ONE }
    expect(rated(single, by("3", "None"), "120").amount).toEqual(ratio(40n))
    expect(rated(single, by("3", "None"), "120.000000000000000001").amount).toEqual(ratio(41n))
  })
})

describe("included_quantity", () => {
  test.each<[model: PricingModel, free: string, q: string, expected: Ratio]>([
    [perUnit, "10", "0", ratio(0n)],
    [perUnit, "10", "10", ratio(0n)],
    [perUnit, "10", "10.5", ratio(3n)],
    [perUnit, "2.5", "10", ratio(45n)],
    // Nothing left to price is zero usage: the first tier's flat amount.
    [graduated, "10", "7", ratio(100n)],
    // Tiers begin after the free units: 11 left are 10 in the first, 1 in the second.
    [graduated, "10", "21", ratio(50n + 100n + 3n + 1000n)],
    [volume, "10", "20", ratio(150n)],
    [volume, "10", "20.5", ratio(63n + 2000n, 2n)],
    [packages, "10", "10", ratio(0n)],
    [packages, "10", "14.1", ratio(100n)],
    // Free first, then the ten that the commitment covers, then overage.
    [committed, "5", "15", ratio(400n)],
    [committed, "5", "17", ratio(418n)],
  ])("%o with %s free at %s", (model, free, q, expected) => {
    expect(rated(model, included(free), q).amount).toEqual(expected)
  })
})

describe("minimum and maximum", () => {
  test.each<[model: PricingModel, some: Partial<Modifiers>, q: string, expected: bigint, parts: string[]]>([
    [perUnit, atLeast(100n), "0", 100n, ["Per unit", "Up to the minimum"]],
    [perUnit, atLeast(100n), "16", 100n, ["Per unit", "Up to the minimum"]],
    [perUnit, atLeast(96n), "16", 96n, ["Per unit"]],
    [perUnit, atLeast(100n), "17", 102n, ["Per unit"]],
    [perUnit, atMost(100n), "16", 96n, ["Per unit"]],
    [perUnit, atMost(96n), "16", 96n, ["Per unit"]],
    [perUnit, atMost(100n), "17", 100n, ["Per unit", "Down to the maximum"]],
    [perUnit, { ...atLeast(100n), ...atMost(100n) }, "5", 100n, ["Per unit", "Up to the minimum"]],
    [perUnit, { ...atLeast(100n), ...atMost(100n) }, "50", 100n, ["Per unit", "Down to the maximum"]],
    [perUnit, atMost(0n), "50", 0n, ["Per unit", "Down to the maximum"]],
    [packages, atLeast(120n), "8", 120n, ["Packages of 4", "Up to the minimum"]],
    [committed, atLeast(450n), "10", 450n, ["Commitment", "Up to the minimum"]],
    [committed, atLeast(450n), "16", 454n, ["Commitment", "Overage above 10"]],
    [committed, atMost(450n), "16", 450n, ["Commitment", "Overage above 10", "Down to the maximum"]],
  ])("%o with %o at %s", (model, some, q, expected, labels) => {
    const { amount: all, parts } = rated(model, some, q)
    expect(all).toEqual(ratio(expected))
    expect(parts.map((part) => part.label)).toEqual(labels)
  })

  test("show what they add and take away", () => {
    const last = (some: Partial<Modifiers>, q: string) => rated(perUnit, some, q).parts.at(-1)
    expect(last(atLeast(100n), "16")).toMatchObject({ tier: null, unitAmount: 4n, amount: ratio(4n) })
    expect(last(atMost(100n), "17")).toMatchObject({ tier: null, unitAmount: -2n, amount: ratio(-2n) })
    expect(last(atLeast(10n), "0.25")).toMatchObject({ unitAmount: 9n, amount: ratio(17n, 2n) })
  })
})

test("all together: 125 seconds by the minute, one free, in tiers, at least 200 and at most 1100", () => {
  const all = { ...by("60", "Up"), ...included("1"), ...atLeast(200n), ...atMost(1100n) }
  // 3 minutes, 2 to pay: 100 + 2 × 5 = 110, below the minimum. 1201 seconds: 21 minutes, 20 to pay: 150 + 1030 = 1180.
  expect(rated(graduated, all, "125").amount).toEqual(ratio(200n))
  expect(rated(graduated, all, "660").amount).toEqual(ratio(200n))
  expect(rated(graduated, all, "1201").amount).toEqual(ratio(1100n))
})

describe("laws of every modifier on every model", () => {
  const metered = pricingModel.filter(({ model }) => model !== "Flat")

  test("the parts sum to the amount, which is within the bounds", () => {
    fc.assert(
      fc.property(metered, modifiers, usageTotal, (model, around, usage) => {
        const { amount: all, parts } = rateUsage({ model, modifiers: around }, usage)
        expect(parts.map((part) => part.amount).reduce(addRatio, ZERO_RATIO)).toEqual(all)
        const left = ratio(10_000n - around.discountBps, 10_000n)
        const bound = (of: bigint) => multiplyRatio(ratio(of), left)
        expect(compareRatio(all, bound(around.minimumAmount ?? 0n))).not.toBe(-1)
        if (around.maximumAmount !== null) expect(compareRatio(all, bound(around.maximumAmount))).not.toBe(1)
      }),
    )
  })

  test("using more never costs less", () => {
    fc.assert(
      fc.property(metered, modifiers, quantity, quantity, (any, around, q, more) => {
        const model = rising(any)
        const [less, greater] = [q, add(q, more)].map((total) => rate({ model, modifiers: around }, total))
        expect(compareRatio(less!.amount, greater!.amount)).not.toBe(1)
      }),
    )
  })

  test("a discount leaves its share of what is owed without it", () => {
    fc.assert(
      fc.property(metered, modifiers, usageTotal, (model, around, usage) => {
        const full = rateUsage({ model, modifiers: { ...around, discountBps: 0n } }, usage).amount
        const left = ratio(10_000n - around.discountBps, 10_000n)
        expect(rateUsage({ model, modifiers: around }, usage).amount).toEqual(multiplyRatio(full, left))
      }),
    )
  })

  test("none of them changes nothing", () => {
    fc.assert(
      fc.property(metered, quantity, (model, q) => {
        const { amount: all, parts, ...quantities } = rate({ model, modifiers: NO_MODIFIERS }, q)
        expect({ amount: all, parts }).toEqual(price(model, ratioOfDecimal(q)))
        expect(quantities).toEqual({ transformed: q, included: ZERO, billable: q })
      }),
    )
  })

  test("free units cost what as many units less cost without them", () => {
    fc.assert(
      fc.property(metered, quantity, quantity, (model, free, q) => {
        const discounted = rate(
          { model, modifiers: { ...NO_MODIFIERS, includedQuantity: free } },
          add(free, q),
        )
        expect(discounted.amount).toEqual(rate({ model, modifiers: NO_MODIFIERS }, q).amount)
        expect(compare(discounted.billable, q)).toBe(0)
      }),
    )
  })

  test("a price per thousand is a thousandth of it per unit", () => {
    fc.assert(
      fc.property(amount, positiveQuantity, quantity, (unitAmount, divideBy, q) => {
        const model: PricingModel = { model: "PerUnit", unitAmount }
        const transform = { divideBy, round: "None" } as const
        const each = rate({ model, modifiers: { ...NO_MODIFIERS, quantityTransform: transform } }, q).amount
        const left = { num: each.num * divideBy.coefficient, den: each.den * 10n ** BigInt(divideBy.scale) }
        const whole = rate({ model, modifiers: NO_MODIFIERS }, q).amount
        expect(compareRatio(left, whole)).toBe(0)
      }),
    )
  })

  test("a negative total has no price, and nothing is divided by nothing", () => {
    expect(() => rate({ model: perUnit, modifiers: NO_MODIFIERS }, subtract(ZERO, ONE))).toThrow(
      "not negative",
    )
    for (const divideBy of ["0", "-1"]) {
      expect(() => rated(perUnit, by(divideBy, "Up"), "1")).toThrow("more than nothing")
    }
  })
})
