// What goes with every commit that changes a customer's credit, or what of usage it has paid: what the credit allows gets a new
// version, and so do the terms of all who spend from it. They are told right after the commit where that can be; the agenda tells
// whom that missed, and looks whether the credit is low.

import type { Statement } from "../db/database.ts"
import { putWalletBudget, renewWalletBudget, renewWalletTerms } from "../db/wallet-budgets.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { log } from "../runtime/log.ts"
import { tellWallet } from "./sync-wallet.ts"
import type { Scope } from "./scope.ts"

export type WalletChange = { readonly writes: readonly Statement[]; readonly agenda: readonly AgendaItem[] }

const NOTHING: WalletChange = { writes: [], agenda: [] }

/** `isWatched`: whether a wallet watches its balance already, where it is known; `becomesWatched`: whether the commit itself makes one
 *  watch it. `isMoving`: it changes what the wallets hold. */
type Options = {
  readonly isWatched?: boolean
  readonly becomesWatched?: boolean
  readonly isMoving?: boolean
}

/**
 * To be added to each commit that grants, draws, returns, debits, expires or reverses credit of the customer, changes or adds a wallet,
 * or makes usage final or unbilled (a finalized or void invoice). The writes come behind those that change the wallets. Nothing where
 * no wallet of the customer watches its balance.
 */
export async function walletChange(
  scope: Scope,
  customerId: string,
  { isWatched, becomesWatched = false, isMoving = false }: Options = {},
): Promise<WalletChange> {
  const { platform, tenant, now } = scope
  if (!becomesWatched && !(isWatched ?? (await scope.read.walletBudgets.isWatched(customerId)))) {
    if (!isMoving) return NOTHING
    const renewed = renewWalletBudget(platform.db, tenant.id, customerId, now)
    return { writes: [renewed, renewWalletTerms(platform.db, tenant.id, customerId)], agenda: [] }
  }
  return {
    writes: [
      putWalletBudget(platform.db, tenant.id, customerId, now),
      renewWalletTerms(platform.db, tenant.id, customerId),
    ],
    agenda: [{ kind: "sync-wallet", subject: customerId, uniqueKey: scope.newId(), dueAt: now }],
  }
}

/** After such a commit, so that a top-up or a draw holds from the answer on: what can't be told now, the agenda will. */
export async function tellWalletNow(scope: Scope, customerId: string): Promise<void> {
  try {
    await tellWallet(scope, customerId)
  } catch (error) {
    log.error("what a wallet allows could not be told; the agenda will", error, { customer: customerId })
  }
}
