// A coupon: what it takes off, from what, and for how long. Its terms never change: another discount is another coupon.
// A redemption is a coupon on a subscription, with the terms as they were then.

import type { Currency } from "./currency.ts"
import type { Period } from "./period.ts"
import type { Instant } from "./time.ts"

export const COUPON_DURATIONS = ["Once", "Repeating", "Forever"] as const

export type CouponDuration = (typeof COUPON_DURATIONS)[number]

/** Exactly one of `percentBps` and `amountNanos` is given. */
export type CouponTerms = {
  readonly percentBps: number | null
  /** Off each period; whole minor units of `currency`. */
  readonly amountNanos: string | null
  readonly currency: string | null
  readonly duration: CouponDuration
  /** Of a Repeating one: how many periods. */
  readonly periods: number | null
  /** Null: every plan, every SKU. */
  readonly planIds: readonly string[] | null
  readonly skuIds: readonly string[] | null
}

export type Redemption = {
  readonly id: string
  readonly code: string
  readonly terms: CouponTerms
  /** The first period that it takes something off. */
  readonly fromIndex: number
  readonly redeemedAt: Instant
  /** Periods that begin later are not reduced. */
  readonly removedAt: Instant | null
}

/** Whether a redemption takes something off a period. */
export function covers({ terms, fromIndex, removedAt }: Redemption, { index, start }: Period): boolean {
  if (removedAt !== null && start > removedAt) return false
  const { duration, periods } = terms
  switch (duration) {
    case "Once":
      return index === fromIndex
    case "Repeating":
      return index >= fromIndex && index < fromIndex + (periods ?? 0)
    case "Forever":
      return index >= fromIndex
  }
}

/** Whether it may still take something off the period with this index or a later one. */
export function isLive({ terms, fromIndex, removedAt }: Redemption, index: number): boolean {
  if (removedAt !== null) return false
  switch (terms.duration) {
    case "Once":
      return index <= fromIndex
    case "Repeating":
      return index < fromIndex + (terms.periods ?? 0)
    case "Forever":
      return true
  }
}

/** Codes are read out and typed in: case doesn't tell them apart, and they are kept in one form. */
export function couponCode(text: string): string {
  return text.toUpperCase()
}

export type RedeemableCoupon = {
  readonly terms: CouponTerms
  readonly maxRedemptions: number | null
  readonly timesRedeemed: number
  readonly expiresAt: Instant | null
  readonly archivedAt: Instant | null
}

/** What the coupon would be put on. */
export type CouponTarget = {
  readonly currency: Currency
  readonly planId: string
  readonly skuIds: readonly string[]
}

export type RedemptionFault = {
  readonly code: "invalid_state" | "currency_mismatch" | "invalid_request"
  readonly message: string
}

/** Why a coupon can't be redeemed now, or null. It ends at `expiresAt`: in that instant it is over. */
export function redemptionFault(
  { terms, maxRedemptions, timesRedeemed, expiresAt, archivedAt }: RedeemableCoupon,
  target: CouponTarget,
  now: Instant,
): RedemptionFault | null {
  if (archivedAt !== null) return { code: "invalid_state", message: "The coupon is archived." }
  if (expiresAt !== null && expiresAt <= now) {
    return { code: "invalid_state", message: "The coupon has expired." }
  }
  if (maxRedemptions !== null && timesRedeemed >= maxRedemptions) {
    return { code: "invalid_state", message: "The coupon has been redeemed as often as it may be." }
  }
  if (terms.currency !== null && terms.currency !== target.currency) {
    const message = `The coupon takes off ${terms.currency}; the subscription is billed in ${target.currency}.`
    return { code: "currency_mismatch", message }
  }
  if (terms.planIds?.includes(target.planId) === false) {
    return { code: "invalid_request", message: "The coupon is not for this plan." }
  }
  if (terms.skuIds !== null && !terms.skuIds.some((id) => target.skuIds.includes(id))) {
    return { code: "invalid_request", message: "The plan has none of the SKUs that the coupon is for." }
  }
  return null
}
