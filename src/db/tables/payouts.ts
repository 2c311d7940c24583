// Payouts: what is owed to customers, on its way to them.

import { sql } from "drizzle-orm"
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { PayoutFailure, PayoutPart, PayoutStatus } from "../../domain/payout.ts"
import { currencyColumn, instantColumn, jsonColumn, minorColumn } from "../columns.ts"

export const payouts = sqliteTable(
  "payouts",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    customerId: text("customer_id").notNull(),
    /** The invoice below zero that it pays out; null: what was owed to the customer otherwise. */
    invoiceId: text("invoice_id"),
    status: text("status").$type<PayoutStatus>().notNull(),
    currency: currencyColumn("currency").notNull(),
    amountMinor: minorColumn("amount_minor").notNull(),
    /** Names what began it: the same job or request that comes again finds it by this. */
    attemptKey: text("attempt_key").notNull(),
    /** Names what began the last try, where that is not the first one. */
    tryKey: text("try_key"),
    /** Who is asked, with what. */
    processor: text("processor").notNull(),
    /** The account at the processor that knows the method; null: from before that was kept. */
    accountRef: text("account_ref"),
    /** The method that was asked for by name; null: it goes where its invoice says, or to the default. */
    namedMethodId: text("named_method_id"),
    methodId: text("method_id").notNull(),
    customerRef: text("customer_ref").notNull(),
    methodRef: text("method_ref").notNull(),
    statementDescriptor: text("statement_descriptor"),
    payoutRef: text("payout_ref"),
    /** How often it was sent before: the key of each try is another one. */
    tries: integer("tries").notNull(),
    /** The tries that failed, oldest first. */
    failures: jsonColumn<readonly PayoutFailure[]>("failures").notNull(),
    /** The days after the first failure on which it is tried again. Frozen then. */
    retryDays: jsonColumn<readonly number[]>("retry_days"),
    /** What of which payments it gives back, while it is on its way and once it has arrived. Null: nothing of any. */
    parts: jsonColumn<readonly PayoutPart[]>("parts"),
    /** When it is tried again by itself. */
    retryAt: instantColumn("retry_at"),
    /** When it succeeded, failed or was cancelled. */
    settledAt: instantColumn("settled_at"),
    /** When it came back after it had succeeded. */
    returnedAt: instantColumn("returned_at"),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    index("payouts_tenant").on(t.tenantId, t.id),
    index("payouts_customer").on(t.tenantId, t.customerId, t.id),
    index("payouts_under_way")
      .on(t.tenantId, t.customerId, t.currency)
      .where(sql`status IN ('Processing', 'Pending')`),
    // One at a time: what an invoice owes is not on its way twice.
    uniqueIndex("payouts_invoice")
      .on(t.tenantId, t.invoiceId)
      .where(sql`status <> 'Cancelled' AND returned_at IS NULL`),
    uniqueIndex("payouts_ref").on(t.tenantId, t.processor, t.payoutRef),
  ],
)
