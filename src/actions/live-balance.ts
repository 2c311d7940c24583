// What is left of a customer's credit once it pays what is used and not billed yet: what it holds less what the meters say.

import type { Prepaid } from "../domain/alert.ts"
import type { Currency } from "../domain/currency.ts"
import { minor, minorToNanos, nanos, type Nanos } from "../domain/money.ts"
import { unpaidOf } from "../domain/prepaid.ts"
import { meterTermsOf, pricesOf } from "./meter-terms.ts"
import type { Scope } from "./scope.ts"

/** `balance`: what its grants hold that pay everything. `unbilled`: usage that no final invoice took. */
export type LiveBalance = {
  readonly balanceNanos: Nanos
  readonly unbilledNanos: Nanos
  readonly liveNanos: Nanos
}

export async function liveBalance(
  scope: Scope,
  customerId: string,
  currency: Currency,
): Promise<LiveBalance> {
  const { balanceMinor, prepaid } = await scope.read.walletBudgets.standing(customerId, currency, scope.now)
  const balanceNanos = minorToNanos(minor(balanceMinor), currency)
  const unbilledNanos = await unbilled(scope, prepaid)
  return { balanceNanos, unbilledNanos, liveNanos: nanos(balanceNanos - unbilledNanos) }
}

async function unbilled(scope: Scope, prepaid: Prepaid): Promise<Nanos> {
  const parts = await Promise.all(
    Object.entries(prepaid.since).map(async ([id, since]) => {
      const terms = await scope.read.subscriptions.withTerms(id)
      if (terms === null) return 0n
      const request = { terms: meterTermsOf(terms), prices: pricesOf(terms), since, now: scope.now }
      const { uses } = await scope.meter(id).spend(request)
      return uses.reduce((sum, use) => sum + unpaidOf(prepaid, id, use, nanos(BigInt(use.spend))), 0n)
    }),
  )
  return nanos(parts.reduce((sum, part) => sum + part, 0n))
}
