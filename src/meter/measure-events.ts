// Totals of meters that the subscription may not have: what they would have counted. Those that it has are read, the others are
// counted from the stored events into memory. It writes nothing.
// Law: what it says is what a recount would store (change-terms.ts) if no other prices divided the periods, for those of which no
// event is archived.

import { feesOf, valueOf } from "../domain/accumulator.ts"
import { assert } from "../domain/assert.ts"
import { formatDecimal } from "../domain/decimal.ts"
import type { MeterDefinition, MeterTerms } from "../domain/terms.ts"
import { instant, type Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { countAgain, meterByMeter } from "./change-terms.ts"
import { eventsStandingIn } from "./effective.ts"
import { Fold } from "./fold.ts"
import { MemorySlots } from "./memory-slots.ts"
import type { Measured, MeasureReply, MeasureRequest, UsageTotal } from "./protocol.ts"
import type { Slot, SlotKind } from "./slots.ts"
import type { MeterState } from "./state.ts"
import type { MeterStore } from "./store/meter-store.ts"

export function measureEvents(request: MeasureRequest, state: MeterState, store: MeterStore): MeasureReply {
  const { terms, seq } = state
  if (terms === null) {
    const none = { kind: "Usage", seq: 0, termsVersion: null, totals: [] } as const
    return { kind: "Measured", usages: request.wanted.map(() => none) }
  }
  const span = spanOf(request)
  const isDivided = request.periods.some((period) => terms.partsOf(period).length > 1)
  const missing = request.wanted.map((measured) => missingOf(measured, terms.terms, isDivided))
  if (missing.some(({ meters }) => meters.length > 0)) {
    const until = store.meta.archivedUntil()
    if (until !== null && span.from < until) return { kind: "Archived", until }
    const events = store.chunks.countWithin(span.from, span.to)
    if (events > limits.simulationEvents) return { kind: "TooMany", events }
  }
  const usages = request.wanted.map(({ definitions }, at) => {
    const other = missing[at]
    const memory = other === undefined ? new MemorySlots() : counted(other, span, state, store)
    const isMissing = ({ key }: MeterDefinition): boolean => other?.meters.some((m) => m.key === key) === true
    const totals = definitions.flatMap((definition) => {
      const find: Find = isMissing(definition)
        ? (kind, start) => memory.totals(kind, definition.key, start)
        : (kind, start) => state.slots.startingIn(kind, definition.key, start, instant(start + 1))
      return request.periods.flatMap(({ start }) => totalsOf(definition, start, find, request.asOf))
    })
    return { kind: "Usage", seq, termsVersion: terms.terms.version, totals } as const
  })
  return { kind: "Measured", usages }
}

/** Terms with the meters alone that have no totals here. Of a divided period there are totals of its parts only. */
function missingOf({ definitions, startedAt }: Measured, terms: MeterTerms, isDivided: boolean): MeterTerms {
  const isKnown = startedAt === terms.startedAt && !isDivided
  const keys = new Set(isKnown ? terms.meters.map(({ key }) => key) : [])
  const schedule = terms.billing ?? terms.schedule
  return { ...terms, startedAt, schedule, meters: definitions.filter(({ key }) => !keys.has(key)) }
}

type Span = { readonly from: Instant; readonly to: Instant }

function spanOf({ periods }: MeasureRequest): Span {
  const [first, last] = [periods[0], periods.at(-1)]
  assert(first !== undefined && last !== undefined, "what is measured has periods")
  return { from: first.start, to: last.end }
}

function counted(terms: MeterTerms, span: Span, state: MeterState, store: MeterStore): MemorySlots {
  const memory = new MemorySlots()
  if (terms.meters.length === 0) return memory
  const meters = meterByMeter(terms)
  for (const events of eventsStandingIn(span.from, span.to, state, store)) {
    const fold = new Fold(memory)
    for (const event of events) {
      for (const meter of meters) countAgain(fold, meter, event, span.from)
    }
    memory.adopt(fold.changed(state.seq))
  }
  return memory
}

type Find = (kind: SlotKind, start: Instant) => readonly Slot[]

function totalsOf(definition: MeterDefinition, start: Instant, find: Find, asOf: Instant): UsageTotal[] {
  const value = (slot: Slot): string => formatDecimal(valueOf(slot.state, asOf))
  return find("Period", start).map((slot) => ({
    periodStart: slot.start,
    periodEnd: slot.end,
    key: definition.key,
    value: value(slot),
    count: slot.count,
    ...feesIn(slot),
    ...((definition.groupBy ?? []).length === 0
      ? {}
      : {
          groups: find("Group", start).map((group) => ({
            values: JSON.parse(group.group) as (string | null)[],
            value: value(group),
            count: group.count,
          })),
        }),
  }))
}

function feesIn({ state }: Slot): { fees?: string } {
  const fees = feesOf(state)
  return fees === null ? {} : { fees: formatDecimal(fees) }
}
