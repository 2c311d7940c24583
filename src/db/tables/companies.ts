// Companies: what a tenant has besides that is known to programs written for Billy.

import { sqliteTable, text } from "drizzle-orm/sqlite-core"
import { instantColumn } from "../columns.ts"

export const companies = sqliteTable("companies", {
  tenantId: text("tenant_id").primaryKey(),
  /** SHA-256 of the key that stands in its callback address. */
  callbackHash: text("callback_hash").notNull(),
  /** What the processor calls the registration of that address. */
  callbackRef: text("callback_ref").notNull(),
  /** Its keys, sealed (runtime/seal.ts): test tenants only, whose keys may be shown again. */
  keysSealed: text("keys_sealed"),
  createdAt: instantColumn("created_at").notNull(),
})
