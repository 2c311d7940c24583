// Reads invoices, their lines, and what was charged before, of one tenant.

import { and, asc, eq, gt, gte, inArray, lt, ne, or, sql } from "drizzle-orm"
import type { Was } from "../../domain/billing.ts"
import { addWas } from "../../domain/billing.ts"
import { decimalOf } from "../../domain/decimal.ts"
import type { InvoiceStatus, InvoiceType } from "../../domain/invoice.ts"
import type { Minor } from "../../domain/money.ts"
import { nanos } from "../../domain/money.ts"
import type { SeqRange } from "../../domain/seq-ranges.ts"
import type { Instant } from "../../domain/time.ts"
import type { Database } from "../database.ts"
import type { Read } from "../together.ts"
import { allOf, ask, known, mapped, reading, readingOne } from "../together.ts"
import type { InvoiceLineRow, InvoiceRow } from "../rows.ts"
import { invoiceLines, invoices } from "../schema.ts"
import type { Page } from "./page.ts"
import { pageOf } from "./page.ts"

export type InvoiceFilter = {
  readonly customerId?: string | undefined
  readonly subscriptionId?: string | undefined
  readonly status?: InvoiceStatus | undefined
  readonly type?: InvoiceType | undefined
  /** Of credit notes: what they give back. */
  readonly appliesToInvoiceId?: string | undefined
  readonly from?: Instant | undefined
  readonly to?: Instant | undefined
  /** Customers do not see drafts. */
  readonly hideDrafts?: boolean
}

export type InvoiceWithLines = { readonly invoice: InvoiceRow; readonly lines: readonly InvoiceLineRow[] }

/** `ranges`: the changes of the meter that these lines bill. */
export type WasBilled = Was & { readonly ranges: readonly SeqRange[] }

