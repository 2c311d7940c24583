// Taking over newer terms, with the totals that they make new: those of meters that are counted for the first time, those of
// periods that begin or end elsewhere (retime.ts), and all of them when the rule of the periods is another one. They are recomputed
// from the stored events, row by row, in the transaction that stores the terms, so no reader ever sees the one without the other.
// Totals of meters that are counted no more stay as they are: an ended period may still have to be billed. So do all totals of
// periods that began before the archived bound: their events are gone, and their bills are settled.

import type { MeterTerms } from "../domain/terms.ts"
import { EARLIEST, type Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { CompiledTerms } from "./compiled-terms.ts"
import { effectiveEvents } from "./effective.ts"
import type { LoggedEvent } from "./event-log.ts"
import { Fold } from "./fold.ts"
import { retime } from "./retime.ts"
import type { MeterState } from "./state.ts"
import type { MeterStore } from "./store/meter-store.ts"
import { timeChange } from "./time-change.ts"

/** Whether the terms were newer than those in the object, and so are stored now. In a transaction. */
export function changeTerms(terms: MeterTerms, state: MeterState, store: MeterStore): boolean {
  const before = state.terms?.terms ?? null
  if (before !== null && !isNewer(terms, before)) return false
  const compiled = new CompiledTerms(terms)
  if (before === null) {
    state.open(compiled)
    return true
  }
  store.meta.putTerms(terms)
  state.setTerms(compiled)
  const change = timeChange(before, terms)
  const isOther = change === "Everything"
  if (change !== null && !isOther) retime(before, terms, change, state, store)
  const counted = new Set(isOther ? [] : before.meters.map(({ key }) => key))
  const recounted = terms.meters.filter(({ key }) => !counted.has(key))
  if (recounted.length > 0) recount({ ...terms, meters: recounted }, state, store)
  return true
}

/** The same version wins if it brings the limits that older code, which knew of none, had left out. */
function isNewer(terms: MeterTerms, before: MeterTerms): boolean {
  if (terms.version !== before.version) return terms.version > before.version
  return before.budgets === undefined && terms.budgets !== undefined
}

/** Counts the meters of these terms anew. A recount is a change of its own: whoever asks what changed since the last event must
 *  see it. Memory holds one row of events and the totals. An event that lacks what a meter needs isn't in that meter's total. */
export function recount(terms: MeterTerms, state: MeterState, store: MeterStore): void {
  const seq = state.seq + 1
  state.checkpoint()
  const from = store.meta.archivedUntil() ?? EARLIEST
  for (const { key } of terms.meters) state.slots.dropMeter(key, from)
  const meters = meterByMeter(terms)
  for (const row of state.log.above(0)) {
    const fold = new Fold(state.slots)
    for (const event of effectiveEvents(row, store.corrections, state.hasCorrections)) {
      for (const meter of meters) countAgain(fold, meter, event, from)
    }
    // The hour in which an archived period ended also has events of the next one, which it has counted already.
    state.slots.adopt(fold.changed(seq).filter(({ start }) => start >= from))
    // Small windows over a long time are more totals than memory should hold.
    if (state.slots.dirtyCount >= limits.meterTailSlots) state.slots.flush()
  }
  state.changedWithoutEvents(seq)
}

/** One set of terms for each meter: an event that one of them can't measure is not lost to the others. */
export function meterByMeter(terms: MeterTerms): CompiledTerms[] {
  return terms.meters.map((meter) => new CompiledTerms({ ...terms, meters: [meter] }))
}

/** Only in periods that begin at `from` or later. */
export function countAgain(fold: Fold, meter: CompiledTerms, event: LoggedEvent, from: Instant): void {
  const period = meter.countedPeriod(event.occurredAt)
  if (period === null || period.start < from) return
  const measures = meter.measure(event.eventType, event.properties)
  if (!measures.ok) return
  for (const measured of measures.value) fold.add(period, measured, event)
}
