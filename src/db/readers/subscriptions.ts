// Reads subscriptions with the terms that they run on, of one tenant.

import { and, asc, eq, gt, inArray } from "drizzle-orm"
import type { BudgetTerms } from "../../domain/alert.ts"
import type { RatedSku } from "../../domain/catalog.ts"
import type { SubscriptionStatus } from "../../domain/subscription.ts"
import type { Database } from "../database.ts"
import type { PlanVersionRow, SubscriptionRow } from "../rows.ts"
import { subscriptions } from "../schema.ts"
import { budgetReader } from "./budgets.ts"
import { catalogReader } from "./catalog.ts"
import type { DraftedLine } from "./late-events.ts"
import { lateEventsReader } from "./late-events.ts"
import type { Page } from "./page.ts"
import { pageOf } from "./page.ts"

export type SubscriptionTerms = {
  readonly subscription: SubscriptionRow
  readonly plan: PlanVersionRow
  readonly skus: readonly RatedSku[]
  /** What limits its spend: the alerts of its customer, and of those whom the customer consolidates to. */
  readonly budgets: readonly BudgetTerms[]
  /** Lines of its drafts, where the tenant refuses late events; null where it takes them. */
  readonly drafted: readonly DraftedLine[] | null
}

export type SubscriptionFilter = {
  readonly customerId?: string | undefined
  readonly status?: SubscriptionStatus | undefined
  readonly externalId?: string | undefined
}

const RUNNING: SubscriptionStatus[] = ["Trialing", "Active", "PastDue"]

export function subscriptionReader(db: Database, tenantId: string) {
  const mine = eq(subscriptions.tenantId, tenantId)
  const catalog = catalogReader(db, tenantId)
  const limiting = budgetReader(db, tenantId)
  const late = lateEventsReader(db, tenantId)

  async function byId(id: string): Promise<SubscriptionRow | null> {
    return (
      (await db
        .select()
        .from(subscriptions)
        .where(and(mine, eq(subscriptions.id, id)))
        .get()) ?? null
    )
  }

  async function termsOf(subscription: SubscriptionRow): Promise<SubscriptionTerms | null> {
    const [plan, skus, budgets, drafted] = await Promise.all([
      catalog.plan(subscription.planId, subscription.planVersion),
      catalog.skusAt(subscription.planId, subscription.planVersion),
      limiting.over(subscription.customerId),
      late.drafted(subscription.id),
    ])
    return plan === null ? null : { subscription, plan: plan.terms, skus, budgets, drafted }
  }

  return {
    byId,
    termsOf,

    async withTerms(id: string): Promise<SubscriptionTerms | null> {
      const subscription = await byId(id)
      return subscription === null ? null : termsOf(subscription)
    },

    list: (page: Page, filter: SubscriptionFilter) =>
      pageOf(db, subscriptions, tenantId, page, [
        filter.customerId === undefined ? undefined : eq(subscriptions.customerId, filter.customerId),
        filter.status === undefined ? undefined : eq(subscriptions.status, filter.status),
        filter.externalId === undefined ? undefined : eq(subscriptions.externalId, filter.externalId),
      ]),

    /** The ids of subscriptions that can take usage now, of all customers, the first ones after an id. */
    async runningAfter(id: string | null, limit: number): Promise<string[]> {
      const after = id === null ? undefined : gt(subscriptions.id, id)
      const rows = await db
        .select({ id: subscriptions.id })
        .from(subscriptions)
        .where(and(mine, after, inArray(subscriptions.status, RUNNING)))
        .orderBy(asc(subscriptions.id))
        .limit(limit)
      return rows.map((row) => row.id)
    },

    /** The subscriptions of a customer that can take usage now, oldest first. */
    running(customerId: string, limit: number): Promise<SubscriptionRow[]> {
      const states = inArray(subscriptions.status, RUNNING)
      return db
        .select()
        .from(subscriptions)
        .where(and(mine, eq(subscriptions.customerId, customerId), states))
        .orderBy(asc(subscriptions.id))
        .limit(limit)
    },
  }
}
