// Pays an invoice: records a payment that was received elsewhere, or charges the default method now.
// Law: nothing is taken beyond what is due; partial payments add up to it.

import type { PaymentRow } from "../db/rows.ts"
import { payments } from "../db/schema.ts"
import { settlement } from "../domain/payment.ts"
import { ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { askedAmount, beginPayment, emptyPayment, requestKey } from "./begin-payment.ts"
import { findInvoice } from "./find.ts"
import { paymentAudit } from "./payment-audit.ts"
import { followingPayment } from "./payment-news.ts"
import type { Scope } from "./scope.ts"
import { chargeBegun } from "./settle-payment.ts"

/** Amounts are nanos; null: all that is due. */
export type NewPayment = {
  readonly method: "Manual" | "Default"
  readonly amountNanos: string | null
  readonly reference: string | null
}

/** A decline is a payment that Failed, and one without an answer is Processing. */
export async function payInvoice(
  scope: Scope,
  invoiceId: string,
  input: NewPayment,
  reply: Reply<PaymentRow>,
): Promise<Outcome<PaymentRow>> {
  if (input.method === "Manual") return recordPayment(scope, invoiceId, input, reply)
  const attempt = { invoiceId, key: requestKey(scope), amountNanos: input.amountNanos }
  const begun = await beginPayment(scope, attempt)
  return begun.ok ? chargeBegun(scope, begun.value, reply) : begun
}

async function recordPayment(
  scope: Scope,
  invoiceId: string,
  { amountNanos, reference }: NewPayment,
  reply: Reply<PaymentRow>,
): Promise<Outcome<PaymentRow>> {
  return act(
    scope,
    async () => {
      const found = await findInvoice(scope, invoiceId)
      if (!found.ok) return found
      const { invoice } = found.value
      const amount = askedAmount(invoice, amountNanos)
      if (!amount.ok) return amount
      const received = {
        ...emptyPayment(scope, invoice),
        kind: "Manual",
        status: "Succeeded",
        amountMinor: amount.value,
        attemptKey: requestKey(scope),
        reference,
        settledAt: scope.now,
      } as const
      const settled = settlement(invoice, received, { isHeld: false, from: "Processing", to: "Succeeded" })
      const payment: PaymentRow = { ...received, appliedMinor: settled.appliedMinor }
      const follows = await followingPayment(scope, invoice, settled, { before: null, after: payment })
      return ok({
        value: payment,
        commit: {
          ...follows,
          writes: [scope.write.insert(payments, payment), ...follows.writes],
          audit: [paymentAudit("payment.succeeded", payment), ...follows.audit],
        },
      })
    },
    reply,
  )
}
