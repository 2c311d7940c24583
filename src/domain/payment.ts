// A payment: one attempt to get money for an invoice. Processing → Pending | RequiresAction → Succeeded | Failed.
// Laws: an attempt is written with its key before anybody is asked, so its answer can be asked for again; news that come late,
// twice or in another order than they happened change nothing. Money that arrives is booked, whatever was thought before.

import { assert } from "./assert.ts"
import type { Currency } from "./currency.ts"
import type { InvoiceBalance, InvoiceStatus, InvoiceType } from "./invoice.ts"
import { amountLeft, amountPayable, moveInvoice } from "./invoice.ts"
import type { Minor } from "./money.ts"
import { minor } from "./money.ts"

/** Processing: asked for or about to be, the answer is not known. Pending: it settles later. RequiresAction: the customer has to do
 *  something. A Succeeded payment may still come back, as a debit does that the bank takes back. */
export const PAYMENT_STATUSES = ["Processing", "Pending", "RequiresAction", "Succeeded", "Failed"] as const
export type PaymentStatus = (typeof PAYMENT_STATUSES)[number]

/** Processor: charged to a payment method. Manual: received elsewhere and told to us. */
export const PAYMENT_KINDS = ["Processor", "Manual"] as const
export type PaymentKind = (typeof PAYMENT_KINDS)[number]

export const DISPUTE_STATUSES = ["Open", "Won", "Lost"] as const
export type DisputeStatus = (typeof DISPUTE_STATUSES)[number]

export const REFUND_STATUSES = ["Processing", "Pending", "Succeeded", "Failed"] as const
export type RefundStatus = (typeof REFUND_STATUSES)[number]

/** Requested: asked for here. Processor: given back at the processor's own site, and heard of. */
export const REFUND_SOURCES = ["Requested", "Processor"] as const
export type RefundSource = (typeof REFUND_SOURCES)[number]

/** What a processor says of a charge. */
export type ChargeNews = Exclude<PaymentStatus, "Processing">
export type RefundNews = Exclude<RefundStatus, "Processing">

const MOVES: Readonly<Record<PaymentStatus, Partial<Record<ChargeNews, PaymentStatus>>>> = {
  Processing: {
    Pending: "Pending",
    RequiresAction: "RequiresAction",
    Succeeded: "Succeeded",
    Failed: "Failed",
  },
  Pending: { RequiresAction: "RequiresAction", Succeeded: "Succeeded", Failed: "Failed" },
  RequiresAction: { Pending: "Pending", Succeeded: "Succeeded", Failed: "Failed" },
  Succeeded: { Failed: "Failed" },
  Failed: { Succeeded: "Succeeded" },
}

/** The status after what a processor says, or null where that is no news. What came back once stays failed. */
export function movePayment(
  from: PaymentStatus,
  news: ChargeNews,
  wasReturned = false,
): PaymentStatus | null {
  return wasReturned ? null : (MOVES[from][news] ?? null)
}

type PaidInvoice = InvoiceBalance & {
  readonly type: InvoiceType
  readonly status: InvoiceStatus
  readonly pendingMinor: Minor
  /** It was paid after it had been given up: what comes back of it is given up again. */
  readonly recovered?: boolean | null
}

type PaidPart = { readonly amountMinor: Minor; readonly appliedMinor: Minor }

export type Settlement = {
  /** What of the payment settles what was owed. */
  readonly appliedMinor: Minor
  readonly paidMinor: Minor
  readonly pendingMinor: Minor
  readonly status: InvoiceStatus
}

/** What a move of a payment does to its invoice. `isHeld`: its amount was spoken for until now. */
export function settlement(
  invoice: PaidInvoice,
  payment: PaidPart,
  move: { readonly isHeld: boolean; readonly from: PaymentStatus; readonly to: PaymentStatus },
): Settlement {
  const { isHeld, from, to } = move
  const pendingMinor = minor(invoice.pendingMinor - (isHeld && !isUnderWay(to) ? payment.amountMinor : 0n))
  assert(pendingMinor >= 0n, "what is under way was begun", { pendingMinor })
  const due = amountPayable(invoice)
  const settled = payment.amountMinor < due ? payment.amountMinor : due
  const arrived = to === "Succeeded" ? settled : minor(0n)
  const returned = from === "Succeeded" ? settledBy(invoice, payment) : minor(0n)
  const paidMinor = minor(invoice.paidMinor + arrived - returned)
  assert(paidMinor >= 0n, "no more comes back than was paid", { paidMinor })
  const status = statusAfter({ ...invoice, paidMinor }, arrived, returned)
  // Nothing was owed on a top-up: all of its money becomes credit.
  const appliedMinor = invoice.type === "TopUp" ? minor(0n) : arrived
  return { appliedMinor, paidMinor, pendingMinor, status }
}

