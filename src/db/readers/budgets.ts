// Reads spend alerts and who spends from whose budget, of one tenant. A customer's usage counts for its own alerts, and for those
// of each parent that it consolidates to.

import { and, asc, eq, isNull, sql } from "drizzle-orm"
import { budgetName, type AlertType, type BudgetTerms } from "../../domain/alert.ts"
import type { Database } from "../database.ts"
import type { Read } from "../together.ts"
import { ask, mapped, readingRows } from "../together.ts"
import { payees } from "../budgets.ts"
import type { AlertRow, SubscriptionRow } from "../rows.ts"
import { alerts, budgets, subscriptions } from "../schema.ts"
import type { Page } from "./page.ts"
import { pageOf } from "./page.ts"

type LimitRow = {
  readonly customer_id: string
  readonly version: number
  readonly members: string
  readonly alert_id: string
  readonly alert_type: AlertType
  readonly threshold_nanos: string
  readonly epoch: number
}

const LIMIT_COLUMNS = [
  "customer_id",
  "version",
  "members",
  "alert_id",
  "alert_type",
  "threshold_nanos",
  "epoch",
] as const

export function budgetReader(db: Database, tenantId: string) {
  const live = and(eq(alerts.tenantId, tenantId), isNull(alerts.deletedAt))

  return {
    /** Everything that limits a customer's spend; in one query, since it goes with all terms. CROSS JOIN keeps the planner from
     *  beginning with all alerts of the tenant. */
    over(customerId: string): Read<BudgetTerms[]> {
      const query = sql`
        WITH RECURSIVE payer (id, parent_id, consolidation) AS (
          SELECT id, parent_id, consolidation FROM customers WHERE tenant_id = ${tenantId} AND id = ${customerId}
          UNION
          SELECT above.id, above.parent_id, above.consolidation FROM payer
          JOIN customers AS above ON above.tenant_id = ${tenantId} AND above.id = payer.parent_id
          WHERE payer.consolidation = 'ConsolidateToParent'
        )
        SELECT b.customer_id, b.version, b.members, a.id AS alert_id, a.alert_type, a.threshold_nanos, a.epoch
        FROM payer
        CROSS JOIN budgets AS b ON b.tenant_id = ${tenantId} AND b.customer_id = payer.id
        CROSS JOIN alerts AS a ON a.tenant_id = ${tenantId} AND a.customer_id = payer.id AND a.deleted_at IS NULL
        ORDER BY a.id`
      return mapped(readingRows<LimitRow>(db, LIMIT_COLUMNS, query), (found) => {
        const byCustomer = Map.groupBy(found, (row) => row.customer_id)
        return Array.from(byCustomer.values(), (some) => termsOf(tenantId, some))
      })
    },

    /** A customer's own budget, also when its last alert is gone; null if it never had one. */
    async of(customerId: string): Promise<BudgetTerms | null> {
      const mine = and(eq(budgets.tenantId, tenantId), eq(budgets.customerId, customerId))
      const [budget, limits] = await Promise.all([
        db.select().from(budgets).where(mine).get(),
        db
          .select()
          .from(alerts)
          .where(and(live, eq(alerts.customerId, customerId)))
          .orderBy(asc(alerts.id)),
      ])
      if (budget === undefined) return null
      const { version, members } = budget
      return { name: budgetName(tenantId, customerId), version, members, limits: limits.map(limitOf) }
    },

    /** The version of a customer's budget; 0 if it never had one. */
    async version(customerId: string): Promise<number> {
      const mine = and(eq(budgets.tenantId, tenantId), eq(budgets.customerId, customerId))
      return (await db.select({ version: budgets.version }).from(budgets).where(mine).get())?.version ?? 0
    },

    /** The customers with alerts whose budget a customer spends from. */
    async payers(customerId: string): Promise<string[]> {
      const found = await ask(db, this.over(customerId))
      return found.map(({ name }) => name.slice(tenantId.length + 1))
    },

    /** The subscriptions that spend, or have spent in a period that still runs, from a customer's budget. */
    members(customerId: string, now: number, limit: number): Promise<SubscriptionRow[]> {
      return db
        .select()
        .from(subscriptions)
        .where(and(eq(subscriptions.tenantId, tenantId), payees(tenantId, customerId, now)))
        .orderBy(asc(subscriptions.id))
        .limit(limit)
    },

    async alert(customerId: string, id: string): Promise<AlertRow | null> {
      const where = and(live, eq(alerts.customerId, customerId), eq(alerts.id, id))
      return (await db.select().from(alerts).where(where).get()) ?? null
    },

    /** Whichever customer's it is, deleted or not: for what happened while it was there. */
    async anyAlert(id: string): Promise<AlertRow | null> {
      const where = and(eq(alerts.tenantId, tenantId), eq(alerts.id, id))
      return (await db.select().from(alerts).where(where).get()) ?? null
    },

    alerts: (page: Page, customerId: string) =>
      pageOf(db, alerts, tenantId, page, [eq(alerts.customerId, customerId), isNull(alerts.deletedAt)]),

    async countAlerts(customerId: string): Promise<number> {
      return db.$count(alerts, and(live, eq(alerts.customerId, customerId)))
    },

    /** Whether a crossing was told before. */
    async hasCrossing(alertId: string, epoch: number, crossing: number): Promise<boolean> {
      const rows = await db.all(sql`
        SELECT 1 FROM alert_crossings
        WHERE tenant_id = ${tenantId} AND alert_id = ${alertId} AND epoch = ${epoch} AND crossing = ${crossing}`)
      return rows.length > 0
    },
  }
}

function termsOf(tenantId: string, rows: readonly LimitRow[]): BudgetTerms {
  const [first] = rows
  return {
    name: budgetName(tenantId, first?.customer_id ?? ""),
    version: first?.version ?? 0,
    members: JSON.parse(first?.members ?? "[]"),
    limits: rows.map((row) => ({
      alertId: row.alert_id,
      type: row.alert_type,
      thresholdNanos: row.threshold_nanos,
      epoch: row.epoch,
    })),
  }
}

function limitOf({ id, alertType, thresholdNanos, epoch }: AlertRow): BudgetTerms["limits"][number] {
  return { alertId: id, type: alertType, thresholdNanos, epoch }
}
