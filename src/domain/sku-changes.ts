// A SKU's terms back as fields, and what they become when some of them are changed.
// Law: `skuTermsFrom(skuFieldsOf(terms))` gives the same terms.

import type { SkuTerms } from "./catalog.ts"
import { changedMeter, meterFieldsOf } from "./meter-fields.ts"
import { changedModifiers, modifierFieldsOf } from "./modifier-fields.ts"
import type { PriceFields } from "./price-fields.ts"
import { priceFieldsOf } from "./price-fields.ts"
import type { SkuFields } from "./sku-fields.ts"

/** The fields of a model and the modifiers that there are, no others; the meter's are null where there is none. */
export function skuFieldsOf(terms: SkuTerms) {
  return {
    pricing_model: terms.price.model,
    billing_timing: terms.billingTiming,
    ...meterFieldsOf(terms.meter),
    ...priceFieldsOf(terms.price),
    ...modifierFieldsOf(terms.modifiers),
  }
}

export type SkuFieldChanges = { readonly [K in keyof SkuFields]?: SkuFields[K] | undefined }

/** The fields after a change. Another model takes nothing over from the price of the one before, its modifiers neither:
 *  units and amounts that fitted that price need not fit this one. */
export function changedSkuFields(terms: SkuTerms, changes: SkuFieldChanges): SkuFields {
  const current: SkuFields = skuFieldsOf(terms)
  const pricingModel = changes.pricing_model ?? current.pricing_model
  const sameModel = pricingModel === current.pricing_model
  const price = sameModel ? priceFieldsOf(terms.price) : {}
  return {
    pricing_model: pricingModel,
    billing_timing: changes.billing_timing ?? current.billing_timing,
    unit_amount_nanos:
      changes.unit_amount_nanos ?? kept(price, changes, "unit_amount_nanos", "committed_quantity"),
    tiers: changes.tiers ?? price.tiers,
    package_size: changes.package_size ?? price.package_size,
    committed_amount_nanos: changes.committed_amount_nanos ?? price.committed_amount_nanos,
    committed_quantity:
      changes.committed_quantity ?? kept(price, changes, "committed_quantity", "unit_amount_nanos"),
    overage_unit_amount_nanos: changes.overage_unit_amount_nanos ?? price.overage_unit_amount_nanos,
    rate_bps: changes.rate_bps ?? price.rate_bps,
    fixed_amount_nanos: unlessGiven(changes.fixed_amount_nanos, price.fixed_amount_nanos),
    minimum_per_event_nanos: unlessGiven(changes.minimum_per_event_nanos, price.minimum_per_event_nanos),
    maximum_per_event_nanos: unlessGiven(changes.maximum_per_event_nanos, price.maximum_per_event_nanos),
    matrix: changes.matrix ?? price.matrix,
    default_unit_amount_nanos: changes.default_unit_amount_nanos ?? price.default_unit_amount_nanos,
    ...changedModifiers(sameModel ? current : {}, changes),
    ...changedMeter(current, changes),
  }
}

type Covering = "unit_amount_nanos" | "committed_quantity"

/** A commitment's two ways to say what it covers shut each other out: a new one of the other kind replaces this one. */
function kept(
  price: PriceFields,
  changes: SkuFieldChanges,
  field: Covering,
  other: Covering,
): string | undefined {
  return changes[other] === undefined ? price[field] : undefined
}

/** Null takes away what there is. */
function unlessGiven<T>(change: T | undefined, current: T): T {
  return change === undefined ? current : change
}
