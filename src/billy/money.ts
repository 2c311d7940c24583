// Billy's money: whole cents of a dollar.

import type { SkuRow } from "../db/rows.ts"
import type { SkuTerms } from "../domain/catalog.ts"
import type { Currency } from "../domain/currency.ts"
import { minor, minorToNanos, nanos, nanosToMinor } from "../domain/money.ts"

export const USD = "USD" as Currency

/** So many of the minor units of a currency, as the price of one. */
export function unitAmountOf(amount: number, currency: Currency): string {
  return minorToNanos(minor(BigInt(amount)), currency).toString()
}

/** A fee of so many cents for each period, when it begins. */
export function feeOf(cents: number): SkuTerms {
  const unitAmountNanos = unitAmountOf(cents, USD)
  return { price: { model: "Flat", unitAmountNanos }, billingTiming: "InAdvance", meter: null }
}

/** What a price comes to each period, in the minor unit of its currency; null: not always the same, or not a whole number. */
export function amountOf({ terms, currency }: Pick<SkuRow, "terms" | "currency">): number | null {
  const { price, modifiers } = terms
  if (price.model !== "Flat" || modifiers !== undefined) return null
  const amount = nanosToMinor(nanos(BigInt(price.unitAmountNanos)), currency)
  return amount.ok ? Number(amount.value) : null
}
