// What is owed to a customer in money and not on its way yet, as SQL: what PayoutsPayable holds, less payouts and refunds under way.

import type { SQL } from "drizzle-orm"
import { sql } from "drizzle-orm"
import type { Currency } from "../domain/currency.ts"

export type Creditor = { readonly customerId: string; readonly currency: Currency }

/** `isFree`: without what invoices that pay out wait for, which is kept for them. */
export function owedTo(tenantId: string, { customerId, currency }: Creditor, isFree: boolean): SQL {
  const whose = sql`tenant_id = ${tenantId} AND customer_id = ${customerId} AND currency = ${currency}`
  const ofWhom = sql`i.tenant_id = ${tenantId} AND i.customer_id = ${customerId} AND i.currency = ${currency}`
  const kept = sql`COALESCE((
    SELECT SUM(-i.total_minor) FROM invoices i
    WHERE ${ofWhom} AND i.payout = 1 AND i.status = 'Open' AND i.total_minor < 0 AND NOT EXISTS (
      SELECT 1 FROM payouts p
      WHERE p.tenant_id = i.tenant_id AND p.invoice_id = i.id AND p.status IN ('Processing', 'Pending'))), 0)`
  return sql`(
    - COALESCE((SELECT SUM(amount_minor) FROM ledger_entries WHERE ${whose} AND account = 'PayoutsPayable'), 0)
    - COALESCE((SELECT SUM(amount_minor) FROM payouts WHERE ${whose} AND status IN ('Processing', 'Pending')), 0)
    - COALESCE((SELECT SUM(owed_minor) FROM refunds WHERE ${whose} AND status IN ('Processing', 'Pending')), 0)
    - ${isFree ? kept : sql`0`})`
}
