// What an adjustment of a billing period was computed from, as text, and the same adjustment computed from it again. Pure.
// Law: it is computed again by the functions that computed it first.

import type { AdjustedPeriod, Item } from "./adjustments.ts"
import type { Charge } from "./charges.ts"
import type { Commitment } from "./commitment.ts"
import { drawDown } from "./commitment.ts"
import type { Redemption } from "./coupon.ts"
import { couponCharges } from "./coupon-discounts.ts"
import type { Currency } from "./currency.ts"
import { ONE } from "./decimal.ts"
import type { BasisItem, BasisPeriod, CommitmentBasis, DiscountBasis, MinimumBasis } from "./line-basis.ts"
import { ratioOfText, ratioText } from "./line-basis.ts"
import { minimumCharge } from "./minimum-spend.ts"
import { minor } from "./money.ts"
import type { Ratio } from "./ratio.ts"
import { ratio } from "./ratio.ts"
import { formatInstant, instant, parseInstant, type Instant } from "./time.ts"

export function minimumBasis(adjusted: AdjustedPeriod, minimum: Ratio): MinimumBasis {
  return { kind: "Minimum", minimum: ratioText(minimum), period: periodText(adjusted) }
}

export function discountBasis(adjusted: AdjustedPeriod, redemptions: readonly Redemption[]): DiscountBasis {
  const texts = redemptions.map(({ id, code, terms, fromIndex, redeemedAt, removedAt }) => ({
    id,
    code,
    terms,
    fromIndex,
    redeemedAt: formatInstant(redeemedAt),
    removedAt: removedAt === null ? null : formatInstant(removedAt),
  }))
  return { kind: "Discount", redemptions: texts, period: periodText(adjusted) }
}

export function commitmentBasis(
  adjusted: AdjustedPeriod,
  commitments: readonly Commitment[],
): CommitmentBasis {
  const texts = commitments.map(({ sourceId, within, skuIds, unpaid, left }) => ({
    sourceId,
    withinStart: formatInstant(within.start),
    withinEnd: formatInstant(within.end),
    skuIds: skuIds === null ? null : [...skuIds],
    unpaidMinor: unpaid.toString(),
    leftMinor: left.toString(),
  }))
  return { kind: "Commitment", commitments: texts, period: periodText(adjusted) }
}

function periodText({ period, ended, items }: AdjustedPeriod): BasisPeriod {
  const { index, start, end } = period
  return {
    index,
    start: formatInstant(start),
    end: formatInstant(end),
    isOver: ended,
    items: items.map(itemText),
  }
}

function itemText({ charge, amount }: Item): BasisItem {
  const { lineKey, kind, sourceId, skuId, planId, metered, service } = charge
  return {
    lineKey,
    kind,
    sourceId,
    skuId,
    planId,
    metered,
    serviceStart: formatInstant(service.start),
    serviceEnd: formatInstant(service.end),
    amountMinor: amount.toString(),
  }
}

export type AdjustmentBasis = MinimumBasis | DiscountBasis | CommitmentBasis

/** What the adjustment comes to, in nanos; null where its period has none from this source. */
export function adjustmentAgain(
  basis: AdjustmentBasis,
  {
    subscriptionId,
    sourceId,
    currency,
  }: {
    readonly subscriptionId: string
    readonly sourceId: string | null
    readonly currency: Currency
  },
): Ratio | null {
  const adjusted = periodOfText(basis.period, subscriptionId, currency)
  const made = adjustmentsAgain(basis, adjusted)
  return made.find(({ charge }) => charge.sourceId === sourceId)?.charge.should ?? null
}

function adjustmentsAgain(basis: AdjustmentBasis, adjusted: AdjustedPeriod): readonly Item[] {
  switch (basis.kind) {
    case "Minimum":
      return [minimumCharge(adjusted, ratioOfText(basis.minimum))]
    case "Discount": {
      const redemptions = basis.redemptions.map((text) => ({
        ...text,
        redeemedAt: timeOf(text.redeemedAt),
        removedAt: text.removedAt === null ? null : timeOf(text.removedAt),
      }))
      return couponCharges(adjusted, redemptions)
    }
    case "Commitment": {
      const commitments = basis.commitments.map((text) => ({
        sourceId: text.sourceId,
        description: "",
        within: { start: timeOf(text.withinStart), end: timeOf(text.withinEnd) },
        skuIds: text.skuIds === null ? null : new Set(text.skuIds),
        unpaid: minor(BigInt(text.unpaidMinor)),
        left: minor(BigInt(text.leftMinor)),
      }))
      return drawDown(adjusted, commitments).items
    }
  }
}

function periodOfText(
  { index, start, end, isOver, items }: BasisPeriod,
  subscriptionId: string,
  currency: Currency,
): AdjustedPeriod {
  const period = { index, start: timeOf(start), end: timeOf(end) }
  const told = items.map((item): Item => ({
    charge: chargeOfText(item, subscriptionId, index),
    amount: minor(BigInt(item.amountMinor)),
  }))
  return { subscriptionId, currency, period, ended: isOver, items: told }
}

/** As far as adjustments look at it: what it came to counts, not how. */
function chargeOfText(item: BasisItem, subscriptionId: string, periodIndex: number): Charge {
  const { lineKey, kind, sourceId, skuId, planId, metered, serviceStart, serviceEnd } = item
  return {
    lineKey,
    kind,
    sourceId,
    subscriptionId,
    skuId,
    planId,
    periodIndex,
    description: "",
    metered,
    quantity: ONE,
    unitAmountNanos: null,
    should: ratio(0n),
    share: ratio(1n),
    service: { start: timeOf(serviceStart), end: timeOf(serviceEnd) },
    due: true,
    silent: false,
  }
}

function timeOf(text: string): Instant {
  const time = parseInstant(text)
  return time.ok ? time.value : instant(Number.NaN)
}
