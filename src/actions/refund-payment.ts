// Gives back what was paid: of one payment, or of the payments of an invoice, the newest first.
// Laws: what is given back of a payment, by refunds and by payouts, and what is on its way back, are together never more than was paid;
// each refund is written with its key before the processor is asked.

import type { InvoiceWithLines } from "../db/readers/invoices.ts"
import type { PaymentRow, RefundRow } from "../db/rows.ts"
import type { Minor } from "../domain/money.ts"
import { formatNanos, minor, minorToNanos, nanos, nanosToMinor } from "../domain/money.ts"
import { leftOfNote, refundable, spread } from "../domain/payment.ts"
import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { Decided, Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { attemptKeyOf, isNamed, isSameAttempt, refuseOther, requestKey } from "./attempt.ts"
import { owedBack, refunding, sum } from "./begin-refund.ts"
import { unchanged } from "./payment-news.ts"
import { invalid, missing, notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { sendRefund } from "./send-refund.ts"
import type { CreditedPayment } from "./take-back-credit.ts"
import { withCredit } from "./take-back-credit.ts"

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
  const paid = one === null ? await paidOf(scope, found.invoice.id) : await paidBy(scope, one)
  const owed = await owedBack(scope, found.invoice, given)
  const amount = await amountOf(scope, found, { input, paid, given, owed })
  if (!amount.ok) return amount
  const shares = spread(amount.value, paid.from.map(refundable)) ?? []
  const parts = paid.from.flatMap((payment, at) => {
    const amountMinor = shares[at] ?? minor(0n)
    return amountMinor === 0n ? [] : [{ payment, amountMinor }]
  })
  const { reason, creditNoteId } = input
  const asked = { parts, attemptKey: key, reason, creditNoteId, source: null, refundRef: null }
  return ok(await refunding(scope, found.invoice, asked, owed))
}

/** Payments that something is left of, newest first. `isAll`: there are no others of the invoice. */
type Paid = { readonly from: readonly CreditedPayment[]; readonly isAll: boolean }

async function paidBy(scope: Scope, payment: PaymentRow): Promise<Paid> {
  return { from: await withCredit(scope, [payment]), isAll: true }
}

async function paidOf(scope: Scope, invoiceId: string): Promise<Paid> {
  const from: CreditedPayment[] = []
  const limit = limits.paymentsPerRefund
  for (let before: string | null = null; ;) {
    const page: readonly PaymentRow[] = await scope.read.payments.leftOf(invoiceId, before, limit)
    const left = (await withCredit(scope, page)).filter((row) => refundable(row) > 0n)
    from.push(...left)
    before = page.at(-1)?.id ?? null
    if (from.length > limit) return { from: from.slice(0, limit), isAll: false }
    if (page.length < limit) return { from, isAll: true }
  }
}

type Wanted = {
  readonly input: NewRefund
  readonly paid: Paid
  readonly given: readonly RefundRow[]
  readonly owed: Minor
}

async function amountOf(
  scope: Scope,
  { invoice }: InvoiceWithLines,
  { input, paid: { from, isAll }, given, owed }: Wanted,
): Promise<Outcome<Minor>> {
  const { currency } = invoice
  const text = (amount: Minor) => formatNanos(minorToNanos(amount, currency))
  const left = sum(from.map(refundable))
  if (left === 0n) return err(refusal("invalid_state", "Nothing that was paid is left to be refunded."))
  if (from.some(({ kind }) => kind === "Processor") && !canRefund(scope)) {
    return err(refusal("invalid_state", "The payment processor takes no refunds."))
  }
  const noted = await owedOfNote(scope, invoice.id, input.creditNoteId, given)
  if (!noted.ok) return noted
  const most = noted.value === null ? left : least([left, noted.value, owed])
  if (most === 0n) return err(refusal("invalid_state", "Nothing is owed of the credit note any more."))
  if (input.amountNanos === null) return ok(most)
  const asked = nanosToMinor(nanos(BigInt(input.amountNanos)), currency)
  if (!asked.ok) return err(invalid("amount_nanos", `Not a whole number of the minor units of ${currency}.`))
  if (asked.value <= most) return asked
  const atOnce = isAll ? "" : ` at once, of ${from.length} payments. Refund the rest by another request`
  return err(invalid("amount_nanos", `At most ${text(most)} can be refunded${atOnce}.`))
}

function canRefund(scope: Scope): boolean {
  return scope.platform.processorOf(scope.tenant).capabilities.refunds
}

/** What is owed of a credit note still; null without one. */
async function owedOfNote(
  scope: Scope,
  invoiceId: string,
  noteId: string | null,
  given: readonly RefundRow[],
): Promise<Outcome<Minor | null>> {
  if (noteId === null) return ok(null)
  const [notes, paidOut] = await Promise.all([
    scope.read.invoices.creditNotes(invoiceId),
    scope.read.payments.paidOutOf(invoiceId),
  ])
  if (notes.every(({ invoice: { id } }) => id !== noteId)) {
    return err(missing("credit_note_id", "credit note of this invoice"))
  }
  const standing = given.filter(({ status }) => status !== "Failed")
  const refundedOf = (id: string) =>
    sum(standing.flatMap((row) => (row.creditNoteId === id ? row.amountMinor : [])))
  const unbound = standing.flatMap((row) => (row.creditNoteId === null ? row.owedMinor : []))
  const open = notes.map(({ invoice: { id, totalMinor } }) => ({
    id,
    totalMinor,
    refundedMinor: refundedOf(id),
  }))
  return ok(leftOfNote(open, noteId, minor(paidOut + sum(unbound))))
}

function least(amounts: readonly Minor[]): Minor {
  return amounts.reduce((low, amount) => (amount < low ? amount : low))
}
