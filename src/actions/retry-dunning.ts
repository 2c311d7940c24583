// Tries an invoice in dunning again beside its schedule: because somebody asks for it, or because its customer has a new default method.
// Law: such a try takes no step of the schedule; a success ends it all the same.

import type { DunningRow, PaymentRow } from "../db/rows.ts"
import { err } from "../domain/result.ts"
import { log } from "../runtime/log.ts"
import type { Outcome, Reply } from "./act.ts"
import { requestKey } from "./attempt.ts"
import { beginInstead } from "./begin-instead.ts"
import { finishJob } from "./collect-payment.ts"
import { findInvoice } from "./find.ts"
import { notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { chargeBegun } from "./settle-payment.ts"

export async function retryDunning(
  scope: Scope,
  invoiceId: string,
  reply: Reply<PaymentRow>,
): Promise<Outcome<PaymentRow>> {
  const found = await findInvoice(scope, invoiceId)
  if (!found.ok) return found
  const dunning = await scope.read.payments.dunningOf(invoiceId)
  if (dunning === null) return err(notFound("dunning"))
  if (dunning.status === "Resolved") {
    return err(refusal("invalid_state", "The dunning is Resolved: there is nothing to try again."))
  }
  const begun = await beginInstead(scope, { invoiceId, key: requestKey(scope), amountNanos: null })
  return begun.ok ? chargeBegun(scope, begun.value, reply) : begun
}

/** Runs from the agenda, once for each new default method of a customer. */
export async function retryDunnings(
  scope: Scope,
  customerId: string,
  uniqueKey: string,
): Promise<Outcome<null>> {
  const unpaid = await scope.read.payments.unpaidDunnings(customerId)
  for (const dunning of unpaid) {
    const tried = await retryWith(scope.aside(), dunning, uniqueKey)
    if (!tried.ok && tried.error.code !== "invalid_state") return tried
    if (!tried.ok) log.info("an invoice in dunning was not tried again", { invoice_id: dunning.invoiceId })
  }
  return finishJob(scope)
}

async function retryWith(scope: Scope, { invoiceId }: DunningRow, key: string): Promise<Outcome<PaymentRow>> {
  const begun = await beginInstead(scope, { invoiceId, key: `method:${key}`, amountNanos: null })
  return begun.ok ? chargeBegun(scope, begun.value, null) : begun
}
