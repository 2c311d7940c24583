// How customers pay, and what the sandbox processor remembers.

import { sql } from "drizzle-orm"
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from "drizzle-orm/sqlite-core"
import { booleanColumn, instantColumn, jsonColumn, minorColumn } from "../columns.ts"

/** A card or account of a customer, as its processor knows it. No number of it is ever here. */
export const paymentMethods = sqliteTable(
  "payment_methods",
  {
    id: text("id").primaryKey(),
    tenantId: text("tenant_id").notNull(),
    customerId: text("customer_id").notNull(),
    processor: text("processor").$type<"sandbox" | "stripe">().notNull(),
    /** The account at the processor that knows it: another one can't charge it. Null: from before this was kept. */
    accountRef: text("account_ref"),
    /** The customer's and the method's names at the processor. */
    customerRef: text("customer_ref").notNull(),
    methodRef: text("method_ref").notNull(),
    /** What it was called when it was given: a token, or a URI. Null: from before this was kept. */
    givenRef: text("given_ref"),
    kind: text("kind").$type<"Card" | "BankAccount" | "Other">().notNull(),
    brand: text("brand"),
    last4: text("last4"),
    /** A plain date: the last day on which a card is valid. */
    expiresOn: text("expires_on"),
    isDefault: booleanColumn("is_default").notNull(),
    detachedAt: instantColumn("detached_at"),
    version: integer("version").notNull(),
    createdAt: instantColumn("created_at").notNull(),
  },
  (t) => [
    index("payment_methods_customer").on(t.tenantId, t.customerId, t.id),
    uniqueIndex("payment_methods_ref").on(t.tenantId, t.processor, t.methodRef),
  ],
)

export type SandboxKind = "Method" | "Charge" | "Refund" | "Payout" | "Event" | "Webhook"

/** What the sandbox processor would keep at home. `parent`: a charge's method, a refund's charge. */
export const sandboxObjects = sqliteTable(
  "sandbox_objects",
  {
    tenantId: text("tenant_id").notNull(),
    ref: text("ref").notNull(),
    kind: text("kind").$type<SandboxKind>().notNull(),
    key: text("key").notNull(),
    parent: text("parent"),
    amountMinor: minorColumn("amount_minor"),
    status: text("status").notNull(),
    state: jsonColumn<Readonly<Record<string, unknown>>>("state").notNull(),
    /** When it was made, or is to happen, by the tenant's clock. */
    at: instantColumn("at"),
    /** When it was made, by the wall: what nobody asks for any more is forgotten by this. Null: from before this was kept. */
    madeAt: instantColumn("made_at"),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.ref] }),
    uniqueIndex("sandbox_objects_key").on(t.tenantId, t.kind, t.key),
    index("sandbox_objects_parent").on(t.tenantId, t.kind, t.parent),
    index("sandbox_objects_made")
      .on(t.madeAt)
      .where(sql`status NOT IN ('Attached', 'Active')`),
  ],
)
