// Credit of customers: wallets, the grants in them, and what happened to each grant.
// Laws: what is left of a grant is what its entries add up to, and entries are only ever added. Every change of a grant counts its
// wallet's version up, so whoever decides what to draw guards the wallets that it draws from.

import { sql } from "drizzle-orm"
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type {
  AutoRecharge,
  CreditScope,
  EntryKind,
  EntryReference,
  GrantKind,
  GrantSource,
} from "../../domain/wallet.ts"
import { booleanColumn, currencyColumn, instantColumn, jsonColumn, minorColumn } from "../columns.ts"

export const wallets = sqliteTable(
  "wallets",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    customerId: text("customer_id").notNull(),
    currency: currencyColumn("currency").notNull(),
    name: text("name").notNull(),
    /** Of several wallets the one with the lowest is drawn first. */
    priority: integer("priority").notNull(),
    /** What its credit may pay; null: everything. */
    scope: jsonColumn<CreditScope>("scope"),
    /** Where credit goes that names no wallet: one in each currency. */
    isDefault: booleanColumn("is_default").notNull(),
    /** Usage is refused that its customer's credit can't pay. */
    stopAtZero: booleanColumn("stop_at_zero").notNull(),
    autoRecharge: jsonColumn<AutoRecharge>("auto_recharge"),
    /** Once its customer has less credit than this, it is told. */
    lowBalanceNanos: text("low_balance_nanos"),
    /** Since when there is less; null: there is not. */
    lowAt: instantColumn("low_at"),
    /** Since when usage is refused, or there is nothing left; and what was left then. */
    depletedAt: instantColumn("depleted_at"),
    depletedNanos: text("depleted_nanos"),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    index("wallets_customer").on(t.tenantId, t.customerId, t.id),
    uniqueIndex("wallets_default")
      .on(t.tenantId, t.customerId, t.currency)
      .where(sql`is_default = 1`),
  ],
)

export const walletGrants = sqliteTable(
  "wallet_grants",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    customerId: text("customer_id").notNull(),
    walletId: text("wallet_id").notNull(),
    currency: currencyColumn("currency").notNull(),
    kind: text("kind").$type<GrantKind>().notNull(),
    amountMinor: minorColumn("amount_minor").notNull(),
    remainingMinor: minorColumn("remaining_minor").notNull(),
    /** Of several grants of a wallet the one with the lowest is drawn first. */
    priority: integer("priority").notNull(),
    /** What it may pay of what its wallet may; null: all of that. */
    scope: jsonColumn<CreditScope>("scope"),
    /** From then on it pays nothing. */
    expiresAt: instantColumn("expires_at"),
    source: text("source").$type<GrantSource>().notNull(),
    /** The payment or invoice that it comes from. */
    sourceId: text("source_id"),
    description: text("description"),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    index("wallet_grants_customer").on(t.tenantId, t.customerId, t.id),
    index("wallet_grants_live")
      .on(t.tenantId, t.customerId, t.currency)
      .where(sql`remaining_minor > 0`),
    index("wallet_grants_source").on(t.tenantId, t.sourceId),
  ],
)

/** What happened to a grant, each with its posting in the ledger. */
export const walletEntries = sqliteTable(
  "wallet_entries",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    customerId: text("customer_id").notNull(),
    walletId: text("wallet_id").notNull(),
    grantId: text("grant_id").notNull(),
    /** Names what is done at once to several grants. */
    transferId: text("transfer_id").notNull(),
    kind: text("kind").$type<EntryKind>().notNull(),
    currency: currencyColumn("currency").notNull(),
    /** Above zero what came into the grant, below zero what left it. */
    amountMinor: minorColumn("amount_minor").notNull(),
    /** The invoice that it pays, or that gave it back. */
    invoiceId: text("invoice_id"),
    description: text("description"),
    reason: text("reason"),
    /** What its maker calls the accounts. */
    reference: jsonColumn<EntryReference>("reference"),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    index("wallet_entries_customer").on(t.tenantId, t.customerId, t.id),
    index("wallet_entries_wallet").on(t.tenantId, t.walletId, t.id),
    index("wallet_entries_grant").on(t.tenantId, t.grantId, t.id),
    index("wallet_entries_invoice").on(t.tenantId, t.invoiceId, t.id),
  ],
)
