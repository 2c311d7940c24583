// A subscription: a customer's plan over time. Statuses move by the one transition function here.

import type { Decimal } from "./decimal.ts"
import { decimalOf, ONE } from "./decimal.ts"
import type { Result } from "./result.ts"
import { err, ok } from "./result.ts"
import type { Instant } from "./time.ts"
import { instant } from "./time.ts"

export const SUBSCRIPTION_STATUSES = [
  "Trialing",
  "Active",
  "PastDue",
  "Paused",
  "Cancelled",
  "Expired",
] as const

export type SubscriptionStatus = (typeof SUBSCRIPTION_STATUSES)[number]
export type SubscriptionMove =
  | "end_trial"
  | "cancel"
  | "expire"
  | "pause"
  | "resume"
  | "fall_behind"
  | "catch_up"

const MOVES: Readonly<Record<SubscriptionMove, Partial<Record<SubscriptionStatus, SubscriptionStatus>>>> = {
  end_trial: { Trialing: "Active" },
  cancel: { Trialing: "Cancelled", Active: "Cancelled", PastDue: "Cancelled", Paused: "Cancelled" },
  expire: { Trialing: "Expired", Active: "Expired", PastDue: "Expired", Paused: "Expired" },
  pause: { Trialing: "Paused", Active: "Paused", PastDue: "Paused" },
  resume: { Paused: "Active" },
  fall_behind: { Active: "PastDue" },
  catch_up: { PastDue: "Active" },
}

export function moveSubscription(
  from: SubscriptionStatus,
  move: SubscriptionMove,
): Result<SubscriptionStatus, string> {
  const to = MOVES[move][from]
  return to === undefined ? err(`The subscription is ${from}: it can't ${move.replace("_", " ")}.`) : ok(to)
}

export function hasEnded(status: SubscriptionStatus): boolean {
  return status === "Cancelled" || status === "Expired"
}

/** Seats: one quantity for every SKU without a meter, and others per SKU. Decimals as text. */
export type Quantities = {
  readonly all: string | null
  readonly bySku: Readonly<Record<string, string>>
}

export function quantityFor(quantities: Quantities, skuId: string): Decimal {
  const text = quantities.bySku[skuId] ?? quantities.all
  return text === null ? ONE : decimalOf(text)
}

const DAY_MS = 86_400_000

/** A trial counts whole days of 24 hours from the start; zero days is no trial. */
export function trialEnd(startedAt: Instant, days: number): Instant | null {
  return days === 0 ? null : instant(startedAt + days * DAY_MS)
}

/** Where a subscription ended or will end, as far as is known: by its cancellation, or as was agreed from the beginning. */
export function lastInstant(subscription: {
  readonly endedAt: Instant | null
  readonly cancelAt: Instant | null
  readonly endAt: Instant | null
}): Instant | null {
  const { endedAt, cancelAt, endAt } = subscription
  if (endedAt !== null) return endedAt
  if (cancelAt === null || endAt === null) return cancelAt ?? endAt
  return cancelAt < endAt ? cancelAt : endAt
}
