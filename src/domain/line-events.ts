// Which events are behind a line of an invoice.
// Law: a line has an event when the event's share of the total changed within the line's changes. So the parts of a charge share no
// event that was never corrected, and together they have all of them; one that was corrected later is behind the line that it was
// first billed on and behind the one that bills the difference. Pure.

import type { ArchivedEvent } from "./archive.ts"
import { measureOf } from "./measure.ts"
import type { SeqRange } from "./seq-ranges.ts"
import type { MeterDefinition } from "./terms.ts"
import type { Instant } from "./time.ts"
import { isPausedAt, type Pause } from "./timeline.ts"

/** What a line bills: what its meter counts of [from, to), by these changes. */
export type LinePart = {
  readonly meter: MeterDefinition
  readonly from: Instant
  readonly to: Instant
  readonly ranges: readonly SeqRange[]
  /** Events within are counted nowhere; absent: there are none. */
  readonly pauses?: readonly Pause[]
}

/** An event as it was accepted, and its corrections, oldest first. */
export type EventVersions = Pick<
  ArchivedEvent,
  "seq" | "eventType" | "occurredAt" | "properties" | "corrections"
>

export function isBehindLine(event: EventVersions, part: LinePart): boolean {
  const changes = [event.seq, ...event.corrections.map(({ seq }) => seq)]
  return part.ranges.some(
    ([after, upTo]) =>
      changes.some((seq) => after < seq && seq <= upTo) &&
      (countsAt(event, after, part) || countsAt(event, upTo, part)),
  )
}

/** Whether the total counted the event when `seq` was the last change. */
function countsAt(event: EventVersions, seq: number, { meter, from, to, pauses = [] }: LinePart): boolean {
  if (event.seq > seq || event.eventType !== meter.eventType) return false
  const last = event.corrections.findLast((made) => made.seq <= seq)
  if (last?.kind === "Void") return false
  const { occurredAt, properties } = last ?? event
  if (occurredAt < from || occurredAt >= to || isPausedAt(pauses, occurredAt)) return false
  const measure = measureOf(meter, properties)
  return measure.ok && measure.value !== null
}
