// What a subscription is sold under over time: segments of constant terms, and times in which it is paused. Both are data that
// reach into the future: a change that is scheduled is a segment that begins later, and nothing has to happen for it to count.
// Laws: segments are in order of time and the first begins with the subscription; a fee of a segment is owed from `feesFrom` on
// until a later segment's fees begin; usage is priced by the segment that its time falls in.

import { assert } from "./assert.ts"
import type { Cut, Schedule } from "./period.ts"
import { startOf } from "./period.ts"
import type { Interval } from "./proration.ts"
import type { SkuOverrides } from "./sku-overrides.ts"
import type { Quantities } from "./subscription.ts"
import type { Instant } from "./time.ts"
import { LATEST } from "./time.ts"

/** What a subscription is sold under from an instant on, until the next segment. */
export type Segment = {
  /** Names a scheduled change, so that it can be withdrawn; null for the first one. */
  readonly id: string | null
  readonly from: Instant
  /** Where its fees begin later than its usage: after a change without proration. */
  readonly feesFrom?: Instant
  readonly planId: string
  readonly planVersion: number
  readonly quantities: Quantities
  readonly overrides?: SkuOverrides
  /** A change that was asked for at the end of the running period: it follows that end (domain/period-end.ts). */
  readonly atPeriodEnd?: true
  /** What was asked for, of a change: the rest it takes from the segment before it, also when that changes later. */
  readonly change?: SegmentChange
  /** The phase of a contract that it is in. Usage of each phase is counted apart. */
  readonly phase?: string
}

/** What a change asks for; what is absent stays as it is. */
export type SegmentChange = {
  readonly plan?: { readonly planId: string; readonly planVersion: number }
  readonly quantity?: string | null
  /** By SKU, beside those that stay. */
  readonly quantities?: Readonly<Record<string, string>>
  readonly overrides?: SkuOverrides
}

/** Open until it is resumed. */
export type Pause = { readonly from: Instant; readonly to: Instant | null }

/** `prorated`: fees that were paid in advance are given back from the end on. `invoiced`: the last close bills what is left.
 *  `atPeriodEnd`: it was asked for at the end of the running period, and follows that end. */
export type CancelTerms = {
  readonly prorated: boolean
  readonly invoiced: boolean
  readonly atPeriodEnd?: true
}

type Sold = {
  readonly segments: readonly Segment[] | null
  readonly startedAt: Instant
  readonly planId: string
  readonly planVersion: number
  readonly quantities: Quantities
}

/** The segments of a subscription's row, at least one. */
export function segmentsOf({
  segments,
  startedAt,
  planId,
  planVersion,
  quantities,
}: Sold): readonly Segment[] {
  return segments ?? [{ id: null, from: startedAt, planId, planVersion, quantities }]
}

/** A segment with the time in which its fees are owed; empty where a later one took all of it. */
export type FeeSpan = Interval & { readonly segment: Segment }

/** The time of each segment's fees, in order. */
export function feeSpans(segments: readonly Segment[]): FeeSpan[] {
  return segments.map((segment, at) => {
    const later = segments.slice(at + 1).map((next) => next.feesFrom ?? next.from)
    const start = segment.feesFrom ?? segment.from
    const end = later.reduce<Instant>((least, from) => (from < least ? from : least), LATEST)
    return { segment, start, end: end < start ? start : end }
  })
}

/** The segment that holds an instant; before the first one, that. */
export function segmentAt(segments: readonly Segment[], at: Instant): Segment {
  const found = segments.findLast((segment) => segment.from <= at) ?? segments[0]
  assert(found !== undefined, "a subscription has a segment")
  return found
}

/** The schedule by which usage is counted: periods are divided where other prices of usage begin, so that each part has one
 *  price list, and begins to count anew. Quantities of the subscription price no usage and divide nothing. */
export function usageSchedule(schedule: Schedule, segments: readonly Segment[]): Schedule {
  const known = schedule.cuts ?? []
  const at = new Set<Instant>()
  for (const [index, segment] of segments.entries()) {
    const before = segments[index - 1]
    if (before === undefined || samePrices(before, segment) || segment.from <= startOf(schedule)) continue
    if (!known.some((cut) => cut.at === segment.from)) at.add(segment.from)
  }
  if (at.size === 0) return schedule
  const cuts = Array.from(at, (from): Cut => ({ at: from, rule: null, prorated: true }))
  return { ...schedule, cuts: [...known, ...cuts].toSorted((a, b) => a.at - b.at) }
}

function samePrices(a: Segment, b: Segment): boolean {
  return (
    a.planId === b.planId &&
    a.planVersion === b.planVersion &&
    a.phase === b.phase &&
    JSON.stringify(a.overrides ?? null) === JSON.stringify(b.overrides ?? null)
  )
}

export function isPausedAt(pauses: readonly Pause[], at: Instant): boolean {
  return pauses.some((pause) => pause.from <= at && (pause.to === null || at < pause.to))
}

/** What is left of an interval without the pauses, in order. */
export function withoutPauses(interval: Interval, pauses: readonly Pause[]): Interval[] {
  let rest: Interval[] = [interval]
  for (const pause of pauses) {
    rest = rest.flatMap(({ start, end }) => {
      const to = pause.to ?? LATEST
      const left = { start, end: pause.from < end ? pause.from : end }
      const right = { start: to > start ? to : start, end }
      return [left, right].filter((part) => part.start < part.end)
    })
  }
  return rest
}
