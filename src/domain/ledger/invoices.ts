// What an invoice posts in its life, payments and credits apart.
// Law: AccountsReceivable stands at what open invoices say is due; what is owed the other way stands at PayoutsPayable.

import { assert } from "../assert.ts"
import type { Currency } from "../currency.ts"
import { minor } from "../money.ts"
import type { Minor } from "../money.ts"
import type { Entry, LedgerAccount, LedgerCause, Posting } from "./accounts.ts"
import { post } from "./accounts.ts"
import type { Deferral } from "./recognition.ts"

export type InvoiceMoney = {
  readonly id: string
  readonly customerId: string
  readonly currency: Currency
  readonly totalMinor: Minor
  /** The tax in it, which is owed on and earned by nobody. */
  readonly taxMinor: Minor
}

/** What a customer owes from a finalized invoice, or is owed where it is below zero. What is not earned yet is deferred. */
export function postFinalized(invoice: InvoiceMoney, deferred: readonly Deferral[] = []): Posting[] {
  const debtor = debtorOf(invoice)
  return earned("invoice.finalized", invoice, deferred, 1n, [{ account: debtor, amount: invoice.totalMinor }])
}

/** Takes back what the finalization posted. `deferred`: what is not earned yet at the void. */
export function postVoided(invoice: InvoiceMoney, deferred: readonly Deferral[] = []): Posting[] {
  const taken = { account: debtorOf(invoice), amount: minor(-invoice.totalMinor) }
  return earned("invoice.voided", invoice, deferred, -1n, [taken])
}

/** Of the invoice before the note: what is not paid of it, and where that stands. */
export type Unpaid = {
  readonly account: Extract<LedgerAccount, "AccountsReceivable" | "BadDebt">
  readonly amountMinor: Minor
}

/** Gives back revenue and tax, against what is not paid of the invoice or, if it was given up, against the loss. What goes beyond is
 *  owed to the customer. */
export function postCredited(
  note: InvoiceMoney,
  unpaid: Unpaid,
  deferred: readonly Deferral[] = [],
): Posting[] {
  const { totalMinor } = note
  assert(totalMinor >= 0n && unpaid.amountMinor >= 0n, "a note gives back", { note: note.id })
  const lessened = totalMinor < unpaid.amountMinor ? totalMinor : unpaid.amountMinor
  return earned("credit_note.issued", note, deferred, -1n, [
    { account: unpaid.account, amount: minor(-lessened) },
    { account: "PayoutsPayable", amount: minor(lessened - totalMinor) },
  ])
}

/** What is still owed becomes a loss. */
export function postWrittenOff(invoice: InvoiceMoney, owed: Minor): Posting[] {
  return post("invoice.written_off", invoice.id, invoice, [
    { account: "AccountsReceivable", amount: minor(-owed) },
    { account: "BadDebt", amount: owed },
  ])
}

function debtorOf({ totalMinor }: InvoiceMoney): LedgerAccount {
  return totalMinor < 0n ? "PayoutsPayable" : "AccountsReceivable"
}

/** The tax, what is earned, and what is not yet: that goes to DeferredRevenue, and out of it day by day. */
function earned(
  cause: LedgerCause,
  invoice: InvoiceMoney,
  deferred: readonly Deferral[],
  sign: 1n | -1n,
  owed: readonly Entry[],
): Posting[] {
  const { id, totalMinor, taxMinor } = invoice
  const later = deferred.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)
  return post(cause, id, invoice, [
    ...owed,
    { account: "TaxPayable", amount: minor(-sign * taxMinor) },
    { account: "Revenue", amount: minor(-sign * (totalMinor - taxMinor - later)) },
    { account: "DeferredRevenue", amount: minor(-sign * later) },
    ...deferred.flatMap(({ days, amountMinor }): Entry[] => [
      { account: "DeferredRevenue", amount: minor(sign * amountMinor), days },
      { account: "Revenue", amount: minor(-sign * amountMinor), days },
    ]),
  ])
}
