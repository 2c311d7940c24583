// The accepted events, a row each, found by id and read in the order of acceptance.
// Law: an id is in it at most once, for the life of the subscription.

import type { Instant } from "../../domain/time.ts"
import { isResultCode, type ResultCode } from "../wire.ts"
import { assert } from "../../domain/assert.ts"
import { piecesOf } from "./pieces.ts"

/** What an event is compared by, the answer that its sender was given, and until when its id is an idempotency key. */
export type KnownEvent = {
  readonly id: string
  readonly eventType: string
  readonly occurredAt: Instant
  /** Canonical JSON. */
  readonly properties: string
  readonly answer: ResultCode
  readonly keyedUntil: number | null
}

export type EventRow = KnownEvent & { readonly seq: number; readonly receivedAt: Instant }

type Columns = {
  seq: number
  id: string
  event_type: string
  occurred_at: number
  received_at: number
  properties: string
  answer: string
  keyed_until: number | null
}

export class EventTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  lastSeq(): number {
    return this.#sql.exec<{ seq: number }>("SELECT ifnull(max(seq), 0) AS seq FROM events").one().seq
  }

  /** The stored ones of these ids, under the very string that was asked for. */
  find(ids: readonly string[]): Map<string, EventRow> {
    const found = new Map<string, EventRow>()
    for (const piece of piecesOf(ids)) {
      const rows = this.#sql.exec<Columns & { position: number }>(
        "SELECT asked.key AS position, e.* FROM json_each(?) AS asked CROSS JOIN events AS e ON e.id = asked.value",
        JSON.stringify(piece),
      )
      for (const row of rows) found.set(piece[row.position] ?? row.id, fromColumns(row))
    }
    return found
  }

  append(events: readonly EventRow[]): void {
    for (const piece of piecesOf(events.map(toJson))) {
      this.#sql.exec(
        `INSERT INTO events (seq, id, event_type, occurred_at, received_at, properties, answer, keyed_until)
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
         FROM json_each(?)`,
        `[${piece.join(",")}]`,
      )
    }
  }

  /** Newest first below `before`: those of one type, or all, among the `scan` next ones. */
  pageBelow(before: number, eventType: string | null, limit: number, scan: number): EventRow[] {
    const rows = this.#sql.exec<Columns>(
      `SELECT * FROM (SELECT * FROM events WHERE seq < ? ORDER BY seq DESC LIMIT ?)
       WHERE ? IS NULL OR event_type = ? ORDER BY seq DESC LIMIT ?`,
      before,
      scan,
      eventType,
      eventType,
      limit,
    )
    return rows.toArray().map(fromColumns)
  }

  /** The `seq` of the event that is the `distance`th below `before`, or null if there aren't as many. */
  seqBelow(before: number, distance: number): number | null {
    const query = "SELECT seq FROM events WHERE seq < ? ORDER BY seq DESC LIMIT 1 OFFSET ?"
    return this.#sql.exec<{ seq: number }>(query, before, distance - 1).toArray()[0]?.seq ?? null
  }

  /** Oldest first above `after`. */
  pageAbove(after: number, limit: number): EventRow[] {
    const query = "SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
    return this.#sql.exec<Columns>(query, after, limit).toArray().map(fromColumns)
  }
}

function toJson(event: EventRow): string {
  const { seq, id, eventType, occurredAt, receivedAt, properties, answer, keyedUntil } = event
  return JSON.stringify([seq, id, eventType, occurredAt, receivedAt, properties, answer, keyedUntil])
}

function fromColumns(row: Columns): EventRow {
  assert(isResultCode(row.answer), "a stored answer is a result code", { seq: row.seq, answer: row.answer })
  return {
    seq: row.seq,
    id: row.id,
    eventType: row.event_type,
    occurredAt: row.occurred_at as Instant,
    receivedAt: row.received_at as Instant,
    properties: row.properties,
    answer: row.answer,
    keyedUntil: row.keyed_until,
  }
}
