// The log of accepted events. Each commit appends one row, whatever the number of its events: a row written is what the platform
// bills, and random ids in an index of rows would rewrite pages of kilobytes for an event of two hundred bytes.
// Law: rows are appended and never changed. Archiving takes whole rows away, after their checkpoint (see ../seal.ts).

import { assert } from "../../domain/assert.ts"
import type { Instant } from "../../domain/time.ts"

/** Events `first`…`last`, numbered one by one. */
export type ChunkRange = { readonly first: number; readonly last: number }

export type ChunkRow = ChunkRange & {
  /** The earliest and the latest time of its events. */
  readonly fromAt: Instant
  readonly toAt: Instant
  /** Of the ids, in the order of the events. */
  readonly hashes: Uint32Array
  /** The totals that the commit changed, as they are after it (see slot-book.ts). */
  readonly changes: string
  /** See event-log.ts. */
  readonly events: string
}

/** What a meter reads when it wakes: never the events. */
export type ChunkDigest = ChunkRange & { readonly hashes: Uint32Array; readonly changes: string }

export type ChunkEvents = ChunkRange & { readonly events: string }

/** With the latest time of its events. */
export type ChunkUntil = ChunkEvents & { readonly toAt: Instant }

type Until = ChunkEvents & { to_at: number }

type Digest = { first: number; last: number; hashes: ArrayBuffer; changes: string }

export class ChunkTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  append({ first, last, fromAt, toAt, hashes, changes, events }: ChunkRow): void {
    assert(hashes.length === last - first + 1, "a chunk has a hash for each event", { first, last })
    this.#sql.exec(
      "INSERT INTO chunks (first, last, from_at, to_at, hashes, changes, events) VALUES (?, ?, ?, ?, ?, ?, ?)",
      first,
      last,
      fromAt,
      toAt,
      hashes,
      changes,
      events,
    )
  }

  /** The rows after `seq` in order. */
  *digestsAfter(seq: number): Generator<ChunkDigest> {
    const query = "SELECT first, last, hashes, changes FROM chunks WHERE first > ? ORDER BY first"
    for (const row of this.#sql.exec<Digest>(query, seq)) {
      yield { ...row, hashes: new Uint32Array(row.hashes) }
    }
  }

  /** The row that holds an event. */
  containing(seq: number): ChunkEvents | null {
    const found = this.below(seq + 1)
    return found !== null && found.last >= seq ? found : null
  }

  /** The last row that begins before `seq`. */
  below(seq: number): ChunkEvents | null {
    const query = "SELECT first, last, events FROM chunks WHERE first < ? ORDER BY first DESC LIMIT 1"
    return this.#sql.exec<ChunkEvents>(query, seq).toArray()[0] ?? null
  }

  /** The first row that begins after `seq`. */
  above(seq: number): ChunkEvents | null {
    const query = "SELECT first, last, events FROM chunks WHERE first > ? ORDER BY first LIMIT 1"
    return this.#sql.exec<ChunkEvents>(query, seq).toArray()[0] ?? null
  }

  /** The first row that begins after `seq`. */
  next(seq: number): ChunkUntil | null {
    const query = "SELECT first, last, to_at, events FROM chunks WHERE first > ? ORDER BY first LIMIT 1"
    return toUntil(this.#sql.exec<Until>(query, seq).toArray()[0])
  }

  /** The first row after `seq` whose events all lie before `to`. */
  nextBefore(seq: number, to: Instant): ChunkUntil | null {
    const query =
      "SELECT first, last, to_at, events FROM chunks WHERE first > ? AND to_at < ? ORDER BY first LIMIT 1"
    return toUntil(this.#sql.exec<Until>(query, seq, to).toArray()[0])
  }

  /** The rows of the events first…last, which begin and end with a row. */
  between(first: number, last: number): ChunkEvents[] {
    const query = "SELECT first, last, events FROM chunks WHERE first >= ? AND last <= ? ORDER BY first"
    return this.#sql.exec<ChunkEvents>(query, first, last).toArray()
  }

  /** How many events lie in rows with events in [from, to). */
  countWithin(from: Instant, to: Instant): number {
    const query = "SELECT ifnull(sum(last - first + 1), 0) AS n FROM chunks WHERE to_at >= ? AND from_at < ?"
    return this.#sql.exec<{ n: number }>(query, from, to).one().n
  }

  drop(first: number, last: number): void {
    this.#sql.exec("DELETE FROM chunks WHERE first >= ? AND last <= ?", first, last)
  }

  /** The first row after `seq` with events in [from, to), or with times on both sides of it. */
  aboveWithin(seq: number, from: Instant, to: Instant): ChunkEvents | null {
    const query =
      "SELECT first, last, events FROM chunks WHERE first > ? AND to_at >= ? AND from_at < ? ORDER BY first LIMIT 1"
    return this.#sql.exec<ChunkEvents>(query, seq, from, to).toArray()[0] ?? null
  }

  /** As `aboveWithin`, backwards. */
  belowWithin(seq: number, from: Instant, to: Instant): ChunkEvents | null {
    const query =
      "SELECT first, last, events FROM chunks WHERE first < ? AND to_at >= ? AND from_at < ? ORDER BY first DESC LIMIT 1"
    return this.#sql.exec<ChunkEvents>(query, seq, from, to).toArray()[0] ?? null
  }
}

function toUntil(row: Until | undefined): ChunkUntil | null {
  if (row === undefined) return null
  const { first, last, to_at: toAt, events } = row
  return { first, last, toAt: toAt as Instant, events }
}
