// Pays out an invoice that is owed to its customer: when it is final, and when there is a new method. Runs from the agenda.
// What a repeat means: a payout that is on its way is asked for again under its key, and one that arrived leaves nothing to do.

import type { AgendaItem } from "../domain/agenda.ts"
import type { InvoiceRow } from "../db/rows.ts"
import type { Outcome } from "./act.ts"
import { beginInvoicePayout, isWaiting } from "./begin-payout.ts"
import { finishJob } from "./collect-payment.ts"
import { retryPayoutWith } from "./retry-payout.ts"
import type { Scope } from "./scope.ts"
import { payOutBegun } from "./send-payout.ts"

/** Names the attempt that follows finalization. */
export const FINAL = "final"

export function payOutItem({ now }: Scope, { id }: Pick<InvoiceRow, "id">, uniqueKey: string): AgendaItem {
  return { kind: "send-payout", subject: id, uniqueKey, dueAt: now }
}

/** Without a method the invoice waits for one. A payout that failed is tried again where there is a new one. */
export async function sendPayout(scope: Scope, invoiceId: string, uniqueKey: string): Promise<Outcome<null>> {
  const [invoice, live] = await Promise.all([
    scope.read.invoices.byId(invoiceId),
    scope.read.payouts.liveOf(invoiceId),
  ])
  if (invoice === null || !isWaiting(invoice.invoice)) return finishJob(scope)
  const key = `invoice:${uniqueKey}`
  // This very try has failed: what follows of it is on the agenda.
  if (live?.status === "Failed" && (live.attemptKey === key || live.tryKey === key)) return finishJob(scope)
  const begun =
    live?.status === "Failed"
      ? await retryPayoutWith(scope, live.id, { tryKey: key, methodId: null, isNewMethod: true })
      : await beginInvoicePayout(scope, { invoiceId, attemptKey: key, methodId: null })
  if (!begun.ok) return begun.error.code === "invalid_state" ? finishJob(scope) : begun
  const sent = await payOutBegun(scope.aside(), begun.value, null)
  return sent.ok ? finishJob(scope) : sent
}
