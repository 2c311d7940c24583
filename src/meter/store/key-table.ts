// Idempotency keys that are not the id of the event that they brought; those that are cost no row of their own (see
// event-table.ts). Kept until they expire, then removed little by little.

import { assert } from "../../domain/assert.ts"
import { isResultCode, type ResultCode } from "../wire.ts"
import { piecesOf } from "./pieces.ts"

/** `answer` is what the first request was given for the event `eventId`. */
export type KeyRow = {
  readonly key: string
  readonly eventId: string
  readonly answer: ResultCode
  readonly expiresAt: number
}

type Columns = { key: string; event_id: string; answer: string; expires_at: number }

export class KeyTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  isEmpty(): boolean {
    return this.#sql.exec("SELECT 1 FROM keys LIMIT 1").toArray().length === 0
  }

  /** The stored ones of these keys, expired or not, under the very string that was asked for. */
  find(keys: readonly string[]): Map<string, KeyRow> {
    const found = new Map<string, KeyRow>()
    for (const piece of piecesOf(keys)) {
      const rows = this.#sql.exec<Columns & { position: number }>(
        "SELECT asked.key AS position, k.* FROM json_each(?) AS asked CROSS JOIN keys AS k ON k.key = asked.value",
        JSON.stringify(piece),
      )
      for (const row of rows) {
        assert(isResultCode(row.answer), "a stored answer is a result code", { answer: row.answer })
        const key = piece[row.position] ?? row.key
        found.set(key, { key, eventId: row.event_id, answer: row.answer, expiresAt: row.expires_at })
      }
    }
    return found
  }

  put(row: KeyRow): void {
    this.#sql.exec(
      "INSERT OR REPLACE INTO keys (key, event_id, answer, expires_at) VALUES (?, ?, ?, ?)",
      row.key,
      row.eventId,
      row.answer,
      row.expiresAt,
    )
  }

  /** Removes at most `limit` keys that no longer hold. */
  dropExpired(now: number, limit: number): void {
    this.#sql.exec(
      "DELETE FROM keys WHERE key IN (SELECT key FROM keys WHERE expires_at <= ? ORDER BY expires_at LIMIT ?)",
      now,
      limit,
    )
  }
}
