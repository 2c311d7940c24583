// What resetting and deleting an alert have in common: the row changes, and all who spend under it are told.

import type { AlertRow } from "../db/rows.ts"
import { alerts, customers } from "../db/schema.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { budgetChange, tellBudgetNow } from "./budget-change.ts"
import { alertState, alertSubject } from "./create-alert.ts"
import { findCustomer } from "./find.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type AlertIds = { readonly customerId: string; readonly alertId: string }

type Changes = Partial<Pick<AlertRow, "epoch" | "triggeredAt" | "resetAt" | "deletedAt">>

export async function changeAlert(
  scope: Scope,
  { customerId, alertId }: AlertIds,
  action: "alert.reset" | "alert.deleted",
  changesOf: (before: AlertRow) => Changes,
  reply: Reply<AlertRow>,
): Promise<Outcome<AlertRow>> {
  const outcome = await act(
    scope,
    async () => {
      const customer = await findCustomer(scope, customerId)
      const before = customer.ok ? await scope.read.budgets.alert(customerId, alertId) : null
      if (!customer.ok) return customer
      if (before === null) return err(notFound("alert"))
      const changes = changesOf(before)
      const after = { ...before, ...changes, version: before.version + 1 }
      const version = (await scope.read.budgets.version(customerId)) + 1
      const change = budgetChange(scope, customerId, version)
      return ok({
        value: after,
        commit: {
          guards: [
            scope.write.update(customers, customerId, customer.value.version, {}),
            scope.write.update(alerts, alertId, before.version, changes),
          ],
          writes: change.writes,
          agenda: change.agenda,
          audit: [{ action, ...alertSubject(after), before: alertState(before) }],
        },
      })
    },
    reply,
  )
  if (outcome.ok) await tellBudgetNow(scope, customerId)
  return outcome
}
