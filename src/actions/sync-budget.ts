// Tells a customer's budget and the meters that spend from it that its alerts changed. Runs from the agenda, after what was told
// at once; telling again does nothing.

import { ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { tellBudget } from "./budget-change.ts"
import type { Scope } from "./scope.ts"

export async function syncBudget(scope: Scope, customerId: string): Promise<Outcome<null>> {
  await tellBudget(scope, customerId)
  return act(scope, async () => ok({ value: null, commit: { audit: [] } }), null)
}
