// What is owed to a customer in money and not on its way yet, as SQL: what PayoutsPayable holds, less payouts and refunds under way.

import type { SQL } from "drizzle-orm"
import { sql } from "drizzle-orm"
import type { Currency } from "../domain/currency.ts"
import { leftOf } from "./readers/receivable.ts"

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

/** What is owed on an invoice in money that payments have brought. `t`: the name of the invoices. */
export function owedOn(t: "i" | "invoices"): SQL {
  const i = sql.raw(t)
  const beyond = sql`COALESCE((
    SELECT SUM(CASE WHEN p.status = 'Succeeded'
      THEN p.amount_minor - p.applied_minor - p.credited_minor - COALESCE(p.set_off_minor, 0) ELSE 0 END
      - COALESCE(p.paid_out_minor, 0))
    FROM payments p WHERE p.tenant_id = ${i}.tenant_id AND p.invoice_id = ${i}.id), 0)`
  const refunded = sql`COALESCE((
    SELECT SUM(r.owed_minor) FROM refunds r
    WHERE r.tenant_id = ${i}.tenant_id AND r.invoice_id = ${i}.id AND r.status <> 'Failed'), 0)`
  return sql`(MAX(0, -${leftOf(t)}) + ${beyond} - ${refunded})`
}

/** `refundable` of the domain, as SQL. `t`: the name of the payments. */
export function refundableOf(t: "p" | "payments"): SQL {
  const p = sql.raw(t)
  const free = sql`COALESCE((
    SELECT SUM(g.remaining_minor) FROM wallet_grants g WHERE g.tenant_id = ${p}.tenant_id AND g.source_id = ${p}.id), 0)`
  return sql`(CASE WHEN ${p}.status = 'Succeeded' THEN MAX(0, ${p}.amount_minor - ${p}.refunded_minor - COALESCE(${p}.paid_out_minor, 0)
    - CASE WHEN ${p}.dispute_status IN ('Open', 'Lost') THEN ${p}.disputed_minor ELSE 0 END
    - MAX(0, ${p}.credited_minor - ${free})) ELSE 0 END)`
}

/** Of each invoice on which money is owed that payments have brought: how much is owed, and how much of its payments can still go back.
 *  Less can where more than was owed went back before, or is disputed. */
export function owingInvoices(tenantId: string, { customerId, currency }: Creditor): SQL {
  const back = sql`COALESCE((
    SELECT SUM(${refundableOf("p")}) FROM payments p WHERE p.tenant_id = i.tenant_id AND p.invoice_id = i.id), 0)`
  return sql`
    SELECT id, owed, back FROM (
      SELECT i.id AS id, ${owedOn("i")} AS owed, ${back} AS back
      FROM invoices i
      WHERE i.tenant_id = ${tenantId} AND i.customer_id = ${customerId} AND i.currency = ${currency}
        AND i.type IN ('Standard', 'TopUp') AND i.total_minor >= 0
    ) WHERE owed > 0`
}
