// Resets a spend alert: from now on it counts anew, as if the running periods had spent nothing yet. A HardLimit that refuses lets
// events pass again, a SoftLimit that was crossed can be crossed once more.

import type { AlertRow } from "../db/rows.ts"
import type { Outcome, Reply } from "./act.ts"
import { changeAlert, type AlertIds } from "./change-alert.ts"
import type { Scope } from "./scope.ts"

export async function resetAlert(
  scope: Scope,
  ids: AlertIds,
  reply: Reply<AlertRow>,
): Promise<Outcome<AlertRow>> {
  const reset = ({ epoch }: AlertRow) => ({ epoch: epoch + 1, triggeredAt: null, resetAt: scope.now })
  return changeAlert(scope, ids, "alert.reset", reset, reply)
}
