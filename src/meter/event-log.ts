// The accepted events, as they are read: by number, or page by page in either direction. Parsed rows are kept for a while, so that
// a batch that is sent again is compared with one reading of the row that has it.
//
// A row's text is a JSON array of parts, one for each request that had events accepted:
//   [receivedAt, keyedUntil, answers, [event tuples of wire.ts]]
// `keyedUntil`: the one event came under an idempotency key equal to its id, which holds until then, else null.
// `answers`: a result code for each event, or a single one for all.
// Law: an event is read as it was accepted; what was corrected later lies over it (see corrections.ts).

import { assert } from "../domain/assert.ts"
import type { Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { ChunkEvents, ChunkTable } from "./store/chunk-table.ts"
import type { EventTuple, ResultCode } from "./wire.ts"

export type LoggedEvent = {
  readonly seq: number
  readonly id: string
  readonly eventType: string
  readonly occurredAt: Instant
  readonly receivedAt: Instant
  readonly properties: Readonly<Record<string, unknown>>
  /** What its sender was told. */
  readonly answer: ResultCode
  readonly keyedUntil: number | null
}

export type Part = readonly [
  receivedAt: Instant,
  keyedUntil: number | null,
  answers: string,
  tuples: readonly EventTuple[],
]

type Parsed = { readonly first: number; readonly last: number; readonly size: number; events: LoggedEvent[] }

/** One part of a row; `tuples` is the JSON array of its events. */
export function partText(
  receivedAt: Instant,
  keyedUntil: number | null,
  answers: string,
  tuples: string,
): string {
  const all = answers.charAt(0)
  const told = answers === all.repeat(answers.length) ? all : answers
  return `[${receivedAt},${keyedUntil},"${told}",${tuples}]`
}

export class EventLog {
  readonly #table: ChunkTable
  /** The most recently used one last. */
  #parsed: Parsed[] = []
  #size = 0

  constructor(table: ChunkTable) {
    this.#table = table
  }

  /** The event with this number; null when it is in an archive (see sealed-log.ts). */
  event(seq: number): LoggedEvent | null {
    const chunk = this.#cached(seq) ?? this.#read(this.#table.containing(seq))
    return chunk?.events[seq - chunk.first] ?? null
  }

  /** The event with this number if this is its id, else null. Among millions some ids share a hash, and to look for an id in the text
   *  of a row costs a small part of parsing it. */
  eventOf(seq: number, id: string): LoggedEvent | null {
    let chunk = this.#cached(seq)
    if (chunk === null) {
      const row = this.#table.containing(seq)
      // Worker and object print ids alike, by JSON.stringify.
      if (row === null || !row.events.includes(JSON.stringify(id))) return null
      chunk = this.#read(row)
    }
    const event = chunk?.events[seq - chunk.first]
    return event?.id === id ? event : null
  }

  /** Rows of events in order, the first one after `seq`. Not kept in memory. */
  *above(seq: number): Generator<readonly LoggedEvent[]> {
    for (let row = this.#table.above(seq); row !== null; row = this.#table.above(row.first)) {
      yield parseChunk(row)
    }
  }

  /** Rows with events in [from, to), and others beside them, in order. */
  *within(from: Instant, to: Instant): Generator<readonly LoggedEvent[]> {
    for (
      let row = this.#table.aboveWithin(0, from, to);
      row !== null;
      row = this.#table.aboveWithin(row.first, from, to)
    ) {
      yield parseChunk(row)
    }
  }

  /** Rows of events, the newest first, from the one with the event before `seq`. Within a row in order of acceptance. */
  *below(seq: number): Generator<readonly LoggedEvent[]> {
    for (let row = this.#table.below(seq); row !== null; row = this.#table.below(row.first)) {
      yield parseChunk(row)
    }
  }

  /** As `below`, of rows that have events in [from, to). */
  *belowWithin(seq: number, from: Instant, to: Instant): Generator<readonly LoggedEvent[]> {
    for (
      let row = this.#table.belowWithin(seq, from, to);
      row !== null;
      row = this.#table.belowWithin(row.first, from, to)
    ) {
      yield parseChunk(row)
    }
  }

  /** After rows were taken away. */
  forget(): void {
    this.#parsed = []
    this.#size = 0
  }

  #cached(seq: number): Parsed | null {
    const at = this.#parsed.findIndex(({ first, last }) => first <= seq && seq <= last)
    const found = this.#parsed[at]
    if (found === undefined) return null
    if (at < this.#parsed.length - 1) {
      this.#parsed.splice(at, 1)
      this.#parsed.push(found)
    }
    return found
  }

  #read(row: ChunkEvents | null): Parsed | null {
    if (row === null) return null
    const parsed = { first: row.first, last: row.last, size: row.events.length, events: parseChunk(row) }
    this.#parsed.push(parsed)
    this.#size += parsed.size
    while (this.#parsed.length > 1 && this.#size > limits.meterParsedCharacters) {
      this.#size -= this.#parsed.shift()?.size ?? 0
    }
    return parsed
  }
}

export function parseParts({ events }: ChunkEvents): readonly Part[] {
  return JSON.parse(events)
}

export function parseChunk(chunk: ChunkEvents): LoggedEvent[] {
  const { first, last } = chunk
  const parts = parseParts(chunk)
  const events: LoggedEvent[] = []
  let seq = first
  for (const [receivedAt, keyedUntil, answers, tuples] of parts) {
    for (const [index, [id, eventType, occurredAt, , properties]] of tuples.entries()) {
      const answer = (answers.length === 1 ? answers : answers.charAt(index)) as ResultCode
      events.push({ seq, id, eventType, occurredAt, receivedAt, properties, answer, keyedUntil })
      seq += 1
    }
  }
  assert(seq === last + 1, "a chunk holds the events that it says", { first, last, found: events.length })
  return events
}
