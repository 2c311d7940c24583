// What coupons take off a period: worked examples, and the laws of stacking and of bills that are split.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { AdjustedPeriod, Item } from "../../src/domain/adjustments.ts"
import type { Was } from "../../src/domain/billing.ts"
import { addWas, amountNow, billLines } from "../../src/domain/billing.ts"
import type { Charge } from "../../src/domain/charges.ts"
import type { CouponTerms, Redemption } from "../../src/domain/coupon.ts"
import { couponCharges } from "../../src/domain/coupon-discounts.ts"
import type { Currency } from "../../src/domain/currency.ts"
import { ONE } from "../../src/domain/decimal.ts"
import type { Minor } from "../../src/domain/money.ts"
import { minor, minorToNanos } from "../../src/domain/money.ts"
import { ratio } from "../../src/domain/ratio.ts"
import { instant } from "../../src/domain/time.ts"

const USD = "USD" as Currency
const DAY = 86_400_000
const PERIOD = { index: 2, start: instant(100 * DAY), end: instant(130 * DAY) }

type Made = Partial<Omit<Charge, "should">> & { readonly cents: bigint }

function charge({ cents, ...fields }: Made): Charge {
  return {
    lineKey: fields.skuId ?? "sku-a",
    kind: "Charge",
    sourceId: null,
    subscriptionId: "sub",
    skuId: "sku-a",
    planId: "plan-a",
    periodIndex: PERIOD.index,
    description: "A charge",
    metered: false,
    quantity: ONE,
    unitAmountNanos: null,
    should: ratio(minorToNanos(minor(cents), USD)),
    share: ratio(1n),
    service: { start: PERIOD.start, end: PERIOD.end },
    due: true,
    silent: false,
    ...fields,
  }
}

function item(made: Made): Item {
  return { charge: charge(made), amount: minor(made.cents) }
}

const NO_SKU = { skuId: null, planId: null }

/** What a commitment pays of charges, by their keys. */
function commitment(pays: Readonly<Record<string, bigint>>): Item {
  const cents = Object.values(pays).reduce((sum, part) => sum - part, 0n)
  const parts = Object.entries(pays).map(([key, part]): [string, Minor] => [key, minor(part)])
  return { ...item({ cents, kind: "Commitment", lineKey: "commitment", ...NO_SKU }), pays: new Map(parts) }
}

function period(items: readonly Item[]): AdjustedPeriod {
  return { subscriptionId: "sub", currency: USD, period: PERIOD, ended: true, items }
}

const TERMS: CouponTerms = {
  percentBps: null,
  amountNanos: null,
  currency: null,
  duration: "Forever",
  periods: null,
  planIds: null,
  skuIds: null,
}

let made = 0

function redemption(terms: Partial<CouponTerms>, fields: Partial<Redemption> = {}): Redemption {
  made += 1
  return {
    id: `redemption-${made}`,
    code: "CODE",
    terms: { ...TERMS, ...terms },
    fromIndex: 0,
    redeemedAt: instant(made),
    removedAt: null,
    ...fields,
  }
}

const percent = (bps: number, more: Partial<CouponTerms> = {}) => redemption({ percentBps: bps, ...more })

const off = (cents: bigint, more: Partial<CouponTerms> = {}) =>
  redemption({ amountNanos: minorToNanos(minor(cents), USD).toString(), currency: USD, ...more })

const amounts = (items: readonly Item[], redemptions: readonly Redemption[]) =>
  couponCharges(period(items), redemptions).map(({ amount }) => amount)

const A = { skuId: "sku-a", planId: "plan-a" }
const B = { skuId: "sku-b", planId: "plan-a" }
const OTHER = { skuId: "sku-c", planId: "plan-b" }

