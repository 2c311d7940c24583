// What Stripe says of a payment, in our words.
// Law: a decline or a refused request is an outcome, since nothing was charged; whatever else went wrong is thrown,
// since nobody knows whether it was.

import Stripe from "stripe"
import { isHardDecline } from "../declines.ts"
import type { ChargeOutcome, PayoutOutcome, RefundOutcome } from "../port.ts"

export const UNSAYABLE = {
  code: "amount_not_supported",
  message: "Stripe can't take this amount of this currency exactly.",
} as const

export type Fault = { readonly code: string; readonly message: string }

export function outcomeOf(intent: Stripe.PaymentIntent): ChargeOutcome {
  const { id: ref, status, next_action: next } = intent
  switch (status) {
    case "succeeded":
      return { status: "Succeeded", ref }
    case "processing":
    case "requires_capture":
      return { status: "Pending", ref }
    case "requires_action":
      return actionOf(ref, next?.redirect_to_url?.url ?? null)
    case "canceled":
      return failed(ref, { code: "canceled", message: "The payment was cancelled." })
    default:
      return failed(ref, faultOf(intent, status))
  }
}

function actionOf(ref: string, actionUrl: string | null): ChargeOutcome {
  if (actionUrl !== null) return { status: "RequiresAction", ref, actionUrl }
  const message = "The customer must act in a way that has no page to go to."
  return failed(ref, { code: "authentication_required", message })
}

/** Why an intent is not paid. */
function faultOf({ last_payment_error: error }: Stripe.PaymentIntent, status: string): Fault {
  return {
    code: error?.decline_code ?? error?.code ?? `payment_intent_${status}`,
    message: error?.message ?? "The payment was not made.",
  }
}

export function failed(ref: string | null, { code, message }: Fault): ChargeOutcome {
  return { status: "Failed", ref, code, message, isHard: isHardDecline(code) }
}

/** The intent that an error is about. */
export function intentOf(error: unknown): Stripe.PaymentIntent | null {
  return error instanceof Stripe.errors.StripeError ? (error.payment_intent ?? null) : null
}

/** A certain no; null: it is not certain. */
export function refusalOf(error: unknown): Fault | null {
  if (!(error instanceof Stripe.errors.StripeError)) return null
  const isDecline = error instanceof Stripe.errors.StripeCardError
  // A conflict (another request under this key is running, or an object is locked) comes as an invalid request too.
  const isRefused = error instanceof Stripe.errors.StripeInvalidRequestError && error.statusCode !== 409
  if (!isDecline && !isRefused) return null
  const code = error.decline_code ?? error.code ?? "invalid_request"
  return { code, message: error.message }
}

export function refundOutcome({
  id: ref,
  status,
  failure_reason: reason,
}: Pick<Stripe.Refund, "id" | "status"> & { failure_reason?: string }): RefundOutcome {
  if (status === "succeeded") return { status: "Succeeded", ref }
  if (status === "failed" || status === "canceled") {
    return {
      status: "Failed",
      ref,
      code: reason ?? status,
      message: "The refund did not reach the customer.",
    }
  }
  return { status: "Pending", ref }
}

/** A transfer has arrived when it is made, until it is taken back. */
export function transferOutcome({
  id: ref,
  reversed,
}: Pick<Stripe.Transfer, "id" | "reversed">): PayoutOutcome {
  if (!reversed) return { status: "Succeeded", ref }
  return { status: "Failed", ref, code: "reversed", message: "The payout was taken back." }
}
