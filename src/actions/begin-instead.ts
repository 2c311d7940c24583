// Begins a payment that somebody asks for. One that waits for the customer with another method, and leaves no room beside it, gives way:
// whoever gives a new method does not come back to the old one's bank.

import type { InvoiceRow } from "../db/rows.ts"
import { amountAskable, amountPayable } from "../domain/invoice.ts"
import { minorToNanos } from "../domain/money.ts"
import { ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import type { Attempt, Begun } from "./begin-payment.ts"
import { beginPayment, refuseMethod } from "./begin-payment.ts"
import { callOffWaiting } from "./call-off.ts"
import { methodOf } from "./method-of.ts"
import type { Scope } from "./scope.ts"

export async function beginInstead(scope: Scope, attempt: Attempt): Promise<Outcome<Begun>> {
  const begun = await beginPayment(scope, attempt)
  if (begun.ok) return begun
  const freed = await makeRoom(scope, attempt)
  if (!freed.ok) return freed
  return freed.value === 0 ? begun : beginPayment(scope, attempt)
}

/** How many payments gave way: none where that would not help. */
async function makeRoom(scope: Scope, attempt: Attempt): Promise<Outcome<number>> {
  const { invoiceId, amountNanos, methodId = null } = attempt
  const invoice = (await scope.read.invoices.byId(invoiceId))?.invoice
  if (invoice === undefined || !lacksRoom(invoice, amountNanos)) return ok(0)
  const method = await methodOf(scope, invoice, methodId)
  if (!method.ok || (await refuseMethod(scope, invoice, method.value)) !== null) return ok(0)
  return callOffWaiting(scope, invoiceId, method.value.id)
}

/** Whether what is asked for is due, but for payments that are under way. */
function lacksRoom(invoice: InvoiceRow, amountNanos: string | null): boolean {
  const { currency } = invoice
  const [askable, due] = [amountAskable(invoice), amountPayable(invoice)]
  if (amountNanos === null) return askable === 0n && due > 0n
  const asked = BigInt(amountNanos)
  return asked > minorToNanos(askable, currency) && asked <= minorToNanos(due, currency)
}
