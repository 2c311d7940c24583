// Reads what Billy's door shows of a tenant: its company, and customers and plans counted off from an offset.

import { and, asc, eq, exists, inArray, isNull } from "drizzle-orm"
import type { Database } from "../database.ts"
import type { CompanyRow, CustomerRow, PlanVersionRow, PlanRow, SkuRow } from "../rows.ts"
import { companies, customers, plans, planVersions, skus, subscriptions } from "../schema.ts"
import type { Slice } from "./page.ts"
import { listed, sliceOf } from "./page.ts"

/** A plan with its terms and all its prices, as they are now. */
export type PricedPlan = {
  readonly plan: PlanRow
  readonly terms: PlanVersionRow
  readonly skus: readonly SkuRow[]
}

export function companyReader(db: Database, tenantId: string) {
  const mine = eq(customers.tenantId, tenantId)

  /** The rest of what these plans are, in their order. */
  async function priced(found: readonly PlanRow[]): Promise<PricedPlan[]> {
    if (found.length === 0) return []
    const ids = listed(found.map(({ id }) => id))
    const [terms, prices] = await db.batch([
      db
        .select()
        .from(planVersions)
        .where(and(eq(planVersions.tenantId, tenantId), inArray(planVersions.planId, ids))),
      db
        .select()
        .from(skus)
        .where(and(eq(skus.tenantId, tenantId), inArray(skus.planId, ids), isNull(skus.toVersion)))
        .orderBy(asc(skus.id)),
    ])
    const byVersion = new Map(terms.map((row) => [`${row.planId} ${row.planVersion}`, row]))
    const byPlan = Map.groupBy(prices, ({ planId }) => planId)
    return found.flatMap((plan) => {
      const current = byVersion.get(`${plan.id} ${plan.currentVersion}`)
      return current === undefined ? [] : [{ plan, terms: current, skus: byPlan.get(plan.id) ?? [] }]
    })
  }

  return {
    async company(): Promise<CompanyRow | null> {
      return (await db.select().from(companies).where(eq(companies.tenantId, tenantId)).get()) ?? null
    },

    async plan(id: string): Promise<PricedPlan | null> {
      const where = and(eq(plans.tenantId, tenantId), eq(plans.id, id))
      return (await priced(await db.select().from(plans).where(where))).at(0) ?? null
    },

    async plans(slice: Slice): Promise<PricedPlan[]> {
      return priced(await sliceOf(db, plans, tenantId, slice, []))
    },

    customers: (slice: Slice, processorRef: string | undefined): Promise<CustomerRow[]> =>
      sliceOf(db, customers, tenantId, slice, [
        processorRef === undefined ? undefined : eq(customers.processorRef, processorRef),
      ]),

    /** Who has, or had, a subscription to a plan, each once. */
    planCustomers(planId: string, slice: Slice, processorRef: string | undefined): Promise<CustomerRow[]> {
      const subscribed = db
        .select({ id: subscriptions.id })
        .from(subscriptions)
        .where(
          and(
            eq(subscriptions.tenantId, tenantId),
            eq(subscriptions.customerId, customers.id),
            eq(subscriptions.planId, planId),
          ),
        )
      return sliceOf(db, customers, tenantId, slice, [
        mine,
        exists(subscribed),
        processorRef === undefined ? undefined : eq(customers.processorRef, processorRef),
      ])
    },
  }
}
