// When a webhook is tried again, and what the failures of an endpoint mean. Pure.
// Law: a delivery is tried for three days. An endpoint at which nothing arrives is asked by one delivery at a time, and disabled after
// three days of it.

import type { Instant } from "./time.ts"
import { instant } from "./time.ts"

export const ENDPOINT_STATUSES = ["Enabled", "Disabled"] as const
export type EndpointStatus = (typeof ENDPOINT_STATUSES)[number]

export const DELIVERY_STATUSES = ["Pending", "Delivered", "Failed"] as const
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number]

/** One try, as the log keeps it. `responseStatus` is null when there was no answer, and `error` says why. */
export type Attempt = {
  readonly at: Instant
  readonly url: string
  readonly responseStatus: number | null
  readonly responseBody: string | null
  readonly durationMs: number
  readonly error: string | null
}

/** What is sent to an endpoint. `secrets`: the present one first, then the one before it while that still counts. */
export type WebhookRequest = {
  readonly url: string
  readonly id: string
  readonly body: string
  readonly secrets: readonly string[]
}

export type WebhookAnswer = Omit<Attempt, "at" | "url">

const SECOND_MS = 1_000
const HOUR_MS = 3_600 * SECOND_MS
const FIRST_PAUSE_MS = 10 * SECOND_MS
const LONGEST_PAUSE_MS = 2 * HOUR_MS

/** How long something is tried before it is given up. */
export const PATIENCE_MS = 72 * HOUR_MS

/** After so many failures in a row it is the endpoint that fails, and no single event. */
export const BREAKER_FAILURES = 5

/** How long a secret counts beside the one that replaced it. */
export const ROTATION_MS = 24 * HOUR_MS

/** 10 s, 30 s, 90 s … and at most two hours, so that whoever is back gets everything soon. */
export function pauseMs(failures: number): number {
  return Math.min(FIRST_PAUSE_MS * 3 ** (failures - 1), LONGEST_PAUSE_MS)
}

/** When a delivery that failed `failures` times is tried again; null when it was tried for three days. The last try is at their end. */
export function nextTry(failures: number, firstAt: Instant, now: Instant): Instant | null {
  const last = firstAt + PATIENCE_MS
  return now >= last ? null : instant(Math.min(now + pauseMs(failures), last))
}

/** How an endpoint does. `probeAt`: when the next delivery may be tried while it is taken for broken. */
export type Health = {
  readonly failures: number
  readonly failingSince: Instant | null
  readonly probeAt: Instant | null
}

export const HEALTHY: Health = { failures: 0, failingSince: null, probeAt: null }

export function afterFailure({ failures: before, failingSince }: Health, now: Instant): Health {
  const failures = before + 1
  const since = failingSince ?? now
  if (failures < BREAKER_FAILURES) return { failures, failingSince: since, probeAt: null }
  const pause = pauseMs(failures - BREAKER_FAILURES + 1)
  // It is asked once more at the end of its three days.
  const probeAt = instant(Math.max(now, Math.min(now + pause, since + PATIENCE_MS)))
  return { failures, failingSince: since, probeAt }
}

/** Whether it failed for so long that nothing is sent to it any more. */
export function isGivenUp({ failingSince }: Health, now: Instant): boolean {
  return failingSince !== null && now >= failingSince + PATIENCE_MS
}

export function isBroken({ failures }: Health): boolean {
  return failures >= BREAKER_FAILURES
}

export function isDelivered({ responseStatus }: WebhookAnswer): boolean {
  return responseStatus !== null && responseStatus >= 200 && responseStatus < 300
}

const GONE = 410

/** HTTP's own way to say: never again. */
export function isGone({ responseStatus }: WebhookAnswer): boolean {
  return responseStatus === GONE
}
