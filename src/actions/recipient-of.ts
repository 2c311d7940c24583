// Who owes an invoice, as it is frozen at its finalization.

import type { CustomerRow, TenantRow } from "../db/rows.ts"
import type { Recipient } from "../domain/invoice.ts"

export function recipientOf(customer: CustomerRow, tenant: TenantRow): Recipient {
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
