// What a change of the hierarchy means for budgets: with a customer that begins or ceases to consolidate to a parent, its subscriptions
// begin or cease to spend from the budgets above it; and with its invoices they move to the credit of who gets those. They are told by
// the agenda.

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
  const [budgets, wallets] = await Promise.all([
    budgetsMoved(scope, before, after),
    walletsMoved(scope, before, after),
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

/** Whose budgets the customer's subscriptions leave or come to, beside its own. */
async function budgetsMoved(scope: Scope, before: CustomerRow, after: CustomerRow): Promise<string[]> {
  if (above(before) === above(after)) return []
  const ends = [above(before), above(after)].filter((id) => id !== null)
  const found = await Promise.all(ends.map((id) => scope.read.budgets.payers(id)))
  return [...new Set(found.flat())]
}

/** Whose credit, where it is watched, their usage counts against no more, or from now on. */
async function walletsMoved(scope: Scope, before: CustomerRow, after: CustomerRow): Promise<string[]> {
  if (above(before) === above(after) && before.billToId === after.billToId) return []
  const { walletBudgets } = scope.read
  const to = above(after)
  const own = after.billToId ?? after.id
  const [from, onto] = await Promise.all([
    walletBudgets.payers(before.id),
    to === null
      ? walletBudgets.isWatched(own).then((isWatched) => (isWatched ? [own] : []))
      : walletBudgets.payers(to),
  ])
  return [...new Set([...from, ...onto])]
}

/** The customer whose invoices what it owes is on, if that is not itself. */
function above({ parentId, consolidation }: CustomerRow): string | null {
  return consolidation === "ConsolidateToParent" ? parentId : null
}
