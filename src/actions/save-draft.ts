// The statements that make a draft in storage what it is to be: only what differs is written.
// Law: the version of the invoice guards its lines, so two who change a draft never mix.

import type { Guarded, Statement } from "../db/database.ts"
import type { InvoiceLineRow, InvoiceRow } from "../db/rows.ts"
import { invoiceLines, invoices } from "../db/schema.ts"
import { assert } from "../domain/assert.ts"
import { invoiceTax, invoiceTotal } from "../domain/invoice.ts"
import { formatNanos, minor, minorToNanos } from "../domain/money.ts"
import type { Draft } from "./draft-invoice.ts"
import type { Refusal } from "./refusal.ts"
import { invalid } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type DraftStatements = { readonly guards: readonly Guarded[]; readonly writes: readonly Statement[] }

/** `before`: as it was read; null for a new one. `after` is counted up by one version. */
export function saveDraft(scope: Scope, before: Draft | null, after: Draft): DraftStatements {
  const { invoice, lines } = after
  assert(invoice.totalMinor === invoiceTotal(lines), "an invoice is the sum of its lines", { id: invoice.id })
  if (before === null) {
    const added = scope.write.insertAll(invoiceLines, lines)
    return { guards: [], writes: [scope.write.insert(invoices, invoice), ...added] }
  }
  const { id, tenantId: _, version, ...fields } = invoice
  assert(version === before.invoice.version + 1, "a change counts the version up", { id, version })
  return {
    guards: [scope.write.update(invoices, id, before.invoice.version, fields)],
    writes: lineStatements(scope, before.lines, lines),
  }
}

/** A draft with other lines: numbered in their order, and summed up. */
export function withLines({ invoice }: Draft, lines: readonly InvoiceLineRow[]): Draft {
  const placed = lines.map((line, position) => (line.position === position ? line : { ...line, position }))
  const changed: InvoiceRow = {
    ...invoice,
    totalMinor: invoiceTotal(placed),
    taxMinor: invoiceTax(placed),
    version: invoice.version + 1,
  }
  return { invoice: changed, lines: placed }
}

/** Nobody is invoiced less than nothing by hand: what is given back is a credit note. */
export function belowZero({ invoice, lines }: Draft): Refusal | null {
  const net = lines.reduce((sum, line) => (line.isTax ? sum : sum + line.amountMinor), 0n)
  if (net >= 0n) return null
  const total = formatNanos(minorToNanos(minor(net), invoice.currency))
  return invalid("lines", `The lines of the invoice would come to ${total}, which is below zero.`)
}

/** Lines are known by their ids, and the same while they are the same object: whoever changes one makes another. */
function lineStatements(
  scope: Scope,
  before: readonly InvoiceLineRow[],
  after: readonly InvoiceLineRow[],
): Statement[] {
  const known = new Map(before.map((line) => [line.id, line]))
  const kept = new Set(after.map(({ id }) => id))
  const gone = before.filter(({ id }) => !kept.has(id))
  const changed = after.filter((line) => known.has(line.id) && known.get(line.id) !== line)
  return [
    // First, so that a key is free again before another line takes it.
    ...gone.map(({ id }) => scope.write.remove(invoiceLines, id)),
    ...changed.map((line) => {
      const { id, tenantId: _, ...fields } = line
      return scope.write.change(invoiceLines, id, fields)
    }),
    ...scope.write.insertAll(
      invoiceLines,
      after.filter(({ id }) => !known.has(id)),
    ),
  ]
}
