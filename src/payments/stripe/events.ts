// Stripe's events in our words.

import type Stripe from "stripe"
import { parseCurrency } from "../../domain/currency.ts"
import type { ProcessorEvent } from "../port.ts"
import { fromStripe } from "./amount.ts"
import { outcomeOf, transferOutcome } from "./outcome.ts"
import { idOf } from "./refs.ts"

/** Those that mean something here. */
export const EVENT_TYPES = [
  "payment_intent.succeeded",
  "payment_intent.processing",
  "payment_intent.requires_action",
  "payment_intent.payment_failed",
  "payment_intent.canceled",
  "refund.updated",
  "refund.failed",
  "charge.refund.updated",
  "charge.dispute.created",
  "charge.dispute.closed",
  "transfer.reversed",
] as const satisfies readonly Stripe.Event["type"][]

export function normalized(event: Stripe.Event): ProcessorEvent {
  const other: ProcessorEvent = { id: event.id, kind: "Other", type: event.type }
  switch (event.type) {
    case "payment_intent.succeeded":
    case "payment_intent.processing":
    case "payment_intent.requires_action":
    case "payment_intent.payment_failed":
    case "payment_intent.canceled":
      return ofIntent(event.id, event.data.object) ?? other
    case "refund.updated":
    case "refund.failed":
    case "charge.refund.updated":
      return ofRefund(event.id, event.data.object) ?? other
    case "charge.dispute.created":
    case "charge.dispute.closed":
      return ofDispute(event.id, event.data.object, event.type) ?? other
    case "transfer.reversed":
      return ofTransfer(event.id, event.data.object) ?? other
    default:
      return other
  }
}

function ofTransfer(id: string, transfer: Stripe.Transfer): ProcessorEvent | null {
  const outcome = transferOutcome(transfer)
  // A part of it that was taken back leaves the rest where it is.
  return outcome.status === "Failed" ? { id, kind: "PayoutFailed", payoutRef: transfer.id, outcome } : null
}

function ofIntent(id: string, intent: Stripe.PaymentIntent): ProcessorEvent | null {
  const outcome = outcomeOf(intent)
  // The first try, without the customer: it is asked on a page meanwhile, and the intent is not lost.
  if (outcome.status === "Failed" && outcome.code === "authentication_required") return null
  const kind =
    outcome.status === "Succeeded"
      ? "ChargeSucceeded"
      : outcome.status === "Failed"
        ? "ChargeFailed"
        : "ChargePending"
  return { id, kind, chargeRef: intent.id, outcome }
}

function ofRefund(id: string, refund: Stripe.Refund): ProcessorEvent | null {
  const chargeRef = idOf(refund.payment_intent)
  if (chargeRef === null) return null
  switch (refund.status) {
    case "succeeded":
      return { id, kind: "RefundSucceeded", refundRef: refund.id, chargeRef }
    case "failed":
    case "canceled":
      return { id, kind: "RefundFailed", refundRef: refund.id, chargeRef }
    default:
      return null
  }
}

/** An inquiry (`warning_…`) takes no money: only what it becomes is a dispute. */
function ofDispute(
  id: string,
  { payment_intent, amount, currency: code, status }: Stripe.Dispute,
  type: "charge.dispute.created" | "charge.dispute.closed",
): ProcessorEvent | null {
  const chargeRef = idOf(payment_intent)
  const currency = parseCurrency(code.toUpperCase())
  const amountMinor = currency.ok ? fromStripe(amount, currency.value) : null
  if (chargeRef === null || !currency.ok || amountMinor === null || status.startsWith("warning_")) return null
  const kind = type === "charge.dispute.created" ? "DisputeOpened" : CLOSED[status]
  return kind === undefined ? null : { id, kind, chargeRef, amountMinor, currency: currency.value }
}

const CLOSED: Readonly<Record<string, "DisputeWon" | "DisputeLost">> = {
  won: "DisputeWon",
  lost: "DisputeLost",
}
