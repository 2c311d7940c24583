// What the ledger's entries add up to, day by day, so that a balance of any day is read without reading every entry.
// Law: it is written in the batch of the entries and says nothing that they don't: the audit compares both.

import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core"
import type { LedgerAccount } from "../../domain/ledger.ts"
import { currencyColumn, minorColumn } from "../columns.ts"

export const ledgerDays = sqliteTable(
  "ledger_days",
  {
    tenantId: text("tenant_id").notNull(),
    currency: currencyColumn("currency").notNull(),
    account: text("account").$type<LedgerAccount>().notNull(),
    /** Counted from 1970, in UTC. What is booked day by day counts at its last day. */
    day: integer("day").notNull(),
    amountMinor: minorColumn("amount_minor").notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.currency, t.account, t.day] })],
)
