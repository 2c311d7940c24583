// Asks for the money of a finalized invoice now, or pays it out, where otherwise its job would. They share the names of their
// attempts, so whichever comes second finds what the first one did.

import { log } from "../runtime/log.ts"
import { beginPayment } from "./begin-payment.ts"
import { FINALIZED } from "./collect-items.ts"
import { findInvoice } from "./find.ts"
import { FINAL, sendPayout } from "./pay-out-invoice.ts"
import type { Refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { chargeBegun } from "./settle-payment.ts"

/** A decline is an outcome, and so is that there is nothing to ask for, or nobody. What can't be done now is left to the job. */
export async function collectNow(scope: Scope, invoiceId: string): Promise<void> {
  const found = await findInvoice(scope, invoiceId)
  if (!found.ok) return
  const isPayout = found.value.invoice.payout === true
  const refused = isPayout ? await payOut(scope, invoiceId) : await charge(scope, invoiceId)
  if (refused === null || refused.code === "invalid_state") return
  log.warn("an invoice was not collected at once", { invoice_id: invoiceId, code: refused.code })
}

async function charge(scope: Scope, invoiceId: string): Promise<Refusal | null> {
  const begun = await beginPayment(scope, { invoiceId, key: `collect:${FINALIZED}`, amountNanos: null })
  if (!begun.ok) return begun.error
  const charged = await chargeBegun(scope.aside(), begun.value, null)
  return charged.ok ? null : charged.error
}

async function payOut(scope: Scope, invoiceId: string): Promise<Refusal | null> {
  const sent = await sendPayout(scope.aside(), invoiceId, FINAL)
  return sent.ok ? null : sent.error
}
