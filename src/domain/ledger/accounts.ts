// The accounts and what a posting is. Minor units, append-only; debits are positive, credits negative.
// Law: the entries of one posting sum to zero, those over days also day by day; a correction is a new posting.

import { assert } from "../assert.ts"
import type { Currency } from "../currency.ts"
import type { Minor } from "../money.ts"
import type { DaySpan } from "./recognition.ts"

/** The side on which an account's balance normally stands. */
export type NormalBalance = "Debit" | "Credit"

export const NORMAL_BALANCE = {
  AccountsReceivable: "Debit",
  Cash: "Debit",
  Disputes: "Debit",
  Revenue: "Credit",
  DeferredRevenue: "Credit",
  Breakage: "Credit",
  Refunds: "Debit",
  Promotions: "Debit",
  BadDebt: "Debit",
  TaxPayable: "Credit",
  PrepaidCredit: "Credit",
  PromotionalCredit: "Credit",
  PayoutsPayable: "Credit",
} as const satisfies Record<string, NormalBalance>

export type LedgerAccount = keyof typeof NORMAL_BALANCE

export const LEDGER_ACCOUNTS = Object.keys(NORMAL_BALANCE) as [LedgerAccount, ...LedgerAccount[]]

export const LEDGER_CAUSES = [
  "invoice.finalized",
  "invoice.voided",
  "invoice.written_off",
  "credit_note.issued",
  "payment.succeeded",
  "payment.failed",
  "refund.succeeded",
  "refund.failed",
  "dispute.opened",
  "dispute.won",
  "dispute.lost",
  "dispute.set_off",
  "dispute.set_off_undone",
  "payout.succeeded",
  "payout.failed",
  "wallet.granted",
  "wallet.drawn",
  "wallet.returned",
  "wallet.expired",
  "wallet.debited",
  "wallet.reversed",
  "wallet.restored",
] as const

export type LedgerCause = (typeof LEDGER_CAUSES)[number]

/** `days`: the amount is booked day by day over these days, not at once. */
export type Entry = {
  readonly account: LedgerAccount
  readonly amount: Minor
  readonly days?: DaySpan
}

export type Posting = {
  readonly cause: LedgerCause
  readonly causeId: string
  readonly customerId: string
  readonly currency: Currency
  readonly entries: readonly Entry[]
}

/** Whose money moves, why, and how much. */
export type Movement = {
  readonly customerId: string
  readonly currency: Currency
  readonly amountMinor: Minor
}

/** One posting of what is not zero; none where nothing moves. */
export function post(
  cause: LedgerCause,
  causeId: string,
  { customerId, currency }: Pick<Movement, "customerId" | "currency">,
  amounts: readonly Entry[],
): Posting[] {
  const entries = amounts.filter(({ amount }) => amount !== 0n)
  const spans = Map.groupBy(entries, ({ days }) => (days === undefined ? "" : `${days.from}/${days.to}`))
  for (const [days, some] of spans) {
    const sum = some.reduce((total, entry) => total + entry.amount, 0n)
    assert(sum === 0n, "a posting must balance", { cause, causeId, days, sum })
    const accounts = new Set(some.map(({ account }) => account))
    assert(accounts.size === some.length, "an account moves once in a posting", { cause, causeId })
  }
  return entries.length === 0 ? [] : [{ cause, causeId, customerId, currency, entries }]
}

/** What an account stands at in a currency. */
export type AccountBalance = {
  readonly account: LedgerAccount
  readonly currency: Currency
  readonly amount: Minor
}
