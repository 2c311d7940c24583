// Reads the ledger of one tenant: its entries, what accounts stand at on any day, and who owes since when.

import { and, desc, eq, gte, lt, sql } from "drizzle-orm"
import type { SQL } from "drizzle-orm"
import type { Currency } from "../../domain/currency.ts"
import type { AccountBalance, LedgerAccount, LedgerCause } from "../../domain/ledger.ts"
import { DAY_MS } from "../../domain/ledger.ts"
import type { Minor } from "../../domain/money.ts"
import { minor } from "../../domain/money.ts"
import type { Instant } from "../../domain/time.ts"
import type { Database } from "../database.ts"
import type { LedgerEntryRow } from "../rows.ts"
import { ledgerEntries } from "../schema.ts"
import type { Page, Paged } from "./page.ts"
import { dueOf } from "./receivable.ts"

export type EntryFilter = {
  readonly customerId?: string | undefined
  readonly account?: LedgerAccount | undefined
  readonly cause?: LedgerCause | undefined
  readonly from?: Instant | undefined
  readonly to?: Instant | undefined
}

/** What a customer owes in a currency: `amounts` by how long it is overdue, as the buckets that were asked for. */
export type Receivable = {
  readonly customerId: string
  readonly currency: Currency
  readonly amounts: readonly Minor[]
}

export function ledgerReader(db: Database, tenantId: string) {
  return {
    /** Newest first by when they were booked, which the clock of a test tenant can have in another order than they were made. */
    async entries(page: Page, filter: EntryFilter): Promise<Paged<LedgerEntryRow>> {
      const t = ledgerEntries
      const last = sql`SELECT booked_at, id FROM ledger_entries WHERE id = ${page.before} AND tenant_id = ${tenantId}`
      const found = await db
        .select()
        .from(t)
        .where(
          and(
            eq(t.tenantId, tenantId),
            page.before === null ? undefined : sql`(${t.bookedAt}, ${t.id}) < (${last})`,
            filter.customerId === undefined ? undefined : eq(t.customerId, filter.customerId),
            filter.account === undefined ? undefined : eq(t.account, filter.account),
            filter.cause === undefined ? undefined : eq(t.cause, filter.cause),
            filter.from === undefined ? undefined : gte(t.bookedAt, filter.from),
            filter.to === undefined ? undefined : lt(t.bookedAt, filter.to),
          ),
        )
        .orderBy(desc(t.bookedAt), desc(t.id))
        .limit(page.limit + 1)
      const rows = found.slice(0, page.limit)
      return { rows, next: found.length > page.limit ? (rows.at(-1)?.id ?? null) : null }
    },

    /** What all accounts stand at when each of these days ends: the sums of the days up to it, and of what is booked day by day and
     *  not yet in full, the part that has passed. */
    async balancesAt(days: readonly number[]): Promise<Map<number, AccountBalance[]>> {
      const at = sql`json_each(${JSON.stringify(days)}) AS at`
      const full = sql`
        SELECT at.value AS day, t.currency AS currency, t.account AS account, CAST(SUM(t.amount_minor) AS TEXT) AS amount
        FROM ${at} CROSS JOIN ledger_days t
        WHERE t.tenant_id = ${tenantId} AND t.day <= at.value
        GROUP BY at.value, t.currency, t.account`
      const part = sql`
        SELECT at.value AS day, t.currency AS currency, t.account AS account, CAST(SUM(${passed(sql`at.value`)}) AS TEXT) AS amount
        FROM ${at} CROSS JOIN ledger_entries t
        WHERE t.tenant_id = ${tenantId} AND t.to_day > 0 AND t.to_day > at.value + 1
          AND t.from_day <= at.value AND t.booked_at < (at.value + 1) * ${DAY_MS}
        GROUP BY at.value, t.currency, t.account`
      const columns = {
        day: sql<number>`day`,
        currency: sql<Currency>`currency`,
        account: sql<LedgerAccount>`account`,
        amount: sql<string>`amount`,
      }
      const [fulls, parts] = await db.batch([
        db.select(columns).from(sql`(${full})`),
        db.select(columns).from(sql`(${part})`),
      ])
      const sums = new Map<number, Map<string, AccountBalance>>(days.map((day) => [day, new Map()]))
      for (const { day, currency, account, amount } of [...fulls, ...parts]) {
        const ofDay = sums.get(day)
        const key = `${currency} ${account}`
        const sum = (ofDay?.get(key)?.amount ?? 0n) + BigInt(amount)
        ofDay?.set(key, { currency, account, amount: minor(sum) })
      }
      return new Map([...sums].map(([day, balances]) => [day, [...balances.values()]]))
    },

    /** What a customer's accounts stand at when a day ends. Sums stay exact: they are far below 2^53 or the codec refuses them. */
    async balancesOf(customerId: string, on: number): Promise<AccountBalance[]> {
      // A number that D1 is given is a floating one, which would divide as one.
      const day = sql`CAST(${on} AS INTEGER)`
      const rows = await db.all<{ account: LedgerAccount; currency: Currency; amount: string }>(sql`
        SELECT t.account AS account, t.currency AS currency,
          CAST(SUM(CASE WHEN t.to_day = 0 OR t.to_day <= ${day} + 1 THEN t.amount_minor
            WHEN t.from_day > ${day} THEN 0 ELSE ${passed(day)} END) AS TEXT) AS amount
        FROM ledger_entries t
        WHERE t.tenant_id = ${tenantId} AND t.customer_id = ${customerId}
        GROUP BY t.currency, t.account`)
      return rows.map((row) => ({ ...row, amount: minor(BigInt(row.amount)) }))
    },

    /** What customers owe, from the customer made last on. `sinceMs`: a bucket ends where the next one begins, each by how long ago
     *  an invoice fell due; the first holds what is not overdue so long. */
    async receivables(page: Page, now: Instant, sinceMs: readonly number[]): Promise<Paged<Receivable>> {
      const below = page.before === null ? sql`` : sql`AND customer_id < ${page.before}`
      const bounds = sinceMs.map((ms) => now - ms)
      const bucket = sql`CASE ${sql.join(
        bounds.map((bound, at) => sql`WHEN COALESCE(i.due_at, i.finalized_at) >= ${bound} THEN ${at}`),
        sql` `,
      )} ELSE ${bounds.length} END`
      const open = sql`i.tenant_id = ${tenantId} AND i.status = 'Open' AND i.type = 'Standard'`
      const customers = sql`
        SELECT DISTINCT customer_id FROM invoices
        WHERE tenant_id = ${tenantId} AND status = 'Open' AND type = 'Standard' ${below}
        ORDER BY customer_id DESC LIMIT ${page.limit + 1}`
      type Row = { customer: string; currency: Currency; bucket: number; amount: string }
      const rows = await db.all<Row>(sql`
        SELECT i.customer_id AS customer, i.currency AS currency, ${bucket} AS bucket,
          CAST(SUM(${dueOf("i")}) AS TEXT) AS amount
        FROM (${customers}) c CROSS JOIN invoices i
        WHERE ${open} AND i.customer_id = c.customer_id
        GROUP BY 1, 2, 3 ORDER BY 1 DESC, 2`)
      return receivablesOf(rows, page.limit, bounds.length + 1)
    },
  }
}

