// The meter's answers to questions. They read and write nothing.

import { feesOf, valueOf } from "../domain/accumulator.ts"
import type { Archive } from "../domain/archive.ts"
import { assert } from "../domain/assert.ts"
import { formatDecimal } from "../domain/decimal.ts"
import { formatNanos } from "../domain/money.ts"
import { groupsByKey } from "../domain/terms.ts"
import { instant, type Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { CompiledTerms } from "./compiled-terms.ts"
import { findEvent } from "./find-event.ts"
import { isSealed } from "./sealed-log.ts"
import type { LoggedEvent } from "./event-log.ts"
import type {
  EventChange,
  EventHistory,
  EventReply,
  EventRequest,
  EventsReply,
  EventsRequest,
  EventStatus,
  StoredEvent,
  UsageGroup,
  UsageReply,
  UsageRequest,
  UsageTotal,
} from "./protocol.ts"
import type { Slot } from "./slots.ts"
import type { MeterState } from "./state.ts"
import type { Correction } from "./store/correction-table.ts"
import type { MeterStore } from "./store/meter-store.ts"

export function readUsage(request: UsageRequest, state: MeterState): UsageReply {
  const { terms, slots, seq } = state
  if (terms === null) return { kind: "Usage", seq: 0, termsVersion: null, totals: [] }
  if (isForeign(request.customerId, terms)) return { kind: "NotFound" }
  const { periods, changedSince, asOf } = request
  const asked = periods === null ? [] : slots.periodsStartingIn(periods.from, periods.to)
  const changed = changedSince === null ? [] : slots.changedSince(changedSince)
  const isAsked = ({ start }: Slot): boolean =>
    periods !== null && start >= periods.from && start < periods.to
  const found = [...asked, ...changed.filter((slot) => !isAsked(slot))].toSorted((a, b) => a.start - b.start)
  const totals = found.map((slot) => ({ ...toUsageTotal(slot, asOf), ...groupsOf(slot, state, asOf) }))
  const left = limitLeft(state, asOf)
  const unbilled = state.threshold?.unbilled(asOf) ?? null
  return {
    kind: "Usage",
    seq,
    termsVersion: terms.terms.version,
    totals,
    ...(left === null ? {} : { left }),
    ...(unbilled === null ? {} : { unbilled: formatNanos(unbilled) }),
  }
}

/** What is left in the period that runs then, as far as is known; null where no limit is, and after the end. */
export function limitLeft({ terms, limiter }: MeterState, asOf: Instant): string | null {
  if (terms === null || limiter === null) return null
  const { endsAt } = terms.terms
  const period = endsAt !== null && asOf >= endsAt ? null : terms.billingPeriod(asOf)
  return period === null ? null : (limiter.left(period) ?? null)
}

function groupsOf(
  { meter, start }: Slot,
  { slots }: MeterState,
  asOf: Instant,
): { groups?: readonly UsageGroup[] } {
  if (!groupsByKey(meter)) return {}
  // A group whose events were all taken back is there no more.
  const found = slots.startingIn("Group", meter, start, instant(start + 1)).filter(({ count }) => count > 0)
  return {
    groups: found.map((slot) => {
      const values: readonly (string | null)[] = JSON.parse(slot.group)
      return { values, value: formatDecimal(valueOf(slot.state, asOf)), count: slot.count }
    }),
  }
}

function toUsageTotal(slot: Slot, asOf: Instant): UsageTotal {
  const { periodStart, end: periodEnd, meter: key, state, count } = slot
  const total = { periodStart, periodEnd, key, value: formatDecimal(valueOf(state, asOf)), count }
  const fees = feesOf(state)
  return fees === null ? total : { ...total, fees: formatDecimal(fees) }
}

export function readEvents(request: EventsRequest, state: MeterState, store: MeterStore): EventsReply {
  const { terms } = state
  if (terms === null) return { kind: "Events", events: [], next: null }
  if (isForeign(request.customerId, terms)) return { kind: "NotFound" }
  const { limit, eventType } = request
  const before = request.before ?? state.seq + 1
  const found: LoggedEvent[] = []
  const page = (next: number | null, archive?: Archive): EventsReply => {
    const corrected = correctionsOf(found, state, store)
    const events = found.map((event) => toStoredEvent(event, corrected.get(event.seq), terms))
    return { kind: "Events", events, next, ...(archive === undefined ? {} : { archive }) }
  }
  const [archive] = state.sealed.archivesBelow(before, 1)
  let looked = 0
  let lowest = before
  // A rare type must not keep the object busy: after so many events the page is cut, and its cursor goes on from there.
  for (const row of state.log.below(before)) {
    if (archive !== undefined && (row.at(-1)?.seq ?? 0) < archive.first) break
    for (const event of row.toReversed()) {
      if (event.seq >= before) continue
      if (found.length === limit || looked === limits.meterScanEvents) return page(lowest)
      looked += 1
      lowest = event.seq
      if (eventType === null || event.eventType === eventType) found.push(event)
    }
  }
  return archive === undefined ? page(null) : page(Math.min(before, archive.last + 1), archive)
}

const NOTHING: ReadonlyMap<number, Correction> = new Map()

/** What was said last of each of these events, which are in order. Nothing is read where nothing was ever corrected. */
function correctionsOf(
  events: readonly LoggedEvent[],
  state: MeterState,
  store: MeterStore,
): ReadonlyMap<number, Correction> {
  const [newest, oldest] = [events[0], events.at(-1)]
  if (!state.hasCorrections || newest === undefined || oldest === undefined) return NOTHING
  return store.corrections.lastOf(oldest.seq, newest.seq)
}

export function readEvent(request: EventRequest, state: MeterState, store: MeterStore): EventReply {
  const { terms } = state
  if (terms === null || isForeign(request.customerId, terms)) return { kind: "NotFound" }
  const event = findEvent(request.eventId, state)
  if (event === null) return { kind: "NotFound" }
  if (isSealed(event)) return archivedReply(event.seq, state)
  return { kind: "Event", ...historyOf(event, store.corrections.of(event.seq), terms) }
}

function archivedReply(seq: number, { sealed }: MeterState): EventReply {
  const [archive] = sealed.archivesBelow(seq + 1, 1)
  assert(archive !== undefined && archive.last >= seq, "what is sealed is in an archive", { seq })
  return { kind: "Archived", archive, seq }
}

/** `corrections` are those of the event, oldest first. */
export function historyOf(
  event: LoggedEvent,
  corrections: readonly Correction[],
  terms: CompiledTerms,
): EventHistory {
  const { occurredAt: timestamp, properties, receivedAt } = event
  const recorded = {
    kind: "Recorded",
    at: receivedAt,
    content: { timestamp, properties },
    reason: null,
  } as const
  return {
    event: toStoredEvent(event, corrections.at(-1), terms),
    history: [recorded, ...corrections.map(toChange)],
  }
}

function toChange(correction: Correction): EventChange {
  const { madeAt: at, reason } = correction
  if (correction.kind === "Void") return { kind: "Voided", at, content: null, reason }
  const { occurredAt: timestamp, properties } = correction
  return { kind: "Amended", at, content: { timestamp, properties }, reason }
}

export function isForeign(customerId: string | null, terms: CompiledTerms): boolean {
  return customerId !== null && customerId !== terms.terms.customerId
}

/** `last` is what was said of it last. */
export function toStoredEvent(
  event: LoggedEvent,
  last: Correction | undefined,
  terms: CompiledTerms,
): StoredEvent {
  const { seq, id, eventType, receivedAt } = event
  const { occurredAt: timestamp, properties } = last ?? event
  const measures = terms.measure(eventType, properties)
  const counted = last?.kind !== "Void" && measures.ok && measures.value.length > 0
  const billable = counted && terms.countedPeriod(timestamp) !== null
  const { customerId } = terms.terms
  const status = statusOf(last)
  return { seq, id, eventType, timestamp, receivedAt, customerId, properties, billable, status }
}

function statusOf(last: Correction | undefined): EventStatus {
  if (last === undefined) return "Recorded"
  return last.kind === "Void" ? "Voided" : "Amended"
}
