// Reads subscriptions with the terms that they run on, of one tenant.

import { and, asc, eq, inArray } from "drizzle-orm"
import type { RatedSku } from "../../domain/catalog.ts"
import type { SubscriptionStatus } from "../../domain/subscription.ts"
import type { Database } from "../database.ts"
import type { PlanVersionRow, SubscriptionRow } from "../rows.ts"
import { subscriptions } from "../schema.ts"
import { catalogReader } from "./catalog.ts"
import type { Page } from "./page.ts"
import { pageOf } from "./page.ts"

export type SubscriptionTerms = {
  readonly subscription: SubscriptionRow
  readonly plan: PlanVersionRow
  readonly skus: readonly RatedSku[]
}

export type SubscriptionFilter = {
  readonly customerId?: string | undefined
  readonly status?: SubscriptionStatus | undefined
  readonly externalId?: string | undefined
}

export function subscriptionReader(db: Database, tenantId: string) {
  const mine = eq(subscriptions.tenantId, tenantId)
  const catalog = catalogReader(db, tenantId)

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
    const [plan, skus] = await Promise.all([
      catalog.plan(subscription.planId, subscription.planVersion),
      catalog.skusAt(subscription.planId, subscription.planVersion),
    ])
    return plan === null ? null : { subscription, plan: plan.terms, skus }
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

    /** The subscriptions of a customer that can take usage now, oldest first. */
    running(customerId: string, limit: number): Promise<SubscriptionRow[]> {
      const states = inArray(subscriptions.status, ["Trialing", "Active", "PastDue"])
      return db
        .select()
        .from(subscriptions)
        .where(and(mine, eq(subscriptions.customerId, customerId), states))
        .orderBy(asc(subscriptions.id))
        .limit(limit)
    },
  }
}
