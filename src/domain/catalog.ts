// What is sold: a plan's terms and its SKUs. Terms are stored as text and become exact values when they are read.

import { assert } from "./assert.ts"
import { fixedLengthMs, parseDuration, type Duration } from "./time.ts"
import type { EventFee } from "./event-fee.ts"
import type { ModifierTerms, PriceTerms } from "./price-terms.ts"
import { eventFeeOf } from "./price-terms.ts"
import type { Aggregation, MeterDefinition, MeterWindow, PropertyFilter } from "./terms.ts"
import { meterDefinition } from "./terms.ts"

export type * from "./price-terms.ts"
export { pricingModelOf, pricingOf } from "./price-terms.ts"

export const PRICING_MODELS = [
  "Flat",
  "PerUnit",
  "Graduated",
  "Volume",
  "Package",
  "Committed",
  "Percentage",
  "Matrix",
] as const

/** What is wrong with a field of the API, and which one it is. */
export type FieldFault = { readonly path: string; readonly message: string }

export type BillingTiming = "InArrears" | "InAdvance"
export type TrialUsage = "Charged" | "Free"
export type Prorate = "Time" | "Day"

export type PlanTerms = {
  readonly interval: number
  /** The ISO 8601 duration of a Custom cadence. */
  readonly period: string | null
  readonly every: Duration
  readonly trialDays: number
  readonly trialUsage: TrialUsage
  /** By whole days; absent where parts of a period are charged by exact time. */
  readonly prorate?: "Day"
  /** What it comes to is owed to the customer and paid out; absent where it is charged. */
  readonly direction?: "Payout"
  /** The least that a period of a subscription comes to; absent where there is none. */
  readonly minimumAmountNanos?: string
}

export type SkuMeter = {
  readonly eventType: string
  readonly aggregation: Aggregation
  readonly property: string | null
  /** Absent where there are none, as in all meters that were stored before there were any. */
  readonly filters?: readonly PropertyFilter[]
  readonly groupBy?: readonly string[]
  readonly window?: WindowTerms
}

/** `size` is the ISO 8601 duration as it was given. */
export type WindowTerms = { readonly kind: MeterWindow["kind"]; readonly size: string }

export type SkuTerms = {
  readonly price: PriceTerms
  readonly billingTiming: BillingTiming
  readonly meter: SkuMeter | null
  /** Absent where there are none, as in all terms that were stored before there were any. */
  readonly modifiers?: ModifierTerms
}

/** A SKU as the rating engine sees it. */
export type RatedSku = { readonly id: string; readonly name: string; readonly terms: SkuTerms }

export function meterOfSku(sku: Pick<RatedSku, "terms">): MeterDefinition | null {
  const { meter, price } = sku.terms
  return meter === null ? null : definitionOf(meter, eventFeeOf(price))
}

/** With a fee it is a meter of its own: other bounds make other sums. */
function definitionOf(
  { eventType, aggregation, property, filters, groupBy, window }: SkuMeter,
  fee: EventFee | null,
): MeterDefinition {
  return meterDefinition(eventType, aggregation, property, {
    ...(filters === undefined ? {} : { filters }),
    ...(groupBy === undefined ? {} : { groupBy }),
    ...(window === undefined ? {} : { window: { kind: window.kind, sizeMs: windowSizeMs(window) } }),
    ...(fee === null ? {} : { fee }),
  })
}

function windowSizeMs({ size }: WindowTerms): number {
  const duration = parseDuration(size)
  const sizeMs = duration.ok ? fixedLengthMs(duration.value) : null
  assert(sizeMs !== null, "a stored window has a fixed length", { size })
  return sizeMs
}

/** What a plan's SKUs count, each definition once. */
export function metersOf(skus: readonly RatedSku[]): MeterDefinition[] {
  const byKey = new Map<string, MeterDefinition>()
  for (const sku of skus) {
    const meter = meterOfSku(sku)
    if (meter !== null) byKey.set(meter.key, meter)
  }
  return [...byKey.values()]
}
