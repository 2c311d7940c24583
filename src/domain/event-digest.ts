// A digest over the events behind a line, and their total counted again. Pure.
// Law: the digest is a chain, newest event first: each step is SHA-256 over the step before it and the event's own line. So it can be
// stopped after any event and gone on with from there, and whoever has the events can follow it.

import { formatDecimal } from "./decimal.ts"
import { measureOf, usageOfEvents } from "./measure.ts"
import type { Properties } from "./measure.ts"
import type { MeterDefinition } from "./terms.ts"
import type { Instant } from "./time.ts"
import { formatInstant } from "./time.ts"
import type { UsageTotal } from "./usage.ts"

export type DigestedEvent = {
  readonly id: string
  readonly eventType: string
  readonly timestamp: Instant
  readonly isVoided: boolean
  readonly properties: Properties
}

/** `digest`: 64 hexadecimal digits; before the first event it is empty. */
export type EventChain = { readonly count: number; readonly digest: string }

export const EMPTY_CHAIN: EventChain = { count: 0, digest: "" }

/** `sha256`: of a text as UTF-8, in hexadecimal digits. */
export function chained(
  { count, digest }: EventChain,
  event: DigestedEvent,
  meter: MeterDefinition,
  sha256: (text: string) => string,
): EventChain {
  return { count: count + 1, digest: sha256(`${digest}\n${eventLine(event, meter)}`) }
}

/** One event as a JSON array: id, type, time, whether it was taken back, what the meter counts of it, and its group. */
export function eventLine(
  { id, eventType, timestamp, isVoided, properties }: DigestedEvent,
  meter: MeterDefinition,
): string {
  const measured = measureOf(meter, properties)
  const measure = measured.ok ? measured.value : null
  const amount = measure?.amount ?? null
  const number = amount === null || typeof amount === "number" ? amount : formatDecimal(amount)
  const counted = measure?.member ?? (number === null ? null : String(number))
  return JSON.stringify([id, eventType, formatInstant(timestamp), isVoided, counted, measure?.group ?? ""])
}

/** What the meter has to count of all events of a charge, given newest first; null where that takes more than the events and their
 *  order: the exact times of a weighted sum or of windows. */
export function recounted(meter: MeterDefinition, events: readonly DigestedEvent[]): UsageTotal | null {
  if (meter.aggregation === "WeightedSum" || (meter.window ?? null) !== null) return null
  const inOrder = events
    .filter(({ isVoided, eventType }) => !isVoided && eventType === meter.eventType)
    // Of events of one instant, the one that came later is the later one.
    .toReversed()
    .toSorted((a, b) => a.timestamp - b.timestamp)
  const usage = usageOfEvents(
    meter,
    inOrder.map(({ properties }) => properties),
  )
  return usage.ok ? usage.value : null
}
