// When a wallet is filled up by itself. Law: never while a recharge is under way, nor at once after one that was declined, nor beyond
// what may be charged in a month. Pure.

import type { Minor } from "./money.ts"
import { minor } from "./money.ts"
import type { Instant } from "./time.ts"

/** Pending: its money is asked for. A recharge that failed is never asked for again; a later one is another. */
export const RECHARGE_STATUSES = ["Pending", "Succeeded", "Failed"] as const
export type RechargeStatus = (typeof RECHARGE_STATUSES)[number]

export type Recharge = {
  readonly status: RechargeStatus
  readonly amountMinor: Minor
  readonly createdAt: Instant
  readonly endedAt: Instant | null
}

export type RechargeTerms = {
  readonly amountMinor: Minor
  /** What may be charged in a calendar month; null: without end. */
  readonly capMinor: Minor | null
}

/** `Wait`: none before `until`, by which the month is over or the method may have money again. */
export type RechargeDecision =
  | { readonly kind: "Charge"; readonly amountMinor: Minor }
  | { readonly kind: "UnderWay" }
  | { readonly kind: "Wait"; readonly until: Instant; readonly because: "Declined" | "Cap" }

export type RechargeTime = {
  readonly now: Instant
  /** The calendar month that holds it. */
  readonly month: { readonly start: Instant; readonly end: Instant }
  /** How long nothing is charged after a decline. */
  readonly pauseMs: number
}

/** `recharges`: of this month, and the latest of before. A cap that leaves less than the whole amount leaves nothing. */
export function decideRecharge(
  { amountMinor, capMinor }: RechargeTerms,
  recharges: readonly Recharge[],
  { now, month, pauseMs }: RechargeTime,
): RechargeDecision {
  if (recharges.some(({ status }) => status === "Pending")) return { kind: "UnderWay" }
  const declined = recharges.flatMap(({ status, endedAt }) =>
    status === "Failed" && endedAt !== null ? [endedAt + pauseMs] : [],
  )
  const until = Math.max(now, ...declined) as Instant
  if (until > now) return { kind: "Wait", until, because: "Declined" }
  const charged = recharges
    .filter(({ status, createdAt }) => status === "Succeeded" && createdAt >= month.start)
    .reduce((sum, one) => sum + one.amountMinor, 0n)
  if (capMinor !== null && charged + amountMinor > capMinor) {
    return { kind: "Wait", until: month.end, because: "Cap" }
  }
  return { kind: "Charge", amountMinor: minor(amountMinor) }
}