/** What of an invoice a payment has settled that comes back. */
function settledBy({ type, paidMinor }: PaidInvoice, { amountMinor, appliedMinor }: PaidPart): Minor {
  if (type !== "TopUp") return appliedMinor
  return amountMinor < paidMinor ? amountMinor : paidMinor
}

function statusAfter(invoice: PaidInvoice, applied: Minor, returned: Minor): InvoiceStatus {
  const left = amountLeft(invoice)
  if (returned > 0n && left > 0n && invoice.recovered === true) return "Uncollectible"
  const moved =
    applied > 0n && left <= 0n
      ? moveInvoice(invoice.status, invoice.status === "Uncollectible" ? "recover" : "settle")
      : returned > 0n && left > 0n
        ? moveInvoice(invoice.status, "reopen")
        : null
  return moved?.ok === true ? moved.value : invoice.status
}

/** What of a payment that succeeded becomes credit: what came beyond what was due. Owed as money it stays where nothing could have been
 *  due, since the invoice is void or given up, and where the invoice is the customer's to be paid. */
export function creditedOf(
  invoice: { readonly status: InvoiceStatus; readonly payout: boolean | null },
  { amountMinor, appliedMinor }: PaidPart,
): Minor {
  const isCredit = invoice.payout !== true && (invoice.status === "Open" || invoice.status === "Paid")
  return minor(isCredit ? amountMinor - appliedMinor : 0n)
}

const REFUND_MOVES: Readonly<Record<RefundStatus, Partial<Record<RefundNews, RefundStatus>>>> = {
  Processing: { Pending: "Pending", Succeeded: "Succeeded", Failed: "Failed" },
  Pending: { Succeeded: "Succeeded", Failed: "Failed" },
  Succeeded: { Failed: "Failed" },
  Failed: {},
}

export function moveRefund(from: RefundStatus, news: RefundNews): RefundStatus | null {
  return REFUND_MOVES[from][news] ?? null
}

/** Whether its end is not known yet: so long its amount is spoken for, and nobody is asked for it a second time. */
export function isUnderWay(status: PaymentStatus): boolean {
  return status === "Processing" || status === "Pending" || status === "RequiresAction"
}

/** Whether an event may be believed as it comes. A failure, and what contradicts an end that is known, may be older than what has
 *  happened since: the processor is asked how things stand. */
export function isPlainNews(from: PaymentStatus, news: ChargeNews): boolean {
  return news !== "Failed" && isUnderWay(from)
}

/** What may still be given back: what was paid, but for what was given back or paid out before, is on its way back, is disputed, or
 *  became credit that is spent. */
export function refundable(payment: {
  readonly status: PaymentStatus
  readonly amountMinor: Minor
  readonly refundedMinor: Minor
  readonly paidOutMinor?: Minor | null
  /** What of it became credit and is spent. */
  readonly spentMinor?: Minor
  readonly disputeStatus: DisputeStatus | null
  readonly disputedMinor: Minor
}): Minor {
  if (payment.status !== "Succeeded") return minor(0n)
  const disputed =
    payment.disputeStatus === "Open" || payment.disputeStatus === "Lost" ? payment.disputedMinor : 0n
  const gone = payment.refundedMinor + (payment.paidOutMinor ?? 0n) + (payment.spentMinor ?? 0n)
  const left = payment.amountMinor - gone - disputed
  return minor(left > 0n ? left : 0n)
}

type OwedNote = { readonly id: string; readonly totalMinor: Minor; readonly refundedMinor: Minor }

/** What is still owed of a credit note of an invoice. `notes`: all of the invoice, oldest first, each less what was refunded in its name.
 *  `goneMinor`: what else was paid out or refunded of what they left; it pays the oldest ones first. */
export function leftOfNote(notes: readonly OwedNote[], id: string, goneMinor: Minor): Minor {
  let gone: bigint = goneMinor
  for (const note of notes) {
    const open = note.totalMinor - note.refundedMinor
    const left = open > gone ? open - gone : 0n
    if (note.id === id) return minor(left)
    gone -= open - left
  }
  return minor(0n)
}

/** Splits an amount over payments, the first one first, each up to what it has; null where together they have less. */
export function spread(amount: Minor, available: readonly Minor[]): readonly Minor[] | null {
  const parts: Minor[] = []
  let left: bigint = amount
  for (const some of available) {
    const part = some < left ? some : left
    parts.push(minor(part))
    left -= part
  }
  return left === 0n ? parts : null
}

/** What of a payment a dispute takes. In another currency nobody can tell what part of it is claimed: all of it. A claim beyond the payment
 *  is what it is: the processor has taken that much. */
export function disputedOf(
  payment: { readonly amountMinor: Minor; readonly currency: Currency },
  claim: { readonly amountMinor: Minor; readonly currency: Currency },
): Minor {
  return claim.currency === payment.currency ? claim.amountMinor : payment.amountMinor
}
