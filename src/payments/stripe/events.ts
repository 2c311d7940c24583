// Stripe's events in our words.

import type Stripe from "stripe"
import type { ProcessorEvent } from "../port.ts"
import { disputeFrom } from "./dispute.ts"
import { KEY } from "./keys.ts"
import { outcomeOf, transferOutcome } from "./outcome.ts"
import { idOf } from "./refs.ts"

/** Those that mean something here. */
export const EVENT_TYPES = [
  "payment_intent.succeeded",
  "payment_intent.processing",
  "payment_intent.requires_action",
  "payment_intent.payment_failed",
  "payment_intent.canceled",
  "refund.created",
  "refund.updated",
  "refund.failed",
  "charge.refunded",
  "charge.refund.updated",
  "charge.dispute.created",
  "charge.dispute.updated",
  "charge.dispute.funds_withdrawn",
  "charge.dispute.funds_reinstated",
  "charge.dispute.closed",
  "checkout.session.completed",
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
    case "refund.created":
    case "refund.updated":
    case "refund.failed":
    case "charge.refund.updated":
      return ofRefund(event.id, event.data.object) ?? other
    case "charge.refunded":
      return ofCharge(event.id, event.data.object) ?? other
    case "charge.dispute.created":
    case "charge.dispute.updated":
    case "charge.dispute.funds_withdrawn":
    case "charge.dispute.funds_reinstated":
    case "charge.dispute.closed":
      return ofDispute(event.id, event.data.object) ?? other
    case "checkout.session.completed":
      return ofSession(event.id, event.data.object) ?? other
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
    case "pending":
    case "requires_action":
      return { id, kind: "RefundPending", refundRef: refund.id, chargeRef }
    case "succeeded":
      return { id, kind: "RefundSucceeded", refundRef: refund.id, chargeRef }
    case "failed":
    case "canceled":
      return { id, kind: "RefundFailed", refundRef: refund.id, chargeRef }
    default:
      return null
  }
}

function ofCharge(id: string, charge: Stripe.Charge): ProcessorEvent | null {
  const chargeRef = idOf(charge.payment_intent)
  return chargeRef === null ? null : { id, kind: "ChargeRefunded", chargeRef }
}

const DISPUTED = { Open: "DisputeOpened", Won: "DisputeWon", Lost: "DisputeLost" } as const

/** What a dispute's state says counts, whichever event tells it: an inquiry becomes a dispute by an update, and one that was closed is
 *  opened again by one. */
function ofDispute(id: string, dispute: Stripe.Dispute): ProcessorEvent | null {
  const chargeRef = idOf(dispute.payment_intent)
  const stands = disputeFrom(dispute)
  if (chargeRef === null || stands === null) return null
  const { status, ...money } = stands
  return { id, kind: DISPUTED[status], chargeRef, disputeRef: dispute.id, ...money }
}

/** A page of ours: others on the account have pages of their own. */
function ofSession(
  id: string,
  { id: setupRef, mode, metadata }: Stripe.Checkout.Session,
): ProcessorEvent | null {
  const isOurs = mode === "setup" && metadata?.[KEY] !== undefined
  return isOurs ? { id, kind: "MethodGiven", setupRef } : null
}
