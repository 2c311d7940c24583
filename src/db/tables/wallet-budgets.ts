// What keeps a customer's credit from being overdrawn, and fills it up again.

import { sql } from "drizzle-orm"
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { RechargeStatus } from "../../domain/recharge.ts"
import { currencyColumn, instantColumn, minorColumn } from "../columns.ts"

/** The version of what a customer's credit allows: it counts up with every commit that changes credit, or what of usage it has paid.
 *  Only customers with a wallet that watches its balance have a row. */
export const walletBudgets = sqliteTable(
  "wallet_budgets",
  {
    tenantId: text("tenant_id").notNull(),
    customerId: text("customer_id").notNull(),
    version: integer("version").notNull(),
    changedAt: instantColumn("changed_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.customerId] })],
)

/** Each time that a wallet was filled up by itself, or was to be. At most one of a wallet is under way. */
export const walletRecharges = sqliteTable(
  "wallet_recharges",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    customerId: text("customer_id").notNull(),
    walletId: text("wallet_id").notNull(),
    /** What was charged. */
    invoiceId: text("invoice_id").notNull(),
    status: text("status").$type<RechargeStatus>().notNull(),
    currency: currencyColumn("currency").notNull(),
    amountMinor: minorColumn("amount_minor").notNull(),
    failureCode: text("failure_code"),
    endedAt: instantColumn("ended_at"),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    index("wallet_recharges_wallet").on(t.tenantId, t.walletId, t.createdAt),
    uniqueIndex("wallet_recharges_invoice").on(t.tenantId, t.invoiceId),
    uniqueIndex("wallet_recharges_one")
      .on(t.tenantId, t.walletId)
      .where(sql`status = 'Pending'`),
  ],
)