/** `recognized` of the domain, as SQL: for days before the last one. Multiplied as a whole it would leave 64 bits. */
function passed(day: SQL): SQL {
  const length = sql`(t.to_day - t.from_day)`
  const days = sql`(${day} - t.from_day + 1)`
  return sql`t.amount_minor / ${length} * ${days} + t.amount_minor % ${length} * ${days} / ${length}`
}

function receivablesOf(
  rows: readonly { customer: string; currency: Currency; bucket: number; amount: string }[],
  limit: number,
  buckets: number,
): Paged<Receivable> {
  const customers = [...new Set(rows.map(({ customer }) => customer))]
  const shown = new Set(customers.slice(0, limit))
  const groups = Map.groupBy(
    rows.filter(({ customer }) => shown.has(customer)),
    ({ customer, currency }) => `${customer} ${currency}`,
  )
  const found = [...groups.values()].flatMap((group): Receivable[] => {
    const [first] = group
    if (first === undefined) return []
    const amountIn = (bucket: number) => group.find((row) => row.bucket === bucket)?.amount ?? "0"
    const amounts = Array.from({ length: buckets }, (_, bucket) => minor(BigInt(amountIn(bucket))))
    return [{ customerId: first.customer, currency: first.currency, amounts }]
  })
  return { rows: found, next: customers.length > limit ? (customers[limit - 1] ?? null) : null }
}
