// Asks for a payment that was begun and commits what became of it.

import type { PaymentRow } from "../db/rows.ts"
import { isUnderWay } from "../domain/payment.ts"
import { err, ok } from "../domain/result.ts"
import type { ChargeOutcome } from "../payments/port.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { applyWaitingEvents } from "./apply-waiting-events.ts"
import { askForCharge } from "./ask-processor.ts"
import type { Begun } from "./begin-payment.ts"
import { decideNews, unchanged } from "./payment-news.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** Asks for what was begun and settles it. Without an answer the payment stays as it is, for its `reconcile-payment` job. */
export async function chargeBegun(
  scope: Scope,
  { payment, isNew }: Begun,
  reply: Reply<PaymentRow> | null,
): Promise<Outcome<PaymentRow>> {
  const outcome = await askForCharge(scope, payment, isNew)
  return settlePayment(scope, payment.id, outcome, reply)
}

/** `outcome`: null where nothing is known; then this is the end of the job, or the answer, alone. */
export async function settlePayment(
  scope: Scope,
  paymentId: string,
  outcome: ChargeOutcome | null,
  reply: Reply<PaymentRow> | null,
): Promise<Outcome<PaymentRow>> {
  const settled = await act(
    scope,
    async () => {
      const payment = await scope.read.payments.byId(paymentId)
      if (payment === null) return err(notFound("payment"))
      // A failure that was read before another told of the end says nothing new: only an event can take a success back.
      const isStale = outcome?.status === "Failed" && !isUnderWay(payment.status)
      return outcome === null || isStale ? ok(unchanged(payment)) : decideNews(scope, payment, outcome)
    },
    reply,
  )
  if (settled.ok) await applyWaitingEvents(scope.aside(), settled.value)
  return settled
}
