// Corrections: an accepted event is taken back, or told anew. Its row of the log and its id stay for ever; a row of its own says
// what was corrected, and the totals lose the old version and get the new one, in the same transaction.
// Law: the totals are those of a meter that was given the events as they stand, and nothing else. A correction that changes nothing
// leaves no trace, so a repeat is answered as the first one was.
// Meters that the terms no longer have are not corrected: what they counted is not known to the event any more.

import type { Aggregation } from "../domain/terms.ts"
import { instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { canonicalJson } from "./canonical.ts"
import { changeTerms, meterByMeter } from "./change-terms.ts"
import type { CompiledTerms } from "./compiled-terms.ts"
import { effectiveEvent, eventsStandingIn } from "./effective.ts"
import type { LoggedEvent } from "./event-log.ts"
import { findEvent } from "./find-event.ts"
import { Fold } from "./fold.ts"
import type { LostTotal } from "./lost-total.ts"
import type { CorrectReply, CorrectRequest, RejectionCode } from "./protocol.ts"
import { historyOf } from "./read.ts"
import { isSealed } from "./sealed-log.ts"
import type { MeterState } from "./state.ts"
import type { Correction } from "./store/correction-table.ts"
import type { MeterStore } from "./store/meter-store.ts"

const HOUR_MS = 3_600_000

/** In a transaction. */
export function correct(request: CorrectRequest, state: MeterState, store: MeterStore): CorrectReply {
  if (state.terms !== null) changeTerms(request.terms, state, store)
  const { terms } = state
  const event = findEvent(request.eventId, state)
  if (event === null || terms === null) return { kind: "NotFound" }
  if (isSealed(event)) return { kind: "Archived" }
  const earlier = store.corrections.of(event.seq)
  const before = effectiveEvent(event, earlier.at(-1))
  const { change } = request
  const answer = (corrections: readonly Correction[]): CorrectReply => {
    const correctionId = corrections.at(-1)?.id ?? null
    return { kind: "Corrected", correctionId, ...historyOf(event, corrections, terms) }
  }
  if (before === null) return change.kind === "Void" ? answer(earlier) : { kind: "Voided" }
  const after = change.kind === "Void" ? null : amended(before, change)
  if (after !== null && sameContent(before, after)) return answer(earlier)
  if (earlier.length >= limits.eventCorrections) return { kind: "TooMany" }
  const problem = after === null ? null : problemOf(after, request, terms, state)
  if (problem !== null) return { kind: "Rejected", code: problem }
  const meters = metersOf(before.eventType, terms)
  if ([before, after].some((version) => isArchived(version, terms, store))) return { kind: "Archived" }
  if (meters.some((meter) => needsArchive(meter, before, state))) return { kind: "Archived" }
  const correction = correctionOf(request, before, after, state.seq + 1)
  store.corrections.add(correction)
  replaceInTotals(before, after, meters, state, store)
  return answer([...earlier, correction])
}

type Amendment = Extract<CorrectRequest["change"], { kind: "Amend" }>

function amended(event: LoggedEvent, { timestamp, properties }: Amendment): LoggedEvent {
  return {
    ...event,
    occurredAt: timestamp ?? event.occurredAt,
    properties: properties ?? event.properties,
  }
}

function sameContent(a: LoggedEvent, b: LoggedEvent): boolean {
  return a.occurredAt === b.occurredAt && canonicalJson(a.properties) === canonicalJson(b.properties)
}

/** An amendment is judged as a new event would be, but that it may lie in a period that is closed to late events: correcting what
 *  was billed is what it is for. */
function problemOf(
  { eventType, occurredAt, properties }: LoggedEvent,
  { futureLimit }: CorrectRequest,
  terms: CompiledTerms,
  state: MeterState,
): RejectionCode | null {
  const { endsAt } = terms.terms
  if (occurredAt > futureLimit) return "timestamp_in_future"
  if (endsAt !== null && occurredAt >= endsAt) return "subscription_ended"
  const measures = terms.measure(eventType, properties)
  if (!measures.ok) return measures.error
  const period = terms.countedPeriod(occurredAt)
  if (period === null) return null
  const fold = new Fold(state.slots)
  for (const measured of measures.value) {
    const problem = fold.check(period, measured)
    if (problem !== null) return problem
  }
  return null
}

function correctionOf(
  { correctionId: id, madeAt, reason, change: { kind } }: CorrectRequest,
  before: LoggedEvent,
  after: LoggedEvent | null,
  seq: number,
): Correction {
  const { seq: eventSeq, occurredAt, properties } = after ?? before
  return { seq, id, eventSeq, kind, madeAt, occurredAt, properties, reason }
}

function metersOf(type: string, { terms }: CompiledTerms): CompiledTerms[] {
  return meterByMeter({ ...terms, meters: terms.meters.filter(({ eventType }) => eventType === type) })
}

/** Of a period that is in the archive, or partly: a meter that is newer than that has not counted what came before it. */
function isArchived(event: LoggedEvent | null, terms: CompiledTerms, store: MeterStore): boolean {
  const until = store.meta.archivedUntil()
  const period = event === null ? null : terms.countedPeriod(event.occurredAt)
  return until !== null && period !== null && period.start < until
}

/** Sums know by themselves what they are without an event; others may have to look at all that is left. */
const ADDITIVE: readonly Aggregation[] = ["Count", "Sum"]

function needsArchive(meter: CompiledTerms, { occurredAt }: LoggedEvent, state: MeterState): boolean {
  const period = meter.countedPeriod(occurredAt)
  if (period === null || meter.terms.meters.every(({ aggregation }) => ADDITIVE.includes(aggregation)))
    return false
  // An hour may begin before its period and end after it.
  return state.sealed.touches(instant(period.start - HOUR_MS), instant(period.end + HOUR_MS))
}

/** The totals that change carry the number of the correction, by which bills find them. */
function replaceInTotals(
  before: LoggedEvent,
  after: LoggedEvent | null,
  meters: readonly CompiledTerms[],
  state: MeterState,
  store: MeterStore,
): void {
  const seq = state.seq + 1
  state.hasCorrections = true
  const fold = new Fold(state.slots)
  const lost = meters.flatMap((meter) => {
    const totals = takeOut(fold, meter, before)
    return totals.length === 0 ? [] : [{ meter, totals }]
  })
  if (lost.length > 0) showOthers(lost, before.seq, state, store)
  if (after !== null) for (const meter of meters) putIn(fold, meter, after)
  state.slots.adopt(fold.changed(seq))
  state.changedWithoutEvents(seq)
}

function takeOut(fold: Fold, meter: CompiledTerms, event: LoggedEvent): LostTotal[] {
  const period = meter.countedPeriod(event.occurredAt)
  const measures = meter.measure(event.eventType, event.properties)
  if (period === null || !measures.ok) return []
  return measures.value.flatMap((measured) => fold.remove(period, measured, event))
}

function putIn(fold: Fold, meter: CompiledTerms, event: LoggedEvent): void {
  const period = meter.countedPeriod(event.occurredAt)
  const measures = meter.measure(event.eventType, event.properties)
  if (period === null || !measures.ok) return
  for (const measured of measures.value) fold.add(period, measured, event)
}

type Lost = { readonly meter: CompiledTerms; readonly totals: readonly LostTotal[] }

/** Reads the events of the time of these totals, row by row, until they have found what they lost. */
function showOthers(lost: readonly Lost[], exceptSeq: number, state: MeterState, store: MeterStore): void {
  const places = lost.flatMap(({ totals }) => totals.map(({ place }) => place))
  const from = places.map(({ start }) => start).reduce((a, b) => (b < a ? b : a))
  const to = places.map(({ end }) => end).reduce((a, b) => (b > a ? b : a))
  let open = lost
  for (const events of eventsStandingIn(from, to, state, store)) {
    for (const event of events) {
      if (event.seq !== exceptSeq) for (const one of open) show(one, event)
    }
    open = open.filter(({ totals }) => totals.some(({ isFound }) => !isFound))
    if (open.length === 0) break
  }
  for (const { totals } of lost) for (const total of totals) total.settle()
}

function show({ meter, totals }: Lost, event: LoggedEvent): void {
  if (meter.countedPeriod(event.occurredAt) === null) return
  const measures = meter.measure(event.eventType, event.properties)
  if (!measures.ok) return
  for (const measured of measures.value) for (const total of totals) total.see(measured, event)
}
