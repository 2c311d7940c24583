// What stays of events that went into an archive: where they are, and enough of each to know it again when it comes once more.
// Law: a row is written in the transaction that takes the events out of the log, and never changed.

import type { Archive } from "../../domain/archive.ts"
import type { Instant } from "../../domain/time.ts"
import type { ResultCode } from "../wire.ts"

/** Neighbouring events that have these in common. */
export type SealedRun = readonly [count: number, answer: ResultCode, keyedUntil: number | null]

/** Events `first`…`last`, numbered one by one. */
export type SealedRow = {
  readonly first: number
  readonly last: number
  readonly runs: readonly SealedRun[]
  /** See sealed-log.ts. */
  readonly digests: Uint8Array
}

type SealedColumns = { first: number; last: number; runs: string; digests: ArrayBuffer }

type ArchiveColumns = {
  first: number
  last: number
  count: number
  from_at: number
  to_at: number
  key: string
  sha256: string
  bytes: number
}

export class SealedTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** The number of the last archived event; 0 when there is none. */
  lastSeq(): number {
    const query = "SELECT ifnull(max(last), 0) AS last FROM archives"
    return this.#sql.exec<{ last: number }>(query).one().last
  }

  add({ first, last, runs, digests }: SealedRow): void {
    const query = "INSERT INTO sealed (first, last, runs, digests) VALUES (?, ?, ?, ?)"
    this.#sql.exec(query, first, last, JSON.stringify(runs), digests)
  }

  /** The row that holds an event. */
  containing(seq: number): SealedRow | null {
    const query = "SELECT first, last, runs, digests FROM sealed WHERE first <= ? ORDER BY first DESC LIMIT 1"
    const row = this.#sql.exec<SealedColumns>(query, seq).toArray()[0]
    if (row === undefined || row.last < seq) return null
    return { ...row, runs: JSON.parse(row.runs), digests: new Uint8Array(row.digests) }
  }

  addArchive({ first, last, count, fromAt, toAt, key, sha256, bytes }: Archive, sealedAt: Instant): void {
    this.#sql.exec(
      `INSERT INTO archives (first, last, count, from_at, to_at, key, sha256, bytes, sealed_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      first,
      last,
      count,
      fromAt,
      toAt,
      key,
      sha256,
      bytes,
      sealedAt,
    )
  }

  /** The archive that begins with this event. */
  archive(first: number): Archive | null {
    const row = this.#sql.exec<ArchiveColumns>("SELECT * FROM archives WHERE first = ?", first).toArray()[0]
    return row === undefined ? null : fromColumns(row)
  }

  /** The first event of the next archive that begins after `seq`. */
  nextArchive(seq: number): number | null {
    const query = "SELECT first FROM archives WHERE first > ? ORDER BY first LIMIT 1"
    return this.#sql.exec<{ first: number }>(query, seq).toArray()[0]?.first ?? null
  }

  /** The last archives that begin before `seq`, newest first. */
  archivesBelow(seq: number, limit: number): Archive[] {
    const query = "SELECT * FROM archives WHERE first < ? ORDER BY first DESC LIMIT ?"
    return this.#sql.exec<ArchiveColumns>(query, seq, limit).toArray().map(fromColumns)
  }

  /** Of those with events in [from, to), or with times on both sides of it: the last ones that begin before `seq`. */
  archivesWithin(seq: number, from: Instant, to: Instant, limit: number): Archive[] {
    const query =
      "SELECT * FROM archives WHERE first < ? AND to_at >= ? AND from_at < ? ORDER BY first DESC LIMIT ?"
    return this.#sql.exec<ArchiveColumns>(query, seq, from, to, limit).toArray().map(fromColumns)
  }
}

function fromColumns(row: ArchiveColumns): Archive {
  const { first, last, count, key, sha256, bytes } = row
  const [fromAt, toAt] = [row.from_at as Instant, row.to_at as Instant]
  return { first, last, count, fromAt, toAt, key, sha256, bytes }
}
