// Adds up, for an audit of one tenant, what entries say and what documents say, a page of customers at a time.

import type { SQL } from "drizzle-orm"
import { sql } from "drizzle-orm"
import type { Currency } from "../../domain/currency.ts"
import type {
  AuditCheck,
  Difference,
  DocumentSum,
  EntrySum,
  LedgerAccount,
  LedgerCause,
} from "../../domain/ledger.ts"
import type { Minor } from "../../domain/money.ts"
import { minor } from "../../domain/money.ts"
import type { Database } from "../database.ts"
import type { Page } from "./page.ts"
import { dueOf, leftOf } from "./receivable.ts"

export type AuditOfCustomers = {
  readonly entries: readonly EntrySum[]
  readonly documents: readonly DocumentSum[]
  /** Transactions whose entries don't add up to nothing. */
  readonly unbalanced: readonly Difference[]
}

export type AuditPage = AuditOfCustomers & { readonly customers: number; readonly next: string | null }

const COLUMNS = {
  customerId: sql<string>`customerId`,
  currency: sql<Currency>`currency`,
  amount: sql<string>`amount`,
}

type Unbalanced = { readonly customerId: string; readonly currency: Currency; readonly amount: string }

function amountOf({ amount }: { readonly amount: string }): Minor {
  return minor(BigInt(amount))
}

function differenceOf(row: Unbalanced): Difference {
  const { customerId, currency } = row
  return { check: "Balance", customerId, currency, account: null, expected: minor(0n), actual: amountOf(row) }
}

export function ledgerAuditReader(db: Database, tenantId: string) {
  /** All of it is read at one moment: a commit in between can't look like a difference. */
  async function ofCustomers(ids: readonly string[]): Promise<AuditOfCustomers> {
    const customers = sql`json_each(${JSON.stringify(ids)}) AS c`
    // One statement for each kind of document: a union of D1 has five parts at most.
    const [entries, unbalanced, ...documents] = await db.batch([
      db
        .select({ ...COLUMNS, account: sql<LedgerAccount>`account`, cause: sql<LedgerCause>`cause` })
        .from(sql`(${entrySums(tenantId, customers)})`),
      db.select(COLUMNS).from(sql`(${broken(tenantId, customers)})`),
      ...documentSums(tenantId, customers).map((sums) =>
        db.select({ ...COLUMNS, check: sql<AuditCheck>`"check"` }).from(sql`(${sums})`),
      ),
    ])
    return {
      entries: entries.map((row) => ({ ...row, amount: amountOf(row) })),
      documents: documents.flat().map((row) => ({ ...row, amount: amountOf(row) })),
      unbalanced: unbalanced.map(differenceOf),
    }
  }

  return {
    async page({ limit, before }: Page): Promise<AuditPage> {
      const below = before === null ? sql`` : sql`AND id < ${before}`
      const found = await db.all<{ id: string }>(sql`
        SELECT id FROM customers WHERE tenant_id = ${tenantId} ${below} ORDER BY id DESC LIMIT ${limit + 1}`)
      const ids = found.slice(0, limit).map(({ id }) => id)
      return {
        ...(await ofCustomers(ids)),
        customers: ids.length,
        next: found.length > limit ? (ids.at(-1) ?? null) : null,
      }
    },

    ofCustomers,

    /** Where the sums by day say anything else than the entries. One pass over the tenant's ledger. */
    async sums(): Promise<Difference[]> {
      type Row = { currency: Currency; account: LedgerAccount; expected: string; actual: string }
      const rows = await db.all<Row>(sql`
        SELECT currency, account, CAST(SUM(entries) AS TEXT) AS expected, CAST(SUM(days) AS TEXT) AS actual
        FROM (
          SELECT currency, account, amount_minor AS entries, 0 AS days FROM ledger_entries WHERE tenant_id = ${tenantId}
          UNION ALL
          SELECT currency, account, 0, amount_minor FROM ledger_days WHERE tenant_id = ${tenantId}
        )
        GROUP BY currency, account HAVING SUM(entries) <> SUM(days)`)
      return rows.map(({ currency, account, expected, actual }) => ({
        check: "Sums",
        customerId: null,
        currency,
        account,
        expected: minor(BigInt(expected)),
        actual: minor(BigInt(actual)),
      }))
    },
  }
}

function entrySums(tenantId: string, customers: SQL): SQL {
  return sql`
    SELECT t.customer_id AS customerId, t.currency AS currency, t.account AS account, t.cause AS cause,
      CAST(SUM(t.amount_minor) AS TEXT) AS amount
    FROM ${customers} CROSS JOIN ledger_entries t
    WHERE t.tenant_id = ${tenantId} AND t.customer_id = c.value
    GROUP BY 1, 2, 3, 4`
}

function broken(tenantId: string, customers: SQL): SQL {
  return sql`
    SELECT t.customer_id AS customerId, t.currency AS currency, CAST(SUM(t.amount_minor) AS TEXT) AS amount
    FROM ${customers} CROSS JOIN ledger_entries t
    WHERE t.tenant_id = ${tenantId} AND t.customer_id = c.value
    GROUP BY t.customer_id, t.currency, t.transaction_id HAVING SUM(t.amount_minor) <> 0`
}

