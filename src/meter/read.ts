// The meter's answers to questions. They read and write nothing.

import { limits } from "../limits.ts"
import type { CompiledTerms } from "./compiled-terms.ts"
import { formatDecimal } from "../domain/decimal.ts"
import type {
  EventsReply,
  EventsRequest,
  StoredEvent,
  UsageReply,
  UsageRequest,
  UsageTotal,
} from "./protocol.ts"
import type { MeterState } from "./state.ts"
import type { EventRow } from "./store/event-table.ts"
import type { MeterStore } from "./store/meter-store.ts"
import type { TotalRow } from "./store/total-table.ts"

export function readUsage(request: UsageRequest, state: MeterState, store: MeterStore): UsageReply {
  if (state.terms === null) return { kind: "Usage", seq: 0, termsVersion: null, totals: [] }
  if (isForeign(request.customerId, state.terms)) return { kind: "NotFound" }
  const { periods, changedSince } = request
  const asked = periods === null ? [] : store.totals.startingIn(periods.from, periods.to)
  const changed = changedSince === null ? [] : store.totals.changedSince(changedSince)
  const isAsked = ({ periodStart }: TotalRow): boolean =>
    periods !== null && periodStart >= periods.from && periodStart < periods.to
  const rows = [...asked, ...changed.filter((row) => !isAsked(row))].toSorted(
    (a, b) => a.periodStart - b.periodStart,
  )
  return {
    kind: "Usage",
    seq: state.seq,
    termsVersion: state.terms.terms.version,
    totals: rows.map(toUsageTotal),
  }
}

export function readEvents(request: EventsRequest, state: MeterState, store: MeterStore): EventsReply {
  const { terms } = state
  if (terms === null) return { kind: "Events", events: [], next: null }
  if (isForeign(request.customerId, terms)) return { kind: "NotFound" }
  const { limit, eventType } = request
  const before = request.before ?? state.seq + 1
  // One more than asked for tells whether there is a next page.
  const scan = eventType === null ? limit + 1 : Math.max(limit + 1, limits.meterScanEvents)
  const found = store.events.pageBelow(before, eventType, limit + 1, scan)
  const rows = found.slice(0, limit)
  const next = found.length > limit ? (rows.at(-1)?.seq ?? null) : store.events.seqBelow(before, scan)
  return { kind: "Events", events: rows.map((row) => toStoredEvent(row, terms)), next }
}

function isForeign(customerId: string | null, terms: CompiledTerms): boolean {
  return customerId !== null && customerId !== terms.terms.customerId
}

function toUsageTotal({ periodStart, periodEnd, key, value, count }: TotalRow): UsageTotal {
  return { periodStart, periodEnd, key, value: formatDecimal(value), count }
}

function toStoredEvent(row: EventRow, terms: CompiledTerms): StoredEvent {
  const { seq, id, eventType, occurredAt, receivedAt, properties } = row
  const counted = terms.measure(eventType, properties).some(({ value }) => value.ok)
  const billable = counted && terms.billingPeriod(occurredAt) !== null
  const { customerId } = terms.terms
  return { seq, id, eventType, timestamp: occurredAt, receivedAt, customerId, properties, billable }
}
