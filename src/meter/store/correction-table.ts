// What was said of events after they had been accepted: taken back, or amended. The events themselves stay as they came, and so
// does every earlier correction: the history of an event is its row of the log and its rows here, in order.

import { assert } from "../../domain/assert.ts"
import type { SeqRange } from "../../domain/seq-ranges.ts"
import type { Instant } from "../../domain/time.ts"

export type Correction = {
  readonly seq: number
  /** Of whoever made it: its entry in the audit trail has the same one. */
  readonly id: string
  readonly eventSeq: number
  readonly kind: "Void" | "Amend"
  readonly madeAt: Instant
  /** Of the event from then on; of one that was taken back, as it stood until then. */
  readonly occurredAt: Instant
  readonly properties: Readonly<Record<string, unknown>>
  readonly reason: string | null
}

type Columns = {
  seq: number
  id: string
  event_seq: number
  kind: string
  made_at: number
  occurred_at: number
  properties: string
  reason: string | null
}

const IS_LAST = "seq = (SELECT max(seq) FROM corrections WHERE event_seq = c.event_seq)"

export class CorrectionTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  lastSeq(): number {
    return this.#sql.exec<{ seq: number }>("SELECT ifnull(max(seq), 0) AS seq FROM corrections").one().seq
  }

  /** Oldest first. */
  of(eventSeq: number): Correction[] {
    const query = "SELECT * FROM corrections WHERE event_seq = ? ORDER BY seq"
    return this.#sql.exec<Columns>(query, eventSeq).toArray().map(fromColumns)
  }

  /** Of the events first…last, oldest first. */
  between(first: number, last: number): Correction[] {
    const query = "SELECT * FROM corrections WHERE event_seq >= ? AND event_seq <= ? ORDER BY seq"
    return this.#sql.exec<Columns>(query, first, last).toArray().map(fromColumns)
  }

  /** The last one of each of the events first…last that has any, by the event's number. */
  lastOf(first: number, last: number): ReadonlyMap<number, Correction> {
    const query = `SELECT * FROM corrections AS c WHERE event_seq >= ? AND event_seq <= ? AND ${IS_LAST}`
    const rows = this.#sql.exec<Columns>(query, first, last).toArray()
    return new Map(rows.map((row) => [row.event_seq, fromColumns(row)]))
  }

  /** The numbers of the events that an amendment, the last thing said of them, put into [from, to). */
  amendedWithin(from: Instant, to: Instant): number[] {
    const query = `SELECT event_seq FROM corrections AS c
      WHERE occurred_at >= ? AND occurred_at < ? AND kind = 'Amend' AND ${IS_LAST}`
    const rows = this.#sql.exec<{ event_seq: number }>(query, from, to).toArray()
    return rows.map((row) => row.event_seq)
  }

  /** The events before `before` that were corrected by one of these changes, newest first, each once. */
  eventsCorrectedIn(ranges: readonly SeqRange[], before: number, limit: number): number[] {
    const query = `SELECT DISTINCT event_seq AS seq
      FROM corrections JOIN json_each(?) AS r ON seq > r.value ->> 0 AND seq <= r.value ->> 1
      WHERE event_seq < ? ORDER BY event_seq DESC LIMIT ?`
    const found = this.#sql.exec<{ seq: number }>(query, JSON.stringify(ranges), before, limit).toArray()
    return found.map(({ seq }) => seq)
  }

  add(correction: Correction): void {
    this.#sql.exec(
      `INSERT INTO corrections (seq, id, event_seq, kind, made_at, occurred_at, properties, reason)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      correction.seq,
      correction.id,
      correction.eventSeq,
      correction.kind,
      correction.madeAt,
      correction.occurredAt,
      JSON.stringify(correction.properties),
      correction.reason,
    )
  }
}

function fromColumns(row: Columns): Correction {
  const { seq, id, event_seq: eventSeq, kind, reason } = row
  assert(kind === "Void" || kind === "Amend", "a correction is of a kind that is known", { seq, kind })
  const [madeAt, occurredAt] = [row.made_at as Instant, row.occurred_at as Instant]
  return { seq, id, eventSeq, kind, madeAt, occurredAt, properties: JSON.parse(row.properties), reason }
}
