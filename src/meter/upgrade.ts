// Brings a meter that an older version of the code wrote up to date, when it is next used.
// The first version had a row for each event and each total; the log takes their place, with every number kept, because bills
// remember how far they had read.

import { decimalOf } from "../domain/decimal.ts"
import { stateOfTotal } from "../domain/accumulator.ts"
import { aggregationOfKey } from "../domain/terms.ts"
import type { Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { recount } from "./change-terms.ts"
import { partText } from "./event-log.ts"
import { hashOfId } from "./index/hash.ts"
import type { Slot } from "./slots.ts"
import { MeterState } from "./state.ts"
import type { MeterStore } from "./store/meter-store.ts"

const EVENTS_PER_ROW = 1_000

type OldEvent = {
  seq: number
  id: string
  event_type: string
  occurred_at: number
  received_at: number
  properties: string
  answer: string
  keyed_until: number | null
}

type OldTotal = {
  period_start: number
  meter: string
  period_end: number
  value: string
  count: number
  seq: number
}

/** Reads one row when there is nothing to do. */
export function upgrade(store: MeterStore): void {
  const version = store.version()
  if (!store.isOld(version)) return
  store.transaction(() => {
    store.migrate(version)
    if (version === 1) rowsToLog(store)
  })
}

function rowsToLog(store: MeterStore): void {
  appendEvents(store)
  const totals = store.sql.exec<OldTotal>("SELECT * FROM totals ORDER BY seq").toArray()
  store.sql.exec("DROP TABLE events")
  store.sql.exec("DROP TABLE totals")
  const state = new MeterState(store)
  state.slots.adopt(totals.map(toSlot))
  state.seq = Math.max(state.seq, totals.at(-1)?.seq ?? 0)
  state.checkpoint()
  // What there was no total of before, the hours, is counted from the events.
  if (state.terms !== null) recount(state.terms.terms, state, store)
}

function toSlot(total: OldTotal): Slot {
  return {
    kind: "Period",
    meter: total.meter,
    start: total.period_start as Instant,
    group: "",
    periodStart: total.period_start as Instant,
    end: total.period_end as Instant,
    count: total.count,
    state: stateOfTotal(aggregationOfKey(total.meter), decimalOf(total.value)),
    seq: total.seq,
  }
}

/** A row of the log holds events of consecutive numbers; recounts had left gaps between them. */
function appendEvents(store: MeterStore): void {
  let after = 0
  for (;;) {
    const query = "SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
    const page = store.sql.exec<OldEvent>(query, after, EVENTS_PER_ROW).toArray()
    const first = page[0]
    if (first === undefined) return
    const run = page.slice(0, runLength(page, first.seq))
    appendRun(store, run)
    after = run.at(-1)?.seq ?? first.seq
  }
}

/** As many events as are numbered one by one, and fit into a row together. */
function runLength(page: readonly OldEvent[], first: number): number {
  let characters = 0
  let length = 0
  for (const event of page) {
    characters += event.properties.length + event.id.length + event.event_type.length
    if (length > 0 && (event.seq !== first + length || characters > limits.meterChunkCharacters)) break
    length += 1
  }
  return length
}

function appendRun(store: MeterStore, run: readonly OldEvent[]): void {
  const times = run.map((event) => event.occurred_at)
  const parts = run.map((event) => {
    const tuple = `[${JSON.stringify(event.id)},${JSON.stringify(event.event_type)},${event.occurred_at},null,${event.properties}]`
    const receivedAt = event.received_at as Instant
    return partText(receivedAt, event.keyed_until, event.answer, `[${tuple}]`)
  })
  const first = run[0]?.seq ?? 0
  store.chunks.append({
    first,
    last: first + run.length - 1,
    fromAt: times.reduce((a, b) => Math.min(a, b)) as Instant,
    toAt: times.reduce((a, b) => Math.max(a, b)) as Instant,
    hashes: Uint32Array.from(run, ({ id }) => hashOfId(id)),
    changes: "[]",
    events: `[${parts.join(",")}]`,
  })
}
