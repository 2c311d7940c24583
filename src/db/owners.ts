// What is asked before anybody has said who is calling: whose a thing is, and when the last payment began. Tells a tenant's id
// and nothing of its data.

import { desc, eq } from "drizzle-orm"
import type { Instant } from "../domain/time.ts"
import type { Database } from "./database.ts"
import { customers, invoices, payments, payouts, plans, refunds, subscriptions, tenants } from "./schema.ts"

const TABLES = {
  company: [tenants],
  customer: [customers],
  plan: [plans],
  subscription: [subscriptions],
  invoice: [invoices],
  transaction: [payments, refunds, payouts],
} as const

type Owned = keyof typeof TABLES

type Table = (typeof TABLES)[Owned][number]

/** The tenant that has the thing of this id; null: there is none. */
export async function ownerOf(db: Database, kind: Owned, id: string): Promise<string | null> {
  const found = await Promise.all(TABLES[kind].map((table) => tenantIn(db, table, id)))
  return found.find((tenantId) => tenantId !== null) ?? null
}

async function tenantIn(db: Database, table: Table, id: string): Promise<string | null> {
  const tenantId = "tenantId" in table ? table.tenantId : table.id
  const row = await db.select({ tenantId }).from(table).where(eq(table.id, id)).get()
  return row?.tenantId ?? null
}

/** When the newest payment of all was asked for. */
export async function lastPaymentAt(db: Database): Promise<Instant | null> {
  const newest = db.select({ at: payments.createdAt }).from(payments)
  return (await newest.orderBy(desc(payments.id)).limit(1).get())?.at ?? null
}
