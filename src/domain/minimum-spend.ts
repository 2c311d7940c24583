// The minimum spend of a plan: what a period of a subscription comes to at least. What is missing is charged when it has ended.
// Law: a period that was served in part has that part of the minimum, and one under several plans the part of each.

import type { AdjustedPeriod, Item } from "./adjustments.ts"
import { exactly, sumOf } from "./adjustments.ts"
import type { Billable, ChargeScope } from "./billable.ts"
import type { Charge } from "./charges.ts"
import { ONE } from "./decimal.ts"
import { feeTime } from "./fee-time.ts"
import { minor, roundToMinor } from "./money.ts"
import type { Period } from "./period.ts"
import { addRatio, multiplyRatio, ratio, ZERO_RATIO, type Ratio } from "./ratio.ts"
import { formatInstant } from "./time.ts"
import { feeSpans } from "./timeline.ts"

/** What a period must come to, exactly, in nanos; null where none of its plans says. */
export function minimumOf(billable: Billable, period: Period, scope: ChargeScope): Ratio | null {
  if (billable.segments.every(({ minimumNanos }) => minimumNanos === null)) return null
  const spans = feeSpans(billable.segments.map(({ segment }) => segment))
  return billable.segments.reduce((sum, { minimumNanos, proration }, at) => {
    const span = spans[at]
    if (minimumNanos === null || span === undefined) return sum
    const { share } = feeTime(billable, { period, span, proration, timing: "InArrears" }, scope)
    return addRatio(sum, multiplyRatio(ratio(BigInt(minimumNanos)), share))
  }, ZERO_RATIO)
}

/** The charge that brings the period up to its minimum; one of nothing where it is there already. */
export function minimumCharge(adjusted: AdjustedPeriod, minimum: Ratio): Item {
  const { subscriptionId, currency, period, items, ended } = adjusted
  // What a commitment pays was sold all the same.
  const sold = items.filter(({ charge }) => charge.kind !== "Commitment")
  const missing = roundToMinor(minimum, currency) - sumOf(sold)
  const amount = minor(ended && missing > 0n ? missing : 0n)
  const charge: Charge = {
    lineKey: `${subscriptionId}:minimum:${formatInstant(period.start)}`,
    kind: "Minimum",
    sourceId: null,
    subscriptionId,
    skuId: null,
    planId: null,
    periodIndex: period.index,
    description: "Up to the minimum spend",
    metered: false,
    quantity: ONE,
    unitAmountNanos: null,
    should: exactly(amount, currency),
    share: ratio(1n),
    service: { start: period.start, end: period.end },
    due: true,
    silent: true,
  }
  return { charge, amount }
}
