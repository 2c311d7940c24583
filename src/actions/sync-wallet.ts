// Tells all who spend from a customer's credit what it allows, and then looks whether it is low. Runs from the agenda after each change
// of the credit; telling again does nothing.

import { sideBySide } from "../runtime/side-by-side.ts"
import { limits } from "../limits.ts"
import type { Currency } from "../domain/currency.ts"
import type { CreditTerms } from "../domain/prepaid.ts"
import { creditName } from "../domain/prepaid.ts"
import type { Outcome } from "./act.ts"
import { checkWallets } from "./check-wallets.ts"
import { meterTermsOf } from "./meter-terms.ts"
import type { Scope } from "./scope.ts"

export async function syncWallet(scope: Scope, customerId: string): Promise<Outcome<null>> {
  await tellWallet(scope, customerId)
  return checkWallets(scope, customerId, null)
}

/** Tells the meters first, so that none of them spends by what was allowed before once the budget knows better. Throws if one could
 *  not be told. */
export async function tellWallet(scope: Scope, customerId: string): Promise<void> {
  if (!(await scope.read.walletBudgets.isWatched(customerId))) return
  const wallets = await scope.read.wallets.ofCustomer(customerId)
  for (const currency of new Set(wallets.map((wallet) => wallet.currency))) {
    await tellCredit(scope, customerId, currency)
  }
}

async function tellCredit(scope: Scope, customerId: string, currency: Currency): Promise<void> {
  const terms = await scope.read.walletBudgets.of(customerId, currency)
  if (terms === null) return
  await tellMembers(scope, terms)
  await scope.budget(creditName(customerId, currency)).setTerms(terms)
}

async function tellMembers(scope: Scope, { members }: CreditTerms): Promise<void> {
  const failures: unknown[] = []
  await sideBySide(members, limits.jobsSideBySide, async (id) => {
    try {
      const terms = await scope.read.subscriptions.withTerms(id)
      if (terms !== null) await scope.meter(id).setTerms(meterTermsOf(terms))
    } catch (error) {
      failures.push(error)
    }
  })
  if (failures.length > 0) throw failures[0]
}
