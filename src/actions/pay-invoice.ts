// Pays an invoice: records a payment that was received elsewhere, or charges the default method now.
// Laws: nothing is asked for beyond what is due, and partial payments add up to it; what was received beyond it is credit. What was given
// up can be paid after all.

import type { InvoiceRow, PaymentRow } from "../db/rows.ts"
import { payments } from "../db/schema.ts"
import type { Minor } from "../domain/money.ts"
import { nanos, nanosToMinor } from "../domain/money.ts"
import { creditedOf, settlement } from "../domain/payment.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { requestKey } from "./attempt.ts"
import { beginInstead } from "./begin-instead.ts"
import { askedAmount, emptyPayment } from "./begin-payment.ts"
import { findInvoice } from "./find.ts"
import { paymentAudit } from "./payment-audit.ts"
import { followingPayment } from "./payment-news.ts"
import { invalid, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { chargeBegun } from "./settle-payment.ts"

/** Amounts are nanos; null: all that is due. */
export type NewPayment = {
  readonly method: "Manual" | "Default"
  readonly amountNanos: string | null
  readonly reference: string | null
  /** The method that is charged; null or absent: the invoice's, its subscription's, or the default. */
  readonly methodId?: string | null
}

/** A decline is a payment that Failed, and one without an answer is Processing. */
export async function payInvoice(
  scope: Scope,
  invoiceId: string,
  input: NewPayment,
  reply: Reply<PaymentRow>,
): Promise<Outcome<PaymentRow>> {
  if (input.method === "Manual") return recordPayment(scope, invoiceId, input, reply)
  const { amountNanos, methodId = null } = input
  const attempt = { invoiceId, key: requestKey(scope), amountNanos, methodId, permitsGivenUp: true } as const
  const begun = await beginInstead(scope, attempt)
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
      const amount = receivedAmount(invoice, amountNanos)
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
      const { appliedMinor } = settled
      const creditedMinor = creditedOf(invoice, { ...received, appliedMinor })
      const payment: PaymentRow = { ...received, appliedMinor, creditedMinor }
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

/** What has come has come: only where nothing is due it can't have been for this invoice. */
function receivedAmount(invoice: InvoiceRow, amountNanos: string | null): Outcome<Minor> {
  const due = askedAmount(invoice, null, true)
  if (!due.ok || amountNanos === null) return due
  const { currency } = invoice
  const amount = nanosToMinor(nanos(BigInt(amountNanos)), currency)
  if (!amount.ok) return err(invalid("amount_nanos", `Not a whole number of the minor units of ${currency}.`))
  if (amount.value <= MAX_MINOR) return amount
  const message = "The amount is more than a payment can hold."
  return err(refusal("amount_out_of_range", message, [{ path: "amount_nanos", message }]))
}

/** As of a line: storage keeps whole numbers exactly up to 2^53. */
const MAX_MINOR = 2n ** 53n / 256n
