// Adjusts the billing periods that charges are of, in the order that adjustments.ts argues. Pure.

import type { AdjustmentBasis } from "./adjustment-basis.ts"
import { commitmentBasis, discountBasis, minimumBasis } from "./adjustment-basis.ts"
import type { AdjustedPeriod, Item } from "./adjustments.ts"
import { amountNow, type Was } from "./billing.ts"
import type { Billable, ChargeScope } from "./billable.ts"
import type { Charge } from "./charges.ts"
import type { Commitment } from "./commitment.ts"
import { drawDown } from "./commitment.ts"
import type { Redemption } from "./coupon.ts"
import { couponCharges } from "./coupon-discounts.ts"
import { minimumCharge, minimumOf } from "./minimum-spend.ts"
import type { Period } from "./period.ts"
import { periodAt } from "./period.ts"
import { ZERO_RATIO } from "./ratio.ts"

/** What adjusts the periods of a subscription. */
export type Adjusting = {
  readonly was: ReadonlyMap<string, Was>
  readonly chargeScope: ChargeScope
  readonly commitments: readonly Commitment[]
  readonly redemptions: readonly Redemption[]
}

/** The charges that adjust all periods of these charges. */
export function adjustingCharges(billable: Billable, charges: readonly Charge[], by: Adjusting): Charge[] {
  const made: Item[] = []
  let { commitments } = by
  for (const { period, charges: some } of periodsOf(billable, charges, by.chargeScope)) {
    const items = some.map((charge) => ({
      charge,
      amount: amountNow(charge, by.was.get(charge.lineKey), billable.currency),
    }))
    const adjusted = adjust(billable, adjustedPeriod(billable, period, by.chargeScope, items), {
      ...by,
      commitments,
    })
    commitments = adjusted.commitments
    made.push(...adjusted.items)
  }
  return made.map(({ charge }) => charge)
}

type InPeriod = { readonly period: Period; readonly charges: readonly Charge[] }

/** The billing periods that a bill looks at, in order, each with its charges. One without any may still lack a minimum. */
export function periodsOf(
  { schedule, end }: Billable,
  charges: readonly Charge[],
  { indices, asOf }: ChargeScope,
): InPeriod[] {
  const byIndex = Map.groupBy(charges, ({ periodIndex }) => periodIndex)
  const until = end !== null && end.at < asOf ? end.at : asOf
  return indices
    .map((index) => ({ period: periodAt(schedule, index), charges: byIndex.get(index) ?? [] }))
    .filter(({ period, charges: some }) => some.length > 0 || period.start < until)
}

/** With what it was computed from. */
function from(basis: () => AdjustmentBasis): (item: Item) => Item {
  return ({ charge, amount }) => ({ charge: { ...charge, basis: basis() }, amount })
}

function adjustedPeriod(
  { subscriptionId, currency, end }: Billable,
  period: Period,
  { asOf }: ChargeScope,
  items: readonly Item[],
): AdjustedPeriod {
  const ends = end !== null && end.at < period.end ? end.at : period.end
  return { subscriptionId, currency, period, ended: ends <= asOf, items }
}

function adjust(
  billable: Billable,
  plain: AdjustedPeriod,
  { chargeScope, commitments, redemptions }: Adjusting,
): { readonly items: readonly Item[]; readonly commitments: readonly Commitment[] } {
  const drawn = drawDown(plain, commitments)
  const paid = { ...plain, items: [...plain.items, ...drawn.items] }
  const minimum = minimumOf(billable, plain.period, chargeScope)
  const lacking = minimum === null ? [] : [minimumCharge(paid, minimum)]
  const whole = { ...paid, items: [...paid.items, ...lacking] }
  const discounts = couponCharges(whole, redemptions)
  const items = [
    ...drawn.items.map(from(() => commitmentBasis(plain, commitments))),
    ...lacking.map(from(() => minimumBasis(paid, minimum ?? ZERO_RATIO))),
    ...discounts.map(from(() => discountBasis(whole, redemptions))),
  ]
  return { items, commitments: drawn.commitments }
}
