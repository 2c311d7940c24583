// What the audit trail keeps of an invoice when it is changed.

import { formatNanos, minorToNanos } from "../domain/money.ts"
import type { Draft } from "./draft-invoice.ts"

export function invoiceTotals({ invoice, lines }: Draft) {
  return {
    status: invoice.status,
    total_nanos: formatNanos(minorToNanos(invoice.totalMinor, invoice.currency)),
    lines: lines.length,
  }
}
