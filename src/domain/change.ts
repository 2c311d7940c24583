// A change of what a subscription is sold under: a segment that begins then, and, where the new plan bills at another cadence, a
// period that ends there. Pure: it edits the timeline and nothing else, so what a change costs follows from should − was.
// Laws: a change takes what it does not name from the segment before it; two changes at one instant are one; taking a change back
// leaves the timeline as if it had never been.

import type { Cut, Schedule } from "./period.ts"
import { periodAt, periodContaining, ruleAt, startOf } from "./period.ts"
import type { Quantities } from "./subscription.ts"
import type { Duration, Instant } from "./time.ts"
import { sameDuration } from "./time.ts"
import type { Segment, SegmentChange } from "./timeline.ts"
import { segmentAt } from "./timeline.ts"

export type Timeline = { readonly segments: readonly Segment[]; readonly schedule: Schedule }

export type WantedChange = {
  readonly id: string
  readonly at: Instant
  readonly change: SegmentChange
  /** Whether it is still to come. */
  readonly isScheduled: boolean
  /** Whether it is for the end of the running period, wherever that will be. */
  readonly atPeriodEnd?: boolean
  readonly prorate: boolean
}

/** How often the plan bills that a segment sells. */
export type EveryOf = (segment: Pick<Segment, "planId" | "planVersion">) => Duration

/** Where a change of "now" or "at the period's end" takes effect. Before the start, both are the start. */
export function effectiveAt(schedule: Schedule, now: Instant, at: "Now" | "PeriodEnd"): Instant {
  if (now < startOf(schedule)) return startOf(schedule)
  if (at === "Now") return now
  return (periodContaining(schedule, now) ?? periodAt(schedule, 0)).end
}

export function withChange(timeline: Timeline, wanted: WantedChange, everyOf: EveryOf): Timeline {
  const { at, prorate, isScheduled } = wanted
  const before = timeline.segments.filter((segment) => segment.from < at)
  const same = timeline.segments.filter((segment) => segment.from === at)
  const later = timeline.segments.filter((segment) => segment.from > at)
  // Two changes that are scheduled for one instant are one. What has begun may have been billed, so it stays.
  const last = same.at(-1)
  const pending = isScheduled && last?.change !== undefined ? last : undefined
  const change = { ...pending?.change, ...wanted.change }
  const base = pending === undefined ? segmentAt(timeline.segments, at) : segmentAt(before, at)
  const { atPeriodEnd: _base, ...sold } = base
  const made = { ...sold, id: wanted.id, from: at, change }
  const wantedSegment = applied(
    base,
    wanted.atPeriodEnd === true ? { ...made, atPeriodEnd: true } : made,
    change,
  )
  const present = pending === undefined ? timeline.schedule : withCut(timeline.schedule, at, null)
  const cut = cutFor(present, at, everyOf(wantedSegment), prorate)
  const feesFrom = !prorate && cut === null ? feesAfter(present, at) : null
  const { feesFrom: _, ...rest } = wantedSegment
  const segment = feesFrom === null ? rest : { ...rest, feesFrom }
  const kept = pending === undefined ? [...before, ...same] : [...before, ...same.slice(0, -1)]
  const segments = rebuilt([...kept, segment, ...later])
  const schedule = cut === null ? present : withCut(present, at, cut)
  return { segments, schedule: recut(schedule, segments, at, everyOf) }
}

/** The timeline without a change that is still to come. */
export function withoutChange(timeline: Timeline, id: string, everyOf: EveryOf): Timeline {
  const gone = timeline.segments.find((segment) => segment.id === id)
  if (gone === undefined) return timeline
  const segments = rebuilt(timeline.segments.filter((segment) => segment !== gone))
  const schedule = withCut(timeline.schedule, gone.from, null)
  return { segments, schedule: recut(schedule, segments, gone.from, everyOf) }
}

/** Changes after an instant begin a period of their own where, by what precedes them now, they change the cadence. */
export function recut(
  schedule: Schedule,
  segments: readonly Segment[],
  after: Instant,
  everyOf: EveryOf,
): Schedule {
  return segments
    .filter(({ from }) => from > after)
    .reduce((present, segment) => {
      const { from } = segment
      const known = present.cuts?.find((cut) => cut.at === from)
      const whole = withCut(present, from, null)
      const cut = cutFor(whole, from, everyOf(segment), known?.prorated ?? true)
      return cut === null ? whole : withCut(whole, from, cut)
    }, schedule)
}

/** Each change on top of what precedes it. A segment without one says everything itself. */
export function rebuilt(segments: readonly Segment[]): Segment[] {
  const made: Segment[] = []
  for (const segment of segments) {
    const before = made.at(-1)
    made.push(
      before === undefined || segment.change === undefined
        ? segment
        : applied(before, segment, segment.change),
    )
  }
  return made
}

function applied(before: Segment, segment: Segment, change: SegmentChange): Segment {
  const { planId, planVersion } = change.plan ?? before
  const overrides = change.overrides ?? (planId === before.planId ? before.overrides : undefined)
  const { overrides: _, ...rest } = segment
  return {
    ...rest,
    planId,
    planVersion,
    quantities: quantitiesAfter(before, planId, change),
    ...(overrides === undefined ? {} : { overrides }),
  }
}

/** Another plan has other SKUs: quantities that were said for those of the old one are not for it. */
function quantitiesAfter(before: Segment, planId: string, change: SegmentChange): Quantities {
  const kept = planId === before.planId ? before.quantities.bySku : {}
  return {
    all: change.quantity === undefined ? before.quantities.all : change.quantity,
    bySku: { ...kept, ...change.quantities },
  }
}

/** The period that runs then ends there, where the plan bills at another cadence; else none. */
function cutFor(schedule: Schedule, at: Instant, every: Duration, prorated: boolean): Cut | null {
  const { timeZone, every: present } = ruleAt(schedule, at)
  if (sameDuration(present, every)) return null
  return { at, rule: { anchor: at, timeZone, every }, prorated }
}

/** A schedule with this cut at an instant, or with none there. At its very start it is another schedule. */
export function withCut(schedule: Schedule, at: Instant, cut: Cut | null): Schedule {
  if (cut !== null && cut.rule !== null && at === startOf(schedule)) {
    const { start: _, ...rest } = schedule
    return { ...rest, ...cut.rule }
  }
  const others = (schedule.cuts ?? []).filter((one) => one.at !== at)
  const cuts = cut === null ? others : [...others, cut].toSorted((a, b) => a.at - b.at)
  const { cuts: _, ...rest } = schedule
  return cuts.length === 0 ? rest : { ...rest, cuts }
}

/** Without proration the period that runs keeps its fees. At its very beginning nothing runs yet. */
function feesAfter(schedule: Schedule, at: Instant): Instant | null {
  const period = periodContaining(schedule, at)
  return period === null || period.start === at ? null : period.end
}
