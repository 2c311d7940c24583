// Reads coupons and their redemptions, of one tenant.

import { and, asc, eq, isNull, sql } from "drizzle-orm"
import type { Database } from "../database.ts"
import type { Read } from "../together.ts"
import { reading } from "../together.ts"
import type { CouponRedemptionRow, CouponRow } from "../rows.ts"
import { couponRedemptions, coupons, plans, skus } from "../schema.ts"
import type { Page } from "./page.ts"
import { pageOf } from "./page.ts"

export function couponReader(db: Database, tenantId: string) {
  const mine = eq(coupons.tenantId, tenantId)
  const on = (subscriptionId: string) =>
    and(eq(couponRedemptions.tenantId, tenantId), eq(couponRedemptions.subscriptionId, subscriptionId))

  return {
    async byId(id: string): Promise<CouponRow | null> {
      return (
        (await db
          .select()
          .from(coupons)
          .where(and(mine, eq(coupons.id, id)))
          .get()) ?? null
      )
    },

    /** By a code in the form in which they are kept. */
    async byCode(code: string): Promise<CouponRow | null> {
      return (
        (await db
          .select()
          .from(coupons)
          .where(and(mine, eq(coupons.code, code)))
          .get()) ?? null
      )
    },

    list: (page: Page, archived: boolean, code: string | undefined) =>
      pageOf(db, coupons, tenantId, page, [
        archived ? undefined : isNull(coupons.archivedAt),
        code === undefined ? undefined : eq(coupons.code, code),
      ]),

    /** Which of these plans there are, and of which plan each of these SKUs is. */
    async targets(planIds: readonly string[], skuIds: readonly string[]) {
      const among = (ids: readonly string[]) => sql`(SELECT value FROM json_each(${JSON.stringify(ids)}))`
      const [foundPlans, foundSkus] = await Promise.all([
        db
          .select({ id: plans.id })
          .from(plans)
          .where(and(eq(plans.tenantId, tenantId), sql`${plans.id} IN ${among(planIds)}`)),
        db
          .select({ id: skus.id, planId: skus.planId })
          .from(skus)
          .where(and(eq(skus.tenantId, tenantId), sql`${skus.id} IN ${among(skuIds)}`)),
      ])
      return {
        plans: new Set(foundPlans.map(({ id }) => id)),
        planOfSku: new Map(foundSkus.map(({ id, planId }) => [id, planId])),
      }
    },

    /** All coupons that a subscription ever had, oldest first: periods that were reduced once stay so. */
    redemptionsOf(subscriptionId: string): Read<CouponRedemptionRow[]> {
      const rows = db
        .select()
        .from(couponRedemptions)
        .where(on(subscriptionId))
        .orderBy(asc(couponRedemptions.redeemedAt), asc(couponRedemptions.id))
      return reading(rows, (found) => found)
    },

    redemptions: (page: Page, subscriptionId: string) =>
      pageOf(db, couponRedemptions, tenantId, page, [eq(couponRedemptions.subscriptionId, subscriptionId)]),

    async redemption(subscriptionId: string, id: string): Promise<CouponRedemptionRow | null> {
      return (
        (await db
          .select()
          .from(couponRedemptions)
          .where(and(on(subscriptionId), eq(couponRedemptions.id, id)))
          .get()) ?? null
      )
    },
  }
}
