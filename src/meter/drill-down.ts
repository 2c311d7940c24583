// The events behind a line of an invoice: those that its part of a charge counts. It reads and writes nothing else.
// What is behind a line, and why, is said in domain/line-events.ts.

import type { Archive } from "../domain/archive.ts"
import { isBehindLine, type LinePart } from "../domain/line-events.ts"
import type { SeqRange } from "../domain/seq-ranges.ts"
import type { Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { EventLog, LoggedEvent } from "./event-log.ts"
import type { EventsReply, LineEventsRequest, StoredEvent } from "./protocol.ts"
import { isForeign, toStoredEvent } from "./read.ts"
import type { MeterState } from "./state.ts"
import type { MeterStore } from "./store/meter-store.ts"

/** Newest first, as they stand now. A page looks at a bounded number of events, and so may be short and still have a next one. */
export function readLineEvents(
  request: LineEventsRequest,
  state: MeterState,
  store: MeterStore,
): EventsReply {
  const { terms } = state
  if (terms === null) return { kind: "Events", events: [], next: null }
  if (isForeign(request.customerId, terms)) return { kind: "NotFound" }
  const { from, to, limit } = request
  const part = { ...request, ranges: request.ranges ?? [[0, state.seq]] }
  const before = request.before ?? state.seq + 1
  const [archive] = state.sealed.archivesWithin(before, from, to, 1)
  const top = part.ranges.at(-1)?.[1] ?? state.seq
  const found: StoredEvent[] = []
  const page = (next: number | null, rest?: Archive): EventsReply => {
    return { kind: "Events", events: found, next, ...(rest === undefined ? {} : { archive: rest }) }
  }
  let looked = 0
  let lowest = before
  for (const event of candidates(part, before, state, store)) {
    if (archive !== undefined && event.seq < archive.first) break
    if (found.length === limit || looked === limits.meterScanEvents) return page(lowest)
    looked += 1
    lowest = event.seq
    const corrections = state.hasCorrections ? store.corrections.of(event.seq) : []
    if (!isBehindLine({ ...event, corrections }, part)) continue
    const made = request.asBilled === true ? corrections.filter(({ seq }) => seq <= top) : corrections
    found.push(toStoredEvent(event, made.at(-1), terms))
  }
  return archive === undefined ? page(null) : page(Math.min(before, archive.last + 1), archive)
}

/** Every event before `before` that came or was corrected within the ranges, newest first. Others may be among them. */
function* candidates(
  { from, to, ranges }: LinePart,
  before: number,
  { log, hasCorrections }: MeterState,
  { corrections }: MeterStore,
): Generator<LoggedEvent> {
  const seqs = hasCorrections ? corrections.eventsCorrectedIn(ranges, before, limits.meterScanEvents + 1) : []
  const corrected = seqs.map((seq) => log.event(seq)).filter((event) => event !== null)
  let next = 0
  for (const event of cameIn(log, ranges, before, from, to)) {
    for (; isNewer(corrected[next], event); next += 1) yield* corrected.slice(next, next + 1)
    if (corrected[next]?.seq === event.seq) next += 1
    yield event
  }
  yield* corrected.slice(next)
}

function isNewer(a: LoggedEvent | undefined, b: LoggedEvent): boolean {
  return a !== undefined && a.seq > b.seq
}

/** The events before `before` that came within the ranges, newest first, from rows that have some in [from, to). */
function* cameIn(
  log: EventLog,
  ranges: readonly SeqRange[],
  before: number,
  from: Instant,
  to: Instant,
): Generator<LoggedEvent> {
  for (const [after, upTo] of ranges.toReversed()) {
    const top = Math.min(before, upTo + 1)
    if (top <= after + 1) continue
    for (const row of log.belowWithin(top, from, to)) {
      for (const event of row.toReversed()) {
        if (event.seq <= after) break
        if (event.seq < top) yield event
      }
      if ((row[0]?.seq ?? 0) <= after + 1) break
    }
  }
}
