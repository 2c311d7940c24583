// Archives a plan: it takes no new subscriptions. Those that it has go on.

import type { PlanWithTerms } from "../db/readers/catalog.ts"
import { plans } from "../db/schema.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { planState } from "./create-plan.ts"
import { findPlan, refuseArchived } from "./find-catalog.ts"
import type { Scope } from "./scope.ts"

export async function archivePlan(
  scope: Scope,
  id: string,
  reply: Reply<PlanWithTerms> | null,
): Promise<Outcome<PlanWithTerms>> {
  return act(
    scope,
    async () => {
      const found = await findPlan(scope, id)
      if (!found.ok) return found
      const { plan, terms } = found.value
      const refused = refuseArchived(plan)
      if (refused !== null) return err(refused)
      const subject = { subjectType: "Plan", subjectId: id }
      return ok({
        value: { plan: { ...plan, archivedAt: scope.now, version: plan.version + 1 }, terms },
        commit: {
          guards: [scope.write.update(plans, id, plan.version, { archivedAt: scope.now })],
          audit: [{ action: "plan.archived", ...subject, before: planState(found.value) }],
        },
      })
    },
    reply,
  )
}
