// What is closed when, and what a bill looks at. Pure: the subscription's pointers and a point in time in.
// Laws: periods are closed one by one and in order; a close that is repeated finds nothing left to close.

import { assert } from "./assert.ts"
import type { ChargeScope } from "./charges.ts"
import type { Period, Schedule } from "./period.ts"
import { periodAt, periodContaining } from "./period.ts"
import type { SubscriptionStatus } from "./subscription.ts"
import { hasEnded, moveSubscription } from "./subscription.ts"
import type { Instant } from "./time.ts"

export type BillingState = {
  readonly status: SubscriptionStatus
  readonly schedule: Schedule
  readonly periodIndex: number
  readonly periodEnd: Instant
  readonly billFromIndex: number
  readonly cancelAt: Instant | null
  readonly endedAt: Instant | null
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

/** The close that is due, or null. */
export function decideClose(state: BillingState, now: Instant): Close | null {
  if (state.billFromIndex > state.periodIndex) return null
  const closed = periodAt(state.schedule, state.periodIndex)
  if (state.endedAt !== null) {
    const scope = {
      indices: range(state.billFromIndex, state.periodIndex),
      asOf: state.endedAt,
      running: false,
    }
    return { closed, scope, next: null, status: state.status, endedAt: state.endedAt }
  }
  if (now < state.periodEnd) return null
  const ends = state.cancelAt !== null && state.cancelAt <= state.periodEnd
  const last = ends ? state.periodIndex : state.periodIndex + 1
  return {
    closed,
    // What is paid in advance for the next period is on the same bill.
    scope: { indices: range(state.billFromIndex, last), asOf: state.periodEnd, running: false },
    next: ends ? null : periodAt(state.schedule, state.periodIndex + 1),
    status: ends ? cancelled(state.status) : state.status,
    endedAt: ends ? state.cancelAt : null,
  }
}

function cancelled(status: SubscriptionStatus): SubscriptionStatus {
  const moved = moveSubscription(status, "cancel")
  assert(moved.ok, "a subscription that is to be cancelled runs", { status })
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

/** The periods that run now and follow. */
export function scheduleFrom(state: BillingState, count: number): Period[] {
  const last = state.endedAt ?? state.cancelAt
  const periods: Period[] = []
  for (let index = state.periodIndex; periods.length < count; index++) {
    const period = periodAt(state.schedule, index)
    if (last !== null && period.start >= last) break
    periods.push(period)
  }
  return periods
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => from + at)
}
