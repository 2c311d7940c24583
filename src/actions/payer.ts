// Who gets the invoice of what a customer owes.
// Laws: a customer that consolidates to its parent owes on its parent's invoice, and so on upwards; the topmost one's
// `bill_to_id` says who receives it, and that one's own is not followed.

import type { CustomerRow } from "../db/rows.ts"
import type { InvoiceSection } from "../domain/invoice.ts"
import { limits } from "../limits.ts"
import type { Scope } from "./scope.ts"

export type Payer = {
  readonly customer: CustomerRow
  /** Whose invoices its charges are on: itself, or the topmost one that it consolidates to. */
  readonly account: CustomerRow
  /** Who receives them. */
  readonly recipient: CustomerRow
  /** Whether what that account owes is gathered on one invoice, because others consolidate to it. */
  readonly collects: boolean
}

/** `isConsolidated`: whether others consolidate to the customer. */
export async function payerOf(scope: Scope, customer: CustomerRow, isConsolidated: boolean): Promise<Payer> {
  const account = await accountOf(scope, customer)
  const redirected = account.billToId === null ? null : await scope.read.customers.byId(account.billToId)
  const collects = account.id !== customer.id || isConsolidated
  return { customer, account, recipient: redirected ?? account, collects }
}

async function accountOf(scope: Scope, customer: CustomerRow): Promise<CustomerRow> {
  let at = customer
  for (let level = 0; level < limits.hierarchyLevels; level++) {
    if (at.consolidation !== "ConsolidateToParent" || at.parentId === null) break
    const parent = await scope.read.customers.byId(at.parentId)
    if (parent === null) break
    at = parent
  }
  return at
}

/** Whose line it is. Null on an invoice that has nobody's lines but its recipient's. */
export function lineCustomerId(payer: Payer): string | null {
  return isOwn(payer) ? null : payer.customer.id
}

/** Everybody whose lines an invoice may have, once it gets lines of a customer; null while that is its recipient alone. */
export function sectionsWith(
  sections: readonly InvoiceSection[] | null,
  payer: Payer,
): readonly InvoiceSection[] | null {
  if (sections === null && isOwn(payer)) return null
  const names = new Map((sections ?? []).map((section) => [section.customerId, section.displayName]))
  for (const { id, displayName } of [payer.recipient, payer.customer]) names.set(id, displayName)
  return Array.from(names, ([customerId, displayName]) => ({ customerId, displayName }))
}

function isOwn({ customer, recipient, collects }: Payer): boolean {
  return customer.id === recipient.id && !collects
}
