// A payout: what is owed to a customer, on its way to one of its methods. Processing → Pending → Succeeded | Failed; one that failed
// is tried again under another key, or Cancelled.
// Laws: no more is on its way than is owed; a try is written with its key before anybody is asked, and no two tries of a payout
// are under way at once. What came back after it had succeeded is owed again, and paid out by another payout.

import type { RefundNews } from "./payment.ts"
import type { Instant } from "./time.ts"
import { instant } from "./time.ts"

export const PAYOUT_STATUSES = ["Processing", "Pending", "Succeeded", "Failed", "Cancelled"] as const
export type PayoutStatus = (typeof PAYOUT_STATUSES)[number]

/** What a processor says of a payout. */
export type PayoutNews = RefundNews

/** A try that failed. `ref`: what the processor calls it, if it got so far. */
export type PayoutFailure = {
  readonly at: Instant
  readonly code: string
  readonly message: string
  readonly ref: string | null
  /** Nothing arrives there ever, so it was the last try by itself. */
  readonly isHard?: boolean
}

/** What a payout gives back of a payment. The amount is in minor units. */
export type PayoutPart = { readonly paymentId: string; readonly amountMinor: string }

const MOVES: Readonly<Record<PayoutStatus, Partial<Record<PayoutNews, PayoutStatus>>>> = {
  Processing: { Pending: "Pending", Succeeded: "Succeeded", Failed: "Failed" },
  Pending: { Succeeded: "Succeeded", Failed: "Failed" },
  Succeeded: { Failed: "Failed" },
  Failed: {},
  Cancelled: {},
}

/** The status after what a processor says of the try that is under way, or null where that is no news. */
export function movePayout(from: PayoutStatus, news: PayoutNews): PayoutStatus | null {
  return MOVES[from][news] ?? null
}

/** Whether its end is not known yet: so long its amount is spoken for. */
export function isOnItsWay(status: PayoutStatus): boolean {
  return status === "Processing" || status === "Pending"
}

type Tried = { readonly id: string; readonly tries: number }

/** The key of a try. That of the first one is the payout's id. */
export function keyOfTry({ id, tries }: Tried): string {
  return tries === 0 ? id : `${id}:${tries}`
}

/** The payout that a key is of. */
export function payoutOfKey(key: string): string {
  return key.split(":")[0] ?? key
}

const DAY_MS = 86_400_000

/** When it is tried again by itself: days count from the first failure, and days that have passed meanwhile are left out. Null: never. */
export function nextTryAt(firstFailureAt: Instant, days: readonly number[], now: Instant): Instant | null {
  const day = days.find((one) => firstFailureAt + one * DAY_MS > now)
  return day === undefined ? null : instant(firstFailureAt + day * DAY_MS)
}
