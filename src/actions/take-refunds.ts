// Takes over what was given back of a charge at the processor's own site, as it lists it: a refund of ours is found by its key, one that
// nobody asked for here is written down as it is and goes the way of all refunds.
// Laws: the money has gone back, so it is booked also where that is more than was left; each refund once, by the name that the processor
// has for it. What a repeat means: what is known is left as it is.

import type { PaymentRow, RefundRow } from "../db/rows.ts"
import { err, ok } from "../domain/result.ts"
import type { FoundRefund } from "../payments/port.ts"
import { log } from "../runtime/log.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { listRefunds, lookUpCharge } from "./ask-processor.ts"
import { owedBack, refunding } from "./begin-refund.ts"
import { decideNews, unchanged } from "./payment-news.ts"
import { decideRefundNews } from "./refund-news.ts"
import { notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { withCredit } from "./take-back-credit.ts"

/** The names of all refunds of the charge; null: its money has not come, as far as anybody knows, so nothing can have gone back. */
export async function takeRefunds(
  scope: Scope,
  payment: PaymentRow,
): Promise<Outcome<ReadonlySet<string> | null>> {
  const own = scope.aside()
  const paid = await asItStands(own, payment)
  if (!paid.ok) return paid
  if (!hasCome(paid.value)) return ok(null)
  const found = await listRefunds(own, payment)
  if (found === null) return err(NO_ANSWER)
  for (const refund of found) {
    const taken = await take(own, payment, refund)
    if (!taken.ok) return taken
  }
  return ok(new Set(found.map(({ outcome }) => outcome.ref)))
}

/** Whoever tells of it tells it again until it is taken. */
export const NO_ANSWER = refusal(
  "conflict",
  "The processor does not say at this moment what was refunded of the charge.",
)

/** Also what came back since: it may have been refunded before. */
function hasCome({ status, returnedAt }: PaymentRow): boolean {
  return status === "Succeeded" || returnedAt !== null
}

/** A refund may be told before the payment that it is of. */
async function asItStands(scope: Scope, payment: PaymentRow): Promise<Outcome<PaymentRow>> {
  if (hasCome(payment)) return ok(payment)
  const outcome = await lookUpCharge(scope, payment)
  if (outcome === null) return err(NO_ANSWER)
  if (outcome.status !== "Succeeded") return ok(payment)
  return act(
    scope,
    async () => {
      const row = await scope.read.payments.byId(payment.id)
      return row === null ? err(notFound("payment")) : decideNews(scope, row, outcome)
    },
    null,
  )
}

async function take(scope: Scope, payment: PaymentRow, found: FoundRefund): Promise<Outcome<unknown>> {
  const known = await knownAs(scope, payment, found)
  const begun = known === null ? await adopt(scope, payment.id, found) : ok(known)
  if (!begun.ok || begun.value === null) return begun
  const { id } = begun.value
  return act(
    scope,
    async () => {
      const row = await scope.read.payments.refund(id)
      return row === null ? err(notFound("refund")) : decideRefundNews(scope, row, found.outcome)
    },
    null,
  )
}

async function knownAs(
  scope: Scope,
  payment: PaymentRow,
  { key, outcome }: FoundRefund,
): Promise<RefundRow | null> {
  const ours = key === null ? null : await scope.read.payments.refund(key)
  return ours?.paymentId === payment.id ? ours : scope.read.payments.refundByRef(outcome.ref)
}

/** Null: nothing went back. */
async function adopt(
  scope: Scope,
  paymentId: string,
  { amountMinor, currency, outcome }: FoundRefund,
): Promise<Outcome<RefundRow | null>> {
  const { ref, status } = outcome
  if (status === "Failed" || amountMinor === 0n) return ok(null)
  return act(
    scope,
    async () => {
      // Another who was told of it may have been quicker.
      const known = await scope.read.payments.refundByRef(ref)
      if (known !== null) return ok(unchanged(known))
      const payment = await scope.read.payments.byId(paymentId)
      const invoice = payment === null ? null : await scope.read.invoices.byId(payment.invoiceId)
      if (payment === null || invoice === null) return err(notFound("payment"))
      if (payment.currency !== currency) {
        log.error("a refund is in another currency than its payment", null, { payment_id: paymentId, ref })
        return ok(unchanged(null))
      }
      const owed = await owedBack(
        scope,
        invoice.invoice,
        await scope.read.payments.refundsOf(invoice.invoice.id),
      )
      const parts = (await withCredit(scope, [payment])).map((paid) => ({ payment: paid, amountMinor }))
      const found = { attemptKey: `processor:${ref}`, reason: null, creditNoteId: null, refundRef: ref }
      const { value, commit } = await refunding(
        scope,
        invoice.invoice,
        { ...found, parts, source: "Processor" },
        owed,
      )
      return ok({ value: value[0] ?? null, commit })
    },
    null,
  )
}
