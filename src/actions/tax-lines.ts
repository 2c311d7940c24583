// Puts the taxes onto a draft: a line for each rate, and each other line's shares. Whatever taxes it had are replaced; doing it
// again changes nothing.
// Law: the lines' shares sum to the invoice's tax, whichever engine said them.

import type { CustomerRow, InvoiceLineRow, TenantRow } from "../db/rows.ts"
import { assert } from "../domain/assert.ts"
import { decimalOf, formatDecimal, multiply } from "../domain/decimal.ts"
import { invoiceTax, invoiceTotal } from "../domain/invoice.ts"
import { formatNanos, minor, minorToNanos, ratioToNanos } from "../domain/money.ts"
import { multiplyRatio, ratio } from "../domain/ratio.ts"
import { err, ok } from "../domain/result.ts"
import type { RateTax } from "../domain/tax-amounts.ts"
import type { AppliedRate, LineTax } from "../domain/tax.ts"
import { taxSettingsOf } from "../domain/tenant.ts"
import type { Outcome } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { taxEngineOf } from "./tax-engine.ts"

/** Whose sale it is, and to whom the invoice goes. */
export type Parties = { readonly tenant: TenantRow; readonly customer: CustomerRow }

/**
 * The draft with its taxes as the tenant's settings and the invoice's customer have them now. Lines that stay as they were stay the
 * same objects. A credit note keeps what it has: it takes back the tax of its invoice, which is not computed anew. What is paid out
 * to a customer is no sale of ours. `parties`: where they were read a moment ago.
 */
export async function withTaxes(
  scope: Scope,
  draft: Draft,
  parties: Parties | null = null,
): Promise<Outcome<Draft>> {
  const { invoice } = draft
  if (invoice.type === "CreditNote" || invoice.payout === true) return ok(draft)
  const found = parties === null ? await partiesOf(scope, invoice.customerId) : ok(parties)
  if (!found.ok) return found
  const { tenant, customer } = found.value
  const settings = taxSettingsOf(tenant.settings)
  const sold = draft.lines.filter((line) => !line.isTax)
  const taxation = await taxEngineOf(settings)(scope, { customer, currency: invoice.currency, lines: sold })
  if (!taxation.ok) return taxation
  const { exemption, taxes } = taxation.value
  const lines = taxedLines(scope, draft, sold, taxes)
  const [totalMinor, taxMinor] = [invoiceTotal(lines), invoiceTax(lines)]
  if ([totalMinor, taxMinor].some((amount) => amount > MAX_MINOR || amount < -MAX_MINOR)) {
    return err(refusal("amount_out_of_range", "With its taxes the invoice comes to more than it can hold."))
  }
  const tax = {
    mode: settings.mode,
    country: customer.billingAddress?.country ?? null,
    region: customer.billingAddress?.region ?? null,
    taxId: customer.taxId,
    exemption,
    rates: taxes.map(({ rate }) => rate),
  }
  return ok({ invoice: { ...invoice, tax, taxMinor, totalMinor }, lines })
}

async function partiesOf({ read }: Scope, customerId: string): Promise<Outcome<Parties>> {
  const [tenant, customer] = await read.together([read.tenant(), read.customers.one(customerId)])
  if (tenant === null) return err(notFound("tenant"))
  return customer === null ? err(notFound("customer")) : ok({ tenant, customer })
}

/** What a column of minor units keeps exactly. */
const MAX_MINOR = 2n ** 53n - 1n

function taxedLines(
  scope: Scope,
  draft: Draft,
  sold: readonly InvoiceLineRow[],
  taxes: readonly RateTax[],
): InvoiceLineRow[] {
  // Nothing is no sale: an empty draft, or one of nothing but zeros, has no line that says tax.
  const charged = sold.some((line) => line.amountMinor !== 0n) ? taxes : []
  const position = Math.max(-1, ...sold.map((line) => line.position)) + 1
  const taxLines = charged.map((tax, at) => taxLine(scope, draft, tax, position + at))
  const shared = sold.map((line, at) => withShares(line, charged, at))
  const borne = shared.flatMap((line) => line.taxes ?? []).reduce((sum, tax) => sum + tax.amountMinor, 0n)
  assert(borne === invoiceTax(taxLines), "the lines' taxes sum to the invoice's tax", { borne })
  return [...shared, ...taxLines]
}

function withShares(line: InvoiceLineRow, taxes: readonly RateTax[], at: number): InvoiceLineRow {
  const shares = taxes.map(({ rate: { rateId }, shares: all }) => ({
    rateId,
    amountMinor: all[at] ?? minor(0n),
  }))
  return areSame(line.taxes ?? [], shares) ? line : { ...line, taxes: shares.length === 0 ? null : shares }
}

function areSame(before: readonly LineTax[], after: readonly LineTax[]): boolean {
  const isSame = (tax: LineTax, at: number) =>
    tax.rateId === after[at]?.rateId && tax.amountMinor === after[at].amountMinor
  return before.length === after.length && before.every(isSame)
}

/** The line of one rate; the one that is there already keeps its id. */
function taxLine(scope: Scope, draft: Draft, tax: RateTax, position: number): InvoiceLineRow {
  const { currency, id: invoiceId } = draft.invoice
  const { rate, amountMinor } = tax
  const lineKey = `tax:${rate.rateId ?? "flat"}`
  const exactNanos = multiplyRatio(tax.exactMinor, ratio(minorToNanos(minor(1n), currency)))
  const fields = {
    position,
    description: descriptionOf(rate),
    ratedNanos: formatNanos(ratioToNanos(exactNanos)),
    amountMinor,
    isIncluded: rate.isInclusive,
  }
  const before = draft.lines.find((line) => line.lineKey === lineKey)
  if (before !== undefined) return hasAll(before, fields) ? before : { ...before, ...fields }
  return {
    ...fields,
    id: scope.newId(),
    tenantId: scope.tenant.id,
    invoiceId,
    lineKey,
    kind: "Tax",
    sourceId: rate.rateId,
    customerId: null,
    subscriptionId: null,
    skuId: null,
    quantity: "1",
    unitAmountNanos: null,
    serviceStart: null,
    serviceEnd: null,
    isTax: true,
    taxes: null,
    basis: null,
    usageRanges: null,
  }
}

type TaxLineFields = Pick<
  InvoiceLineRow,
  "position" | "description" | "ratedNanos" | "amountMinor" | "isIncluded"
>

function hasAll(line: InvoiceLineRow, fields: TaxLineFields): boolean {
  return (
    line.position === fields.position &&
    line.description === fields.description &&
    line.ratedNanos === fields.ratedNanos &&
    line.amountMinor === fields.amountMinor &&
    line.isIncluded === fields.isIncluded
  )
}

/** A hundredth of a percent in percents. */
const PERCENT = decimalOf("0.01")

/** "VAT 19%", "GST 5%", "MwSt. 19%, included". */
function descriptionOf({ name, rateBps, isInclusive }: AppliedRate): string {
  const percent = formatDecimal(multiply(decimalOf(rateBps), PERCENT))
  return `${name} ${percent}%${isInclusive ? ", included" : ""}`
}
