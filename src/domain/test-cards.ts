// The cards that the sandbox's page offers: names of its methods, and what they do.

export type TestCard = {
  readonly name: string
  readonly brand: string
  readonly last4: string
  readonly does: string
}

const visa = (name: string, last4: string, does: string): TestCard => ({ name, brand: "Visa", last4, does })

export const TEST_CARDS: readonly TestCard[] = [
  visa("pm_card_visa", "4242", "pays"),
  { name: "pm_card_mastercard", brand: "Mastercard", last4: "4444", does: "pays" },
  visa("pm_card_authenticationRequired", "3184", "asks its owner each time"),
  visa("pm_card_pendingThenSucceeds", "0001", "pays an hour later"),
  visa("pm_card_chargeDeclinedInsufficientFunds", "9995", "has no money"),
  visa("pm_card_declinedTwiceThenSucceeds", "0006", "has money at the third try"),
  visa("pm_card_chargeDeclined", "0002", "is declined"),
  visa("pm_card_chargeDeclinedStolenCard", "9979", "is stolen"),
  visa("pm_card_createDispute", "0259", "pays, and its owner disputes it"),
]

export function testCard(name: string): TestCard | null {
  return TEST_CARDS.find((card) => card.name === name) ?? null
}
