// Reads payouts and what is owed to customers, of one tenant.

import { and, asc, desc, eq, gte, isNull, lt, ne, sql } from "drizzle-orm"
import type { Minor } from "../../domain/money.ts"
import { minor } from "../../domain/money.ts"
import type { PayoutStatus } from "../../domain/payout.ts"
import type { Instant } from "../../domain/time.ts"
import type { Database } from "../database.ts"
import type { Creditor } from "../owed.ts"
import { owedTo, owingInvoices } from "../owed.ts"
import type { PayoutRow } from "../rows.ts"
import { invoices, payouts } from "../schema.ts"
import type { Page } from "./page.ts"
import { pageOf } from "./page.ts"

export type PayoutFilter = {
  readonly customerId?: string | undefined
  readonly invoiceId?: string | undefined
  readonly status?: PayoutStatus | undefined
  readonly from?: Instant | undefined
  readonly to?: Instant | undefined
}

/** `owedMinor`: on the invoice. `backMinor`: what of its payments can still go back. */
export type OwingInvoice = {
  readonly id: string
  readonly owedMinor: Minor
  readonly backMinor: Minor
}

type OwingRow = { readonly id: string; readonly owed: string; readonly back: string }

export function payoutReader(db: Database, tenantId: string) {
  const ofTenant = eq(payouts.tenantId, tenantId)

  return {
    async byId(id: string): Promise<PayoutRow | null> {
      const where = and(ofTenant, eq(payouts.id, id))
      return (await db.select().from(payouts).where(where).get()) ?? null
    },

    /** The last payout that a request of this name began, whatever it asked for. */
    async byAttempt(customerId: string, name: string): Promise<PayoutRow | null> {
      const begun = `${name}|`
      const where = and(
        ofTenant,
        eq(payouts.customerId, customerId),
        sql`(${payouts.attemptKey} = ${name} OR substr(${payouts.attemptKey}, 1, ${begun.length}) = ${begun})`,
      )
      return (await db.select().from(payouts).where(where).orderBy(desc(payouts.id)).limit(1).get()) ?? null
    },

    async byRef(processor: string, payoutRef: string): Promise<PayoutRow | null> {
      const where = and(ofTenant, eq(payouts.processor, processor), eq(payouts.payoutRef, payoutRef))
      return (await db.select().from(payouts).where(where).get()) ?? null
    },

    /** One of which this was an earlier try, which failed. There is no index of those: it is asked for what is not known otherwise. */
    async byFormerRef(processor: string, payoutRef: string): Promise<PayoutRow | null> {
      const former = sql`EXISTS (SELECT 1 FROM json_each(${payouts.failures}) f WHERE f.value ->> '$.ref' = ${payoutRef})`
      const where = and(ofTenant, eq(payouts.processor, processor), former)
      return (await db.select().from(payouts).where(where).limit(1).get()) ?? null
    },

    /** The one that pays an invoice out, or tries to. */
    async liveOf(invoiceId: string): Promise<PayoutRow | null> {
      const where = and(
        ofTenant,
        eq(payouts.invoiceId, invoiceId),
        ne(payouts.status, "Cancelled"),
        isNull(payouts.returnedAt),
      )
      return (await db.select().from(payouts).where(where).get()) ?? null
    },

    /** Oldest first, those that were cancelled or came back among them. */
    ofInvoice(invoiceId: string): Promise<PayoutRow[]> {
      const where = and(ofTenant, eq(payouts.invoiceId, invoiceId))
      return db.select().from(payouts).where(where).orderBy(asc(payouts.id))
    },

    list: (page: Page, filter: PayoutFilter) =>
      pageOf(db, payouts, tenantId, page, [
        filter.customerId === undefined ? undefined : eq(payouts.customerId, filter.customerId),
        filter.invoiceId === undefined ? undefined : eq(payouts.invoiceId, filter.invoiceId),
        filter.status === undefined ? undefined : eq(payouts.status, filter.status),
        filter.from === undefined ? undefined : gte(payouts.createdAt, filter.from),
        filter.to === undefined ? undefined : lt(payouts.createdAt, filter.to),
      ]),

    /** Invoices of a customer that wait to be paid out, oldest first. */
    async waitingInvoices(customerId: string, limit: number): Promise<string[]> {
      const rows = await db
        .select({ id: invoices.id })
        .from(invoices)
        .where(
          and(
            eq(invoices.tenantId, tenantId),
            eq(invoices.customerId, customerId),
            sql`payout = 1 AND status = 'Open' AND total_minor < 0`,
          ),
        )
        .orderBy(asc(invoices.id))
        .limit(limit)
      return rows.map(({ id }) => id)
    },

    /** What is owed to a customer in money and not on its way. `isFree`: what no invoice waits for. May be below zero. */
    async owed(creditor: Creditor, isFree: boolean): Promise<Minor> {
      const amount = sql<string>`CAST(${owedTo(tenantId, creditor, isFree)} AS TEXT)`
      const row = await db.get<{ amount: string }>(sql`SELECT ${amount} AS amount`)
      return minor(BigInt(row.amount))
    },

    /** Invoices on which money is owed that their payments can give back, oldest first. */
    async owing(creditor: Creditor, limit: number): Promise<OwingInvoice[]> {
      const rows = await db.all<OwingRow>(sql`
        SELECT id, CAST(owed AS TEXT) AS owed, CAST(back AS TEXT) AS back
        FROM (${owingInvoices(tenantId, creditor)}) WHERE back > 0 ORDER BY id LIMIT ${limit}`)
      return rows.map(({ owed, back, ...row }) => {
        return { ...row, owedMinor: minor(BigInt(owed)), backMinor: minor(BigInt(back)) }
      })
    },

    /** What is owed on invoices beyond what their payments can give back. */
    async unpayable(creditor: Creditor): Promise<Minor> {
      const amount = sql<string>`CAST(COALESCE(SUM(MAX(0, owed - back)), 0) AS TEXT)`
      const row = await db.get<{ amount: string }>(
        sql`SELECT ${amount} AS amount FROM (${owingInvoices(tenantId, creditor)})`,
      )
      return minor(BigInt(row.amount))
    },
  }
}
