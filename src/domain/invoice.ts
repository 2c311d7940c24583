// An invoice: Draft → Open → Paid | Void | Uncollectible; what was given up may be paid after all. A number is given at finalization, without a gap.

import { assert } from "./assert.ts"
import type { Minor } from "./money.ts"
import { minor } from "./money.ts"
import type { Result } from "./result.ts"
import { err, ok } from "./result.ts"
import type { Instant } from "./time.ts"
import { instant } from "./time.ts"

export const INVOICE_STATUSES = ["Draft", "Open", "Paid", "Void", "Uncollectible"] as const

export type InvoiceStatus = (typeof INVOICE_STATUSES)[number]
/** TopUp: asks for money that becomes credit. Nothing is owed or earned by it, so it is in no ledger until it is paid. */
export const INVOICE_TYPES = ["Standard", "CreditNote", "ProForma", "TopUp"] as const
export type InvoiceType = (typeof INVOICE_TYPES)[number]

/** Charge: a price of a subscription. Manual: written by hand. Minimum: what is missing to a minimum spend. Commitment: what a
 *  contract's commitment pays, or its shortfall. Discount: a coupon. Tax: what is charged as tax. Credit: of a credit note. */
export const LINE_KINDS = ["Charge", "Manual", "Minimum", "Commitment", "Discount", "Tax", "Credit"] as const
export type LineKind = (typeof LINE_KINDS)[number]
/** Recover: it is paid after it had been given up, because somebody asks for it or money arrives. */
export type InvoiceMove = "finalize" | "settle" | "recover" | "reopen" | "void" | "write off"

/** A customer whose lines are on an invoice, by the name that it had then. */
export type InvoiceSection = { readonly customerId: string; readonly displayName: string }

type InvoiceDetail = Readonly<Record<string, string | number | null>>

/** Items and adjustments as the maker of an invoice gave them: shown again, and nothing is computed from them. */
export type InvoiceDetails = {
  readonly items: readonly InvoiceDetail[]
  readonly adjustments: readonly InvoiceDetail[]
  /** When its maker last said what to settle it with; absent: never but at the beginning. */
  readonly updatedAt?: Instant
}

/** Who owes the invoice, as it stood when it was finalized. */
export type Recipient = {
  readonly displayName: string
  readonly legalName: string | null
  readonly email: string
  readonly taxId: string | null
  readonly paymentTermsDays: number
  readonly issuerName: string | null
  readonly issuerAddress: string | null
}

const MOVES: Readonly<Record<InvoiceMove, Partial<Record<InvoiceStatus, InvoiceStatus>>>> = {
  finalize: { Draft: "Open" },
  settle: { Open: "Paid" },
  recover: { Uncollectible: "Paid" },
  reopen: { Paid: "Open" },
  void: { Draft: "Void", Open: "Void" },
  "write off": { Open: "Uncollectible" },
}

const WORDS: Readonly<Record<InvoiceMove, string>> = {
  finalize: "finalize it",
  settle: "settle it",
  recover: "settle what was given up",
  reopen: "open it again",
  void: "void it",
  "write off": "write it off",
}

/** The status after a move, or why the move is refused. */
export function moveInvoice(from: InvoiceStatus, move: InvoiceMove): Result<InvoiceStatus, string> {
  const to = MOVES[move][from]
  if (to !== undefined) return ok(to)
  const allowed = Object.keys(MOVES[move]).join(" or ")
  return err(`The invoice is ${from}; to ${WORDS[move]}, it must be ${allowed}.`)
}

type LineMoney = { readonly amountMinor: Minor; readonly isIncluded: boolean | null }

/** What is to be paid. A tax that is in the prices is told on a line of its own, and counts with the prices. */
export function invoiceTotal(lines: readonly LineMoney[]): Minor {
  const counted = lines.filter((line) => line.isIncluded !== true)
  return minor(counted.reduce((sum, line) => sum + line.amountMinor, 0n))
}

/** The tax in the total, also that which is in the prices. */
export function invoiceTax(lines: readonly (LineMoney & { readonly isTax: boolean })[]): Minor {
  const taxes = lines.filter((line) => line.isTax)
  return minor(taxes.reduce((sum, line) => sum + line.amountMinor, 0n))
}

/** What an invoice is of, and what came off it. */
export type InvoiceBalance = {
  readonly totalMinor: Minor
  readonly creditedMinor: Minor | null
  readonly paidMinor: Minor
  /** What credit of wallets paid of it. */
  readonly drawnMinor: Minor
}

/** What is left of the total; below zero where more came than was owed. */
export function amountLeft({ totalMinor, creditedMinor, paidMinor, drawnMinor }: InvoiceBalance): Minor {
  return minor(totalMinor - (creditedMinor ?? 0n) - paidMinor - drawnMinor)
}

/** What is still to be paid. Only a draft and an open invoice are. */
export function amountDue(
  invoice: InvoiceBalance & { readonly type: InvoiceType; readonly status: InvoiceStatus },
): Minor {
  const isAsked = invoice.type === "Standard" || invoice.type === "TopUp"
  const isDue = isAsked && (invoice.status === "Draft" || invoice.status === "Open")
  const due = amountLeft(invoice)
  return minor(isDue && due > 0n ? due : 0n)
}

/** What money that comes settles: what is due, and what was given up. */
export function amountPayable(invoice: Parameters<typeof amountDue>[0]): Minor {
  return amountDue(invoice.status === "Uncollectible" ? { ...invoice, status: "Open" } : invoice)
}

/** What somebody may be asked for now: what is payable, but for what payments are under way for. */
export function amountAskable(
  invoice: Parameters<typeof amountDue>[0] & { readonly pendingMinor: Minor },
): Minor {
  const open = amountPayable(invoice) - invoice.pendingMinor
  return minor(open > 0n ? open : 0n)
}

export function invoiceNumber(prefix: string, sequence: number): string {
  assert(Number.isSafeInteger(sequence) && sequence > 0, "invoice numbers count from one", { sequence })
  return prefix + String(sequence).padStart(6, "0")
}

const DAY_MS = 86_400_000

export function dueAt(finalizedAt: Instant, paymentTermsDays: number): Instant {
  return instant(finalizedAt + paymentTermsDays * DAY_MS)
}