describe("one coupon", () => {
  test.each<[name: string, items: Item[], coupon: Redemption, cents: bigint]>([
    ["a fifth of 10.00", [item({ cents: 1_000n })], percent(2_000), -200n],
    [
      "a percentage is of the sum, rounded once: 10 % of 0.05 + 0.10",
      [item({ cents: 5n }), item({ cents: 10n })],
      percent(1_000),
      -2n,
    ],
    ["half away from zero: 50 % of 0.05", [item({ cents: 5n })], percent(5_000), -3n],
    ["all of it", [item({ cents: 999n })], percent(10_000), -999n],
    ["5.00 off 12.34", [item({ cents: 1_234n })], off(500n), -500n],
    ["5.00 off 3.00 is 3.00", [item({ cents: 300n })], off(500n), -300n],
    ["nothing off nothing", [], off(500n), 0n],
    [
      "its SKU only",
      [item({ cents: 1_000n, ...A }), item({ cents: 700n, ...B })],
      percent(5_000, { skuIds: ["sku-b"] }),
      -350n,
    ],
    [
      "its plan only",
      [item({ cents: 1_000n, ...A }), item({ cents: 700n, ...OTHER })],
      percent(5_000, { planIds: ["plan-b"] }),
      -350n,
    ],
    [
      "the minimum too",
      [item({ cents: 300n }), item({ cents: 700n, kind: "Minimum", ...NO_SKU })],
      percent(10_000),
      -1_000n,
    ],
    [
      "not the minimum, for a SKU",
      [item({ cents: 300n }), item({ cents: 700n, kind: "Minimum", ...NO_SKU })],
      percent(10_000, { skuIds: ["sku-a"] }),
      -300n,
    ],
    [
      "the minimum of its plan",
      [item({ cents: 300n }), item({ cents: 700n, kind: "Minimum", ...NO_SKU })],
      percent(10_000, { planIds: ["plan-a"] }),
      -1_000n,
    ],
    [
      "not the minimum of several plans",
      [
        item({ cents: 300n }),
        item({ cents: 100n, ...OTHER }),
        item({ cents: 600n, kind: "Minimum", ...NO_SKU }),
      ],
      percent(10_000, { planIds: ["plan-a"] }),
      -300n,
    ],
    [
      "what a commitment left",
      [item({ cents: 1_000n }), commitment({ "sku-a": 800n })],
      percent(5_000),
      -100n,
    ],
    [
      "nothing where a commitment paid all",
      [item({ cents: 1_000n }), commitment({ "sku-a": 1_000n })],
      off(500n),
      0n,
    ],
    [
      "all of what a commitment did not pay",
      [
        item({ cents: 1_000n, ...A }),
        item({ cents: 400n, ...B }),
        commitment({ "sku-a": 0n, "sku-b": 400n }),
      ],
      percent(5_000, { skuIds: ["sku-a"] }),
      -500n,
    ],
    [
      "what two commitments left",
      [item({ cents: 1_000n, ...A }), commitment({ "sku-a": 300n }), commitment({ "sku-a": 600n })],
      percent(5_000),
      -50n,
    ],
    [
      "no shortfall of a commitment",
      [item({ cents: 300n }), item({ cents: 700n, kind: "Commitment", ...NO_SKU })],
      percent(10_000),
      -300n,
    ],
  ])("%s", (_, items, coupon, cents) => {
    expect(amounts(items, [coupon])).toEqual([cents])
  })
})

describe("several coupons", () => {
  const hundred = [item({ cents: 10_000n })]

  test("are stacked in the order of their redemption, whatever order they come in", () => {
    const [fifth, ten] = [percent(2_000), off(1_000n)]
    // 20 % of 100.00 are 20.00, then 10.00: 70.00 are left.
    expect(amounts(hundred, [fifth, ten])).toEqual([-2_000n, -1_000n])
    expect(amounts(hundred, [ten, fifth])).toEqual([-2_000n, -1_000n])
    // 10.00 first, then 20 % of the 90.00 that are left.
    const [early, late] = [off(1_000n), percent(2_000)]
    expect(amounts(hundred, [early, late])).toEqual([-1_000n, -1_800n])
  })

  test("the next one finds what is left of its SKUs, to the cent", () => {
    const items = [item({ cents: 1_000n, ...A }), item({ cents: 500n, ...B })]
    // 1.00 off 15.00 takes 0.67 of A and 0.33 of B, so 4.67 of B are left.
    expect(amounts(items, [off(100n), percent(10_000, { skuIds: ["sku-b"] })])).toEqual([-100n, -467n])
    expect(amounts(items, [off(100n), percent(10_000, { skuIds: ["sku-a"] })])).toEqual([-100n, -933n])
    expect(amounts(items, [percent(10_000), off(500n)])).toEqual([-1_500n, 0n])
  })
})

describe("the line", () => {
  test("is that of the redemption and the period, over the time of what it reduces", () => {
    const fields = { service: { start: instant(105 * DAY), end: instant(120 * DAY) } }
    const coupon = percent(5_000, { skuIds: ["sku-b"] })
    const items = [item({ cents: 1_000n, ...A }), item({ cents: 500n, ...B, ...fields })]
    const [discount] = couponCharges(period(items), [coupon])
    expect(discount?.charge).toMatchObject({
      lineKey: `sub:discount:${coupon.id}:1970-04-11T00:00:00Z`,
      kind: "Discount",
      sourceId: coupon.id,
      periodIndex: 2,
      description: "Coupon CODE",
      service: fields.service,
      due: true,
      silent: true,
    })
    const none = couponCharges(period([]), [coupon])[0]
    expect(none?.charge.service).toEqual({ start: PERIOD.start, end: PERIOD.end })
  })

  test("there is none of a coupon that does not cover the period", () => {
    const items = [item({ cents: 1_000n })]
    const over = redemption({ percentBps: 5_000, duration: "Repeating", periods: 2 })
    expect(couponCharges(period(items), [over])).toEqual([])
  })
})

