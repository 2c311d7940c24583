// Pays out what is owed to a customer, now: what an invoice is for, or what a credit note or a payment beyond what was due has left;
// and ends the tries of one that failed.

import type { PayoutRow } from "../db/rows.ts"
import { invoices, payouts } from "../db/schema.ts"
import type { Currency } from "../domain/currency.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { attemptKeyOf, isSameAttempt, refuseOther, requestKey } from "./attempt.ts"
import type { BegunPayout } from "./begin-payout.ts"
import { beginFreePayout, beginInvoicePayout } from "./begin-payout.ts"
import { findCustomer, mayReach } from "./find.ts"
import { payoutAudit } from "./payout-audit.ts"
import { missing, notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { payOutBegun } from "./send-payout.ts"

/** `invoiceId`: one of the customer's that waits to be paid out. `amountNanos` null: all that is owed and that no invoice waits for. */
export type WantedPayout = {
  readonly amountNanos: string | null
  readonly currency: Currency | null
  readonly methodId: string | null
  readonly invoiceId: string | null
}

export async function findPayout(scope: Scope, id: string): Promise<Outcome<PayoutRow>> {
  const row = await scope.read.payouts.byId(id)
  return row === null || !mayReach(scope, row.customerId) ? err(notFound("payout")) : ok(row)
}

/** A decline is a payout that Failed, and one without an answer is Processing. */
export async function requestPayout(
  scope: Scope,
  customerId: string,
  wanted: WantedPayout,
  reply: Reply<PayoutRow>,
): Promise<Outcome<PayoutRow>> {
  const begun = await begin(scope, customerId, wanted)
  return begun.ok ? payOutBegun(scope, begun.value, reply) : begun
}

async function begin(scope: Scope, customerId: string, wanted: WantedPayout): Promise<Outcome<BegunPayout>> {
  const customer = await findCustomer(scope, customerId)
  if (!customer.ok) return customer
  const { amountNanos, methodId, invoiceId } = wanted
  const currency = wanted.currency ?? customer.value.billingCurrency
  const name = requestKey(scope)
  const attemptKey = attemptKeyOf(name, [amountNanos, currency, methodId, invoiceId])
  const known = await scope.read.payouts.byAttempt(customerId, name)
  if (known !== null && isSameAttempt(scope, known)) {
    const refused = refuseOther(known, attemptKey)
    return refused === null ? ok({ payout: known, isNew: false }) : err(refused)
  }
  if (invoiceId === null) {
    return beginFreePayout(scope, { customerId, attemptKey, methodId, currency, amountNanos })
  }
  const invoice = (await scope.read.invoices.byId(invoiceId))?.invoice
  if (invoice?.customerId !== customerId) return err(missing("invoice_id", "invoice of the customer"))
  const begun = await beginInvoicePayout(scope, { invoiceId, attemptKey, methodId })
  if (!begun.ok || begun.value.isNew) return begun
  return err(refusal("invalid_state", `The invoice's payout is ${begun.value.payout.status}.`))
}

/** Ends the tries of a payout that failed. What it was for is owed still. */
export async function cancelPayout(
  scope: Scope,
  payoutId: string,
  reply: Reply<PayoutRow> | null,
): Promise<Outcome<PayoutRow>> {
  return act(
    scope,
    async () => {
      const found = await findPayout(scope, payoutId)
      if (!found.ok) return found
      const before = found.value
      if (before.status !== "Failed" || before.returnedAt !== null) {
        return err(
          refusal("invalid_state", `The payout is ${before.status}: only one that Failed is cancelled.`),
        )
      }
      const after = cancelled(scope, before)
      const { id, tenantId: _, version, ...fields } = after
      const invoice = before.invoiceId === null ? null : await scope.read.invoices.byId(before.invoiceId)
      return ok({
        value: after,
        commit: {
          guards: [
            scope.write.update(payouts, id, version - 1, fields),
            ...(invoice === null
              ? []
              : [scope.write.update(invoices, invoice.invoice.id, invoice.invoice.version, {})]),
          ],
          audit: [payoutAudit("payout.cancelled", after, before)],
        },
      })
    },
    reply,
  )
}

export function cancelled({ now }: Scope, before: PayoutRow): PayoutRow {
  return { ...before, status: "Cancelled", retryAt: null, settledAt: now, version: before.version + 1 }
}
