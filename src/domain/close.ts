// What is closed when, and what a bill looks at. Pure: the subscription's pointers and a point in time in.
// Laws: periods are closed one by one and in order; a close that is repeated finds nothing left to close.

import { assert } from "./assert.ts"
import type { ChargeScope } from "./billable.ts"
import type { Period, Schedule } from "./period.ts"
import { periodAt, periodContaining } from "./period.ts"
import type { SubscriptionMove, SubscriptionStatus } from "./subscription.ts"
import { hasEnded, lastInstant, moveSubscription } from "./subscription.ts"
import type { Instant } from "./time.ts"
import type { CancelTerms } from "./timeline.ts"

export type BillingState = {
  readonly status: SubscriptionStatus
  readonly schedule: Schedule
  readonly periodIndex: number
  readonly billFromIndex: number
  /** Where it ends by a cancellation, and where by what was agreed from the beginning. */
  readonly cancelAt: Instant | null
  readonly endAt: Instant | null
  readonly endedAt: Instant | null
  readonly cancelTerms?: CancelTerms | null
}

export type Close = {
  /** The period that is closed. */
  readonly closed: Period
  readonly scope: ChargeScope
  /** The period that opens, or null when the subscription ends here. */
  readonly next: Period | null
  readonly status: SubscriptionStatus
  readonly endedAt: Instant | null
}

/** When the running period is to be closed: where it ends, or the subscription in it. */
export function closeDueAt(state: BillingState): Instant {
  const { end } = periodAt(state.schedule, state.periodIndex)
  const last = lastInstant(state)
  return last !== null && last < end ? last : end
}

/** The close that is due, or null. */
export function decideClose(state: BillingState, now: Instant): Close | null {
  if (state.billFromIndex > state.periodIndex) return null
  const closed = periodAt(state.schedule, state.periodIndex)
  if (state.endedAt !== null) {
    // What is left can still be billed on demand.
    if (state.cancelTerms?.invoiced === false) return null
    const scope = {
      indices: range(state.billFromIndex, state.periodIndex),
      asOf: state.endedAt,
      running: false,
    }
    return { closed, scope, next: null, status: state.status, endedAt: state.endedAt }
  }
  const due = closeDueAt(state)
  if (now < due) return null
  const end = lastInstant(state)
  const ends = end !== null && end <= closed.end
  const last = ends ? state.periodIndex : state.periodIndex + 1
  return {
    closed,
    // What is paid in advance for the next period is on the same bill.
    scope: { indices: range(state.billFromIndex, last), asOf: due, running: false },
    next: ends ? null : periodAt(state.schedule, state.periodIndex + 1),
    status: ends ? ended(state.status, end === state.cancelAt ? "cancel" : "expire") : state.status,
    endedAt: ends ? end : null,
  }
}

function ended(status: SubscriptionStatus, move: SubscriptionMove): SubscriptionStatus {
  const moved = moveSubscription(status, move)
  assert(moved.ok, "a subscription that is to end runs", { status })
  return moved.value
}

/** What a bill on demand looks at: what is not billed of ended periods, then the running one up to now. */
export function billNowScope(state: BillingState, now: Instant, maxPeriods: number): ChargeScope {
  const running = periodContaining(state.schedule, now)
  const last = hasEnded(state.status) ? state.periodIndex : (running?.index ?? 0)
  const to = Math.max(state.billFromIndex, last)
  return {
    indices: range(state.billFromIndex, Math.min(to, state.billFromIndex + maxPeriods - 1)),
    asOf: now,
    running: true,
  }
}

/** The fees that are paid in advance for the period that `now` is in. */
export function advanceScope(state: BillingState, now: Instant): ChargeScope {
  const running = periodContaining(state.schedule, now)
  return { indices: running === null ? [] : [running.index], asOf: now, running: false }
}

/** What a change makes due at once: ended periods, and fees that are paid in advance for the running one. */
export function changeScope(state: BillingState, now: Instant): ChargeScope {
  const indices = range(Math.min(state.billFromIndex, state.periodIndex), state.periodIndex)
  return { indices, asOf: now, running: false }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at)
}
