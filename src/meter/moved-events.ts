// The events whose total is another one under newer terms: what a period that is cut, a pause or another start has moved.
// Law: it reads the newest rows first and stops when it has seen all that the totals of the hours have of the time, so what it
// costs is how much happened since, and not how long the log is.

import type { Period } from "../domain/period.ts"
import type { Interval } from "../domain/proration.ts"
import { LATEST, type Instant } from "../domain/time.ts"
import type { CompiledTerms } from "./compiled-terms.ts"
import { latestStandingIn } from "./effective.ts"
import type { LoggedEvent } from "./event-log.ts"
import type { Retimed } from "./resize.ts"
import type { MeterState } from "./state.ts"
import type { MeterStore } from "./store/meter-store.ts"

/** `was`, `is`: the period whose totals count it, by the terms before and after; null: none does. */
export type MovedEvent = {
  readonly event: LoggedEvent
  readonly was: Period | null
  readonly is: Period | null
}

export type Search = {
  /** Where events may have moved. */
  readonly within: Interval
  /** Totals of periods that began before it stay as they are. */
  readonly from: Instant
  /** How often the meters have counted an event of these hours, before anything is moved. */
  readonly counts: number
}

/** `isBlind`: some of the events were counted nowhere, so that no total says how many there are. */
export function searchIn(
  meters: readonly Retimed[],
  within: Interval,
  from: Instant,
  isBlind: boolean,
  state: MeterState,
): Search {
  const [terms] = meters
  const hours = terms === undefined ? within : hoursOf(within, terms.before)
  // Nor is what an archive ends in the midst of told by its hour.
  const counts = isBlind || hours.start < from ? Infinity : countedIn(meters, hours, state)
  return { within, from, counts }
}

/** In rows of the log, for all meters at once. */
export function* movedEvents(
  meters: readonly Retimed[],
  { within, from, counts }: Search,
  state: MeterState,
  store: MeterStore,
): Generator<readonly MovedEvent[]> {
  const [terms] = meters
  if (terms === undefined) return
  const hours = hoursOf(within, terms.before)
  let left = counts
  for (const events of latestStandingIn(hours.start, hours.end, state, store)) {
    if (left <= 0) return
    const moved: MovedEvent[] = []
    for (const event of events) {
      const was = terms.before.countedPeriod(event.occurredAt)
      if (was !== null) left -= countsOf(meters, event)
      const is = terms.after.countedPeriod(event.occurredAt)
      const isKept = (was !== null && was.start < from) || (is !== null && is.start < from)
      if (!isKept && was?.start !== is?.start) moved.push({ event, was, is })
    }
    if (moved.length > 0) yield moved
  }
}

/** Whether any of the meters has counted something in this time, or in the rest of its first hour. */
export function mayHaveEvents(meters: readonly Retimed[], within: Interval, state: MeterState): boolean {
  const [terms] = meters
  return terms !== undefined && countedIn(meters, hoursOf(within, terms.before), state) > 0
}

/** The hours that lie in a time, or partly. */
export function hoursOf({ start, end }: Interval, { hours }: CompiledTerms): Interval {
  const last = end < LATEST ? hours.containing((end - 1) as Instant).end : LATEST
  return { start: hours.containing(start).start, end: last }
}

function countedIn(meters: readonly Retimed[], { start, end }: Interval, { slots }: MeterState): number {
  let sum = 0
  for (const { definition } of meters) {
    for (const { count } of slots.startingIn("Hour", definition.key, start, end)) sum += count
  }
  return sum
}

function countsOf(meters: readonly Retimed[], { eventType, properties }: LoggedEvent): number {
  let sum = 0
  for (const { before } of meters) {
    const measures = before.measure(eventType, properties)
    if (measures.ok) sum += measures.value.length
  }
  return sum
}
