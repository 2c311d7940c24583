// What is done to an invoice that there is: settled with an instrument, refunded, canceled. Each asks for the status first, in the
// original's words.

import { refundPayment } from "../actions/refund-payment.ts"
import type { Scope } from "../actions/scope.ts"
import { settleWith } from "../actions/settle-with.ts"
import { voidInvoice } from "../actions/void-invoice.ts"
import { DomainError } from "./errors.ts"
import type { Facts } from "./facts.ts"
import { unwrap } from "./http.ts"
import { instrumentOf } from "./instruments.ts"
import { billyStatusOf, effectiveAmountOf } from "./invoice-json.ts"
import { unitAmountOf } from "./money.ts"

const OPEN_STATUSES = ["staged", "processing", "failed"]

export async function settle(scope: Scope, facts: Facts, uri: string): Promise<void> {
  const { invoice } = facts
  const isFree = invoice.status === "Paid" && invoice.totalMinor === 0n
  if (!isFree && !OPEN_STATUSES.includes(billyStatusOf(facts))) {
    const only = "invoice status is one of STAGED, PROCESSING and FAILED"
    throw invalidOperation(`Invalid operation, you can only update funding_instrument_uri when the ${only}`)
  }
  const method = await instrumentOf(scope, invoice.customerId, uri)
  unwrap(await settleWith(scope, invoice.id, method.id))
}

/** Refunds count from when they are asked for, whatever becomes of them. */
export async function refund(scope: Scope, facts: Facts, amount: number): Promise<void> {
  const { invoice, money } = facts
  if (billyStatusOf(facts) !== "settled" || invoice.payout === true || invoice.totalMinor <= 0n) {
    throw invalidOperation("You can only refund a settled invoice")
  }
  const before = money.refunds.reduce((sum, { amountMinor }) => sum + Number(amountMinor), 0)
  const effective = effectiveAmountOf(invoice)
  if (before + amount > effective) {
    const total = `Refund total amount ${before} + ${amount}`
    throw invalidOperation(`${total} will exceed invoice effective amount ${effective}`)
  }
  // To give back nothing is not refused, and nothing is done.
  if (amount === 0) return
  const amountNanos = unitAmountOf(amount, invoice.currency)
  const wanted = { amountNanos, reason: null, creditNoteId: null }
  unwrap(await refundPayment(scope, { kind: "Invoice", id: invoice.id }, wanted, null))
}

export async function cancel(scope: Scope, facts: Facts): Promise<void> {
  if (!OPEN_STATUSES.includes(billyStatusOf(facts))) {
    const only = "its status is one of STAGED, PROCESSING and FAILED"
    throw invalidOperation(`An invoice can only be canceled when ${only}`)
  }
  // The period of a subscription that was called off is not billed again.
  const options = { permitsUnderWay: true, isWaived: true }
  unwrap(await voidInvoice(scope, facts.invoice.id, "Canceled", null, options))
}

function invalidOperation(message: string): DomainError {
  return new DomainError("InvalidOperationError", message)
}
