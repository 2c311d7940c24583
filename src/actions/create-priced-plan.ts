// Creates a plan together with its one price, a fee for each period.

import type { PricedPlan } from "../db/readers/companies.ts"
import type { SkuRow } from "../db/rows.ts"
import { planVersions, plans, skus } from "../db/schema.ts"
import type { SkuTerms } from "../domain/catalog.ts"
import type { Currency } from "../domain/currency.ts"
import type { CadencedTerms } from "../domain/plan-fields.ts"
import { ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import type { PlanHead } from "./create-plan.ts"
import { firstVersion, planState } from "./create-plan.ts"
import { skuState } from "./create-sku.ts"
import type { Scope } from "./scope.ts"

export type NewPrice = { readonly name: string; readonly currency: Currency; readonly terms: SkuTerms }

/** `head.productId` must be null: no product is looked at. */
export async function createPricedPlan(
  scope: Scope,
  head: PlanHead & { readonly productId: null },
  terms: CadencedTerms,
  price: NewPrice,
): Promise<Outcome<PricedPlan>> {
  const created = firstVersion(scope, head, terms)
  const { id } = created.plan
  const sku: SkuRow = {
    ...price,
    id: scope.newId(),
    tenantId: scope.tenant.id,
    planId: id,
    fromVersion: 1,
    toVersion: null,
    archivedAt: null,
    createdAt: scope.now,
  }
  return act(
    scope,
    async () =>
      ok({
        value: { ...created, skus: [sku] },
        commit: {
          writes: [
            scope.write.insert(plans, created.plan),
            scope.write.insert(planVersions, created.terms),
            scope.write.insert(skus, sku),
          ],
          audit: [
            { action: "plan.created", subjectType: "Plan", subjectId: id, after: planState(created) },
            { action: "sku.created", subjectType: "Sku", subjectId: sku.id, after: skuState(sku) },
          ],
        },
      }),
    null,
  )
}
