// Double entry in minor units, append-only. Debits are positive, credits negative.
// Law: the entries of one transaction sum to zero; a correction is a new transaction.

import { assert } from "./assert.ts"
import type { Currency } from "./currency.ts"
import type { Minor } from "./money.ts"
import { minor } from "./money.ts"

export const LEDGER_ACCOUNTS = ["AccountsReceivable", "Revenue", "TaxPayable", "BadDebt"] as const

export type LedgerAccount = (typeof LEDGER_ACCOUNTS)[number]

export type LedgerCause =
  | "invoice.finalized"
  | "invoice.voided"
  | "invoice.written_off"
  | "credit_note.issued"

export type Posting = {
  readonly cause: LedgerCause
  readonly causeId: string
  readonly customerId: string
  readonly currency: Currency
  readonly entries: readonly { readonly account: LedgerAccount; readonly amount: Minor }[]
}

type InvoiceMoney = {
  readonly id: string
  readonly customerId: string
  readonly currency: Currency
  readonly totalMinor: Minor
  /** The tax in it, which is owed on and earned by nobody. */
  readonly taxMinor: Minor
}

/** What a customer owes from a finalized invoice. What is zero moves nothing and posts nothing. */
export function postFinalized(invoice: InvoiceMoney): Posting[] {
  return posting("invoice.finalized", invoice, 1n)
}

/** Takes back what the finalization posted. */
export function postVoided(invoice: InvoiceMoney): Posting[] {
  return posting("invoice.voided", invoice, -1n)
}

/** Gives back revenue and tax, against what is still owed or, of an invoice that was given up, against the loss. */
export function postCredited(
  note: InvoiceMoney,
  against: Extract<LedgerAccount, "AccountsReceivable" | "BadDebt">,
): Posting[] {
  return posting("credit_note.issued", note, -1n, against)
}

/** What is still owed becomes a loss. */
export function postWrittenOff(invoice: InvoiceMoney, owed: Minor): Posting[] {
  const { id: causeId, customerId, currency } = invoice
  if (owed === 0n) return []
  const entries = [
    { account: "AccountsReceivable", amount: minor(-owed) },
    { account: "BadDebt", amount: owed },
  ] as const
  return [{ cause: "invoice.written_off", causeId, customerId, currency, entries }]
}

function posting(
  cause: LedgerCause,
  invoice: InvoiceMoney,
  sign: 1n | -1n,
  against: LedgerAccount = "AccountsReceivable",
): Posting[] {
  const { id: causeId, customerId, currency, totalMinor, taxMinor } = invoice
  const amounts = [
    { account: against, amount: minor(sign * totalMinor) },
    { account: "Revenue", amount: minor(-sign * (totalMinor - taxMinor)) },
    { account: "TaxPayable", amount: minor(-sign * taxMinor) },
  ] as const
  const entries = amounts.filter(({ amount }) => amount !== 0n)
  assert(entries.reduce((sum, entry) => sum + entry.amount, 0n) === 0n, "a posting must balance", { cause })
  return entries.length === 0 ? [] : [{ cause, causeId, customerId, currency, entries }]
}
