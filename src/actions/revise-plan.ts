// Where a change of a plan's terms or prices goes: in place while nobody has subscribed to the current version, else
// into a new version, so that subscriptions keep theirs.
// Law: the plan's row is guarded in any case; the first subscription to a version and its last change exclude each other.

import type { Guarded, Statement } from "../db/database.ts"
import type { PlanWithTerms } from "../db/readers/catalog.ts"
import type { PlanVersionRow } from "../db/rows.ts"
import { planVersions, plans } from "../db/schema.ts"
import type { CadencedTerms } from "../domain/plan-fields.ts"
import type { PlanHead } from "./create-plan.ts"
import type { Scope } from "./scope.ts"

export type Revision = {
  /** The plan as it will be. Its `currentVersion` is where the change goes. */
  readonly revised: PlanWithTerms
  readonly guards: readonly Guarded[]
  readonly writes: readonly Statement[]
}

/** Opens the version that takes the change; `changes` are what the plan itself changes with it. */
export function revisePlan(
  scope: Scope,
  { plan, terms }: PlanWithTerms,
  changes: { readonly head?: Partial<PlanHead>; readonly terms?: CadencedTerms },
): Revision {
  const { cadence, terms: planTerms } = changes.terms ?? terms
  const isNew = plan.currentInUse
  const currentVersion = isNew ? plan.currentVersion + 1 : plan.currentVersion
  const head = { ...changes.head, currentVersion, currentInUse: false }
  const version: PlanVersionRow = {
    ...terms,
    planVersion: currentVersion,
    cadence,
    terms: planTerms,
    createdAt: isNew ? scope.now : terms.createdAt,
  }
  const inPlace = { cadence, terms: planTerms }
  return {
    revised: { plan: { ...plan, ...head, version: plan.version + 1 }, terms: version },
    guards: [
      scope.write.update(plans, plan.id, plan.version, head),
      ...(isNew ? [] : [scope.write.changePlanVersion(plan.id, currentVersion, inPlace)]),
    ],
    writes: isNew ? [scope.write.insert(planVersions, version)] : [],
  }
}
