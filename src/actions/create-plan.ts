// Creates a plan with its first version. SKUs are added to it one by one.

import type { PlanWithTerms } from "../db/readers/catalog.ts"
import type { Guarded } from "../db/database.ts"
import type { PlanRow, PlanVersionRow } from "../db/rows.ts"
import { planVersions, plans, products } from "../db/schema.ts"
import type { CadencedTerms } from "../domain/plan-fields.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { archived } from "./find-catalog.ts"
import { missing } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** What of a plan changes in place. */
export type PlanHead = Pick<PlanRow, "name" | "description" | "productId" | "externalId" | "metadata">

export async function createPlan(
  scope: Scope,
  head: PlanHead,
  terms: CadencedTerms,
  reply: Reply<PlanWithTerms>,
): Promise<Outcome<PlanWithTerms>> {
  const created = firstVersion(scope, head, terms)
  const { id } = created.plan
  return act(
    scope,
    async () => {
      const product = await guardProduct(scope, head.productId)
      if (!product.ok) return product
      return ok({
        value: created,
        commit: {
          guards: product.value,
          writes: [scope.write.insert(plans, created.plan), scope.write.insert(planVersions, created.terms)],
          audit: [{ action: "plan.created", subjectType: "Plan", subjectId: id, after: planState(created) }],
        },
      })
    },
    reply,
  )
}

export function firstVersion(scope: Scope, head: PlanHead, { cadence, terms }: CadencedTerms): PlanWithTerms {
  const tenantId = scope.tenant.id
  const plan: PlanRow = {
    ...head,
    id: scope.newId(),
    tenantId,
    currentVersion: 1,
    currentInUse: false,
    archivedAt: null,
    version: 1,
    createdAt: scope.now,
  }
  const first: PlanVersionRow = {
    tenantId,
    planId: plan.id,
    planVersion: 1,
    cadence,
    terms,
    createdAt: scope.now,
  }
  return { plan, terms: first }
}

/** That a plan may name the product, until the commit. */
export async function guardProduct(scope: Scope, productId: string | null): Promise<Outcome<Guarded[]>> {
  if (productId === null) return ok([])
  const product = await scope.read.catalog.product(productId)
  if (product === null) return err(missing("product_id", "product"))
  if (product.archivedAt !== null) return err(archived("product"))
  return ok([scope.write.update(products, product.id, product.version, {})])
}

/** A plan as the audit trail keeps it. */
export function planState({ plan, terms }: PlanWithTerms) {
  return {
    name: plan.name,
    description: plan.description,
    product_id: plan.productId,
    external_id: plan.externalId,
    metadata: plan.metadata,
    version: plan.currentVersion,
    billing_cadence: terms.cadence,
    interval: terms.terms.interval,
    period: terms.terms.period,
    trial_days: terms.terms.trialDays,
    trial_usage: terms.terms.trialUsage,
    prorate: terms.terms.prorate ?? ("Time" as const),
    minimum_spend_nanos: terms.terms.minimumAmountNanos ?? null,
    direction: terms.terms.direction ?? ("Charge" as const),
  }
}
