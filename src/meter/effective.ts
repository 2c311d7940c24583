// Events as they stand after all corrections: with the last amendment's time and properties, or not at all when taken back.

import type { Instant } from "../domain/time.ts"
import type { LoggedEvent } from "./event-log.ts"
import type { MeterState } from "./state.ts"
import type { Correction, CorrectionTable } from "./store/correction-table.ts"
import type { MeterStore } from "./store/meter-store.ts"

/** Null: the event was taken back. `last` is what was said of it last, if anything was. */
export function effectiveEvent(event: LoggedEvent, last: Correction | undefined): LoggedEvent | null {
  if (last === undefined) return event
  if (last.kind === "Void") return null
  return { ...event, occurredAt: last.occurredAt, properties: last.properties }
}

/** The events of a row of the log that still stand, as they stand now. */
export function effectiveEvents(
  events: readonly LoggedEvent[],
  table: CorrectionTable,
  hasCorrections: boolean,
): readonly LoggedEvent[] {
  const [first, last] = [events[0], events.at(-1)]
  if (!hasCorrections || first === undefined || last === undefined) return events
  const corrections = table.lastOf(first.seq, last.seq)
  if (corrections.size === 0) return events
  return events.flatMap((event) => effectiveEvent(event, corrections.get(event.seq)) ?? [])
}

/** The events that stand in [from, to), whenever they came: rows of the log, then those that amendments put there. */
export function* eventsStandingIn(
  from: Instant,
  to: Instant,
  state: MeterState,
  store: MeterStore,
): Generator<readonly LoggedEvent[]> {
  for (const row of state.log.within(from, to)) {
    const corrected = correctedOf(row, state, store)
    yield row.filter((event) => isIn(event, from, to) && !corrected.has(event.seq))
  }
  yield* amendedInto(from, to, state, store)
}

/** The same, those first that came last. */
export function* latestStandingIn(
  from: Instant,
  to: Instant,
  state: MeterState,
  store: MeterStore,
): Generator<readonly LoggedEvent[]> {
  yield* amendedInto(from, to, state, store)
  for (const row of state.log.belowWithin(state.seq + 1, from, to)) {
    const corrected = correctedOf(row, state, store)
    yield row.filter((event) => isIn(event, from, to) && !corrected.has(event.seq))
  }
}

function* amendedInto(
  from: Instant,
  to: Instant,
  state: MeterState,
  store: MeterStore,
): Generator<readonly LoggedEvent[]> {
  if (!state.hasCorrections) return
  for (const seq of store.corrections.amendedWithin(from, to)) {
    const event = state.log.event(seq)
    const standing = event === null ? null : effectiveEvent(event, store.corrections.of(seq).at(-1))
    if (standing !== null) yield [standing]
  }
}

function isIn({ occurredAt }: LoggedEvent, from: Instant, to: Instant): boolean {
  return occurredAt >= from && occurredAt < to
}

const NONE: ReadonlyMap<number, Correction> = new Map()

function correctedOf(
  events: readonly LoggedEvent[],
  state: MeterState,
  store: MeterStore,
): ReadonlyMap<number, Correction> {
  const [first, last] = [events[0], events.at(-1)]
  if (!state.hasCorrections || first === undefined || last === undefined) return NONE
  return store.corrections.lastOf(first.seq, last.seq)
}
