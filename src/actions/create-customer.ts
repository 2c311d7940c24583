// Creates a customer, perhaps below another one.

import type { CustomerRow } from "../db/rows.ts"
import { customers } from "../db/schema.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { placeCustomer } from "./place-customer.ts"
import type { Scope } from "./scope.ts"

export type NewCustomer = Omit<CustomerRow, "id" | "tenantId" | "status" | "version" | "createdAt">

export async function createCustomer(
  scope: Scope,
  input: NewCustomer,
  reply: Reply<CustomerRow>,
): Promise<Outcome<CustomerRow>> {
  const row: CustomerRow = {
    ...input,
    id: scope.newId(),
    tenantId: scope.tenant.id,
    status: "Active",
    version: 1,
    createdAt: scope.now,
  }
  return act(
    scope,
    async () => {
      const placed = await placeCustomer(scope, row, true)
      if (!placed.ok) return err(placed.error)
      const subject = { subjectType: "Customer", subjectId: row.id, customerId: row.id }
      return ok({
        value: row,
        commit: {
          guards: placed.value,
          writes: [scope.write.insert(customers, row)],
          audit: [{ action: "customer.created", ...subject, after: customerState(row) }],
        },
      })
    },
    reply,
  )
}

/** A customer as the audit trail keeps it. */
export function customerState(row: CustomerRow) {
  return {
    display_name: row.displayName,
    legal_name: row.legalName,
    email: row.email,
    account_type: row.accountType,
    status: row.status,
    parent_id: row.parentId,
    consolidation: row.consolidation,
    billing_currency: row.billingCurrency,
    payment_terms_days: row.paymentTermsDays,
    tax_id: row.taxId,
    external_id: row.externalId,
    metadata: row.metadata,
  }
}
