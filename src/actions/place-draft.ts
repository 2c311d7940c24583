// Puts a composed draft of one subscription where it belongs: onto an invoice of its own, or onto the draft that gathers what
// an account and those who consolidate to it owe.
// Laws: an account gathers one draft at a time in a currency (`collects` is unique); a charge that a gathering draft has
// already stays one line of it.

import type { InvoiceLineRow, InvoiceRow } from "../db/rows.ts"
import { add, decimalOf, formatDecimal } from "../domain/decimal.ts"
import { joinedBasis } from "../domain/line-basis.ts"
import { formatNanos, minor, nanos } from "../domain/money.ts"
import type { Instant } from "../domain/time.ts"
import type { Draft } from "./draft-invoice.ts"
import type { Payer } from "./payer.ts"
import { lineCustomerId, sectionsWith } from "./payer.ts"
import { withLines } from "./save-draft.ts"
import type { Scope } from "./scope.ts"

/** `before`: the gathering draft as it was read; null where `after` is a new invoice. For `saveDraft`, perhaps taxed in between. */
export type PlacedDraft = { readonly before: Draft | null; readonly after: Draft }

/** `draft` is the payer's customer's, and new. What comes back is for its recipient, with all lines that it then has. */
export async function placeDraft(scope: Scope, draft: Draft, payer: Payer): Promise<PlacedDraft> {
  // What is paid out is for the customer itself, whoever pays its invoices.
  if (draft.invoice.payout === true) return { before: null, after: draft }
  const own = ownInvoice(draft, payer)
  if (!payer.collects) return { before: null, after: own }
  const collects = `${payer.account.id}:${own.invoice.currency}`
  const before = await scope.read.invoices.collecting(collects)
  if (before !== null) return { before, after: gathered(before, own, payer) }
  // It is nobody's alone: its lines say which subscription they are of.
  return { before, after: { ...own, invoice: { ...own.invoice, collects, subscriptionId: null } } }
}

function ownInvoice({ invoice, lines }: Draft, payer: Payer): Draft {
  const customerId = lineCustomerId(payer)
  return {
    invoice: { ...invoice, customerId: payer.recipient.id, sections: sectionsWith(invoice.sections, payer) },
    lines: lines.map((line) => ({ ...line, customerId })),
  }
}

/** The gathering draft with the lines of another one. */
function gathered(before: Draft, added: Draft, payer: Payer): Draft {
  const byKey = new Map(added.lines.map((line) => [line.lineKey, line]))
  const kept = before.lines.map((line) => {
    const more = byKey.get(line.lineKey)
    byKey.delete(line.lineKey)
    return more === undefined ? line : merged(line, more)
  })
  const invoiceId = before.invoice.id
  const fresh = Array.from(byKey.values(), (line): InvoiceLineRow => ({ ...line, invoiceId }))
  // Taxes stand last: they are of all the lines before them.
  const untaxed = kept.filter((line) => !line.isTax)
  const taxes = kept.filter((line) => line.isTax)
  const { invoice } = before
  const changed: InvoiceRow = {
    ...invoice,
    customerId: payer.recipient.id,
    periodStart: earlier(invoice.periodStart, added.invoice.periodStart),
    periodEnd: later(invoice.periodEnd, added.invoice.periodEnd),
    sections: sectionsWith(invoice.sections, payer),
  }
  return withLines({ invoice: changed, lines: [] }, [...untaxed, ...fresh, ...taxes])
}

/** Two parts of one charge. The quantity of a recurring fee stands on each part; usage adds up. */
function merged(line: InvoiceLineRow, more: InvoiceLineRow): InvoiceLineRow {
  const metered = line.usageRanges !== null || more.usageRanges !== null
  const quantity = add(decimalOf(line.quantity), decimalOf(more.quantity))
  return {
    ...line,
    quantity: metered ? formatDecimal(quantity) : more.quantity,
    ratedNanos: formatNanos(nanos(BigInt(line.ratedNanos) + BigInt(more.ratedNanos))),
    amountMinor: minor(line.amountMinor + more.amountMinor),
    serviceStart: earlier(line.serviceStart, more.serviceStart),
    serviceEnd: later(line.serviceEnd, more.serviceEnd),
    usageRanges: metered ? [...(line.usageRanges ?? []), ...(more.usageRanges ?? [])] : null,
    basis: joinedBasis(line.basis, more.basis),
  }
}

function earlier(a: Instant | null, b: Instant | null): Instant | null {
  return a === null || b === null ? (a ?? b) : a < b ? a : b
}

function later(a: Instant | null, b: Instant | null): Instant | null {
  return a === null || b === null ? (a ?? b) : a > b ? a : b
}
