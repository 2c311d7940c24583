// The status of an invoice in Billy's words, from what the core knows of the invoice and of the money that is asked for it. Pure.
// Law: an invoice that was called off stays so, whatever money arrives for it later.

import type { InvoiceRow, PayoutRow } from "../db/rows.ts"
import type { DunningStatus } from "../domain/dunning.ts"
import type { Attempt } from "./series.ts"
import { isRunning } from "./series.ts"

export type BillyStatus = "staged" | "processing" | "settled" | "canceled" | "failed"

export type InvoiceFacts = {
  readonly invoice: Pick<
    InvoiceRow,
    "status" | "totalMinor" | "creditedMinor" | "paidMinor" | "drawnMinor" | "payout"
  >
  /** Oldest first. */
  readonly payments: readonly Attempt[]
  readonly payouts: readonly Pick<PayoutRow, "status" | "retryAt">[]
  readonly dunning: DunningStatus | null
  /** Whether there is anything that it could be charged or paid with. */
  readonly hasMethod: boolean
}

export function statusOfInvoice(facts: InvoiceFacts): BillyStatus {
  const { invoice, hasMethod } = facts
  switch (invoice.status) {
    case "Void":
      return "canceled"
    case "Uncollectible":
      return "failed"
    case "Draft":
      return hasMethod ? "processing" : "staged"
    case "Open":
      return isCredit(invoice) ? statusOfCredit(facts) : statusOfDebit(facts)
    case "Paid":
      if (isCalledOff(invoice)) return "canceled"
      return isCredit(invoice) ? statusOfCredit(facts) : "settled"
  }
}

/** What the customer is paid, where a debit is what it pays. */
export function isCredit({ payout }: Pick<InvoiceRow, "payout">): boolean {
  return payout === true
}

/** Whether all of it was given back before anything was paid: so an invoice of a subscription is called off. */
export function isCalledOff(
  invoice: Pick<InvoiceRow, "totalMinor" | "creditedMinor" | "paidMinor" | "drawnMinor">,
): boolean {
  const { totalMinor, creditedMinor, paidMinor, drawnMinor } = invoice
  return totalMinor > 0n && (creditedMinor ?? 0n) === totalMinor && paidMinor === 0n && drawnMinor === 0n
}

function statusOfDebit({ payments, dunning, hasMethod }: InvoiceFacts): BillyStatus {
  if (isRunning(payments)) return "processing"
  const last = payments.at(-1)
  if (last?.status !== "Failed") return hasMethod ? "processing" : "staged"
  // What was declined for good is not tried again, though its dunning waits for another instrument.
  return last.isHardFailure !== true && dunning === "Active" ? "processing" : "failed"
}

function statusOfCredit({ payouts, hasMethod }: InvoiceFacts): BillyStatus {
  const last = payouts.at(-1)
  switch (last?.status) {
    case undefined:
      return hasMethod ? "processing" : "staged"
    case "Processing":
    case "Pending":
      return "processing"
    case "Succeeded":
      return "settled"
    case "Failed":
      return last.retryAt === null ? "failed" : "processing"
    case "Cancelled":
      return "canceled"
  }
}
