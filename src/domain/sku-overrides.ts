// What a subscription pays instead of its plan's prices.

import type { PriceTerms, PricingTerms } from "./price-terms.ts"
import { NO_MODIFIER_TERMS } from "./price-terms.ts"

export type SkuOverride = {
  /** In place of the SKU's price; of the same pricing model. Null: the plan's. */
  readonly price: PriceTerms | null
  /** Off what the price comes to, in basis points; 0: none. */
  readonly discountBps: number
}

/** By SKU id. */
export type SkuOverrides = Readonly<Record<string, SkuOverride>>

type Priced = { readonly id: string; readonly terms: PricingTerms }

/** A SKU as a subscription with these overrides buys it. */
export function skuUnder<T extends Priced>(sku: T, overrides: SkuOverrides | undefined): T {
  const override = overrides?.[sku.id]
  if (override === undefined) return sku
  const price = override.price ?? sku.terms.price
  if (override.discountBps === 0) return { ...sku, terms: { ...sku.terms, price } }
  const modifiers = { ...(sku.terms.modifiers ?? NO_MODIFIER_TERMS), discountBps: override.discountBps }
  return { ...sku, terms: { ...sku.terms, price, modifiers } }
}
