// Reads what customers' credit allows, of one tenant: how much there is, who spends from it, and what of their usage is paid.
// Law: the version is read first and once more at the end, so what is read belongs together and is never older than it says.

import { and, eq, inArray, sql } from "drizzle-orm"
import type { Currency } from "../../domain/currency.ts"
import type { Prepaid, TakenUsage } from "../../domain/alert.ts"
import { budgetName } from "../../domain/alert.ts"
import { minor, minorToNanos } from "../../domain/money.ts"
import { periodContaining, startOf, type Schedule } from "../../domain/period.ts"
import type { CreditTerms, WalletWatch } from "../../domain/prepaid.ts"
import { creditName, isWatching, USAGE_KEPT_MS, walletLimits } from "../../domain/prepaid.ts"
import type { Instant } from "../../domain/time.ts"
import type { AutoRecharge } from "../../domain/wallet.ts"
import { creditPayeeIds } from "../budgets.ts"
import type { Database } from "../database.ts"
import type { Read } from "../together.ts"
import { ask, reading, readingRows } from "../together.ts"
import { subscriptions, walletBudgets } from "../schema.ts"

/** `balanceMinor`: what its grants hold that pay everything. */
export type Standing = {
  readonly balanceMinor: bigint
  readonly prepaid: Prepaid
  readonly version: number
}

/** Whose credit it is, and how often what it allows has changed. */
export type CreditVersion = {
  readonly customer_id: string
  readonly version: number
  readonly changed_at: number
}

type Member = {
  readonly id: string
  readonly schedule: string
  readonly period_start: number
  /** The first usage that is on a draft. */
  readonly drafted: number | null
}

type Taken = {
  readonly subscription_id: string
  readonly service_start: number
  readonly rated_nanos: string
}

type Watch = {
  readonly id: string
  readonly stop_at_zero: number
  readonly low_balance_nanos: string | null
  readonly auto_recharge: string | null
}

/** How often it is read anew, if it is changed meanwhile each time. */
const READS = 5

