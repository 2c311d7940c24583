// Gives back what was paid: of one payment, or of the payments of an invoice, the newest first.
// Laws: what is given back of a payment, and what is on its way back, are together never more than was paid; each refund is written
// with its key before the processor is asked.

import type { InvoiceWithLines } from "../db/readers/invoices.ts"
import type { InvoiceRow, PaymentRow, RefundRow } from "../db/rows.ts"
import { invoices, payments, refunds } from "../db/schema.ts"
import { amountLeft } from "../domain/invoice.ts"
import type { Minor } from "../domain/money.ts"
import { formatNanos, minor, minorToNanos, nanos, nanosToMinor } from "../domain/money.ts"
import { refundable, spread } from "../domain/payment.ts"
import { err, ok } from "../domain/result.ts"
import { instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { Decided, Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { attemptKeyOf, isNamed, isSameAttempt, refuseOther, requestKey } from "./attempt.ts"
import { NO_CREDIT } from "./credit-moves.ts"
import { withLimit } from "./draw-wallet.ts"
import { refundAudit } from "./payment-audit.ts"
import { unchanged } from "./payment-news.ts"
import { invalid, missing, notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { sendRefund } from "./send-refund.ts"
import type { CreditedPayment } from "./take-back-credit.ts"
import { creditIn, takingBack, withCredit } from "./take-back-credit.ts"

/** Amounts are nanos. Without an amount: what the credit note is of, or all that is left. */
export type NewRefund = {
  readonly amountNanos: string | null
  readonly reason: string | null
  readonly creditNoteId: string | null
}

/** What is refunded: the payments of an invoice, or one of them. */
export type Refunded =
  | { readonly kind: "Invoice"; readonly id: string }
  | { readonly kind: "Payment"; readonly id: string }

export async function refundPayment(
  scope: Scope,
  what: Refunded,
  input: NewRefund,
  reply: Reply<readonly RefundRow[]> | null,
): Promise<Outcome<readonly RefundRow[]>> {
  const own = scope.aside()
  const name = requestKey(scope)
  const begun = await act(own, () => decideRefund(own, what, input, name), null)
  if (!begun.ok) return begun
  for (const { id } of begun.value) {
    const sent = await sendRefund(own, id)
    if (!sent.ok) return sent
  }
  return act(
    scope,
    async () => {
      const rows = await Promise.all(begun.value.map(({ id }) => scope.read.payments.refund(id)))
      return ok(unchanged(rows.filter((row) => row !== null)))
    },
    reply,
  )
}

async function decideRefund(
  scope: Scope,
  what: Refunded,
  input: NewRefund,
  name: string,
): Promise<Outcome<Decided<readonly RefundRow[]>>> {
  const one = what.kind === "Payment" ? await scope.read.payments.byId(what.id) : null
  if (what.kind === "Payment" && one === null) return err(notFound("payment"))
  const found = await scope.read.invoices.byId(one?.invoiceId ?? what.id)
  if (found === null) return err(notFound("invoice"))
  const given = await scope.read.payments.refundsOf(found.invoice.id)
  const known = given.filter((row) => isNamed(row, name) && isSameAttempt(scope, row))
  const key = attemptKeyOf(name, [input.amountNanos, input.creditNoteId])
  const other = known.map((row) => refuseOther(row, key)).find((refused) => refused !== null)
  if (other !== undefined) return err(other)
  if (known.length > 0) return ok(unchanged(known))
  const paid = await scope.read.payments.ofInvoice(found.invoice.id, limits.paymentsPerInvoice)
  const all = await withCredit(scope, paid)
  const from = all.filter((row) => (one === null ? refundable(row) > 0n : row.id === one.id))
  const amount = await amountOf(scope, found, { input, from, given })
  if (!amount.ok) return amount
  const owed = owedOf(found, all, given)
  const standing = await scope.read.payouts.owed(found.invoice, true)
  return ok(await refunding(scope, found.invoice, { input, from, key, amount: amount.value, owed, standing }))
}

type Wanted = {
  readonly input: NewRefund
  readonly from: readonly CreditedPayment[]
  readonly given: readonly RefundRow[]
}

async function amountOf(
  scope: Scope,
  { invoice }: InvoiceWithLines,
  { input, from, given }: Wanted,
): Promise<Outcome<Minor>> {
  const { currency } = invoice
  const text = (amount: Minor) => formatNanos(minorToNanos(amount, currency))
  const left = sum(from.map(refundable))
  if (left === 0n) return err(refusal("invalid_state", "Nothing that was paid is left to be refunded."))
  if (from.some(({ kind }) => kind === "Processor") && !canRefund(scope)) {
    return err(refusal("invalid_state", "The payment processor takes no refunds."))
  }
  const noted = await leftOfNote(scope, invoice.id, input.creditNoteId, given)
  if (!noted.ok) return noted
  const most = noted.value !== null && noted.value < left ? noted.value : left
  if (most === 0n) return err(refusal("invalid_state", "The credit note is refunded in full."))
  if (input.amountNanos === null) return ok(most)
  const asked = nanosToMinor(nanos(BigInt(input.amountNanos)), currency)
  if (!asked.ok) return err(invalid("amount_nanos", `Not a whole number of the minor units of ${currency}.`))
  return asked.value <= most ? asked : err(invalid("amount_nanos", `At most ${text(most)} can be refunded.`))
}

function canRefund(scope: Scope): boolean {
  return scope.platform.processorOf(scope.tenant).capabilities.refunds
}

/** What of a credit note was not paid out yet; null without one. */
async function leftOfNote(
  scope: Scope,
  invoiceId: string,
  noteId: string | null,
  given: readonly RefundRow[],
): Promise<Outcome<Minor | null>> {
  if (noteId === null) return ok(null)
  const note = (await scope.read.invoices.byId(noteId))?.invoice
  if (note?.type !== "CreditNote" || note.appliesToInvoiceId !== invoiceId) {
    return err(missing("credit_note_id", "credit note of this invoice"))
  }
  const out = given.filter((row) => row.creditNoteId === noteId && row.status !== "Failed")
  return ok(minor(note.totalMinor - sum(out.map(({ amountMinor }) => amountMinor))))
}

/** What the customer is owed back in money on the invoice: by credit notes on what was paid, and by payments beyond what was due that are
 *  no credit. */
function owedOf(
  { invoice }: InvoiceWithLines,
  paid: readonly PaymentRow[],
  given: readonly RefundRow[],
): Minor {
  const left = amountLeft(invoice)
  const beyond = paid.map(({ status, amountMinor, appliedMinor, creditedMinor }) =>
    status === "Succeeded" ? amountMinor - appliedMinor - creditedMinor : 0n,
  )
  const out = given.map((row) => (row.status === "Failed" ? 0n : row.owedMinor))
  const owed = (left < 0n ? -left : 0n) + sum(beyond) - sum(out)
  return minor(owed > 0n ? owed : 0n)
}

async function refunding(
  scope: Scope,
  invoice: InvoiceRow,
  {
    input,
    from,
    key,
    amount,
    owed,
    standing,
  }: {
    readonly input: NewRefund
    readonly from: readonly CreditedPayment[]
    readonly key: string
    readonly amount: Minor
    readonly owed: Minor
    /** What is owed to the customer in all and kept for nothing else: what was paid out of it meanwhile is not owed again. */
    readonly standing: Minor
  },
): Promise<Decided<readonly RefundRow[]>> {
  const parts = spread(amount, from.map(refundable)) ?? []
  const inCredit = sum(from.map((payment, at) => creditIn(payment, parts[at] ?? minor(0n))))
  const owedNow = least(amount, minor(least(owed, standing > 0n ? standing : minor(0n)) + inCredit))
  const owedParts = spread(owedNow, parts) ?? []
  const rows = from.flatMap((payment, at) => {
    const amountMinor = parts[at] ?? minor(0n)
    if (amountMinor === 0n) return []
    const owedMinor = owedParts[at] ?? minor(0n)
    return [{ payment, refund: newRefund(scope, payment, { ...input, key, amountMinor, owedMinor }) }]
  })
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
  payment: PaymentRow,
  input: NewRefund & { readonly key: string; readonly amountMinor: Minor; readonly owedMinor: Minor },
): RefundRow {
  return {
    id: scope.newId(),
    tenantId: scope.tenant.id,
    customerId: payment.customerId,
    invoiceId: payment.invoiceId,
    paymentId: payment.id,
    creditNoteId: input.creditNoteId,
    status: "Processing",
    currency: payment.currency,
    amountMinor: input.amountMinor,
    owedMinor: input.owedMinor,
    attemptKey: input.key,
    refundRef: null,
    reason: input.reason,
    failureCode: null,
    failureMessage: null,
    settledAt: null,
    version: 1,
    createdAt: scope.now,
  }
}

function sum(amounts: readonly bigint[]): Minor {
  return minor(amounts.reduce((total, amount) => total + amount, 0n))
}

function least(...amounts: readonly Minor[]): Minor {
  return amounts.reduce((low, amount) => (amount < low ? amount : low))
}
