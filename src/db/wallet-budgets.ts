// What a change of a customer's credit changes beside it: the version of what the credit allows, and that of the terms of every
// subscription that spends from it. Who they are is found by the commit itself, so that one which is made meanwhile is not missed.

import { and, eq, sql } from "drizzle-orm"
import type { Instant } from "../domain/time.ts"
import { creditPayeeIds } from "./budgets.ts"
import type { Database, Statement } from "./database.ts"
import { subscriptions, walletBudgets } from "./schema.ts"

/** Counts the version up. */
export function putWalletBudget(
  db: Database,
  tenantId: string,
  customerId: string,
  changedAt: Instant,
): Statement {
  return db
    .insert(walletBudgets)
    .values({ tenantId, customerId, version: 1, changedAt })
    .onConflictDoUpdate({
      target: [walletBudgets.tenantId, walletBudgets.customerId],
      set: { version: sql`${walletBudgets.version} + 1`, changedAt },
    })
}

/** Counts the version up where there is one: a wallet may be told to watch its balance between a decision and its commit. */
export function renewWalletBudget(
  db: Database,
  tenantId: string,
  customerId: string,
  changedAt: Instant,
): Statement {
  return db
    .update(walletBudgets)
    .set({ version: sql`${walletBudgets.version} + 1`, changedAt })
    .where(and(eq(walletBudgets.tenantId, tenantId), eq(walletBudgets.customerId, customerId)))
}

/** Counts up the terms of all who spend, or have spent, from a customer's credit, if that is watched. */
export function renewWalletTerms(db: Database, tenantId: string, customerId: string): Statement {
  const next = {
    termsVersion: sql`${subscriptions.termsVersion} + 1`,
    version: sql`${subscriptions.version} + 1`,
  }
  const theirs = sql`${subscriptions.customerId} IN (${creditPayeeIds(tenantId, customerId)})`
  const isWatched = sql`EXISTS (SELECT 1 FROM wallet_budgets WHERE tenant_id = ${tenantId} AND customer_id = ${customerId})`
  return db
    .update(subscriptions)
    .set(next)
    .where(and(eq(subscriptions.tenantId, tenantId), isWatched, theirs))
}
