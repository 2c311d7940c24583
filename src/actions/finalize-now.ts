// Finalizes drafts and settles what comes to nothing in a request, where otherwise their jobs would. What can't be done at this
// moment, or was done by a job meanwhile, is no failure: the jobs are on the agenda.

import { log } from "../runtime/log.ts"
import { findInvoice } from "./find.ts"
import { finalizeInvoice } from "./finalize-invoice.ts"
import type { Outcome } from "./act.ts"
import { settleInvoice } from "./settle-invoice.ts"
import type { Scope } from "./scope.ts"

export async function finalizeNow(scope: Scope, invoiceId: string): Promise<void> {
  noted(await finalizeInvoice(scope.aside(), invoiceId, null), invoiceId)
  const found = await findInvoice(scope, invoiceId)
  if (!found.ok || found.value.invoice.status !== "Open" || found.value.invoice.payout === true) return
  noted(await settleInvoice(scope.aside(), invoiceId), invoiceId)
}

function noted(outcome: Outcome<unknown>, invoiceId: string): void {
  if (outcome.ok || outcome.error.code === "invalid_state") return
  log.warn("an invoice waits for its job", { invoice_id: invoiceId, code: outcome.error.code })
}
