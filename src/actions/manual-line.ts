// Lines that somebody writes: what they come to, as rows.

import type { InvoiceLineRow } from "../db/rows.ts"
import type { Currency } from "../domain/currency.ts"
import { decimalOf } from "../domain/decimal.ts"
import { formatNanos, nanos, ratioToNanos, roundToMinor } from "../domain/money.ts"
import { multiplyRatio, ratio, ratioOfDecimal } from "../domain/ratio.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import type { Outcome } from "./act.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type ManualLine = {
  /** Where it stands in the input. */
  readonly path: string
  readonly description: string
  readonly quantity: string
  /** Below zero for an adjustment in the customer's favour. */
  readonly unitAmountNanos: string
  readonly serviceStart: Instant | null
  readonly serviceEnd: Instant | null
}

/** Storage keeps whole numbers exactly up to 2^53; an invoice of as many lines as it may have stays below. */
const MAX_MINOR = 2n ** 53n / 256n

/** Rows from `position` on. */
export function manualLines(
  scope: Scope,
  invoice: { readonly id: string; readonly currency: Currency },
  lines: readonly ManualLine[],
  position: number,
): Outcome<InvoiceLineRow[]> {
  const rows = lines.map((line, at) => lineRow(scope, invoice.id, position + at, line, invoice.currency))
  const huge = rows.findIndex(({ amountMinor }) => amountMinor > MAX_MINOR || amountMinor < -MAX_MINOR)
  if (huge < 0) return ok(rows)
  const message = "The line comes to more than an invoice can hold."
  return err(refusal("amount_out_of_range", message, [{ path: lines[huge]?.path ?? "lines", message }]))
}

function lineRow(
  scope: Scope,
  invoiceId: string,
  position: number,
  line: ManualLine,
  currency: Currency,
): InvoiceLineRow {
  const unit = nanos(BigInt(line.unitAmountNanos))
  const exact = multiplyRatio(ratioOfDecimal(decimalOf(line.quantity)), ratio(unit))
  const id = scope.newId()
  return {
    id,
    tenantId: scope.tenant.id,
    invoiceId,
    position,
    lineKey: `line:${id}`,
    kind: "Manual",
    sourceId: null,
    customerId: null,
    subscriptionId: null,
    skuId: null,
    description: line.description,
    quantity: line.quantity,
    unitAmountNanos: line.unitAmountNanos,
    ratedNanos: formatNanos(ratioToNanos(exact)),
    amountMinor: roundToMinor(exact, currency),
    serviceStart: line.serviceStart,
    serviceEnd: line.serviceEnd,
    isTax: false,
    isIncluded: null,
    taxes: null,
    basis: null,
    usageRanges: null,
  }
}
