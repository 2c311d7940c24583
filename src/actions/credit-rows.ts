// The lines of an invoice and of its credit notes, as what can be credited, and the lines of a new note as rows.

import type { InvoiceLineRow, InvoiceRow } from "../db/rows.ts"
import { assert } from "../domain/assert.ts"
import type { Credit, CreditableLine, CreditTax } from "../domain/credit-note.ts"
import { creditableLines } from "../domain/credit-note.ts"
import { decimalOf, formatDecimal } from "../domain/decimal.ts"
import { formatNanos, minor, minorToNanos } from "../domain/money.ts"
import type { Draft } from "./draft-invoice.ts"
import type { Scope } from "./scope.ts"

/** What is left of each line of an invoice after the notes that there are. */
export function leftOf(invoice: Draft, notes: readonly Draft[]): CreditableLine[] {
  const given = notes.flatMap(({ lines }) => lines.filter(({ kind }) => kind === "Credit"))
  return creditableLines(
    invoice.lines.filter(({ isTax }) => !isTax).map((line) => creditOf(invoice.invoice, line, line.id)),
    given.map((line) => creditOf(invoice.invoice, line, line.sourceId ?? "")),
  )
}

function creditOf({ tax }: InvoiceRow, line: InvoiceLineRow, lineId: string): Credit {
  const included = new Set(tax?.rates.filter((rate) => rate.isInclusive).map(({ rateId }) => rateId))
  const taxes = (line.taxes ?? []).map((share) => ({ ...share, isIncluded: included.has(share.rateId) }))
  return { lineId, amount: line.amountMinor, quantity: decimalOf(line.quantity), taxes }
}

/** A line for each that gives something back, and one for each tax. */
export function creditRows(
  scope: Scope,
  noteId: string,
  invoice: Draft,
  credits: readonly Credit[],
): InvoiceLineRow[] {
  const credited = credits.filter(
    ({ amount, taxes }) => amount !== 0n || taxes.some((tax) => tax.amountMinor !== 0n),
  )
  const taxes = invoice.lines.filter(({ isTax }) => isTax)
  const rows = [
    ...credited.map((credit) => creditRow(scope, invoice, credit)),
    ...taxes.map((line) => taxRow(scope, line, credited)).filter(({ amountMinor }) => amountMinor !== 0n),
  ]
  return rows.map((row, position) => {
    const { currency } = invoice.invoice
    const ratedNanos = formatNanos(minorToNanos(row.amountMinor, currency))
    return { ...row, invoiceId: noteId, position, ratedNanos }
  })
}

/** It says what the credited line said, but for the amounts. */
function creditRow(scope: Scope, { lines }: Draft, credit: Credit): InvoiceLineRow {
  const line = lines.find(({ id }) => id === credit.lineId)
  assert(line !== undefined, "a credit is of a line of its invoice", { line: credit.lineId })
  const id = scope.newId()
  return {
    ...line,
    id,
    lineKey: `credit:${id}`,
    kind: "Credit",
    sourceId: line.id,
    quantity: formatDecimal(credit.quantity),
    amountMinor: credit.amount,
    taxes: credit.taxes.length === 0 ? null : credit.taxes.map(shareOf),
    basis: null,
  }
}

function shareOf({ rateId, amountMinor }: CreditTax) {
  return { rateId, amountMinor }
}

function taxRow(scope: Scope, line: InvoiceLineRow, credits: readonly Credit[]): InvoiceLineRow {
  const shares = credits.flatMap(({ taxes }) => taxes.filter(({ rateId }) => rateId === line.sourceId))
  return {
    ...line,
    id: scope.newId(),
    amountMinor: minor(shares.reduce((sum, tax) => sum + tax.amountMinor, 0n)),
  }
}
