// What coupons take off a billing period. Pure: the period's items and the subscription's redemptions in, discounts out.
// Laws: a discount lies between nothing and what is left of the items that it is for; no item, and so no period, comes below
// zero; a discount is computed from the whole period, so that it is the same however many bills the period is split into.
//
// Whose items: charges of the coupon's plans and SKUs. The amount that brings a period up to its minimum belongs to the plan and
// to no SKU: coupons for SKUs leave it alone, the others reduce it, since what is free of charge must be free of it too. What a
// commitment has paid is not paid again, so it lowers what there is to reduce; what lacks of a commitment was promised, and no
// coupon takes it back.

import type { AdjustedPeriod, Item } from "./adjustments.ts"
import { exactly } from "./adjustments.ts"
import { assert } from "./assert.ts"
import type { Charge } from "./charges.ts"
import type { CouponTerms, Redemption } from "./coupon.ts"
import { covers } from "./coupon.ts"
import type { Currency } from "./currency.ts"
import { ONE } from "./decimal.ts"
import type { Minor } from "./money.ts"
import { allocate, minor, nanos, nanosToMinor } from "./money.ts"
import type { Interval } from "./proration.ts"
import { ratio, roundRatio } from "./ratio.ts"
import { formatInstant } from "./time.ts"

/** An item with what is left of it to be reduced. */
type Rest = { readonly charge: Charge; readonly left: Minor }

const BPS = 10_000n

/** One discount for each redemption that covers the period, the oldest first, each on what those before it left. */
export function couponCharges(adjusted: AdjustedPeriod, redemptions: readonly Redemption[]): Item[] {
  const inOrder = redemptions
    .filter((redemption) => covers(redemption, adjusted.period))
    .toSorted((a, b) => a.redeemedAt - b.redeemedAt || (a.id < b.id ? -1 : 1))
  if (inOrder.length === 0) return []
  const discounts: Item[] = []
  let rests = afterCommitments(adjusted.items)
  for (const redemption of inOrder) {
    const eligible = rests.map(({ charge }) => isFor(redemption.terms, charge, adjusted.items))
    const amount = discountOn(redemption.terms, restOf(rests, eligible), adjusted.currency)
    const service = hullOf(rests, eligible) ?? adjusted.period
    discounts.push(discountItem(adjusted, redemption, amount, service))
    rests = takenFrom(rests, eligible, amount)
  }
  return discounts
}

/** What commitments leave of charges. */
function afterCommitments(items: readonly Item[]): Rest[] {
  const paid = new Map<string, bigint>()
  for (const { charge, amount, pays } of items) {
    if (charge.kind !== "Commitment" || amount >= 0n) continue
    assert(pays !== undefined, "a commitment says what it pays", { lineKey: charge.lineKey })
    for (const [lineKey, part] of pays) paid.set(lineKey, (paid.get(lineKey) ?? 0n) + part)
  }
  return items.flatMap(({ charge, amount }) => {
    if (charge.kind !== "Charge" && charge.kind !== "Minimum") return []
    const left = minor(amount - (paid.get(charge.lineKey) ?? 0n))
    assert(left >= 0n, "a commitment pays at most what a charge comes to", { lineKey: charge.lineKey, left })
    return [{ charge, left }]
  })
}

function isFor({ planIds, skuIds }: CouponTerms, charge: Charge, items: readonly Item[]): boolean {
  if (charge.kind === "Minimum") {
    if (skuIds !== null) return false
    // It is one amount for the whole period: where the plan was changed within, it is not this plan's alone.
    return items.every((item) => item.charge.kind !== "Charge" || isOf(planIds, item.charge.planId))
  }
  return isOf(planIds, charge.planId) && isOf(skuIds, charge.skuId)
}

function isOf(ids: readonly string[] | null, id: string | null): boolean {
  return ids === null || (id !== null && ids.includes(id))
}

function restOf(rests: readonly Rest[], which: readonly boolean[]): Minor {
  return minor(rests.reduce((sum, { left }, at) => (which[at] === true ? sum + left : sum), 0n))
}

/** A percentage is rounded once, half away from zero, over all items together. */
function discountOn(
  { percentBps, amountNanos, currency: of }: CouponTerms,
  rest: Minor,
  currency: Currency,
): Minor {
  assert((percentBps === null) !== (amountNanos === null), "a coupon takes off a percentage or an amount")
  assert(of === null || of === currency, "a coupon is in the currency of what it reduces", { of, currency })
  if (percentBps !== null) return minor(roundRatio(ratio(rest * BigInt(percentBps), BPS)))
  const amount = nanosToMinor(nanos(BigInt(amountNanos ?? "0")), currency)
  assert(amount.ok, "a coupon's amount is payable", { amountNanos, currency })
  return amount.value < rest ? amount.value : rest
}

/** Spread in proportion to what is left of each, to the minor unit, so that the next coupon knows what it may reduce. */
function takenFrom(rests: readonly Rest[], which: readonly boolean[], amount: Minor): Rest[] {
  if (amount === 0n) return [...rests]
  const shares = allocate(
    amount,
    rests.map(({ left }, at) => (which[at] === true ? left : 0n)),
  )
  return rests.map(({ charge, left }, at) => {
    const rest = minor(left - (shares[at] ?? 0n))
    assert(rest >= 0n, "no item comes below zero", { lineKey: charge.lineKey, rest })
    return { charge, left: rest }
  })
}

/** From the first to the last that it reduces; null where that is nothing. */
function hullOf(rests: readonly Rest[], which: readonly boolean[]): Interval | null {
  const services = rests.flatMap(({ charge, left }, at) =>
    which[at] === true && left > 0n ? [charge.service] : [],
  )
  const [first] = services
  if (first === undefined) return null
  return services.reduce(
    (hull, { start, end }) => ({
      start: start < hull.start ? start : hull.start,
      end: end > hull.end ? end : hull.end,
    }),
    first,
  )
}

function discountItem(
  { subscriptionId, currency, period }: AdjustedPeriod,
  { id, code }: Redemption,
  off: Minor,
  { start, end }: Interval,
): Item {
  assert(off >= 0n, "a discount takes something off", { off })
  const amount = minor(-off)
  const charge: Charge = {
    lineKey: `${subscriptionId}:discount:${id}:${formatInstant(period.start)}`,
    kind: "Discount",
    sourceId: id,
    subscriptionId,
    skuId: null,
    planId: null,
    periodIndex: period.index,
    description: `Coupon ${code}`,
    metered: false,
    quantity: ONE,
    unitAmountNanos: null,
    should: exactly(amount, currency),
    share: ratio(1n),
    service: { start, end },
    due: true,
    silent: true,
  }
  return { charge, amount }
}
