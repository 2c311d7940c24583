// A subscription's row with another timeline, and the jobs of the agenda that go with it.

import type { SegmentTerms } from "../db/readers/subscriptions.ts"
import type { SubscriptionRow } from "../db/rows.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { assert } from "../domain/assert.ts"
import type { EveryOf, Timeline } from "../domain/change.ts"
import { closeDueAt } from "../domain/close.ts"
import { periodAt } from "../domain/period.ts"
import { cancelledAt, followingEnd, runningEnd } from "../domain/period-end.ts"
import type { Instant } from "../domain/time.ts"
import type { Segment } from "../domain/timeline.ts"
import { segmentAt, segmentsOf } from "../domain/timeline.ts"
import { closeItem } from "./subscribe.ts"

/** Its plan and quantities are those of now; its period may end elsewhere than before, and what waits for that end follows it. */
export function changedRow(
  subscription: SubscriptionRow,
  timeline: Timeline,
  now: Instant,
  every: EveryOf,
): Partial<SubscriptionRow> {
  const { segments, schedule } = followingEnd(timeline, now, every)
  const { start, end } = periodAt(schedule, subscription.periodIndex)
  const at = now > subscription.startedAt ? now : subscription.startedAt
  const { planId, planVersion, quantities } = segmentAt(segments, at)
  const cancelAt = cancelledAt(subscription, now, runningEnd(schedule, now))
  return { segments, schedule, periodStart: start, periodEnd: end, cancelAt, planId, planVersion, quantities }
}

/** The close of the running period, where that ends elsewhere than before, and the changes to come that are new or begin elsewhere. */
export function movedItems(before: SubscriptionRow, after: SubscriptionRow, now: Instant): AgendaItem[] {
  const known = new Set(segmentsOf(before).map(nameOf))
  const moved = segmentsOf(after).filter((segment) => segment.from > now && !known.has(nameOf(segment)))
  return [...movedClose(before, after), ...moved.map((segment) => applyItem(after.id, segment))]
}

export function movedClose(before: SubscriptionRow, after: SubscriptionRow): AgendaItem[] {
  const dueAt = closeDueAt(after)
  if (dueAt === closeDueAt(before)) return []
  const close = closeItem(after.id, after.periodIndex, dueAt)
  return [{ ...close, uniqueKey: `${close.uniqueKey}:${dueAt}` }]
}

/** When a scheduled change begins to count, the row is to say so; its charges need no telling. */
function applyItem(subject: string, segment: Segment): AgendaItem {
  return { kind: "apply-change", subject, uniqueKey: nameOf(segment), dueAt: segment.from }
}

/** A change and when it begins: a job that is due at a time from which it was moved meanwhile names another one. */
export function nameOf({ id, from }: Segment): string {
  return `${id}@${from}`
}

/** How often the plans of these segments bill. */
export function everyOf(segments: readonly Pick<SegmentTerms, "plan">[]): EveryOf {
  return ({ planId, planVersion }) => {
    const found = segments.find(({ plan }) => plan.planId === planId && plan.planVersion === planVersion)
    assert(found !== undefined, "the plans of a timeline are known", { planId, planVersion })
    return found.plan.terms.every
  }
}
