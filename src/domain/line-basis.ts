// What a line was computed from, as it is kept with the line: so that anybody can compute it again, however much has changed since.
// Texts and plain objects; exact values become texts without loss. Pure.

import type { CouponTerms } from "./coupon.ts"
import type { Decimal } from "./decimal.ts"
import { decimalOf, formatDecimal } from "./decimal.ts"
import type { LineKind } from "./invoice.ts"
import type { PricingTerms } from "./price-terms.ts"
import type { Ratio } from "./ratio.ts"
import { ratio } from "./ratio.ts"
import type { MeterDefinition } from "./terms.ts"
import type { UsageTotal } from "./usage.ts"

export type RatioText = { readonly numerator: string; readonly denominator: string }

/** `events` and `groups` matter to the models that look at them. */
export type UsageText = {
  readonly value: string
  readonly events: number
  readonly groups: readonly {
    readonly values: readonly (string | null)[]
    readonly value: string
    readonly events: number
  }[]
  readonly fees?: string
}

/** A price, the whole total that it is applied to, and the share of the period that it is owed for, which is below zero where it is owed
 *  to the customer. `meter`: null for a quantity that
 *  nobody counted. */
export type PriceBasis = {
  readonly kind: "Price"
  readonly pricing: PricingTerms
  readonly usage: UsageText
  readonly share: RatioText
  readonly meter: MeterDefinition | null
}

/** A charge of the same billing period and what it came to, on whichever invoice it is. Times are RFC 3339. */
export type BasisItem = {
  readonly lineKey: string
  readonly kind: LineKind
  readonly sourceId: string | null
  readonly skuId: string | null
  readonly planId: string | null
  readonly metered: boolean
  readonly serviceStart: string
  readonly serviceEnd: string
  readonly amountMinor: string
}

/** All charges of one billing period that an adjustment looks at. */
export type BasisPeriod = {
  readonly index: number
  readonly start: string
  readonly end: string
  readonly isOver: boolean
  readonly items: readonly BasisItem[]
}

export type MinimumBasis = {
  readonly kind: "Minimum"
  readonly minimum: RatioText
  readonly period: BasisPeriod
}

export type BasisRedemption = {
  readonly id: string
  readonly code: string
  readonly terms: CouponTerms
  readonly fromIndex: number
  readonly redeemedAt: string
  readonly removedAt: string | null
}

export type DiscountBasis = {
  readonly kind: "Discount"
  readonly redemptions: readonly BasisRedemption[]
  readonly period: BasisPeriod
}

export type BasisCommitment = {
  readonly sourceId: string
  readonly withinStart: string
  readonly withinEnd: string
  readonly skuIds: readonly string[] | null
  readonly unpaidMinor: string
  readonly leftMinor: string
}

export type CommitmentBasis = {
  readonly kind: "Commitment"
  readonly commitments: readonly BasisCommitment[]
  readonly period: BasisPeriod
}

export type ChargeBasis = PriceBasis | MinimumBasis | DiscountBasis | CommitmentBasis

/** `should`: what the whole charge comes to, exactly, in nanos. `was`: what earlier lines of the charge took. `from`: null where the
 *  charge is stated, not computed. */
export type LineBasis = {
  readonly should: RatioText
  readonly was: { readonly quantity: string; readonly ratedNanos: string; readonly amountMinor: string }
  readonly from: ChargeBasis | null
}

export function ratioText({ num, den }: Ratio): RatioText {
  return { numerator: num.toString(), denominator: den.toString() }
}

export function ratioOfText({ numerator, denominator }: RatioText): Ratio {
  return ratio(BigInt(numerator), BigInt(denominator))
}

export function usageText({ value, events, groups, fees }: UsageTotal): UsageText {
  return {
    value: formatDecimal(value),
    events,
    groups: groups.map((group) => ({ ...group, value: formatDecimal(group.value) })),
    ...(fees === undefined ? {} : { fees: formatDecimal(fees) }),
  }
}

export function usageOfText({ value, events, groups, fees }: UsageText): UsageTotal {
  const exact = (text: string): Decimal => decimalOf(text)
  return {
    value: exact(value),
    events,
    groups: groups.map((group) => ({ ...group, value: exact(group.value) })),
    ...(fees === undefined ? {} : { fees: exact(fees) }),
  }
}

/** Of one charge in two parts on one invoice: from before the first to after the second. */
export function joinedBasis(first: LineBasis | null, second: LineBasis | null): LineBasis | null {
  return first === null || second === null ? null : { ...second, was: first.was }
}
