// What a price comes to for a quantity or for some events: a price calculator. Changes nothing.

import type { SkuTerms } from "../domain/catalog.ts"
import { pricingOf } from "../domain/catalog.ts"
import type { Currency } from "../domain/currency.ts"
import type { Decimal } from "../domain/decimal.ts"
import { decimalOf, max, ONE, ZERO } from "../domain/decimal.ts"
import type { Properties } from "../domain/measure.ts"
import { needsTime, totalOf } from "../domain/measure.ts"
import { rate } from "../domain/pricing/pipeline.ts"
import type { Rated } from "../domain/pricing/pipeline.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { invalid, invalidFields, missing } from "./refusal.ts"
import type { Scope } from "./scope.ts"

type Price = { readonly currency: Currency; readonly terms: SkuTerms }

export type PreviewInput = {
  readonly sku: Price | { readonly id: string }
  /** Decimal text. */
  readonly quantity: string | undefined
  readonly events: readonly Properties[] | undefined
}

export type Preview = Price & { readonly quantity: Decimal; readonly rated: Rated }

export async function previewPrice(scope: Scope, input: PreviewInput): Promise<Outcome<Preview>> {
  const sku = "id" in input.sku ? await scope.read.catalog.sku(input.sku.id) : input.sku
  if (sku === null) return err(missing("sku_id", "SKU"))
  const quantity = quantityOf(sku.terms, input)
  if (!quantity.ok) return quantity
  const rated = rate(pricingOf(sku.terms), quantity.value)
  return ok({ currency: sku.currency, terms: sku.terms, quantity: quantity.value, rated })
}

function quantityOf(terms: SkuTerms, { quantity, events }: PreviewInput): Outcome<Decimal> {
  if (quantity !== undefined && events !== undefined) {
    return err(invalid("events", "Give a quantity or events, not both."))
  }
  if (quantity !== undefined) return ok(decimalOf(quantity))
  if (events === undefined) {
    if (terms.price.model === "Flat") return ok(ONE)
    return err(invalid("quantity", "Give the quantity to price, or the events that make it up."))
  }
  if (terms.meter === null) return err(invalid("events", "The SKU has no meter that could count events."))
  if (needsTime(terms.meter)) {
    const message = "What this meter comes to depends on when events happen. Give the quantity."
    return err(invalid("events", message))
  }
  const total = totalOf(terms.meter, events)
  // As on an invoice: a total below zero is priced as none.
  return total.ok ? ok(max(total.value, ZERO)) : err(invalidFields([total.error]))
}
