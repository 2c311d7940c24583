// Coterming: a subscription that ends with its contract.
// Law: its fees are owed up to the contract's end, whether they are billed period by period or at once.

import type { Instant } from "./time.ts"

const DAY_MS = 86_400_000
const FEWEST_DAYS = 30

/** Whether what is left of the contract is too little for a recurring bill: its fees are then one fee, billed at once. Fewer than
 *  thirty times 24 hours; thirty days exactly still recur. */
export function isOneTime(now: Instant, contractEnd: Instant): boolean {
  return contractEnd - now < FEWEST_DAYS * DAY_MS
}

/** Where a subscription ends that joins a contract: with it, or before it where that was agreed already. */
export function cotermEnd(endAt: Instant | null, contractEnd: Instant): Instant {
  return endAt !== null && endAt < contractEnd ? endAt : contractEnd
}
