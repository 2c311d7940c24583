// The jobs that begin and end what is done to collect an invoice.

import type { InvoiceRow, PaymentMethodRow } from "../db/rows.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { amountAskable } from "../domain/invoice.ts"
import type { Scope } from "./scope.ts"

/** Names the attempt that follows finalization. */
export const FINALIZED = "finalized"

/** None where nothing is due, and where there is no method to charge: the customer is asked for the money by the invoice. */
export function collectItems(
  scope: Scope,
  invoice: InvoiceRow,
  method: PaymentMethodRow | null,
): AgendaItem[] {
  if (invoice.status !== "Open" || amountAskable(invoice) === 0n || method === null) return []
  return [{ kind: "collect-payment", subject: invoice.id, uniqueKey: FINALIZED, dueAt: scope.now }]
}

export const NO_LONGER_OWED = "over:"

/** The job that ends the dunning of an invoice on which nothing is owed any more, where there is one. */
export async function unowedItems(scope: Scope, { id, version }: InvoiceRow): Promise<AgendaItem[]> {
  const dunning = await scope.read.payments.dunningOf(id)
  if (dunning === null || dunning.status === "Resolved") return []
  const uniqueKey = `${NO_LONGER_OWED}${version}`
  return [{ kind: "run-dunning", subject: dunning.id, uniqueKey, dueAt: scope.now }]
}
