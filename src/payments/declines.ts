// Which declines are final. Asking again for a card that is stolen or an account that is closed only raises suspicion,
// and card networks charge for it: https://docs.stripe.com/declines/codes.

const HARD: ReadonlySet<string> = new Set([
  "account_closed",
  "bank_account_closed",
  "bank_account_unusable",
  "card_not_supported",
  "debit_not_authorized",
  "expired_card",
  "fraudulent",
  "incorrect_number",
  "invalid_account",
  "invalid_number",
  "lost_card",
  "merchant_blacklist",
  "no_account",
  "payment_method_not_available",
  "pickup_card",
  "resource_missing",
  "restricted_card",
  "revocation_of_all_authorizations",
  "revocation_of_authorization",
  "security_violation",
  "service_not_allowed",
  "stolen_card",
  "stop_payment_order",
  "transaction_not_allowed",
])

export function isHardDecline(code: string): boolean {
  return HARD.has(code)
}
