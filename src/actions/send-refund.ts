// Asks the processor for a refund that was begun, and commits what becomes of it. Runs with the request, and from the agenda for one
// whose answer was lost or that waits for its end. What a repeat means: it is looked for first, and asked for under its key where it
// never arrived.

import type { PaymentRow, RefundRow } from "../db/rows.ts"
import { err, ok } from "../domain/result.ts"
import { instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { log } from "../runtime/log.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { applyWaitingEvents } from "./apply-waiting-events.ts"
import { askForRefund } from "./ask-processor.ts"
import { unchanged } from "./payment-news.ts"
import { notFound } from "./refusal.ts"
import type { RefundWord } from "./refund-news.ts"
import { decideRefundNews } from "./refund-news.ts"
import type { Scope } from "./scope.ts"
import { takeRefunds } from "./take-refunds.ts"

export async function sendRefund(scope: Scope, refundId: string): Promise<Outcome<RefundRow>> {
  const refund = await scope.read.payments.refund(refundId)
  const payment = refund === null ? null : await scope.read.payments.byId(refund.paymentId)
  if (refund === null || payment === null) return err(notFound("refund"))
  if (!isOnItsWay(refund)) return ok(refund)
  const byHand: RefundWord = { status: "Succeeded", ref: null }
  const word = payment.kind === "Manual" ? byHand : await askForRefund(scope, payment, refund)
  const sent = await act(
    scope,
    async () => {
      const row = await scope.read.payments.refund(refundId)
      if (row === null) return err(notFound("refund"))
      return word === null ? ok(unchanged(row)) : decideRefundNews(scope, row, word)
    },
    null,
  )
  if (sent.ok) await applyWaitingEvents(scope.aside(), payment)
  if (sent.ok && sent.value.status === "Failed") await lookElsewhere(scope, payment)
  return sent
}

/** What is refused may have been given back at the processor's own site, of which nobody has told. */
async function lookElsewhere(scope: Scope, payment: PaymentRow): Promise<void> {
  const taken = payment.kind === "Manual" ? ok(null) : await takeRefunds(scope, payment)
  if (!taken.ok) log.warn("refunds of a charge are not known", { payment_id: payment.id })
}

/** Runs from the agenda, until there is an answer. `uniqueKey` counts. */
export async function sendRefundAgain(
  scope: Scope,
  refundId: string,
  uniqueKey: string,
): Promise<Outcome<null>> {
  const before = await scope.read.payments.refund(refundId)
  if (before !== null && isOnItsWay(before)) {
    const sent = await sendRefund(scope.aside(), refundId)
    if (!sent.ok) return sent
  }
  return act(
    scope,
    async () => {
      const refund = await scope.read.payments.refund(refundId)
      if (refund === null || !isOnItsWay(refund)) return ok(unchanged(null))
      const looks = Number(uniqueKey) + 1
      const latest = refund.status === "Processing" ? limits.reconcileAtLatestMs : limits.reconcileWaitingMs
      const wait = Math.min(limits.reconcileAfterMs * 2 ** Math.min(looks, 20), latest)
      const dueAt = instant(scope.now + wait)
      const again = { kind: "send-refund" as const, subject: refundId, uniqueKey: String(looks), dueAt }
      return ok({ value: null, commit: { agenda: [again], audit: [] } })
    },
    null,
  )
}

/** A refund that is Pending is settled by its event, or by a look after it where that was lost. */
function isOnItsWay({ status }: RefundRow): boolean {
  return status === "Processing" || status === "Pending"
}
