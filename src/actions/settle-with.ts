// Settles an invoice with an instrument that is named now, whatever it was to be settled with before: tries with the old one are
// over, and the new one is asked at once.
// Law: while money is on its way nothing else is asked for.

import type { InvoiceRow } from "../db/rows.ts"
import { invoices } from "../db/schema.ts"
import { isOnItsWay } from "../domain/payout.ts"
import { err, ok } from "../domain/result.ts"
import type { Decided, Outcome } from "./act.ts"
import { act } from "./act.ts"
import { requestKey } from "./attempt.ts"
import { beginPayment } from "./begin-payment.ts"
import { beginInvoicePayout } from "./begin-payout.ts"
import { callOffWaiting } from "./call-off.ts"
import { collectNow } from "./collect-now.ts"
import { resolved } from "./dunning-of-payment.ts"
import { finalizeNow } from "./finalize-now.ts"
import { findInvoice } from "./find.ts"
import { refusal } from "./refusal.ts"
import { cancelPayout } from "./request-payout.ts"
import type { Scope } from "./scope.ts"
import { payOutBegun } from "./send-payout.ts"
import { chargeBegun } from "./settle-payment.ts"

/** A decline is an outcome: what became of it is read from the invoice. */
export async function settleWith(scope: Scope, invoiceId: string, methodId: string): Promise<Outcome<null>> {
  // What waits for the customer to approve the old instrument is called off.
  const free = await callOffWaiting(scope, invoiceId, null)
  if (!free.ok) return free
  const changed = await act(scope.aside(), () => decide(scope, invoiceId, methodId), null)
  if (!changed.ok) return changed
  const { status, payout } = changed.value
  if (status === "Draft") {
    await finalizeNow(scope, invoiceId)
    await collectNow(scope, invoiceId)
    return ok(null)
  }
  if (status !== "Open") return ok(null)
  return payout === true ? payOutWith(scope, invoiceId, methodId) : chargeWith(scope, invoiceId, methodId)
}

async function decide(
  scope: Scope,
  invoiceId: string,
  methodId: string,
): Promise<Outcome<Decided<InvoiceRow>>> {
  const found = await findInvoice(scope, invoiceId)
  if (!found.ok) return found
  const { invoice } = found.value
  const refused = await refusedOf(scope, invoice)
  if (refused !== null) return err(refusal("invalid_state", refused))
  const details = invoice.details === null ? null : { ...invoice.details, updatedAt: scope.now }
  const dunning = await scope.read.payments.dunningOf(invoiceId)
  // The days of its tries count anew from the first failure of the new instrument.
  const ended = dunning === null || dunning.status === "Resolved" ? null : await resolved(scope, dunning)
  const change = { paymentMethodId: methodId, details }
  return ok({
    value: { ...invoice, ...change },
    commit: {
      guards: [
        scope.write.update(invoices, invoiceId, invoice.version, change),
        ...(ended === null ? [] : ended.guards),
      ],
      writes: ended?.writes ?? [],
      agenda: ended?.agenda ?? [],
      audit: [
        {
          action: "invoice.payment_method_changed",
          subjectType: "Invoice",
          subjectId: invoiceId,
          customerId: invoice.customerId,
          before: { payment_method_id: invoice.paymentMethodId },
          after: { payment_method_id: methodId },
        },
        ...(ended?.audit ?? []),
      ],
    },
  })
}

/** Nothing is asked for an invoice of nothing, but its instrument can be named. */
async function refusedOf(scope: Scope, invoice: InvoiceRow): Promise<string | null> {
  const { id, status, type, totalMinor, pendingMinor } = invoice
  const isFree = status === "Paid" && totalMinor === 0n
  const isAsking = status === "Draft" || status === "Open"
  if (type !== "Standard" || !(isFree || isAsking)) return `The invoice is ${status}.`
  const payout = invoice.payout === true ? await scope.read.payouts.liveOf(id) : null
  const isBusy = pendingMinor > 0n || (payout !== null && isOnItsWay(payout.status))
  return isBusy ? "Money for the invoice is on its way." : null
}

async function chargeWith(scope: Scope, invoiceId: string, methodId: string): Promise<Outcome<null>> {
  const attempt = {
    invoiceId,
    key: requestKey(scope),
    amountNanos: null,
    methodId,
    isNamedAnew: true,
  } as const
  const begun = await beginPayment(scope, attempt)
  if (!begun.ok) return begun
  const charged = await chargeBegun(scope.aside(), begun.value, null)
  return charged.ok ? ok(null) : charged
}

/** A payout that failed is called off, and another one begins. */
async function payOutWith(scope: Scope, invoiceId: string, methodId: string): Promise<Outcome<null>> {
  const live = await scope.read.payouts.liveOf(invoiceId)
  const called = live === null ? ok(null) : await cancelPayout(scope.aside(), live.id, null)
  if (!called.ok) return called
  const begun = await beginInvoicePayout(scope, { invoiceId, attemptKey: requestKey(scope), methodId })
  if (!begun.ok) return begun
  const sent = await payOutBegun(scope.aside(), begun.value, null)
  return sent.ok ? ok(null) : sent
}
