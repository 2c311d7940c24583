// What waits for the end of the running period: a change or a cancellation that was asked for there. Pure.
// Law: it follows that end, wherever another change moves it. Whoever has paid for a period gets the whole of it.

import type { EveryOf, Timeline } from "./change.ts"
import { rebuilt, recut, withCut } from "./change.ts"
import type { Schedule } from "./period.ts"
import { periodAt, periodContaining, startOf } from "./period.ts"
import type { Instant } from "./time.ts"
import type { CancelTerms } from "./timeline.ts"

/** Where the period ends that runs now; before the start, the first one. */
export function runningEnd(schedule: Schedule, now: Instant): Instant {
  const at = now > startOf(schedule) ? now : startOf(schedule)
  return (periodContaining(schedule, at) ?? periodAt(schedule, 0)).end
}

/** The timeline with the changes that wait for the running period's end at the end that it has now. */
export function followingEnd(timeline: Timeline, now: Instant, everyOf: EveryOf): Timeline {
  const waiting = timeline.segments.filter(({ from, atPeriodEnd }) => atPeriodEnd === true && from > now)
  // The periods that they begin themselves are not what they wait for.
  const without = waiting.reduce((schedule, { from }) => withCut(schedule, from, null), timeline.schedule)
  const end = runningEnd(without, now)
  if (waiting.every(({ from }) => from === end)) return timeline
  const others = timeline.segments.filter((segment) => !waiting.includes(segment))
  const moved = waiting.map((segment) => ({ ...segment, from: end }))
  // The sort is stable: what begins at that end by itself comes first, and they change that.
  const segments = rebuilt([...others, ...moved].toSorted((a, b) => a.from - b.from))
  return { segments, schedule: recut(without, segments, now, everyOf) }
}

type Cancelled = { readonly cancelAt: Instant | null; readonly cancelTerms: CancelTerms | null }

/** When a subscription is cancelled whose running period ends there now. */
export function cancelledAt(
  { cancelAt, cancelTerms }: Cancelled,
  now: Instant,
  end: Instant,
): Instant | null {
  const waits = cancelAt !== null && cancelAt > now && cancelTerms?.atPeriodEnd === true
  return waits ? end : cancelAt
}
