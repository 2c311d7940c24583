// Who says what tax is due: one engine for each mode of a tenant's settings. An outside engine is one more mode with one more
// function here (docs/taxes.md).
// What an engine must keep to: it changes nothing, says the same of the same sale, and its shares sum to its amounts.

import type { CustomerRow, InvoiceLineRow, TaxRateRow } from "../db/rows.ts"
import type { Currency } from "../domain/currency.ts"
import { ok } from "../domain/result.ts"
import type { RateTax } from "../domain/tax-amounts.ts"
import { taxesOn } from "../domain/tax-amounts.ts"
import { isReverseCharge, placesOf } from "../domain/tax-place.ts"
import type { AppliedRate, TaxExemption, TaxSettings } from "../domain/tax.ts"
import type { Outcome } from "./act.ts"
import type { Scope } from "./scope.ts"

/** What is sold, to whom. The lines are those that are no taxes themselves. */
export type Sale = {
  readonly customer: CustomerRow
  readonly currency: Currency
  readonly lines: readonly InvoiceLineRow[]
}

/** The tax of each rate, with its shares in the order of the sale's lines; or why there is none. */
export type Taxation = { readonly exemption: TaxExemption | null; readonly taxes: readonly RateTax[] }

/** A refusal leaves the invoice a draft; a job that finalizes it comes again. */
export type TaxEngine = (scope: Scope, sale: Sale) => Promise<Outcome<Taxation>>

export function taxEngineOf(settings: TaxSettings): TaxEngine {
  switch (settings.mode) {
    case "PassThrough":
      return async () => ok(UNTAXED)
    case "FlatRate":
      return flatRateEngine(settings)
    case "Rates":
      return ratesEngine(settings)
  }
}

const UNTAXED: Taxation = { exemption: null, taxes: [] }

/** One rate for everybody, but for customers who have a tax id, whatever it says. */
function flatRateEngine({ name, bps, isInclusive }: TaxSettings & { readonly mode: "FlatRate" }): TaxEngine {
  const rate: AppliedRate = { rateId: null, name, rateBps: bps, isInclusive }
  return async (_scope, { customer, lines }) =>
    ok(
      customer.taxId === null
        ? { exemption: null, taxes: taxesOn(amountsOf(lines), [rate]) }
        : { exemption: "TaxId", taxes: [] },
    )
}

/** All stored rates of the places that the customer lies in, unless it accounts for the tax itself. */
function ratesEngine({ country }: TaxSettings & { readonly mode: "Rates" }): TaxEngine {
  return async (scope, { customer, lines }) => {
    const { billingAddress, taxId } = customer
    if (isReverseCharge(country, billingAddress, taxId)) return ok({ exemption: "ReverseCharge", taxes: [] })
    const rates = await scope.read.tax.ratesAt(placesOf(billingAddress))
    return ok({ exemption: null, taxes: taxesOn(amountsOf(lines), rates.map(appliedRate)) })
  }
}

function amountsOf(lines: readonly InvoiceLineRow[]) {
  return lines.map((line) => line.amountMinor)
}

function appliedRate({ id, name, rateBps, isInclusive }: TaxRateRow): AppliedRate {
  return { rateId: id, name, rateBps, isInclusive }
}
