// What the sandbox's names say, by the tables of Stripe's documentation and our own.

import { expect, test } from "vitest"
import { isHardDecline } from "../../src/payments/declines.ts"
import { behaviourOf } from "../../src/payments/sandbox/behaviour.ts"

test.each<[name: string, code: string, isHard: boolean]>([
  ["pm_card_chargeDeclined", "generic_decline", false],
  ["pm_card_visa_chargeDeclined", "generic_decline", false],
  ["pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds", false],
  ["pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds", false],
  ["pm_card_chargeDeclinedProcessingError", "processing_error", false],
  ["pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", false],
  ["pm_card_visa_chargeDeclinedStolenCard", "stolen_card", true],
  ["pm_card_chargeDeclinedLostCard", "lost_card", true],
  ["pm_card_chargeDeclinedExpiredCard", "expired_card", true],
  ["/v1/cards/OF-A-TENANT-DECLINE", "generic_decline", false],
  ["CARD-FAILED", "account_closed", true],
  ["/v1/bank_accounts/BA-FAILED", "account_closed", true],
])("%s is declined with %s", (name, code, isHard) => {
  expect(behaviourOf(name)?.charge).toEqual({ is: "Declines", code })
  expect(isHardDecline(code)).toBe(isHard)
})

test("other endings and names", () => {
  expect(behaviourOf("CARD-PENDING")?.charge).toEqual({ is: "Settles", failsWith: null })
  for (const name of ["/v1/cards/CC1", "/v1/bank_accounts/BA1"]) {
    expect(behaviourOf(name)?.charge).toEqual({ is: "Succeeds" })
  }
  for (const name of [
    "CARD-NOTEXIST",
    "/v1/cards/CC-NOTEXIST",
    "/v1/cards/",
    "/v1/people/P1",
    "pm_card_nonsense",
    "constructor",
    "__proto__",
    "",
  ]) {
    expect(behaviourOf(name)).toBeNull()
  }
})