const cents = fc.bigInt({ min: 0n, max: 100_000n })
const places = fc.constantFrom(A, B, OTHER)
const limitsOfCoupon = fc.constantFrom<Partial<CouponTerms>>(
  {},
  { skuIds: ["sku-a"] },
  { skuIds: ["sku-b", "sku-c"] },
  { planIds: ["plan-a"] },
  { planIds: ["plan-b"], skuIds: ["sku-c"] },
)
const anyCoupon = fc.tuple(
  limitsOfCoupon,
  fc.oneof(
    fc.integer({ min: 1, max: 10_000 }).map((bps) => ({ bps })),
    fc.bigInt({ min: 1n, max: 150_000n }).map((amount) => ({ amount })),
  ),
)
const coupons = fc
  .array(anyCoupon, { maxLength: 5 })
  .map((some) => some.map(([more, how]) => ("bps" in how ? percent(how.bps, more) : off(how.amount, more))))

/** What coupons with these terms can look at in the items. */
function eligible(items: readonly Item[], { planIds, skuIds }: CouponTerms): bigint {
  return items.reduce((sum, { charge: { skuId, planId }, amount }) => {
    const isIts = (planIds?.includes(planId ?? "") ?? true) && (skuIds?.includes(skuId ?? "") ?? true)
    return isIts ? sum + amount : sum
  }, 0n)
}

describe("laws", () => {
  test("each discount is between nothing and what it is for, and the period never comes below zero", () => {
    const charges = fc.array(fc.tuple(cents, places), { maxLength: 6 })
    fc.assert(
      fc.property(charges, fc.bigInt({ min: 0n, max: 10_000n }), coupons, (some, paidBps, redemptions) => {
        const items = some.map(([amount, place], at) => item({ lineKey: `${at}`, cents: amount, ...place }))
        const sum = items.reduce((all, { amount }) => all + amount, 0n)
        const parts = items.map(({ charge: { lineKey }, amount }): [string, bigint] => [
          lineKey,
          (amount * paidBps) / 10_000n,
        ])
        const paid = parts.reduce((all, [, part]) => all + part, 0n)
        const discounts = amounts([...items, commitment(Object.fromEntries(parts))], redemptions)
        for (const [at, amount] of discounts.entries()) {
          expect(amount <= 0n).toBe(true)
          expect(-amount <= eligible(items, redemptions[at]!.terms)).toBe(true)
        }
        expect(sum - paid + discounts.reduce((all, amount) => all + amount, 0n) >= 0n).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  test("all of everything leaves nothing, however it is cut up", () => {
    const charges = fc.array(fc.tuple(cents, places), { minLength: 1, maxLength: 6 })
    fc.assert(
      fc.property(charges, coupons, (some, redemptions) => {
        const items = some.map(([amount, place], at) => item({ lineKey: `${at}`, cents: amount, ...place }))
        const discounts = amounts(items, [...redemptions, percent(10_000)])
        const sum = items.reduce((all, { amount }) => all + amount, 0n)
        expect(sum + discounts.reduce((all, amount) => all + amount, 0n)).toBe(0n)
      }),
    )
  })

  test("a period that is billed in parts comes to what it comes to in one, coupon by coupon", () => {
    // Charges in tenths of a cent, so that lines round; each grows from bill to bill, or is due at the end only.
    const grown = fc.record({
      place: places,
      parts: fc.array(fc.bigInt({ min: 0n, max: 50_000n }), { minLength: 4, maxLength: 4 }),
      late: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(grown, { minLength: 1, maxLength: 4 }), coupons, (some, redemptions) => {
        const at = (step: number) =>
          some.map(({ place, parts, late }, index) => {
            const total = parts.slice(0, step + 1).reduce((sum, part) => sum + part, 0n)
            const should = ratio(total * 1_000_000_000n)
            return {
              ...charge({ cents: 0n, lineKey: `${index}`, ...place, due: !late || step === 3 }),
              should,
            }
          })
        const [split, whole] = [new Books(redemptions), new Books(redemptions)]
        for (let step = 0; step < 4; step++) split.bill(at(step))
        whole.bill(at(3))
        for (const [key, { amount }] of whole.was) expect(split.was.get(key)?.amount ?? 0n).toBe(amount)
        expect(split.total).toBe(whole.total)
        expect(split.total >= 0n).toBe(true)
        expect(split.bill(at(3))).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})

/** Bills of one period, each of what it should come to less what those before it took. */
class Books {
  readonly was = new Map<string, Was>()
  private readonly redemptions: readonly Redemption[]

  constructor(redemptions: readonly Redemption[]) {
    this.redemptions = redemptions
  }

  bill(charges: readonly Charge[]) {
    const items = charges.map((one) => ({
      charge: one,
      amount: amountNow(one, this.was.get(one.lineKey), USD),
    }))
    const discounts = couponCharges(period(items), this.redemptions).map((discount) => discount.charge)
    const lines = billLines([...charges, ...discounts], this.was, USD)
    for (const { lineKey, quantity, ratedNanos: rated, amountMinor: amount } of lines) {
      this.was.set(lineKey, addWas(this.was.get(lineKey), { quantity, rated, amount }))
    }
    return lines
  }

  get total(): bigint {
    return [...this.was.values()].reduce((sum, { amount }) => sum + amount, 0n)
  }
}
