// What goes with every change of a customer's alerts: its budget and the terms of all who spend from it get a new version in
// the commit, and are told before the answer, so that a limit holds from the answer on. The agenda tells whom that missed.

import { putBudget, renewTerms } from "../db/budgets.ts"
import type { Statement } from "../db/database.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { limits } from "../limits.ts"
import { log } from "../runtime/log.ts"
import { meterTermsOf } from "./meter-terms.ts"
import type { Scope } from "./scope.ts"

export type BudgetChange = { readonly writes: readonly Statement[]; readonly agenda: readonly AgendaItem[] }

/** `version` is the one to be. The customer's row guards it, which every change of its alerts touches. */
export function budgetChange(scope: Scope, customerId: string, version: number): BudgetChange {
  const { platform, tenant, now } = scope
  return {
    writes: [
      putBudget(platform.db, tenant.id, customerId, version, now),
      renewTerms(platform.db, tenant.id, customerId, now),
    ],
    agenda: [{ kind: "sync-budget", subject: customerId, uniqueKey: `version ${version}`, dueAt: now }],
  }
}

/** Tells the meters of all who spend from a customer's budget, then the budget. Throws if one could not be told. */
export async function tellBudget(scope: Scope, customerId: string): Promise<void> {
  const members = await scope.read.budgets.members(customerId, scope.now, limits.budgetTold)
  const told = await Promise.allSettled(
    members.map(async (subscription) => {
      const terms = await scope.read.subscriptions.termsOf(subscription)
      if (terms !== null) await scope.meter(subscription.id).setTerms(meterTermsOf(terms))
    }),
  )
  const budget = await scope.read.budgets.of(customerId)
  if (budget !== null) await scope.budget(customerId).setTerms(budget)
  const failed = told.find((one) => one.status === "rejected")
  if (failed !== undefined) throw failed.reason
}

/** As `tellBudget`, after a commit: what it can't tell now, the agenda will. */
export async function tellBudgetNow(scope: Scope, customerId: string): Promise<void> {
  try {
    await tellBudget(scope, customerId)
  } catch (error) {
    log.error("a budget could not be told its limits; the agenda will", error, { customer: customerId })
  }
}
