// Reads products, plans and SKUs, of one tenant.

import { and, asc, count, eq, gt, inArray, isNotNull, isNull, lte, or } from "drizzle-orm"
import type { Database } from "../database.ts"
import type { Read } from "../together.ts"
import { allOf, ask, mapped, reading, readingOne } from "../together.ts"
import type { PlanRow, PlanVersionRow, ProductRow, SkuRow } from "../rows.ts"
import { planVersions, plans, products, skus } from "../schema.ts"
import type { Page } from "./page.ts"
import { pageOf } from "./page.ts"

export type PlanWithTerms = { readonly plan: PlanRow; readonly terms: PlanVersionRow }

/** A version of a plan with its SKUs. */
export type SoldVersion = { readonly plan: PlanVersionRow; readonly skus: readonly SkuRow[] }

export function catalogReader(db: Database, tenantId: string) {
  async function product(id: string): Promise<ProductRow | null> {
    const where = and(eq(products.tenantId, tenantId), eq(products.id, id))
    return (await db.select().from(products).where(where).get()) ?? null
  }

  /** A plan with its terms at a version; without one, at its current version. */
  async function plan(id: string, version?: number): Promise<PlanWithTerms | null> {
    const atVersion = eq(planVersions.planVersion, version ?? plans.currentVersion)
    const row = await db
      .select({ plan: plans, terms: planVersions })
      .from(plans)
      .innerJoin(
        planVersions,
        and(eq(planVersions.tenantId, plans.tenantId), eq(planVersions.planId, plans.id), atVersion),
      )
      .where(and(eq(plans.tenantId, tenantId), eq(plans.id, id)))
      .get()
    return row ?? null
  }

  /** The SKUs of a plan as they stand at one of its versions, oldest first. */
  function skusOf(planId: string, version: number): Read<SkuRow[]> {
    const rows = db
      .select()
      .from(skus)
      .where(
        and(
          eq(skus.tenantId, tenantId),
          eq(skus.planId, planId),
          lte(skus.fromVersion, version),
          or(isNull(skus.toVersion), gt(skus.toVersion, version)),
        ),
      )
      .orderBy(asc(skus.id))
    return reading(rows, (found) => found)
  }

  function versionOf(planId: string, version: number): Read<SoldVersion | null> {
    const where = and(
      eq(planVersions.tenantId, tenantId),
      eq(planVersions.planId, planId),
      eq(planVersions.planVersion, version),
    )
    const both = allOf([readingOne(db.select().from(planVersions).where(where)), skusOf(planId, version)])
    return mapped(both, ([terms, found]) => (terms === null ? null : { plan: terms, skus: found }))
  }

  async function currentTerms(found: readonly PlanRow[]): Promise<PlanWithTerms[]> {
    if (found.length === 0) return []
    const wanted = found.map((row) => row.id)
    const terms: PlanVersionRow[] = []
    for (let from = 0; from < wanted.length; from += 80) {
      const some = inArray(planVersions.planId, wanted.slice(from, from + 80))
      terms.push(
        ...(await db
          .select()
          .from(planVersions)
          .where(and(eq(planVersions.tenantId, tenantId), some))),
      )
    }
    return found.flatMap((row) => {
      const current = terms.find((t) => t.planId === row.id && t.planVersion === row.currentVersion)
      return current === undefined ? [] : [{ plan: row, terms: current }]
    })
  }

  return {
    product,
    plan,
    versionOf,
    skusAt: (planId: string, version: number): Promise<SkuRow[]> => ask(db, skusOf(planId, version)),

    /** A SKU with its newest terms, retired or not. */
    async sku(id: string): Promise<SkuRow | null> {
      const rows = await db
        .select()
        .from(skus)
        .where(and(eq(skus.tenantId, tenantId), eq(skus.id, id)))
        .orderBy(asc(skus.fromVersion))
      return rows.at(-1) ?? null
    },

    async countSkus(planId: string): Promise<number> {
      const where = and(eq(skus.tenantId, tenantId), eq(skus.planId, planId), isNull(skus.toVersion))
      return (await db.select({ n: count() }).from(skus).where(where).get())?.n ?? 0
    },

    products: (page: Page, archived: boolean) =>
      pageOf(db, products, tenantId, page, [archived ? undefined : isNull(products.archivedAt)]),

    async plans(page: Page, archived: boolean, productId: string | undefined) {
      const found = await pageOf(db, plans, tenantId, page, [
        archived ? undefined : isNull(plans.archivedAt),
        productId === undefined ? undefined : eq(plans.productId, productId),
      ])
      return { rows: await currentTerms(found.rows), next: found.next }
    },

    /** The newest terms of each SKU. */
    skus: (page: Page, archived: boolean, planId: string | undefined) =>
      pageOf(db, skus, tenantId, page, [
        archived ? or(isNull(skus.toVersion), isNotNull(skus.archivedAt)) : isNull(skus.toVersion),
        planId === undefined ? undefined : eq(skus.planId, planId),
      ]),
  }
}
