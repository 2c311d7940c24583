// What becomes of a payment in the sandbox: the method's name says it. The names are those that Stripe's test mode has,
// with and without `visa_` in them, and some more for what Stripe's test mode can't do.
// Law: the same name always behaves the same way.

export type ChargePlan =
  | {
      readonly is: "Succeeds"
      readonly disputed?: "Open" | "Won" | "Lost"
      readonly isAnswerLost?: true
      /** Half of it is given back a day later, at the processor's own site. */
      readonly isRefundedElsewhere?: true
    }
  | { readonly is: "Declines"; readonly code: string; readonly times?: number }
  /** Answered as pending; the outcome is told later. */
  | { readonly is: "Settles"; readonly failsWith: string | null }
  | { readonly is: "AsksCustomer" }

export type RefundPlan = "Succeeds" | "Pending" | "Fails"

export type Behaviour = {
  readonly brand: string
  readonly last4: string
  readonly charge: ChargePlan
  readonly refund: RefundPlan
}

const SUCCEEDS: ChargePlan = { is: "Succeeds" }

const declines = (code: string, times?: number): ChargePlan =>
  times === undefined ? { is: "Declines", code } : { is: "Declines", code, times }

const card = (
  last4: string,
  charge: ChargePlan,
  refund: RefundPlan = "Succeeds",
  brand = "visa",
): Behaviour => ({
  brand,
  last4,
  charge,
  refund,
})

// The last digits are those of the card numbers that Stripe documents for the same behaviour.
const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  pm_card_visa: card("4242", SUCCEEDS),
  pm_card_visa_debit: card("5556", SUCCEEDS),
  pm_card_mastercard: card("4444", SUCCEEDS, "Succeeds", "mastercard"),
  pm_card_amex: card("8431", SUCCEEDS, "Succeeds", "amex"),
  pm_card_chargeDeclined: card("0002", declines("generic_decline")),
  pm_card_chargeCustomerFail: card("0341", declines("generic_decline")),
  pm_card_chargeDeclinedInsufficientFunds: card("9995", declines("insufficient_funds")),
  pm_card_chargeDeclinedLostCard: card("9987", declines("lost_card")),
  pm_card_chargeDeclinedStolenCard: card("9979", declines("stolen_card")),
  pm_card_chargeDeclinedExpiredCard: card("0069", declines("expired_card")),
  pm_card_chargeDeclinedFraudulent: card("0019", declines("fraudulent")),
  pm_card_chargeDeclinedIncorrectCvc: card("0127", declines("incorrect_cvc")),
  pm_card_chargeDeclinedProcessingError: card("0119", declines("processing_error")),
  pm_card_chargeDeclinedVelocityLimitExceeded: card("6975", declines("card_velocity_exceeded")),
  pm_card_authenticationRequired: card("3184", { is: "AsksCustomer" }),
  pm_card_createDispute: card("0259", { is: "Succeeds", disputed: "Open" }),
  pm_card_refundFail: card("5126", SUCCEEDS, "Fails"),
  pm_card_pendingRefund: card("7726", SUCCEEDS, "Pending"),
  // Ours.
  pm_card_createDisputeThenWon: card("0259", { is: "Succeeds", disputed: "Won" }),
  pm_card_createDisputeThenLost: card("0259", { is: "Succeeds", disputed: "Lost" }),
  pm_card_refundedElsewhere: card("4242", { is: "Succeeds", isRefundedElsewhere: true }),
  pm_card_pendingThenSucceeds: card("0001", { is: "Settles", failsWith: null }),
  pm_card_pendingThenFails: card("0004", { is: "Settles", failsWith: "processing_error" }),
  pm_card_lostInTransit: card("0005", { is: "Succeeds", isAnswerLost: true }),
  pm_card_declinedTwiceThenSucceeds: card("0006", declines("insufficient_funds", 2)),
}

const NOT_THERE = "NOTEXIST"

/** For names of a tenant's own, which tests of the Billy API bring. */
const BY_ENDING: readonly (readonly [ending: string, behaviour: Behaviour])[] = [
  ["DECLINE", card("0002", declines("generic_decline"))],
  ["FAILED", card("0119", declines("account_closed"))],
  ["PENDING", card("0001", { is: "Settles", failsWith: null })],
]

/** What the Billy API names: `/v1/cards/…`, `/v1/bank_accounts/…`. */
const METHOD_URI = /\/(?:cards|bank_accounts)\/[^/]+$/

/** Null: there is no such method. */
export function behaviourOf(name: string): Behaviour | null {
  const plain = name.replace(/^pm_card_visa_charge/, "pm_card_charge")
  const known = Object.hasOwn(BEHAVIOURS, plain) ? BEHAVIOURS[plain] : undefined
  if (known !== undefined) return known
  if (name.endsWith(NOT_THERE)) return null
  const ending = BY_ENDING.find(([end]) => name.endsWith(end))?.[1]
  return ending ?? (METHOD_URI.test(name) ? card("4242", SUCCEEDS) : null)
}

export function kindOf(name: string): "Card" | "BankAccount" {
  return name.includes("/bank_accounts/") ? "BankAccount" : "Card"
}

/** Customers are not remembered, so every name is one but those that say that they are none. */
export function isCustomer(name: string): boolean {
  return name !== "" && !name.endsWith(NOT_THERE)
}

const MESSAGES: Readonly<Record<string, string>> = {
  insufficient_funds: "Your card has insufficient funds.",
  account_closed: "The account is closed.",
  canceled: "The payment was cancelled.",
  expired_card: "Your card has expired.",
  incorrect_cvc: "Your card's security code is incorrect.",
  processing_error: "An error occurred while processing your card. Try again in a little bit.",
  resource_missing: "There is no such payment method, or it is not this customer's.",
  authentication_failed: "The customer did not approve the payment.",
}

export function messageOf(code: string): string {
  return MESSAGES[code] ?? "Your card was declined."
}
