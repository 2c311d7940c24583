// Archives a SKU: the plan no longer has it. Subscriptions to an earlier version of the plan go on paying it.

import type { SkuRow } from "../db/rows.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { skuState } from "./create-sku.ts"
import { archived, findPlan, findSku, refuseArchived } from "./find-catalog.ts"
import { revisePlan } from "./revise-plan.ts"
import type { Scope } from "./scope.ts"

export async function archiveSku(scope: Scope, id: string, reply: Reply<SkuRow>): Promise<Outcome<SkuRow>> {
  return act(
    scope,
    async () => {
      const found = await findSku(scope, id)
      if (!found.ok) return found
      const before = found.value
      if (before.archivedAt !== null) return err(archived("SKU"))
      const plan = await findPlan(scope, before.planId)
      if (!plan.ok) return plan
      const refused = refuseArchived(plan.value.plan)
      if (refused !== null) return err(refused)
      const { revised, guards, writes } = revisePlan(scope, plan.value, {})
      const end = { toVersion: revised.plan.currentVersion, archivedAt: scope.now }
      return ok({
        value: { ...before, ...end },
        commit: {
          guards: [...guards, scope.write.changeSku(id, before.fromVersion, end)],
          writes,
          audit: [{ action: "sku.archived", subjectType: "Sku", subjectId: id, before: skuState(before) }],
        },
      })
    },
    reply,
  )
}
