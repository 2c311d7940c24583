// Creates a customer, perhaps below another one.

import type { CustomerRow } from "../db/rows.ts"
import { customers } from "../db/schema.ts"
import type { Address } from "../domain/address.ts"
import { ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { placeCustomer } from "./place-customer.ts"
import { redirectCustomer, touched } from "./redirect-customer.ts"
import type { Scope } from "./scope.ts"

type Made = "id" | "tenantId" | "status" | "version" | "createdAt"

/** `processorRef`: its name at the payment processor, where it has one already; `id`: what it was told there that it is. */
export type NewCustomer = Omit<CustomerRow, Made | "processorRef"> & {
  readonly processorRef?: string | null
  readonly id?: string
}

export async function createCustomer(
  scope: Scope,
  input: NewCustomer,
  reply: Reply<CustomerRow> | null,
): Promise<Outcome<CustomerRow>> {
  const row: CustomerRow = {
    ...input,
    processorRef: input.processorRef ?? null,
    id: input.id ?? scope.newId(),
    tenantId: scope.tenant.id,
    status: "Active",
    version: 1,
    createdAt: scope.now,
  }
  return act(
    scope,
    async () => {
      const placed = await placeCustomer(scope, row, true)
      if (!placed.ok) return placed
      const redirected = await redirectCustomer(scope, row)
      if (!redirected.ok) return redirected
      const subject = { subjectType: "Customer", subjectId: row.id, customerId: row.id }
      return ok({
        value: row,
        commit: {
          guards: touched(scope, [...placed.value, ...redirected.value]),
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
    bill_to_id: row.billToId,
    billing_currency: row.billingCurrency,
    payment_terms_days: row.paymentTermsDays,
    tax_id: row.taxId,
    billing_address: addressState(row.billingAddress),
    external_id: row.externalId,
    metadata: row.metadata,
  }
}

function addressState(address: Address | null) {
  if (address === null) return null
  const { line1, line2, city, postalCode, region, country } = address
  return { line1, line2, city, postal_code: postalCode, region, country }
}
