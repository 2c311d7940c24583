// Finds what is sold, and what may still be changed of it.

import type { PlanWithTerms } from "../db/readers/catalog.ts"
import type { PlanRow, ProductRow, SkuRow } from "../db/rows.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import type { Refusal } from "./refusal.ts"
import { notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function findProduct(scope: Scope, id: string): Promise<Outcome<ProductRow>> {
  const row = await scope.read.catalog.product(id)
  return row === null ? err(notFound("product")) : ok(row)
}

export async function findPlan(scope: Scope, id: string): Promise<Outcome<PlanWithTerms>> {
  const found = await scope.read.catalog.plan(id)
  return found === null ? err(notFound("plan")) : ok(found)
}

export async function findSku(scope: Scope, id: string): Promise<Outcome<SkuRow>> {
  const row = await scope.read.catalog.sku(id)
  return row === null ? err(notFound("SKU")) : ok(row)
}

export function archived(what: string): Refusal {
  return refusal("invalid_state", `The ${what} is archived.`)
}

/** What an archived plan refuses: its terms are only read by the subscriptions that have them. */
export function refuseArchived(plan: PlanRow): Refusal | null {
  return plan.archivedAt === null ? null : archived("plan")
}
