// A coupon's terms as flat fields, under the names that the API gives them, so that a fault can name its place.
// Law: fields that could not matter, or contradict each other, are refused when the coupon is made.

import type { FieldFault } from "./catalog.ts"
import type { CouponDuration, CouponTerms } from "./coupon.ts"
import type { Currency } from "./currency.ts"
import { minorDigits } from "./currency.ts"
import { nanos, nanosToMinor } from "./money.ts"
import type { Result } from "./result.ts"
import { err, ok } from "./result.ts"

export type CouponFields = {
  readonly percent_bps?: number | undefined
  readonly amount_nanos?: string | undefined
  readonly currency?: Currency | undefined
  readonly duration: CouponDuration
  readonly periods?: number | undefined
  readonly plan_ids?: readonly string[] | undefined
  readonly sku_ids?: readonly string[] | undefined
}

/** The terms that the fields say, or every fault among them. */
export function couponTermsFrom(fields: CouponFields): Result<CouponTerms, readonly FieldFault[]> {
  const faults = [
    ...amountFaults(fields),
    ...durationFaults(fields),
    ...repeated("plan_ids", fields.plan_ids),
    ...repeated("sku_ids", fields.sku_ids),
  ]
  if (faults.length > 0) return err(faults)
  return ok({
    percentBps: fields.percent_bps ?? null,
    amountNanos: fields.amount_nanos ?? null,
    currency: fields.currency ?? null,
    duration: fields.duration,
    periods: fields.periods ?? null,
    planIds: fields.plan_ids ?? null,
    skuIds: fields.sku_ids ?? null,
  })
}

function amountFaults({ percent_bps: percent, amount_nanos: amount, currency }: CouponFields): FieldFault[] {
  if (percent === undefined && amount === undefined) {
    return [{ path: "percent_bps", message: "Give percent_bps, or amount_nanos with its currency." }]
  }
  if (percent !== undefined && amount !== undefined) {
    return [{ path: "amount_nanos", message: "Give percent_bps or amount_nanos, not both." }]
  }
  if (amount === undefined) {
    if (currency === undefined) return []
    return [{ path: "currency", message: "A percentage has none: it is for subscriptions in any currency." }]
  }
  if (currency === undefined) return [{ path: "currency", message: "amount_nanos needs it." }]
  if (nanosToMinor(nanos(BigInt(amount)), currency).ok) return []
  const digits = minorDigits(currency)
  const message = `Must be whole minor units: ${currency} has ${digits} digits after the point.`
  return [{ path: "amount_nanos", message }]
}

function durationFaults({ duration, periods }: CouponFields): FieldFault[] {
  if (duration === "Repeating") {
    return periods === undefined ? [{ path: "periods", message: "Repeating needs it." }] : []
  }
  if (periods === undefined) return []
  return [{ path: "periods", message: `Only Repeating takes it; this coupon is ${duration}.` }]
}

function repeated(field: string, ids: readonly string[] = []): FieldFault[] {
  return ids.flatMap((id, at) =>
    ids.indexOf(id) === at ? [] : [{ path: `${field}.${at}`, message: "Named before." }],
  )
}

export function couponFieldsOf(terms: CouponTerms) {
  return {
    percent_bps: terms.percentBps,
    amount_nanos: terms.amountNanos,
    currency: terms.currency,
    duration: terms.duration,
    periods: terms.periods,
    plan_ids: terms.planIds,
    sku_ids: terms.skuIds,
  }
}
