// Changes a SKU. Its name changes in place; its price makes a new version of the plan once that is in use.

import type { Guarded, Statement } from "../db/database.ts"
import type { PlanWithTerms } from "../db/readers/catalog.ts"
import type { SkuRow } from "../db/rows.ts"
import { plans, skus } from "../db/schema.ts"
import type { Currency } from "../domain/currency.ts"
import { err, ok } from "../domain/result.ts"
import type { SkuFieldChanges } from "../domain/sku-changes.ts"
import { changedSkuFields } from "../domain/sku-changes.ts"
import { skuTermsFrom } from "../domain/sku-fields.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { refuseBeside, refusePaidOut, skuState } from "./create-sku.ts"
import { archived, findPlan, findSku, refuseArchived } from "./find-catalog.ts"
import { invalidFields } from "./refusal.ts"
import { revisePlan } from "./revise-plan.ts"
import type { Scope } from "./scope.ts"

export type SkuChanges = {
  readonly name: string | undefined
  readonly currency: Currency | undefined
  readonly fields: SkuFieldChanges
}

type Decision = {
  readonly after: SkuRow
  readonly guards: readonly Guarded[]
  readonly writes: readonly Statement[]
}

export async function updateSku(
  scope: Scope,
  id: string,
  changes: SkuChanges,
  reply: Reply<SkuRow>,
): Promise<Outcome<SkuRow>> {
  return act(
    scope,
    async () => {
      const found = await findSku(scope, id)
      if (!found.ok) return found
      const before = found.value
      if (before.archivedAt !== null) return err(archived("SKU"))
      const plan = await findPlan(scope, before.planId)
      if (!plan.ok) return plan
      const decided = await decide(scope, plan.value, before, changes)
      if (!decided.ok) return decided
      const { after, guards, writes } = decided.value
      const subject = { subjectType: "Sku", subjectId: id }
      return ok({
        value: after,
        commit: {
          guards,
          writes,
          audit: [{ action: "sku.updated", ...subject, before: skuState(before), after: skuState(after) }],
        },
      })
    },
    reply,
  )
}

async function decide(
  scope: Scope,
  plan: PlanWithTerms,
  before: SkuRow,
  changes: SkuChanges,
): Promise<Outcome<Decision>> {
  const { name = before.name, currency = before.currency } = changes
  const terms = skuTermsFrom(changedSkuFields(before.terms, changes.fields))
  if (!terms.ok) return err(invalidFields(terms.error))
  const after = { ...before, name, currency, terms: terms.value }
  const rename = name === before.name ? [] : [scope.write.change(skus, before.id, { name })]
  if (samePrice(before, after)) {
    return ok({
      after,
      guards: [scope.write.update(plans, plan.plan.id, plan.plan.version, {})],
      writes: rename,
    })
  }
  const refused =
    refuseArchived(plan.plan) ?? refusePaidOut(plan, after) ?? (await refuseAmong(scope, plan, after))
  return refused === null ? ok(reprice(scope, plan, after, rename)) : err(refused)
}

function samePrice(before: SkuRow, after: SkuRow): boolean {
  return before.currency === after.currency && JSON.stringify(before.terms) === JSON.stringify(after.terms)
}

async function refuseAmong(scope: Scope, { plan }: PlanWithTerms, after: SkuRow) {
  const present = await scope.read.catalog.skusAt(plan.id, plan.currentVersion)
  return refuseBeside(
    present.filter((sku) => sku.id !== after.id),
    after,
  )
}

/** Terms that began in the very version that is changed are changed themselves; older ones stay for those who have them. */
function reprice(scope: Scope, plan: PlanWithTerms, after: SkuRow, rename: readonly Statement[]): Decision {
  const { revised, guards, writes } = revisePlan(scope, plan, {})
  const fromVersion = revised.plan.currentVersion
  const { id, name, currency, terms } = after
  if (after.fromVersion === fromVersion) {
    const change = scope.write.changeSku(id, fromVersion, { name, currency, terms })
    return { after, guards: [...guards, change], writes: [...writes, ...rename] }
  }
  const next = { ...after, fromVersion }
  return {
    after: next,
    guards: [...guards, scope.write.retireSku(id, fromVersion)],
    writes: [...writes, ...rename, scope.write.insert(skus, next)],
  }
}
