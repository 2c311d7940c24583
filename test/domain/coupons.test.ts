// Coupons as fields, the periods that they cover, and why one can't be redeemed.

import { describe, expect, test } from "vitest"
import type { CouponTerms, RedeemableCoupon, Redemption } from "../../src/domain/coupon.ts"
import { couponCode, covers, isLive, redemptionFault } from "../../src/domain/coupon.ts"
import type { CouponFields } from "../../src/domain/coupon-fields.ts"
import { couponFieldsOf, couponTermsFrom } from "../../src/domain/coupon-fields.ts"
import type { Currency } from "../../src/domain/currency.ts"
import { instant } from "../../src/domain/time.ts"

const [USD, JPY, KWD] = ["USD", "JPY", "KWD"] as Currency[]
const UNIT = "1000000000000"

describe("terms from fields", () => {
  test.each<[name: string, fields: CouponFields]>([
    ["a percentage", { percent_bps: 2_000, duration: "Once" }],
    ["an amount", { amount_nanos: UNIT, currency: USD!, duration: "Forever" }],
    ["a cent", { amount_nanos: "10000000000", currency: USD!, duration: "Forever" }],
    ["a fils", { amount_nanos: "1000000000", currency: KWD!, duration: "Forever" }],
    [
      "for three periods of some SKUs",
      { percent_bps: 1, duration: "Repeating", periods: 3, sku_ids: ["a", "b"] },
    ],
  ])("%s", (_, fields) => {
    const terms = couponTermsFrom(fields)
    expect(terms.ok && couponFieldsOf(terms.value)).toEqual({
      percent_bps: null,
      amount_nanos: null,
      currency: null,
      periods: null,
      plan_ids: null,
      sku_ids: null,
      ...fields,
    })
  })

  test.each<[name: string, fields: CouponFields, paths: string[]]>([
    ["neither percentage nor amount", { duration: "Once" }, ["percent_bps"]],
    ["both", { percent_bps: 1, amount_nanos: UNIT, currency: USD!, duration: "Once" }, ["amount_nanos"]],
    ["an amount of no currency", { amount_nanos: UNIT, duration: "Once" }, ["currency"]],
    ["a percentage of a currency", { percent_bps: 1, currency: USD!, duration: "Once" }, ["currency"]],
    ["a tenth of a cent", { amount_nanos: "1000000000", currency: USD!, duration: "Once" }, ["amount_nanos"]],
    ["half a yen", { amount_nanos: "500000000000", currency: JPY!, duration: "Once" }, ["amount_nanos"]],
    ["Repeating for ever", { percent_bps: 1, duration: "Repeating" }, ["periods"]],
    ["Once, three times", { percent_bps: 1, duration: "Once", periods: 3 }, ["periods"]],
    ["Forever, but three times", { percent_bps: 1, duration: "Forever", periods: 3 }, ["periods"]],
    ["a plan twice", { percent_bps: 1, duration: "Once", plan_ids: ["a", "b", "a"] }, ["plan_ids.2"]],
    [
      "all at once",
      { duration: "Once", periods: 1, sku_ids: ["a", "a"] },
      ["percent_bps", "periods", "sku_ids.1"],
    ],
  ])("refuses %s", (_, fields, paths) => {
    const terms = couponTermsFrom(fields)
    expect(!terms.ok && terms.error.map(({ path }) => path)).toEqual(paths)
  })
})

const TERMS: CouponTerms = {
  percentBps: 2_000,
  amountNanos: null,
  currency: null,
  duration: "Forever",
  periods: null,
  planIds: null,
  skuIds: null,
}

const redemption = (terms: Partial<CouponTerms>, removedAt: number | null = null): Redemption => ({
  id: "redemption",
  code: "CODE",
  terms: { ...TERMS, ...terms },
  fromIndex: 2,
  redeemedAt: instant(250),
  removedAt: removedAt === null ? null : instant(removedAt),
})

/** Of periods of 100 ms, the first six. */
const covered = (one: Redemption) =>
  [0, 1, 2, 3, 4, 5].filter((index) =>
    covers(one, { index, start: instant(index * 100), end: instant(index * 100 + 100) }),
  )

test("a redemption covers the period that runs and those that follow, as long as it lasts", () => {
  expect(covered(redemption({ duration: "Once" }))).toEqual([2])
  expect(covered(redemption({ duration: "Repeating", periods: 3 }))).toEqual([2, 3, 4])
  expect(covered(redemption({}))).toEqual([2, 3, 4, 5])
})

test("a redemption that is removed covers what has begun by then", () => {
  expect(covered(redemption({}, 399))).toEqual([2, 3])
  expect(covered(redemption({}, 400))).toEqual([2, 3, 4])
  expect(covered(redemption({ duration: "Once" }, 260))).toEqual([2])
})

test("a redemption lives until it can take nothing off any more", () => {
  const live = (one: Redemption) => [1, 2, 3, 4, 5].filter((index) => isLive(one, index))
  expect(live(redemption({ duration: "Once" }))).toEqual([1, 2])
  expect(live(redemption({ duration: "Repeating", periods: 2 }))).toEqual([1, 2, 3])
  expect(live(redemption({}))).toEqual([1, 2, 3, 4, 5])
  expect(live(redemption({}, 260))).toEqual([])
})

test("codes are one in upper and lower case", () => {
  expect(couponCode("launch-20")).toBe("LAUNCH-20")
})

describe("a coupon can be redeemed", () => {
  const target = { currency: USD!, planId: "plan-a", skuIds: ["sku-a", "sku-b"] }
  const coupon = { terms: TERMS, maxRedemptions: null, timesRedeemed: 0, expiresAt: null, archivedAt: null }
  const fault = (changes: Partial<RedeemableCoupon>) =>
    redemptionFault({ ...coupon, ...changes }, target, instant(1_000))?.code ?? null
  const terms = (changes: Partial<CouponTerms>) => ({ terms: { ...TERMS, ...changes } })

  test.each<[name: string, changes: Partial<RedeemableCoupon>, code: string | null]>([
    ["as it is", {}, null],
    ["the last time", { maxRedemptions: 5, timesRedeemed: 4 }, null],
    ["not once more", { maxRedemptions: 5, timesRedeemed: 5 }, "invalid_state"],
    ["just before it expires", { expiresAt: instant(1_001) }, null],
    ["not when it expires", { expiresAt: instant(1_000) }, "invalid_state"],
    ["not archived", { archivedAt: instant(1) }, "invalid_state"],
    ["in its currency", terms({ percentBps: null, amountNanos: UNIT, currency: "USD" }), null],
    ["in no other", terms({ percentBps: null, amountNanos: UNIT, currency: "JPY" }), "currency_mismatch"],
    ["for its plan", terms({ planIds: ["plan-b", "plan-a"] }), null],
    ["for no other", terms({ planIds: ["plan-b"] }), "invalid_request"],
    ["for one of its SKUs", terms({ skuIds: ["sku-x", "sku-b"] }), null],
    ["for none of them", terms({ skuIds: ["sku-x"] }), "invalid_request"],
  ])("%s", (_, changes, code) => {
    expect(fault(changes)).toBe(code)
  })
})
