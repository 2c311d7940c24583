// Deletes a spend alert: it limits nothing any more. What it did stays in the audit trail.

import type { AlertRow } from "../db/rows.ts"
import type { Outcome, Reply } from "./act.ts"
import { changeAlert, type AlertIds } from "./change-alert.ts"
import type { Scope } from "./scope.ts"

export async function deleteAlert(
  scope: Scope,
  ids: AlertIds,
  reply: Reply<AlertRow>,
): Promise<Outcome<AlertRow>> {
  return changeAlert(scope, ids, "alert.deleted", () => ({ deletedAt: scope.now }), reply)
}
