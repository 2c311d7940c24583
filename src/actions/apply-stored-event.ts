// Applies an event of a processor that is stored. It is marked in the commit of its effect, so it has its effect once.
// Laws: events may come late, twice, never and in any order. What contradicts what is known, and every failure, may be older news
// than it seems: the processor is asked how the charge stands now, and that is what counts.

import type { PaymentRow, ProcessorEventRow } from "../db/rows.ts"
import { processorEvents } from "../db/schema.ts"
import { isPlainNews, movePayment } from "../domain/payment.ts"
import { err, ok } from "../domain/result.ts"
import type { ChargeOutcome, ProcessorEvent } from "../payments/port.ts"
import type { Decided, Outcome } from "./act.ts"
import { act } from "./act.ts"
import { lookUpCharge } from "./ask-processor.ts"
import { disputeNews } from "./dispute-news.ts"
import { decideNews, unchanged } from "./payment-news.ts"
import { decidePayoutNews } from "./payout-news.ts"
import { eventOf } from "./processor-event.ts"
import { decideRefundNews } from "./refund-news.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { NO_ANSWER, takeRefunds } from "./take-refunds.ts"

type ChargeEvent = Extract<ProcessorEvent, { readonly outcome: ChargeOutcome }>
type PayoutEvent = Extract<ProcessorEvent, { readonly payoutRef: string }>
type RefundEvent = Extract<ProcessorEvent, { readonly refundRef: string }>

/** Nothing is done, and it goes on waiting, while what it is about is not known. */
export async function applyStoredEvent(scope: Scope, stored: ProcessorEventRow): Promise<Outcome<null>> {
  if (stored.appliedAt !== null) return ok(null)
  const ready = await prepare(scope, stored)
  if (!ready.ok) return ready
  if (!ready.value) return ok(null)
  return act(
    scope,
    async () => {
      const row = await scope.read.payments.event(stored.processor, stored.eventId)
      if (row === null || row.appliedAt !== null) return ok(unchanged(null))
      const effect = await effectOf(scope, row)
      if (effect === null) return ok(unchanged(null))
      if (!effect.ok) return effect
      const { commit } = effect.value
      const mark = scope.write.update(processorEvents, row.id, row.version, { appliedAt: scope.now })
      return ok({ value: null, commit: { ...commit, guards: [mark, ...(commit.guards ?? [])] } })
    },
    null,
  )
}

/** What an event leads to in commits of their own, which a repeat finds done. False: it goes on waiting. */
async function prepare(scope: Scope, row: ProcessorEventRow): Promise<Outcome<boolean>> {
  const event = eventOf(row)
  if (event.kind !== "ChargeRefunded" && !("refundRef" in event)) return ok(true)
  const payment = await scope.read.payments.byCharge(row.processor, event.chargeRef)
  if (payment === null) return ok(false)
  const refundRef = "refundRef" in event ? event.refundRef : null
  if (refundRef !== null && (await scope.read.payments.refundByRef(refundRef)) !== null) return ok(true)
  const taken = await takeRefunds(scope, payment)
  if (!taken.ok) return taken
  if (taken.value === null) return ok(false)
  // What went back and is not in the list yet is told again. What failed has changed nothing.
  const isMissing = event.kind !== "RefundFailed" && refundRef !== null && !taken.value.has(refundRef)
  return isMissing ? err(NO_ANSWER) : ok(true)
}

async function effectOf(scope: Scope, row: ProcessorEventRow): Promise<Outcome<Decided<unknown>> | null> {
  const event = eventOf(row)
  if (event.kind === "Other" || event.kind === "MethodGiven") return ok(unchanged(null))
  if ("payoutRef" in event) return ofPayout(scope, row.processor, event)
  const payment = await scope.read.payments.byCharge(row.processor, event.chargeRef)
  if (payment === null) return null
  switch (event.kind) {
    case "ChargeSucceeded":
    case "ChargePending":
    case "ChargeFailed":
      return ofCharge(scope, payment, event)
    case "ChargeRefunded":
      return ok(unchanged(null))
    case "RefundPending":
    case "RefundSucceeded":
    case "RefundFailed":
      return ofRefund(scope, event)
    case "DisputeOpened":
    case "DisputeWon":
    case "DisputeLost":
      return disputeNews(scope, payment, event)
  }
}

async function ofCharge(
  scope: Scope,
  payment: PaymentRow,
  { outcome }: ChargeEvent,
): Promise<Outcome<Decided<unknown>> | null> {
  if (movePayment(payment.status, outcome.status, payment.returnedAt !== null) === null) {
    return ok(unchanged(null))
  }
  if (isPlainNews(payment.status, outcome.status)) return decideNews(scope, payment, outcome)
  const now = await lookUpCharge(scope, payment)
  if (now !== null) return decideNews(scope, payment, now)
  // Told again later: whoever sent it does so until it is taken.
  return err(refusal("conflict", "The processor does not say at this moment how the charge stands."))
}

async function ofRefund(scope: Scope, event: RefundEvent): Promise<Outcome<Decided<unknown>>> {
  const refund = await scope.read.payments.refundByRef(event.refundRef)
  // One that is not known even now has failed before anybody heard of it.
  if (refund === null) return ok(unchanged(null))
  const { refundRef: ref } = event
  if (event.kind === "RefundSucceeded") return decideRefundNews(scope, refund, { status: "Succeeded", ref })
  if (event.kind === "RefundPending") return decideRefundNews(scope, refund, { status: "Pending", ref })
  const failed = {
    status: "Failed",
    ref,
    code: "refund_failed",
    message: "The processor could not refund it.",
  }
  return decideRefundNews(scope, refund, { ...failed, status: "Failed" })
}

async function ofPayout(
  scope: Scope,
  processor: string,
  { payoutRef, outcome }: PayoutEvent,
): Promise<Outcome<Decided<unknown>> | null> {
  const payout = await scope.read.payouts.byRef(processor, payoutRef)
  if (payout !== null) return decidePayoutNews(scope, payout, outcome)
  // A try that failed has had its end: what is told of it later is no news.
  const former = await scope.read.payouts.byFormerRef(processor, payoutRef)
  return former === null ? null : ok(unchanged(null))
}