export function invoiceReader(db: Database, tenantId: string) {
  function one(id: string): Read<InvoiceWithLines | null> {
    const where = and(eq(invoices.tenantId, tenantId), eq(invoices.id, id))
    const lines = db
      .select()
      .from(invoiceLines)
      .where(and(eq(invoiceLines.tenantId, tenantId), eq(invoiceLines.invoiceId, id)))
      .orderBy(asc(invoiceLines.position))
    const both = allOf([readingOne(db.select().from(invoices).where(where)), reading(lines, (rows) => rows)])
    return mapped(both, ([invoice, its]) => (invoice === null ? null : { invoice, lines: its }))
  }

  async function byId(id: string): Promise<InvoiceWithLines | null> {
    return ask(db, one(id))
  }

  /** An invoice is of a subscription as a whole, or has lines of it beside those of others. */
  function ofSubscription(subscriptionId: string) {
    const lines = sql`SELECT invoice_id FROM invoice_lines WHERE tenant_id = ${tenantId} AND subscription_id = ${subscriptionId}`
    return or(eq(invoices.subscriptionId, subscriptionId), sql`${invoices.id} IN (${lines})`)
  }

  return {
    one,
    byId,

    /** The draft that gathers lines under a key, with the lines that it has. */
    async collecting(key: string): Promise<InvoiceWithLines | null> {
      const where = and(eq(invoices.tenantId, tenantId), eq(invoices.collects, key))
      const row = await db.select({ id: invoices.id }).from(invoices).where(where).get()
      return row === undefined ? null : byId(row.id)
    },

    /** The credit notes of an invoice with their lines, the first one first. */
    async creditNotes(invoiceId: string): Promise<InvoiceWithLines[]> {
      const rows = await db
        .select({ id: invoices.id })
        .from(invoices)
        .where(and(eq(invoices.tenantId, tenantId), eq(invoices.appliesToInvoiceId, invoiceId)))
        .orderBy(asc(invoices.id))
      const found = await Promise.all(rows.map(({ id }) => byId(id)))
      return found.filter((note) => note !== null)
    },

    list: (page: Page, filter: InvoiceFilter) =>
      pageOf(db, invoices, tenantId, page, [
        filter.customerId === undefined ? undefined : eq(invoices.customerId, filter.customerId),
        filter.subscriptionId === undefined ? undefined : ofSubscription(filter.subscriptionId),
        filter.status === undefined ? undefined : eq(invoices.status, filter.status),
        filter.type === undefined ? undefined : eq(invoices.type, filter.type),
        filter.appliesToInvoiceId === undefined
          ? undefined
          : eq(invoices.appliesToInvoiceId, filter.appliesToInvoiceId),
        filter.from === undefined ? undefined : gte(invoices.createdAt, filter.from),
        filter.to === undefined ? undefined : lt(invoices.createdAt, filter.to),
        filter.hideDrafts === true ? ne(invoices.status, "Draft") : undefined,
      ]),

    /** What invoices that are not void already took for these charges, but for one invoice that is redone. A credit note gives
     *  money back and opens no charge again; a pro-forma has taken nothing. */
    was(lineKeys: readonly string[], exceptInvoiceId: string | null): Read<ReadonlyMap<string, WasBilled>> {
      if (lineKeys.length === 0) return known(new Map())
      const rows = db
        .select({
          lineKey: invoiceLines.lineKey,
          quantity: invoiceLines.quantity,
          rated: invoiceLines.ratedNanos,
          amount: invoiceLines.amountMinor,
          ranges: invoiceLines.usageRanges,
        })
        // From the few keys to their lines to their invoices. Left alone, the planner begins with all invoices of the tenant.
        .from(sql`json_each(${JSON.stringify(lineKeys)}) AS wanted`)
        .crossJoin(invoiceLines)
        .crossJoin(invoices)
        .where(
          and(
            eq(invoiceLines.tenantId, tenantId),
            eq(invoiceLines.lineKey, sql`wanted.value`),
            eq(invoices.tenantId, invoiceLines.tenantId),
            eq(invoices.id, invoiceLines.invoiceId),
            eq(invoices.type, "Standard"),
            // What a void invoice charged is open again, unless it was waived.
            or(ne(invoices.status, "Void"), eq(invoices.waived, true)),
            exceptInvoiceId === null ? undefined : ne(invoices.id, exceptInvoiceId),
          ),
        )
      return reading(rows, sumsOf)
    },

    /** Where the first period of a subscription begins whose invoice is a draft or was finalized after `by`; null: there is none. */
    async unsettledFrom(subscriptionId: string, by: Instant): Promise<Instant | null> {
      const row = await db
        .select({ from: sql<Instant | null>`MIN(${invoices.periodStart})` })
        .from(invoices)
        .where(
          and(
            eq(invoices.tenantId, tenantId),
            ofSubscription(subscriptionId),
            eq(invoices.type, "Standard"),
            ne(invoices.status, "Void"),
            or(eq(invoices.status, "Draft"), gt(invoices.finalizedAt, by)),
          ),
        )
        .get()
      return row?.from ?? null
    },

    /** Whether anything is drafted or owed: such a customer can't be closed. */
    async owes(customerId: string): Promise<boolean> {
      const where = and(
        eq(invoices.tenantId, tenantId),
        eq(invoices.customerId, customerId),
        eq(invoices.type, "Standard"),
        inArray(invoices.status, ["Draft", "Open"]),
      )
      return (await db.select({ id: invoices.id }).from(invoices).where(where).get()) !== undefined
    },
  }
}

type BilledRow = {
  readonly lineKey: string
  readonly quantity: string
  readonly rated: string
  readonly amount: Minor
  readonly ranges: readonly SeqRange[] | null
}

function sumsOf(rows: readonly BilledRow[]): ReadonlyMap<string, WasBilled> {
  const sums = new Map<string, WasBilled>()
  for (const row of rows) {
    const part: Was = {
      quantity: decimalOf(row.quantity),
      rated: nanos(BigInt(row.rated)),
      amount: row.amount,
    }
    const before = sums.get(row.lineKey)
    const ranges = [...(before?.ranges ?? []), ...(row.ranges ?? [])]
    sums.set(row.lineKey, { ...addWas(before, part), ranges })
  }
  return sums
}
