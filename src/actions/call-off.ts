// Calls off payments that wait for their customer, where they are in the way of what is to be done instead.
// Law: the processor says how a charge stands then. What it can't call off any more stays as it is, and money that arrives is booked.

import type { InvoiceRow, PaymentRow } from "../db/rows.ts"
import { moveInvoice } from "../domain/invoice.ts"
import { isUnderWay } from "../domain/payment.ts"
import { ok } from "../domain/result.ts"
import type { ChargeOutcome } from "../payments/port.ts"
import type { Outcome } from "./act.ts"
import { callOffCharge } from "./ask-processor.ts"
import { isOwnAccount } from "./own-account.ts"
import type { Scope } from "./scope.ts"
import { settlePayment } from "./settle-payment.ts"

export const CANCELED = "canceled"

/** A payment that has no end yet. Nothing changes where the processor can't be reached. */
export async function callOff(scope: Scope, payment: PaymentRow): Promise<Outcome<PaymentRow>> {
  const outcome = (await isGone(scope, payment)) ? GONE : await callOffCharge(scope, payment)
  const settled = await settlePayment(scope, payment.id, outcome, null)
  if (!settled.ok || payment.chargeRef !== null) return settled
  // Its answer was lost: what the charge is called is only known now.
  const { chargeRef, status } = settled.value
  return chargeRef !== null && isUnderWay(status) ? callOff(scope, settled.value) : settled
}

/** Of an account that the tenant has no more, nobody can be asked, and no event of it is heard: it would keep its invoice for ever. */
async function isGone(scope: Scope, payment: PaymentRow): Promise<boolean> {
  try {
    return !(await isOwnAccount(scope.platform.processorOf(scope.tenant), payment))
  } catch {
    return false
  }
}

const GONE: ChargeOutcome = {
  status: "Failed",
  ref: null,
  code: CANCELED,
  message: "The payment was cancelled; the account that was asked for it is not the tenant's any more.",
  isHard: false,
}

/** Calls off what waits for the customer on an invoice, but for what is to be charged to this method. How many there were. */
export async function callOffWaiting(
  scope: Scope,
  invoiceId: string,
  exceptMethodId: string | null,
): Promise<Outcome<number>> {
  const known = await scope.read.payments.underWayOf(invoiceId)
  const waiting = known.filter(
    ({ status, methodId }) =>
      status === "RequiresAction" && (exceptMethodId === null || methodId !== exceptMethodId),
  )
  for (const payment of waiting) {
    const settled = await callOff(scope.aside(), payment)
    if (!settled.ok) return settled
  }
  return ok(waiting.length)
}

/** An invoice that could be voided, were it not for a customer who has not answered, is voided. */
export async function freeForVoid(
  scope: Scope,
  { id, status, paidMinor, pendingMinor, creditedMinor }: InvoiceRow,
): Promise<Outcome<number>> {
  const isInTheWay =
    moveInvoice(status, "void").ok && pendingMinor > 0n && paidMinor === 0n && (creditedMinor ?? 0n) === 0n
  return isInTheWay ? callOffWaiting(scope, id, null) : ok(0)
}
