// What an invoice of Billy's comes to, as lines of ours. What is charged is its amount with its adjustments; items only explain it.

import type { ManualLine } from "../actions/manual-line.ts"
import type { Currency } from "../domain/currency.ts"
import type { InvoiceDetails } from "../domain/invoice.ts"
import { limits } from "../limits.ts"
import { FrameError } from "./errors.ts"
import { unitAmountOf } from "./money.ts"

/** Items that sum up to the amount are lines themselves; else the amount is one line. */
export function linesOf(
  amount: number,
  title: string | null,
  { items, adjustments }: InvoiceDetails,
  currency: Currency,
): readonly ManualLine[] {
  const adjusted = sumOf(adjustments)
  if (amount + adjusted < 0) throw new FrameError(400, "The adjustments come to more than the amount")
  const isSmall = items.length + adjustments.length <= limits.invoiceLines
  const parts = items.length > 0 && isSmall && sumOf(items) === amount ? items : [{ name: title, amount }]
  return [
    ...parts.map((item) => line(item["name"] ?? "Invoice", item["amount"], currency)),
    ...adjustments.map((item) => line(item["reason"] ?? "Adjustment", item["amount"], currency)),
  ]
}

function sumOf(details: InvoiceDetails["items"]): number {
  return details.reduce((sum, { amount }) => sum + Number(amount ?? 0), 0)
}

function line(
  name: string | number,
  amount: string | number | null | undefined,
  currency: Currency,
): ManualLine {
  return {
    path: "amount",
    description: String(name),
    quantity: "1",
    unitAmountNanos: unitAmountOf(Number(amount ?? 0), currency),
    serviceStart: null,
    serviceEnd: null,
  }
}
