// Compares the ledger with the documents that it books: the balances are added up from the entries, and what they must be from invoices,
// credit notes, payments, refunds and wallets. Pure.

import type { Currency } from "../currency.ts"
import type { Minor } from "../money.ts"
import { minor } from "../money.ts"
import type { LedgerAccount, LedgerCause } from "./accounts.ts"

/** What the entries of a customer add up to, those over days in full. */
export type EntrySum = {
  readonly customerId: string
  readonly currency: Currency
  readonly account: LedgerAccount
  readonly cause: LedgerCause
  readonly amount: Minor
}

export const AUDIT_CHECKS = [
  "Balance",
  "Deferral",
  "Receivables",
  "Income",
  "Tax",
  "Losses",
  "Payments",
  "Refunds",
  "Payouts",
  "Disputes",
  "Payables",
  "PrepaidCredit",
  "PromotionalCredit",
  "CreditEntries",
  "Draws",
  "Sums",
] as const

export type AuditCheck = (typeof AUDIT_CHECKS)[number]

/** What one kind of document says that entries must add up to. */
export type DocumentSum = {
  readonly customerId: string
  readonly currency: Currency
  readonly check: AuditCheck
  readonly amount: Minor
}

/** `customerId` null: of the tenant as a whole. */
export type Difference = {
  readonly check: AuditCheck
  readonly customerId: string | null
  readonly currency: Currency
  readonly account: LedgerAccount | null
  readonly expected: Minor
  readonly actual: Minor
}

/** The entries that a check looks at. What no document is compared with must add up to nothing. */
const CHECKED: Readonly<Record<Exclude<AuditCheck, "Sums">, (entry: EntrySum) => boolean>> = {
  Balance: () => true,
  Deferral: ({ account }) => account === "DeferredRevenue",
  Receivables: ({ account }) => account === "AccountsReceivable",
  Income: ({ account }) => account === "Revenue" || account === "DeferredRevenue",
  Tax: ({ account }) => account === "TaxPayable",
  Losses: ({ account, cause }) => account === "BadDebt" && !cause.startsWith("dispute."),
  Payments: ({ account, cause }) => account === "Cash" && cause.startsWith("payment."),
  Payouts: ({ account, cause }) => account === "Cash" && cause.startsWith("payout."),
  Refunds: ({ account, cause }) => account === "Cash" && cause.startsWith("refund."),
  Disputes: ({ account }) => account === "Disputes",
  Payables: ({ account }) => account === "PayoutsPayable",
  PrepaidCredit: ({ account }) => account === "PrepaidCredit",
  PromotionalCredit: ({ account }) => account === "PromotionalCredit",
  CreditEntries: ({ account }) => account === "PrepaidCredit" || account === "PromotionalCredit",
  Draws: ({ account, cause }) =>
    (account === "AccountsReceivable" || account === "BadDebt") &&
    (cause === "wallet.drawn" || cause === "wallet.returned"),
}

/** Every difference between what customers' entries come to and what their documents say. */
export function differencesOf(entries: readonly EntrySum[], documents: readonly DocumentSum[]): Difference[] {
  const keyOf = (sum: { readonly customerId: string; readonly currency: Currency }) =>
    `${sum.customerId} ${sum.currency}`
  const ofLedger = Map.groupBy(entries, keyOf)
  const ofDocuments = Map.groupBy(documents, keyOf)
  const keys = new Set([...ofLedger.keys(), ...ofDocuments.keys()])
  return [...keys].flatMap((key) => compared(ofLedger.get(key) ?? [], ofDocuments.get(key) ?? []))
}

function compared(entries: readonly EntrySum[], documents: readonly DocumentSum[]): Difference[] {
  const [first] = [...entries, ...documents]
  if (first === undefined) return []
  const { customerId, currency } = first
  return Object.entries(CHECKED).flatMap(([name, counts]): Difference[] => {
    const check = name as AuditCheck
    const expected = total(documents.filter((sum) => sum.check === check))
    const actual = total(entries.filter(counts))
    return expected === actual ? [] : [{ check, customerId, currency, account: null, expected, actual }]
  })
}

function total(sums: readonly { readonly amount: Minor }[]): Minor {
  return minor(sums.reduce((sum, { amount }) => sum + amount, 0n))
}
