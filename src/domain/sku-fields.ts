// A SKU's terms as flat fields, under the names that the API gives them, so that a fault can name its place: the price, what stands
// around it, the meter, and where these meet.

import type { BillingTiming, FieldFault, SkuTerms } from "./catalog.ts"
import { matrixFaults } from "./matrix-fields.ts"
import type { MeterFields } from "./meter-fields.ts"
import { meterFaults, meterFrom } from "./meter-fields.ts"
import type { ModifierFields } from "./modifier-fields.ts"
import { modifierFaults, modifiersFrom } from "./modifier-fields.ts"
import type { Model, PriceFields } from "./price-fields.ts"
import { priceFaults, priceFrom, tierFaults } from "./price-fields.ts"
import type { Result } from "./result.ts"
import { err, ok } from "./result.ts"

export type { PriceFields, TierFields } from "./price-fields.ts"

export type SkuFields = PriceFields &
  ModifierFields &
  MeterFields & { readonly pricing_model: Model; readonly billing_timing?: BillingTiming | undefined }

/** Sold: to subscriptions, whose usage a meter has to count. Reckoned: for quantities that are given, with or without a meter. */
export type SkuUse = "Sold" | "Reckoned"

/** The terms that the fields say, or every fault among them. */
export function skuTermsFrom(
  fields: SkuFields,
  use: SkuUse = "Sold",
): Result<SkuTerms, readonly FieldFault[]> {
  const faults: FieldFault[] = [
    ...priceFaults(fields),
    ...modifierFaults(fields),
    ...meterFaults(fields),
    ...(isMetered(fields) ? meteredFaults(fields) : unmeteredFaults(fields, use)),
    ...(fields.pricing_model === "Matrix" ? matrixFaults(fields, groupByOf(fields)) : []),
  ]
  if (faults.length > 0) return err(faults)
  const modifiers = modifiersFrom(fields)
  const terms: SkuTerms = {
    price: priceFrom(fields),
    billingTiming: fields.billing_timing ?? "InArrears",
    meter: meterFrom(fields),
    ...(modifiers === null ? {} : { modifiers }),
  }
  const inTiers = tierFaults(terms.price)
  return inTiers.length === 0 ? ok(terms) : err(inTiers)
}

function isMetered(fields: SkuFields): boolean {
  return (fields.meter_event_type ?? null) !== null
}

function groupByOf(fields: SkuFields): readonly string[] | null {
  return isMetered(fields) ? (fields.group_by ?? []) : null
}

const USAGE_ONLY: readonly Model[] = ["Committed", "Percentage", "Matrix"]

function unmeteredFaults({ pricing_model: model }: SkuFields, use: SkuUse): FieldFault[] {
  if (use === "Reckoned" || !USAGE_ONLY.includes(model)) return []
  return [{ path: "meter_event_type", message: `${model} prices usage and needs a meter.` }]
}

/** Where the meter and the price meet. */
function meteredFaults(fields: SkuFields): FieldFault[] {
  const faults: FieldFault[] = []
  if (fields.pricing_model === "Flat") {
    faults.push({ path: "meter_event_type", message: "Flat is a fee per period and takes no meter." })
  }
  if (fields.billing_timing === "InAdvance") {
    const message = "What is metered is known afterwards: it is billed InArrears."
    faults.push({ path: "billing_timing", message })
  }
  return fields.pricing_model === "Percentage" ? [...faults, ...moneyFaults(fields)] : faults
}

/** What is moved adds up; of a highest, a latest or a window's amount no event has a share. */
function moneyFaults(fields: SkuFields): FieldFault[] {
  const meter = meterFrom(fields)
  if (meter === null) return []
  const faults: FieldFault[] = []
  if (meter.aggregation === "Count") {
    const message =
      "Percentage needs the property that holds the amount of money, in the currency's main unit."
    faults.push({ path: "meter_property", message })
  } else if (meter.aggregation !== "Sum") {
    faults.push({ path: "meter_aggregation", message: "Percentage prices the Sum of amounts of money." })
  }
  if (meter.window !== undefined) {
    faults.push({ path: "window", message: "Percentage prices each event of the billing period." })
  }
  return faults
}