export function walletBudgetReader(db: Database, tenantId: string) {
  /** Of at most one customer: whoever gets the invoices of this one draws its own credit for them. */
  function versionsOver(customerId: string): Read<CreditVersion[]> {
    const query = sql`
      WITH RECURSIVE payer (id, parent_id, consolidation, bill_to_id) AS (
        SELECT id, parent_id, consolidation, bill_to_id FROM customers WHERE tenant_id = ${tenantId} AND id = ${customerId}
        UNION
        SELECT above.id, above.parent_id, above.consolidation, above.bill_to_id FROM payer
        JOIN customers AS above ON above.tenant_id = ${tenantId} AND above.id = payer.parent_id
        WHERE payer.consolidation = 'ConsolidateToParent'
      )
      SELECT b.customer_id, b.version, b.changed_at FROM payer
      CROSS JOIN wallet_budgets AS b ON b.tenant_id = ${tenantId} AND b.customer_id = COALESCE(payer.bill_to_id, payer.id)
      WHERE payer.consolidation <> 'ConsolidateToParent'
      ORDER BY b.customer_id`
    return readingRows<CreditVersion>(db, ["customer_id", "version", "changed_at"], query)
  }

  async function versionOf(customerId: string): Promise<CreditVersion | null> {
    const mine = and(eq(walletBudgets.tenantId, tenantId), eq(walletBudgets.customerId, customerId))
    const row = await db.select().from(walletBudgets).where(mine).get()
    return row === undefined
      ? null
      : { customer_id: customerId, version: row.version, changed_at: row.changedAt }
  }

  /** Whether any wallet of the customer watches its balance, or ever did. */
  function watched(customerId: string): Read<boolean> {
    const mine = and(eq(walletBudgets.tenantId, tenantId), eq(walletBudgets.customerId, customerId))
    const rows = db.select({ version: walletBudgets.version }).from(walletBudgets).where(mine)
    return reading(rows, (found) => found.length > 0)
  }

  /** Of a customer's wallets whose credit pays everything: how they watch, first of all the one that is drawn first. */
  async function watches(customerId: string, currency: Currency): Promise<WalletWatch[]> {
    const rows = await db.all<Watch>(sql`
      SELECT id, stop_at_zero, low_balance_nanos, auto_recharge FROM wallets
      WHERE tenant_id = ${tenantId} AND customer_id = ${customerId} AND currency = ${currency} AND scope IS NULL
      ORDER BY priority, id`)
    return rows.map(toWatch).filter(isWatching)
  }

  /** What there is that pays everything, in minor units. */
  async function balance(customerId: string, currency: Currency): Promise<bigint> {
    const rows = await db.all<{ readonly left: number | null }>(sql`
      SELECT SUM(g.remaining_minor) AS left FROM wallet_grants AS g
      JOIN wallets AS w ON w.tenant_id = g.tenant_id AND w.id = g.wallet_id AND w.scope IS NULL
      WHERE g.tenant_id = ${tenantId} AND g.customer_id = ${customerId} AND g.currency = ${currency}
        AND g.remaining_minor > 0 AND g.scope IS NULL`)
    return BigInt(rows[0]?.left ?? 0)
  }

  /** The subscriptions whose usage the customer pays, as long as some of it may not be paid. */
  async function members(customerId: string, currency: Currency, after: number): Promise<Member[]> {
    return db.all<Member>(sql`
      SELECT s.id, s.schedule, s.period_start, d.drafted FROM subscriptions AS s
      LEFT JOIN (
        SELECT l.subscription_id, MIN(l.service_start) AS drafted FROM invoice_lines AS l
        JOIN invoices AS i ON i.tenant_id = l.tenant_id AND i.id = l.invoice_id AND i.status = 'Draft' AND i.type = 'Standard'
        WHERE l.tenant_id = ${tenantId} AND l.usage_ranges IS NOT NULL AND l.subscription_id IN (
          SELECT id FROM subscriptions WHERE tenant_id = ${tenantId} AND customer_id IN (${creditPayeeIds(tenantId, customerId)})
        )
        GROUP BY l.subscription_id
      ) AS d ON d.subscription_id = s.id
      WHERE s.tenant_id = ${tenantId} AND s.currency = ${currency} AND s.customer_id IN (${creditPayeeIds(tenantId, customerId)})
        AND (s.status IN ('Trialing', 'Active', 'PastDue', 'Paused') OR s.period_end > ${after} OR d.drafted IS NOT NULL)
      ORDER BY s.id`)
  }

  /** What final invoices took of the usage of each, from its time on. */
  async function taken(since: Prepaid["since"]): Promise<Map<string, TakenUsage[]>> {
    if (Object.keys(since).length === 0) return new Map()
    const rows = await db.all<Taken>(sql`
      SELECT l.subscription_id, l.service_start, l.rated_nanos FROM json_each(${JSON.stringify(since)}) AS m
      CROSS JOIN invoice_lines AS l ON l.tenant_id = ${tenantId} AND l.subscription_id = m.key
      CROSS JOIN invoices AS i ON i.tenant_id = ${tenantId} AND i.id = l.invoice_id
      WHERE l.usage_ranges IS NOT NULL AND l.service_start >= m.value
        AND i.type = 'Standard' AND i.status <> 'Draft' AND (i.status <> 'Void' OR i.waived = 1)`)
    const bySubscription = Map.groupBy(rows, (row) => row.subscription_id)
    return new Map(Array.from(bySubscription, ([id, some]) => [id, summedUp(some)]))
  }

  async function prepaid(customerId: string, currency: Currency, changedAt: number): Promise<Prepaid> {
    const after = changedAt - USAGE_KEPT_MS
    const found = await members(customerId, currency, after)
    const since = Object.fromEntries(found.map((member) => [member.id, sinceOf(member, after)]))
    return { since, taken: Object.fromEntries(await taken(since)) }
  }

  async function termsAt(
    customerId: string,
    currency: Currency,
    version: CreditVersion,
  ): Promise<CreditTerms> {
    const [watching, left, used] = await Promise.all([
      watches(customerId, currency),
      balance(customerId, currency),
      prepaid(customerId, currency, version.changed_at),
    ])
    return {
      name: budgetName(tenantId, creditName(customerId, currency)),
      version: version.version,
      limits: walletLimits(watching, minorToNanos(minor(left), currency), version.version),
      members: Object.keys(used.since),
      prepaid: used,
    }
  }

  /** What a customer's credit in a currency allows; null if none of its wallets ever watched its balance. */
  async function of(customerId: string, currency: Currency): Promise<CreditTerms | null> {
    let version = await versionOf(customerId)
    for (let read = 0; version !== null && read < READS; read++) {
      const terms = await termsAt(customerId, currency, version)
      const after = await versionOf(customerId)
      if (after?.version === version.version) return terms
      version = after
    }
    return version === null ? null : restless(customerId)
  }

  return {
    of,

    versionsOver,

    /** What of the credit of who pays for a customer limits a subscription in this currency. `versions`: over the customer, as they were
     *  read together with what else limits it. */
    async over(versions: readonly CreditVersion[], currency: Currency): Promise<CreditTerms[]> {
      const found = await Promise.all(versions.map((one) => of(one.customer_id, currency)))
      return found.filter((terms) => terms !== null && terms.limits.length > 0) as CreditTerms[]
    },

    /** Who pays for a customer, if that one's credit is watched: whoever its invoices go to. */
    async payers(customerId: string): Promise<string[]> {
      return (await ask(db, versionsOver(customerId))).map((one) => one.customer_id)
    },

    /** How many subscriptions spend from a customer's credit, or will. */
    async sharing(customerId: string): Promise<number> {
      const sharing = inArray(subscriptions.status, ["Trialing", "Active", "PastDue", "Paused"])
      const theirs = sql`${subscriptions.customerId} IN (${creditPayeeIds(tenantId, customerId)})`
      return db.$count(subscriptions, and(eq(subscriptions.tenantId, tenantId), sharing, theirs))
    },

    watched,

    isWatched: (customerId: string): Promise<boolean> => ask(db, watched(customerId)),

    watches,

    /** Of what a customer's credit allows; 0 where nothing watches it. */
    async version(customerId: string): Promise<number> {
      return (await versionOf(customerId))?.version ?? 0
    },

    /** How a customer's credit stands. Where it is watched, all of it is of one moment. */
    async standing(customerId: string, currency: Currency, now: Instant): Promise<Standing> {
      let version = (await versionOf(customerId))?.version
      for (let read = 0; read < READS; read++) {
        const [balanceMinor, used] = await Promise.all([
          balance(customerId, currency),
          prepaid(customerId, currency, now),
        ])
        const after = (await versionOf(customerId))?.version
        if (after === version) return { balanceMinor, prepaid: used, version: version ?? 0 }
        version = after
      }
      return restless(customerId)
    },
  }
}

