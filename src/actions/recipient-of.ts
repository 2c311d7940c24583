// Who owes an invoice, as it is frozen at its finalization.

import type { TenantRow } from "../db/rows.ts"
import type { Recipient } from "../domain/invoice.ts"
import type { Scope } from "./scope.ts"

export async function recipientOf(
  scope: Scope,
  customerId: string,
  tenant: TenantRow,
): Promise<Recipient | null> {
  const customer = await scope.read.customers.byId(customerId)
  if (customer === null) return null
  return {
    displayName: customer.displayName,
    legalName: customer.legalName,
    email: customer.email,
    taxId: customer.taxId,
    paymentTermsDays: customer.paymentTermsDays,
    issuerName: tenant.settings.companyName ?? tenant.name,
    issuerAddress: tenant.settings.companyAddress,
  }
}
