// What reports make of balances. Debits are positive, as in the entries; a report turns an account to its normal side.

import type { Currency } from "../currency.ts"
import type { Minor } from "../money.ts"
import { minor } from "../money.ts"
import type { AccountBalance, LedgerAccount } from "./accounts.ts"
import { LEDGER_ACCOUNTS, NORMAL_BALANCE } from "./accounts.ts"

/** By currency, then in the order of the accounts. */
export function sortedBalances(balances: readonly AccountBalance[]): AccountBalance[] {
  const place = ({ account }: AccountBalance) => LEDGER_ACCOUNTS.indexOf(account)
  return balances.toSorted((a, b) =>
    a.currency === b.currency ? place(a) - place(b) : a.currency < b.currency ? -1 : 1,
  )
}

/** An amount on the normal side of its account, where it usually is positive. */
export function onNormalSide(account: LedgerAccount, amount: Minor): Minor {
  return NORMAL_BALANCE[account] === "Debit" ? amount : minor(-amount)
}

export type TrialBalance = {
  readonly currency: Currency
  readonly debit: Minor
  readonly credit: Minor
  readonly accounts: readonly AccountBalance[]
}

/** The accounts of each currency, whose debits and credits must be the same. */
export function trialBalances(balances: readonly AccountBalance[]): TrialBalance[] {
  const groups = Map.groupBy(sortedBalances(balances), ({ currency }) => currency)
  return [...groups].map(([currency, accounts]) => {
    const debit = minor(accounts.reduce((sum, { amount }) => (amount > 0n ? sum + amount : sum), 0n))
    const credit = minor(accounts.reduce((sum, { amount }) => (amount < 0n ? sum - amount : sum), 0n))
    return { currency, debit, credit, accounts }
  })
}

export type RevenueMonth = {
  readonly month: string
  readonly currency: Currency
  /** What came onto each account of income in the month, on the normal side of the account. */
  readonly moved: Readonly<Record<IncomeAccount, Minor>>
  /** Revenue and breakage, less refunds and promotions. */
  readonly net: Minor
  /** What stands at DeferredRevenue at the end of the month. */
  readonly deferred: Minor
}

export const INCOME_ACCOUNTS = ["Revenue", "Breakage", "Refunds", "Promotions"] as const

export type IncomeAccount = (typeof INCOME_ACCOUNTS)[number]

/** Of each month the difference of two balances. `ends`: months with the balances at their end, the one before the first included. */
export function revenueByMonth(
  ends: readonly { readonly month: string; readonly balances: readonly AccountBalance[] }[],
): RevenueMonth[] {
  const currencies = [...new Set(ends.flatMap(({ balances }) => balances.map(({ currency }) => currency)))]
  return currencies.toSorted().flatMap((currency) =>
    ends.slice(1).map(({ month, balances }, at): RevenueMonth => {
      const before = ends[at]?.balances ?? []
      const movedOn = (account: LedgerAccount) =>
        minor(standingOf(balances, currency, account) - standingOf(before, currency, account))
      const moved = {
        Revenue: movedOn("Revenue"),
        Breakage: movedOn("Breakage"),
        Refunds: movedOn("Refunds"),
        Promotions: movedOn("Promotions"),
      }
      const net = minor(moved.Revenue + moved.Breakage - moved.Refunds - moved.Promotions)
      return { month, currency, moved, net, deferred: standingOf(balances, currency, "DeferredRevenue") }
    }),
  )
}

function standingOf(balances: readonly AccountBalance[], currency: Currency, account: LedgerAccount): Minor {
  const found = balances.find((balance) => balance.currency === currency && balance.account === account)
  return onNormalSide(account, found?.amount ?? minor(0n))
}
