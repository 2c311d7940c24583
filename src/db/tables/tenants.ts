// Tenants and their keys.

import { sql } from "drizzle-orm"
import { index, integer, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import type { Advancing } from "../../domain/advance.ts"
import type { KeyKind, Mode, Scope, TenantSettings } from "../../domain/tenant.ts"
import { instantColumn, jsonColumn } from "../columns.ts"

export const tenants = sqliteTable(
  "tenants",
  {
    id: text("id").primaryKey(),
    name: text("name").notNull(),
    mode: text("mode").$type<Mode>().notNull(),
    settings: jsonColumn<TenantSettings>("settings").notNull(),
    /** Test tenants only: where the clock stands; null runs with the wall. */
    clockAt: instantColumn("clock_at"),
    /** The advance of the clock that is under way; so long cron leaves the tenant's agenda alone. */
    advance: jsonColumn<Advancing>("advance"),
    /** Until when somebody has a turn of the advance. */
    advancingUntil: instantColumn("advancing_until"),
    /** The secrets of its account at Stripe, sealed (runtime/seal.ts). Null: it has none of its own. */
    stripeSealed: text("stripe_sealed"),
    nextInvoiceNumber: integer("next_invoice_number").notNull(),
    version: integer("version").notNull(),
    /** When the daily audit of its ledger was begun last, by the wall; of a new tenant when it was made. */
    ledgerAuditAt: instantColumn("ledger_audit_at")
      .notNull()
      .default(sql`0`),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    index("tenants_ledger_audit").on(t.ledgerAuditAt),
    // Nearly always empty: cron looks into it each minute.
    index("tenants_advance")
      .on(t.id)
      .where(sql`advance IS NOT NULL`),
  ],
)

export const apiKeys = sqliteTable(
  "api_keys",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    hash: text("hash").notNull(),
    kind: text("kind").$type<KeyKind>().notNull(),
    mode: text("mode").$type<Mode>().notNull(),
    name: text("name").notNull(),
    description: text("description"),
    hint: text("hint").notNull(),
    scopes: jsonColumn<readonly Scope[]>("scopes").notNull(),
    createdAt: instantColumn("created_at").notNull(),
    revokedAt: instantColumn("revoked_at"),
  },
  (t) => [uniqueIndex("api_keys_hash").on(t.hash), index("api_keys_tenant").on(t.tenantId, t.id)],
)
