// An invoice: Draft → Open → Paid | Void | Uncollectible. A number is given at finalization, without a gap.

import { assert } from "./assert.ts"
import type { Minor } from "./money.ts"
import { minor } from "./money.ts"
import type { Result } from "./result.ts"
import { err, ok } from "./result.ts"
import type { Instant } from "./time.ts"
import { instant } from "./time.ts"

export const INVOICE_STATUSES = ["Draft", "Open", "Paid", "Void", "Uncollectible"] as const

export type InvoiceStatus = (typeof INVOICE_STATUSES)[number]
export type InvoiceType = "Standard"
export type InvoiceMove = "finalize" | "settle" | "void"

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
  void: { Draft: "Void", Open: "Void" },
}

/** The status after a move, or why the move is refused. */
export function moveInvoice(from: InvoiceStatus, move: InvoiceMove): Result<InvoiceStatus, string> {
  const to = MOVES[move][from]
  if (to !== undefined) return ok(to)
  const allowed = Object.keys(MOVES[move]).join(" or ")
  return err(`The invoice is ${from}; to ${move} it, it must be ${allowed}.`)
}

export function invoiceTotal(lines: readonly { readonly amountMinor: Minor }[]): Minor {
  return minor(lines.reduce((sum, line) => sum + line.amountMinor, 0n))
}

export function invoiceNumber(prefix: string, sequence: number): string {
  assert(Number.isSafeInteger(sequence) && sequence > 0, "invoice numbers count from one", { sequence })
  return prefix + String(sequence).padStart(6, "0")
}

const DAY_MS = 86_400_000

export function dueAt(finalizedAt: Instant, paymentTermsDays: number): Instant {
  return instant(finalizedAt + paymentTermsDays * DAY_MS)
}
