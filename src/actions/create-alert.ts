// Creates a spend alert of a customer. It holds from the answer on, for what the running periods have spent already too.

import type { AlertRow } from "../db/rows.ts"
import { alerts, customers } from "../db/schema.ts"
import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { budgetChange, tellBudgetNow } from "./budget-change.ts"
import { findCustomer } from "./find.ts"
import type { Refusal } from "./refusal.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type NewAlert = Pick<AlertRow, "alertType" | "thresholdNanos">

export async function createAlert(
  scope: Scope,
  customerId: string,
  input: NewAlert,
  reply: Reply<AlertRow>,
): Promise<Outcome<AlertRow>> {
  const row = newRow(scope, customerId, input)
  const outcome = await act(
    scope,
    async () => {
      const customer = await findCustomer(scope, customerId)
      if (!customer.ok) return customer
      const refused = await refuse(scope, customerId)
      if (refused !== null) return err(refused)
      const version = (await scope.read.budgets.version(customerId)) + 1
      const change = budgetChange(scope, customerId, version)
      return ok({
        value: row,
        commit: {
          guards: [scope.write.update(customers, customerId, customer.value.version, {})],
          writes: [scope.write.insert(alerts, row), ...change.writes],
          agenda: change.agenda,
          audit: [{ action: "alert.created", ...alertSubject(row), after: alertState(row) }],
        },
      })
    },
    reply,
  )
  if (outcome.ok) await tellBudgetNow(scope, customerId)
  return outcome
}

async function refuse(scope: Scope, customerId: string): Promise<Refusal | null> {
  const { alertsPerCustomer, budgetMembers } = limits
  const [count, members] = await Promise.all([
    scope.read.budgets.countAlerts(customerId),
    scope.read.budgets.members(customerId, scope.now, budgetMembers + 1),
  ])
  if (count >= alertsPerCustomer) {
    return refusal("invalid_state", `A customer has at most ${alertsPerCustomer} alerts.`)
  }
  if (members.length <= budgetMembers) return null
  return refusal("invalid_state", `More than ${budgetMembers} subscriptions would share the alert.`)
}

function newRow(scope: Scope, customerId: string, input: NewAlert): AlertRow {
  return {
    ...input,
    id: scope.newId(),
    tenantId: scope.tenant.id,
    customerId,
    epoch: 0,
    timesTriggered: 0,
    triggeredAt: null,
    resetAt: null,
    deletedAt: null,
    version: 1,
    createdAt: scope.now,
  }
}

/** Whom an audit entry is about. */
export function alertSubject({ id, customerId }: AlertRow) {
  return { subjectType: "Alert", subjectId: id, customerId }
}

/** An alert as the audit trail keeps it. */
export function alertState({ alertType, thresholdNanos, timesTriggered }: AlertRow) {
  return { alert_type: alertType, threshold_nanos: thresholdNanos, times_triggered: timesTriggered }
}