function restless(customerId: string): never {
  throw new Error(`The credit of customer ${customerId} changes faster than it can be read.`)
}

/** Where the first period begins that runs, is on a draft, or has ended after `after`. */
function sinceOf({ schedule: text, period_start: running, drafted }: Member, after: number): Instant {
  const schedule: Schedule = JSON.parse(text)
  const recent = periodContaining(schedule, after as Instant)?.start ?? startOf(schedule)
  const draft = drafted === null ? null : periodContaining(schedule, drafted as Instant)
  return Math.min(running, recent, draft?.start ?? running) as Instant
}

function summedUp(rows: readonly Taken[]): TakenUsage[] {
  const byStart = Map.groupBy(rows, (row) => row.service_start)
  return Array.from(byStart, ([from, some]) => {
    const sum = some.reduce((total, row) => total + BigInt(row.rated_nanos), 0n)
    return { from: from as Instant, nanos: String(sum) }
  })
}

function toWatch(row: Watch): WalletWatch {
  const recharge: AutoRecharge | null = JSON.parse(row.auto_recharge ?? "null")
  return {
    walletId: row.id,
    stopAtZero: row.stop_at_zero === 1,
    lowNanos: row.low_balance_nanos,
    rechargeNanos: recharge?.thresholdNanos ?? null,
  }
}
