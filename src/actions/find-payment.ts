// Finds payments and dunning for whoever may see them.

import type { DunningRow, PaymentRow } from "../db/rows.ts"
import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { Outcome } from "./act.ts"
import { findInvoice, mayReach } from "./find.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function findPayment(scope: Scope, id: string): Promise<Outcome<PaymentRow>> {
  const row = await scope.read.payments.byId(id)
  return row === null || !mayReach(scope, row.customerId) ? err(notFound("payment")) : ok(row)
}

export type FoundDunning = { readonly dunning: DunningRow; readonly payments: readonly PaymentRow[] }

/** The last dunning of an invoice, with its newest payments, newest first. */
export async function findDunning(scope: Scope, invoiceId: string): Promise<Outcome<FoundDunning>> {
  const found = await findInvoice(scope, invoiceId)
  if (!found.ok) return found
  const [dunning, payments] = await Promise.all([
    scope.read.payments.dunningOf(invoiceId),
    scope.read.payments.ofInvoice(invoiceId, limits.paymentsPerInvoice),
  ])
  return dunning === null ? err(notFound("dunning of the invoice")) : ok({ dunning, payments })
}
