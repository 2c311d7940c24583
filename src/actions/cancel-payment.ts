// Cancels a payment that has no end yet, so that its invoice can be paid otherwise, credited or voided.
// What a repeat means: a payment that was cancelled is told as it is.

import type { PaymentRow } from "../db/rows.ts"
import { isUnderWay } from "../domain/payment.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { callOff, CANCELED } from "./call-off.ts"
import { findPayment } from "./find-payment.ts"
import { unchanged } from "./payment-news.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function cancelPayment(
  scope: Scope,
  paymentId: string,
  reply: Reply<PaymentRow>,
): Promise<Outcome<PaymentRow>> {
  const found = await findPayment(scope, paymentId)
  if (!found.ok) return found
  const wasUnderWay = isUnderWay(found.value.status)
  if (wasUnderWay) {
    const settled = await callOff(scope.aside(), found.value)
    if (!settled.ok) return settled
  }
  return act(
    scope,
    async () => {
      const payment = await findPayment(scope, paymentId)
      if (!payment.ok) return payment
      const fault = faultOf(payment.value, wasUnderWay)
      return fault === null ? ok(unchanged(payment.value)) : err(refusal("invalid_state", fault))
    },
    reply,
  )
}

/** Null: it is cancelled, or failed by itself meanwhile. */
function faultOf({ status, failureCode }: PaymentRow, wasUnderWay: boolean): string | null {
  if (status === "Failed" && (wasUnderWay || failureCode === CANCELED)) return null
  if (status === "Processing") return "The processor has not answered yet: it is asked again."
  if (isUnderWay(status)) return `The processor does not cancel it any more: the payment is ${status}.`
  return `The payment is ${status}: there is nothing to be cancelled.`
}
