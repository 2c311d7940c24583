// Begins to give back what was paid: the refunds are written with their keys, and their amounts spoken for, before anybody is asked.
// Law: what the customer is owed is taken out of that debt, and of the credit that the payment became; the rest is goodwill.

import type { InvoiceRow, PaymentRow, RefundRow } from "../db/rows.ts"
import { invoices, payments, refunds } from "../db/schema.ts"
import { assert } from "../domain/assert.ts"
import { amountLeft } from "../domain/invoice.ts"
import type { Minor } from "../domain/money.ts"
import { minor } from "../domain/money.ts"
import { spread } from "../domain/payment.ts"
import { instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { Decided } from "./act.ts"
import { NO_CREDIT } from "./credit-moves.ts"
import { withLimit } from "./draw-wallet.ts"
import { refundAudit } from "./payment-audit.ts"
import type { Scope } from "./scope.ts"
import type { CreditedPayment } from "./take-back-credit.ts"
import { creditIn, takingBack } from "./take-back-credit.ts"

/** What goes back of a payment. */
export type RefundPart = { readonly payment: CreditedPayment; readonly amountMinor: Minor }

export type Refunding = Pick<RefundRow, "attemptKey" | "reason" | "creditNoteId" | "source" | "refundRef"> & {
  readonly parts: readonly RefundPart[]
}

/** What the customer is owed back in money on the invoice: by credit notes on what was paid, and by payments beyond what was due that are
 *  no credit. What was paid out of it meanwhile is not owed again. `returnedMinor`: what of that comes back in this commit. */
export async function owedBack(
  scope: Scope,
  invoice: InvoiceRow,
  given: readonly RefundRow[],
  returnedMinor: Minor = minor(0n),
): Promise<Minor> {
  const left = amountLeft(invoice)
  const [beyond, paidOut, standing] = await Promise.all([
    scope.read.payments.beyondDue(invoice.id),
    scope.read.payments.paidOutOf(invoice.id),
    scope.read.payouts.owed(invoice, true),
  ])
  const out = given.map((row) => (row.status === "Failed" ? 0n : row.owedMinor))
  const owed = (left < 0n ? -left : 0n) + beyond - paidOut - sum(out)
  const most = (owed < standing ? owed : standing) + returnedMinor
  return minor(most > 0n ? most : 0n)
}

/** `owed`: as `owedBack` says. */
export async function refunding(
  scope: Scope,
  invoice: InvoiceRow,
  { parts, ...asked }: Refunding,
  owed: Minor,
): Promise<Decided<readonly RefundRow[]>> {
  const amount = sum(parts.map(({ amountMinor }) => amountMinor))
  const inCredit = sum(parts.map(({ payment, amountMinor }) => creditIn(payment, amountMinor)))
  const owedNow = least(amount, minor(owed + inCredit))
  const owedParts = spread(
    owedNow,
    parts.map(({ amountMinor }) => amountMinor),
  )
  assert(owedParts !== null, "no more is owed back than goes back", { invoice: invoice.id })
  const rows = parts.map((part, at) => ({
    payment: part.payment,
    refund: newRefund(scope, part, { ...asked, owedMinor: owedParts[at] ?? minor(0n) }),
  }))
  const taken = new Map(
    rows.map(({ payment, refund }) => [payment.id, creditIn(payment, refund.amountMinor)]),
  )
  const known = rows.flatMap(({ payment }) => payment.grant ?? [])
  const credit = await takingBack(scope, invoice.customerId, taken, known)
  const limited = credit.takenMinor === 0n ? NO_CREDIT : await withLimit(scope, invoice.customerId, credit)
  return {
    value: rows.map(({ refund }) => refund),
    commit: {
      guards: [
        // One after the other for each invoice: a credit note is paid out of several payments, and once.
        scope.write.update(invoices, invoice.id, invoice.version, {}),
        ...rows.map(({ payment, refund }) => {
          const refundedMinor = minor(payment.refundedMinor + refund.amountMinor)
          const creditedMinor = minor(payment.creditedMinor - creditIn(payment, refund.amountMinor))
          return scope.write.update(payments, payment.id, payment.version, { refundedMinor, creditedMinor })
        }),
        ...limited.guards,
        ...(owedNow > credit.takenMinor
          ? [scope.write.holdOwed(invoice, minor(owedNow - credit.takenMinor), true)]
          : []),
      ],
      writes: [...rows.map(({ refund }) => scope.write.insert(refunds, refund)), ...limited.writes],
      postings: limited.postings,
      agenda: [
        ...rows.map(({ refund }) => ({
          kind: "send-refund" as const,
          subject: refund.id,
          uniqueKey: "0",
          dueAt: instant(scope.now + limits.reconcileAfterMs),
        })),
        ...limited.agenda,
      ],
      audit: [...rows.map(({ refund }) => refundAudit("refund.started", refund)), ...limited.audit],
    },
  }
}

function newRefund(
  scope: Scope,
  { payment, amountMinor }: { readonly payment: PaymentRow; readonly amountMinor: Minor },
  asked: Omit<Refunding, "parts"> & { readonly owedMinor: Minor },
): RefundRow {
  return {
    ...asked,
    id: scope.newId(),
    tenantId: scope.tenant.id,
    customerId: payment.customerId,
    invoiceId: payment.invoiceId,
    paymentId: payment.id,
    status: "Processing",
    currency: payment.currency,
    amountMinor,
    failureCode: null,
    failureMessage: null,
    settledAt: null,
    version: 1,
    createdAt: scope.now,
  }
}

export function sum(amounts: readonly bigint[]): Minor {
  return minor(amounts.reduce((total, amount) => total + amount, 0n))
}

function least(...amounts: readonly Minor[]): Minor {
  return amounts.reduce((low, amount) => (amount < low ? amount : low))
}
