// What each price should cost for each service period. Pure: terms, usage and a point in time in, charges out.
// Law: a charge is always computed from all of its usage, never from "the new usage".

import { assert } from "./assert.ts"
import type { RatedSku, SkuTerms } from "./catalog.ts"
import { meterOfSku, pricingOf } from "./catalog.ts"
import type { Decimal } from "./decimal.ts"
import { isNegative, ONE, ZERO } from "./decimal.ts"
import type { Period, Schedule } from "./period.ts"
import { periodAt } from "./period.ts"
import { rate } from "./pricing/pipeline.ts"
import type { Interval } from "./proration.ts"
import { overlap, shareOf } from "./proration.ts"
import type { Ratio } from "./ratio.ts"
import { multiplyRatio, ratio } from "./ratio.ts"
import type { Quantities } from "./subscription.ts"
import { quantityFor } from "./subscription.ts"
import type { Instant } from "./time.ts"
import { formatInstant } from "./time.ts"

export type Billable = {
  readonly subscriptionId: string
  readonly schedule: Schedule
  readonly trialEndsAt: Instant | null
  readonly endedAt: Instant | null
  readonly quantities: Quantities
  readonly skus: readonly RatedSku[]
}

/** Totals of the meter by `usageKey`; what is absent is zero. */
export type Usage = ReadonlyMap<string, Decimal>

export type Charge = {
  /** The same charge has the same key on every invoice: SKU and service period. */
  readonly lineKey: string
  readonly subscriptionId: string
  readonly skuId: string
  readonly description: string
  /** Usage adds up over the parts of a charge; the quantity of a recurring fee stands on each of its parts. */
  readonly metered: boolean
  readonly quantity: Decimal
  readonly unitAmountNanos: string | null
  /** What the charge should come to, exact, in nanos. */
  readonly should: Ratio
  readonly service: Interval
}

export type ChargeScope = {
  /** Periods to look at, in order. */
  readonly indices: readonly number[]
  readonly asOf: Instant
  /** Whether what the running period has accrued so far counts, or only ended periods do. */
  readonly running: boolean
}

export function usageKey(periodStart: Instant, meterKey: string): string {
  return `${periodStart}|${meterKey}`
}

/** Every charge that is owed as of an instant, ended periods before the running one, SKUs in plan order. */
export function chargesOf(billable: Billable, usage: Usage, scope: ChargeScope): Charge[] {
  const charges: Charge[] = []
  for (const index of scope.indices) {
    const period = periodAt(billable.schedule, index)
    if (period.start > scope.asOf) break
    if (billable.endedAt !== null && period.start >= billable.endedAt) break
    for (const sku of billable.skus) {
      const charge = chargeOf(billable, usage, scope, period, sku)
      if (charge !== null) charges.push(charge)
    }
  }
  return charges
}

function chargeOf(
  billable: Billable,
  usage: Usage,
  scope: ChargeScope,
  period: Period,
  sku: RatedSku,
): Charge | null {
  const end = endOfService(billable, period)
  const arrearsDue = end <= scope.asOf || scope.running
  const meter = meterOfSku(sku)
  if (meter !== null) {
    if (!arrearsDue) return null
    const total = usage.get(usageKey(period.start, meter.key)) ?? ZERO
    return charge(billable, sku, { start: period.start, end }, total, ratio(1n), period)
  }
  const quantity = sku.terms.price.model === "Flat" ? ONE : quantityFor(billable.quantities, sku.id)
  const paid = paidTime(billable, period)
  if (paid === null) return null
  if (sku.terms.billingTiming === "InAdvance") {
    if (paid.start > scope.asOf) return null
    return charge(billable, sku, paid, quantity, shareOf(paid, period), period)
  }
  if (!arrearsDue) return null
  const served = overlap(paid, { start: period.start, end: end < scope.asOf ? end : scope.asOf })
  const share = shareOf(served, period)
  return served === null ? null : charge(billable, sku, served, quantity, share, period)
}

/** A subscription that ended inside the period was served until then. */
function endOfService(billable: Billable, period: Period): Instant {
  const { endedAt } = billable
  return endedAt !== null && endedAt < period.end
    ? endedAt > period.start
      ? endedAt
      : period.start
    : period.end
}

/** The part of a period for which recurring fees are charged: what follows the trial. */
function paidTime(billable: Billable, period: Period): Interval | null {
  const start =
    billable.trialEndsAt !== null && billable.trialEndsAt > period.start ? billable.trialEndsAt : period.start
  return start < period.end ? { start, end: period.end } : null
}

function charge(
  billable: Billable,
  sku: RatedSku,
  service: Interval,
  quantity: Decimal,
  share: Ratio,
  period: Period,
): Charge {
  // Corrections can leave a total below zero for a while. Nobody is paid for using a service.
  const billed = isNegative(quantity) ? ZERO : quantity
  // A minimum and a maximum are on the period's amount: a fee for half of the time has half of them.
  const should = multiplyRatio(rate(pricingOf(sku.terms), billed).amount, share)
  assert(should.num >= 0n, "a charge is never below zero", { sku: sku.id })
  return {
    lineKey: `${billable.subscriptionId}:${sku.id}:${formatInstant(period.start)}`,
    subscriptionId: billable.subscriptionId,
    skuId: sku.id,
    description: sku.name,
    metered: sku.terms.meter !== null,
    quantity: billed,
    unitAmountNanos: unitAmountOf(sku.terms),
    should,
    service,
  }
}

/** The one price of a unit, where there is one. A transformed quantity has it for another unit than the line's. */
function unitAmountOf({ price, modifiers }: SkuTerms): string | null {
  if ((modifiers?.quantityTransform ?? null) !== null) return null
  switch (price.model) {
    case "Flat":
    case "PerUnit":
    case "Package":
      return price.unitAmountNanos
    case "Graduated":
    case "Volume":
    case "Committed":
      return null
  }
}
