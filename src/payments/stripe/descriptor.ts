// What a bank statement may show, by https://docs.stripe.com/get-started/account/statement-descriptors.
// Law: a text that Stripe would refuse is left out. It is no reason not to be paid.

const FORBIDDEN = /[<>\\'"*]/g
const LONGEST = 22

/** For cards it is put behind what the account shows always, and cut with it. */
export function descriptorOf(text: string | null | undefined): { statement_descriptor_suffix?: string } {
  const plain = (text ?? "").replace(FORBIDDEN, "").trim().slice(0, LONGEST)
  const isLatin = /^[\x20-\x7e]+$/.test(plain)
  return isLatin && /[a-z]/i.test(plain) ? { statement_descriptor_suffix: plain } : {}
}
