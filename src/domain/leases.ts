// The leases of a budget: how far each subscription may spend in each of its periods without asking.
// A customer's spend at an instant is the sum over its subscriptions of what each has spent in the period that holds the instant.
// Pure.

import type { Crossing } from "./alert.ts"
import { nanos, type Nanos } from "./money.ts"
import type { Instant } from "./time.ts"

/** Half-open, as all periods are. */
export type Span = { readonly start: Instant; readonly end: Instant }

export type Lease = Span & {
  readonly subscriptionId: string
  /** What the period's spend and holds together may come to. */
  readonly amount: Nanos
  /** What they came to when the meter last spoke of it: the rest can be asked back. */
  readonly used: Nanos
  /** What of that was only set aside, and may come free without being asked for. */
  readonly held: Nanos
  /** From here on it is void, though its period may go on: a limit that was crossed counts again. */
  readonly until: Instant
  /** By alert: what had been spent when it was reset, which does not count for it. */
  readonly bases: Readonly<Record<string, Nanos>>
}

/** The time for which an alert stays crossed: until the first period ends of those whose spend it was. */
export type Reached = Crossing & { readonly from: Instant; readonly until: Instant; readonly told: boolean }

/** The instant at which a period's spend is looked at: now, or the one of its own that is nearest to it. */
export function momentIn({ start, end }: Span, now: Instant): Instant {
  if (now < start) return start
  return now < end ? now : ((end - 1) as Instant)
}

export function holds({ start, end }: Span, at: Instant): boolean {
  return start <= at && at < end
}

export function isSame(a: Span, b: Span): boolean {
  return a.start === b.start
}

/** What of an amount counts for an alert. A correction of what was used before its reset does not make room beyond it. */
export function counted(amount: Nanos, bases: Lease["bases"] | undefined, alertId: string): Nanos {
  const rest = amount - (bases?.[alertId] ?? 0n)
  return nanos(rest > 0n ? rest : 0n)
}

/** The most that these leases come to for an alert at any one instant of [from, to). */
export function peak(leases: readonly Lease[], alertId: string, from: Instant, to: Instant): Nanos {
  const begins = leases.map(({ start }) => start).filter((start) => start > from && start < to)
  let highest = 0n
  for (const at of [from, ...begins]) {
    let sum = 0n
    for (const lease of leases) if (holds(lease, at)) sum += counted(lease.amount, lease.bases, alertId)
    if (sum > highest) highest = sum
  }
  return nanos(highest)
}

/** What these leases come to for an alert, whenever they are. */
export function sumOf(leases: readonly Lease[], alertId: string): Nanos {
  return nanos(leases.reduce((sum, { amount, bases }) => sum + counted(amount, bases, alertId), 0n))
}

/** What is set aside may never be spent: the leases as they would be without it. */
export function withoutHolds(leases: readonly Lease[]): Lease[] {
  return leases.map((lease) =>
    lease.held === 0n ? lease : { ...lease, amount: nanos(lease.amount - lease.held) },
  )
}

/** With one lease in the place of what the subscription had for that period. Periods of a subscription never overlap: an earlier one
 *  that was to go on longer ends where this begins. */
export function replaced(leases: readonly Lease[], lease: Lease): Lease[] {
  const others = leases.filter((one) => one.subscriptionId !== lease.subscriptionId || !isSame(one, lease))
  const rest = others.map((one) => {
    if (one.subscriptionId !== lease.subscriptionId || one.start >= lease.start || one.end <= lease.start)
      return one
    return { ...one, end: lease.start, until: one.until < lease.start ? one.until : lease.start }
  })
  return [...rest, lease]
}

export function leaseOf(leases: readonly Lease[], subscriptionId: string, period: Span): Lease | undefined {
  return leases.find((one) => one.subscriptionId === subscriptionId && isSame(one, period))
}
