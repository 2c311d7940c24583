// A subscription's own prices as flat fields, under the names that the API gives them, to overrides and back.
// Law: what overrides a price goes by the rules of the price: the same model, its fields and no others.

import type { FieldFault, RatedSku } from "./catalog.ts"
import type { PriceFields } from "./price-fields.ts"
import { priceFieldsOf } from "./price-fields.ts"
import type { Result } from "./result.ts"
import { err, ok } from "./result.ts"
import { changedSkuFields } from "./sku-changes.ts"
import { skuTermsFrom } from "./sku-fields.ts"
import type { SkuOverride, SkuOverrides } from "./sku-overrides.ts"

/** Of the price, what is given replaces what the SKU says; the rest of it stays. */
export type OverrideFields = PriceFields & {
  readonly sku_id: string
  /** 0 to 10 000. */
  readonly discount_bps?: number | undefined
}

/** What a plan with these SKUs is bought for, or every fault among the fields, each below `overrides`. */
export function overridesFrom(
  input: readonly OverrideFields[],
  skus: readonly RatedSku[],
): Result<SkuOverrides, readonly FieldFault[]> {
  const overrides: Record<string, SkuOverride> = {}
  const faults: FieldFault[] = []
  for (const [at, fields] of input.entries()) {
    const sku = skus.find(({ id }) => id === fields.sku_id)
    const made = Object.hasOwn(overrides, fields.sku_id)
      ? err([{ path: "sku_id", message: "Overridden before." }])
      : overrideOf(fields, sku)
    if (made.ok) overrides[fields.sku_id] = made.value
    else faults.push(...made.error.map(({ path, message }) => ({ path: placeOf(at, fields, path), message })))
  }
  return faults.length > 0 ? err(faults) : ok(overrides)
}

function overrideOf(
  fields: OverrideFields,
  sku: RatedSku | undefined,
): Result<SkuOverride, readonly FieldFault[]> {
  const { sku_id: _, discount_bps: discount, ...price } = fields
  if (sku === undefined) return err([{ path: "sku_id", message: "This is not a SKU of the plan." }])
  const discountBps = discount ?? 0
  if (Object.values(price).every((value) => value === undefined)) {
    if (discount !== undefined) return ok({ price: null, discountBps })
    return err([{ path: "", message: "Give a price, a discount_bps or both." }])
  }
  const terms = skuTermsFrom(changedSkuFields(sku.terms, price))
  return terms.ok ? ok({ price: terms.value.price, discountBps }) : terms
}

/** A rule between the new price and what stays of the SKU is told at the override as a whole. */
function placeOf(at: number, fields: OverrideFields, path: string): string {
  const [field = ""] = path.split(".")
  return field === "sku_id" || Object.hasOwn(fields, field) ? `overrides.${at}.${path}` : `overrides.${at}`
}

/** In the order of the SKUs' ids, which is the order in which they were made. */
export function overrideFieldsOf(overrides: SkuOverrides | undefined) {
  const bySku = Object.entries(overrides ?? {}).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return bySku.map(([skuId, { price, discountBps }]) => ({
    sku_id: skuId,
    ...(price === null ? {} : priceFieldsOf(price)),
    ...(discountBps === 0 ? {} : { discount_bps: discountBps }),
  }))
}
