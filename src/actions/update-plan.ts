// Changes a plan. Its name and the like change in place; its cadence and trial make a new version once it is in use.

import type { PlanWithTerms } from "../db/readers/catalog.ts"
import type { Guarded } from "../db/database.ts"
import { plans } from "../db/schema.ts"
import type { CadencedTerms, PlanFieldChanges } from "../domain/plan-fields.ts"
import { changedPlanFields, planTermsFrom } from "../domain/plan-fields.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { ChangesOf } from "./changes.ts"
import { given } from "./changes.ts"
import type { PlanHead } from "./create-plan.ts"
import { guardProduct, planState } from "./create-plan.ts"
import { findPlan, refuseArchived } from "./find-catalog.ts"
import { invalidFields } from "./refusal.ts"
import type { Revision } from "./revise-plan.ts"
import { revisePlan } from "./revise-plan.ts"
import type { Scope } from "./scope.ts"

export type PlanChanges = { readonly head: ChangesOf<PlanHead>; readonly terms: PlanFieldChanges }

export async function updatePlan(
  scope: Scope,
  id: string,
  changes: PlanChanges,
  reply: Reply<PlanWithTerms>,
): Promise<Outcome<PlanWithTerms>> {
  return act(
    scope,
    async () => {
      const found = await findPlan(scope, id)
      if (!found.ok) return found
      const before = found.value
      const revision = revise(scope, before, changes)
      if (!revision.ok) return revision
      const product = await newProduct(scope, before, changes.head.productId)
      if (!product.ok) return product
      const { revised, guards, writes } = revision.value
      const subject = { subjectType: "Plan", subjectId: id }
      return ok({
        value: revised,
        commit: {
          guards: [...guards, ...product.value],
          writes,
          audit: [
            { action: "plan.updated", ...subject, before: planState(before), after: planState(revised) },
          ],
        },
      })
    },
    reply,
  )
}

function revise(scope: Scope, before: PlanWithTerms, changes: PlanChanges): Outcome<Revision> {
  const head = given(changes.head)
  const wanted = planTermsFrom(changedPlanFields(before.terms, changes.terms))
  if (!wanted.ok) return err(invalidFields([wanted.error]))
  if (!sameTerms(before.terms, wanted.value)) {
    const refused = refuseArchived(before.plan)
    return refused === null ? ok(revisePlan(scope, before, { head, terms: wanted.value })) : err(refused)
  }
  const plan = { ...before.plan, ...head, version: before.plan.version + 1 }
  const guard = scope.write.update(plans, before.plan.id, before.plan.version, head)
  return ok({ revised: { plan, terms: before.terms }, guards: [guard], writes: [] })
}

function sameTerms(before: CadencedTerms, wanted: CadencedTerms): boolean {
  return before.cadence === wanted.cadence && JSON.stringify(before.terms) === JSON.stringify(wanted.terms)
}

/** A product that the plan already names stays, also when it was archived since. */
async function newProduct(
  scope: Scope,
  before: PlanWithTerms,
  productId: string | null | undefined,
): Promise<Outcome<Guarded[]>> {
  if (productId === undefined || productId === before.plan.productId) return ok([])
  return guardProduct(scope, productId)
}
