// What a change of the hierarchy means for budgets: with a customer that begins or ceases to consolidate to a parent, its
// subscriptions begin or cease to spend from the budgets and the credit above it. They are told by the agenda.

import { renewTerms } from "../db/budgets.ts"
import type { CustomerRow } from "../db/rows.ts"
import { budgetChange, type BudgetChange } from "./budget-change.ts"
import type { Scope } from "./scope.ts"
import { walletChange } from "./wallet-limit.ts"

const NOTHING: BudgetChange = { writes: [], agenda: [] }

export async function movedBudgets(
  scope: Scope,
  before: CustomerRow,
  after: CustomerRow,
): Promise<BudgetChange> {
  if (above(before) === above(after)) return NOTHING
  const ends = [above(before), above(after)].filter((id) => id !== null)
  const [budgets, wallets] = await Promise.all([
    distinct(ends.map((id) => scope.read.budgets.payers(id))),
    distinct(ends.map((id) => scope.read.walletBudgets.payers(id))),
  ])
  if (budgets.length + wallets.length === 0) return NOTHING
  const changes = await Promise.all([
    ...budgets.map(async (id) => budgetChange(scope, id, (await scope.read.budgets.version(id)) + 1)),
    ...wallets.map((id) => walletChange(scope, id)),
  ])
  // Those who leave a budget are none of its members any more when it is told, so they are told as the customer's own.
  const { platform, tenant, now } = scope
  const uniqueKey = `moved ${after.version}`
  return {
    writes: [...changes.flatMap(({ writes }) => writes), renewTerms(platform.db, tenant.id, after.id, now)],
    agenda: [
      ...changes.flatMap(({ agenda }) => agenda),
      { kind: "sync-budget", subject: after.id, uniqueKey, dueAt: now },
    ],
  }
}

/** The customer whose budget, if it has one, this one spends from beside its own. */
function above({ parentId, consolidation }: CustomerRow): string | null {
  return consolidation === "ConsolidateToParent" ? parentId : null
}

async function distinct(some: readonly Promise<readonly string[]>[]): Promise<string[]> {
  return [...new Set((await Promise.all(some)).flat())]
}
