// Finds what the caller may see. What belongs to another customer than the caller's own does not exist for it.

import type { CustomerRow, SubscriptionRow } from "../db/rows.ts"
import type { InvoiceWithLines } from "../db/readers/invoices.ts"
import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export function mayReach(scope: Scope, customerId: string): boolean {
  return scope.customerId === null || scope.customerId === customerId
}

export async function findCustomer(scope: Scope, id: string): Promise<Outcome<CustomerRow>> {
  const row = mayReach(scope, id) ? await scope.read.customers.byId(id) : null
  return row === null ? err(notFound("customer")) : ok(row)
}

export async function findSubscription(scope: Scope, id: string): Promise<Outcome<SubscriptionRow>> {
  const row = await scope.read.subscriptions.byId(id)
  return row === null || !mayReach(scope, row.customerId) ? err(notFound("subscription")) : ok(row)
}

export async function findSubscriptionTerms(scope: Scope, id: string): Promise<Outcome<SubscriptionTerms>> {
  const found = await findSubscription(scope, id)
  if (!found.ok) return found
  const terms = await scope.read.subscriptions.termsOf(found.value)
  return terms === null ? err(notFound("subscription")) : ok(terms)
}

/** An invoice with its lines. */
export async function findInvoice(scope: Scope, id: string): Promise<Outcome<InvoiceWithLines>> {
  return visibleInvoice(scope, await scope.read.invoices.byId(id))
}

/** Customers do not see drafts, but they see what they are offered. */
export function visibleInvoice(scope: Scope, found: InvoiceWithLines | null): Outcome<InvoiceWithLines> {
  const visible =
    found !== null &&
    mayReach(scope, found.invoice.customerId) &&
    (scope.customerId === null || found.invoice.status !== "Draft" || found.invoice.type === "ProForma")
  return visible ? ok(found) : err(notFound("invoice"))
}
