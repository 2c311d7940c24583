// Double entry in minor units, append-only. Debits are positive, credits negative.
// Law: the entries of one transaction sum to zero; a correction is a new transaction.

import { assert } from "./assert.ts"
import type { Currency } from "./currency.ts"
import type { Minor } from "./money.ts"
import { minor } from "./money.ts"

export const LEDGER_ACCOUNTS = ["AccountsReceivable", "Revenue"] as const

export type LedgerAccount = (typeof LEDGER_ACCOUNTS)[number]

export type LedgerCause = "invoice.finalized" | "invoice.voided"

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
}

/** What a customer owes from a finalized invoice. A total of zero moves nothing and posts nothing. */
export function postFinalized(invoice: InvoiceMoney): Posting[] {
  return posting("invoice.finalized", invoice, invoice.totalMinor)
}

/** Takes back what the finalization posted. */
export function postVoided(invoice: InvoiceMoney): Posting[] {
  return posting("invoice.voided", invoice, minor(-invoice.totalMinor))
}

function posting(cause: LedgerCause, invoice: InvoiceMoney, owed: Minor): Posting[] {
  if (owed === 0n) return []
  const entries = [
    { account: "AccountsReceivable", amount: owed },
    { account: "Revenue", amount: minor(-owed) },
  ] as const
  assert(entries.reduce((sum, entry) => sum + entry.amount, 0n) === 0n, "a posting must balance", { cause })
  const { id: causeId, customerId, currency } = invoice
  return [{ cause, causeId, customerId, currency, entries }]
}