/** What each check of the domain compares with. */
function documentSums(tenantId: string, customers: SQL): SQL[] {
  const final = sql`i.type IN ('Standard', 'CreditNote') AND i.status IN ('Open', 'Paid', 'Uncollectible')`
  const given = (amount: SQL) => sql`CASE i.type WHEN 'Standard' THEN -${amount} ELSE ${amount} END`
  const ofInvoices = (check: AuditCheck, amount: SQL, which: SQL) =>
    summed(
      check,
      amount,
      sql`${customers} CROSS JOIN invoices i`,
      sql`
      i.tenant_id = ${tenantId} AND i.customer_id = c.value AND ${which}`,
      "i",
    )
  const payments = sql`${customers} CROSS JOIN payments p`
  const ofCustomer = sql`p.tenant_id = ${tenantId} AND p.customer_id = c.value`
  return [
    ofInvoices("Receivables", dueOf("i"), sql`i.type = 'Standard' AND i.status = 'Open'`),
    ofInvoices("Losses", dueOf("i"), sql`i.type = 'Standard' AND i.status = 'Uncollectible'`),
    ofInvoices("Income", given(sql`(i.total_minor - i.tax_minor)`), final),
    ofInvoices("Tax", given(sql`i.tax_minor`), final),
    ofInvoices("Draws", sql`-i.drawn_minor`, sql`i.drawn_minor <> 0`),
    ...creditSums(tenantId, customers),
    summed("Payments", sql`p.amount_minor`, payments, sql`${ofCustomer} AND p.status = 'Succeeded'`, "p"),
    summed(
      "Disputes",
      sql`COALESCE(p.disputing_minor, p.disputed_minor)`,
      payments,
      sql`${ofCustomer} AND p.dispute_status = 'Open'`,
      "p",
    ),
    summed(
      "Payouts",
      sql`-p.amount_minor`,
      sql`${customers} CROSS JOIN payouts p`,
      sql`${ofCustomer} AND p.status = 'Succeeded'`,
      "p",
    ),
    summed(
      "Refunds",
      sql`-r.amount_minor`,
      sql`${payments} CROSS JOIN refunds r`,
      sql`
      ${ofCustomer} AND r.tenant_id = p.tenant_id AND r.payment_id = p.id AND r.status = 'Succeeded'`,
      "p",
    ),
    ...payableSums(tenantId, customers),
  ]
}

/** What is owed to customers in money: what invoices and payments left, less what became credit, was refunded and was paid out of it. */
function payableSums(tenantId: string, customers: SQL): SQL[] {
  const from = (table: SQL) => sql`${customers} CROSS JOIN ${table}`
  const standing = sql`i.type = 'Standard' AND i.status IN ('Open', 'Paid', 'Uncollectible')`
  const ofInvoice = sql`i.tenant_id = ${tenantId} AND i.customer_id = c.value AND ${standing}`
  const ofPayment = sql`p.tenant_id = ${tenantId} AND p.customer_id = c.value`
  const owing = sql`g.tenant_id = e.tenant_id AND g.id = e.grant_id AND g.kind = 'Paid' AND g.source <> 'Cash'`
  const ofEntry = sql`e.tenant_id = ${tenantId} AND e.customer_id = c.value AND ${owing}`
  const refunded = sql`r.tenant_id = p.tenant_id AND r.payment_id = p.id AND r.status = 'Succeeded'`
  const paid = sql`${ofPayment} AND p.status = 'Succeeded'`
  const check = "Payables"
  return [
    summed(check, sql`MIN(${leftOf("i")}, 0)`, from(sql`invoices i`), ofInvoice, "i"),
    summed(check, sql`p.applied_minor - p.amount_minor`, from(sql`payments p`), paid, "p"),
    summed(
      check,
      sql`e.amount_minor`,
      from(sql`wallet_entries e CROSS JOIN wallet_grants g`),
      sql`${ofEntry} AND e.kind IN ('Granted', 'Debited', 'Reversed', 'Restored')`,
      "e",
    ),
    summed(
      check,
      sql`r.owed_minor`,
      from(sql`payments p CROSS JOIN refunds r`),
      sql`${ofPayment} AND ${refunded}`,
      "p",
    ),
    summed(check, sql`p.amount_minor`, from(sql`payouts p`), paid, "p"),
    summed(
      check,
      sql`p.set_off_minor`,
      from(sql`payments p`),
      sql`${ofPayment} AND p.set_off_minor > 0`,
      "p",
    ),
  ]
}

/** What wallets hold, by their grants and by what happened to them: what is held is owed, so it stands on the other side. */
function creditSums(tenantId: string, customers: SQL): SQL[] {
  const grants = sql`${customers} CROSS JOIN wallet_grants g`
  const held = sql`g.tenant_id = ${tenantId} AND g.customer_id = c.value AND g.remaining_minor > 0`
  const entries = sql`${customers} CROSS JOIN wallet_entries e`
  const all = sql`e.tenant_id = ${tenantId} AND e.customer_id = c.value`
  return [
    summed("PrepaidCredit", sql`-g.remaining_minor`, grants, sql`${held} AND g.kind = 'Paid'`, "g"),
    summed(
      "PromotionalCredit",
      sql`-g.remaining_minor`,
      grants,
      sql`${held} AND g.kind = 'Promotional'`,
      "g",
    ),
    summed("CreditEntries", sql`-e.amount_minor`, entries, all, "e"),
  ]
}

function summed(check: AuditCheck, amount: SQL, from: SQL, where: SQL, t: "i" | "p" | "g" | "e"): SQL {
  const [customer, currency] = [sql.raw(`${t}.customer_id`), sql.raw(`${t}.currency`)]
  return sql`
    SELECT ${customer} AS customerId, ${currency} AS currency, ${check} AS "check", CAST(SUM(${amount}) AS TEXT) AS amount
    FROM ${from} WHERE ${where} GROUP BY ${customer}, ${currency}`
}
