// What a commit has to tell others, stored with it and told afterwards, at least once.

import type { AlertMessage } from "../../domain/alert.ts"
import type { ThresholdMessage } from "../../domain/threshold.ts"

export type OutboxMessage = AlertMessage | ThresholdMessage

export type Outgoing = { readonly id: number; readonly message: OutboxMessage }

export class OutboxTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  add(message: OutboxMessage): void {
    this.#sql.exec("INSERT INTO outbox (message) VALUES (?)", JSON.stringify(message))
  }

  /** The oldest ones. */
  next(limit: number): Outgoing[] {
    const query = "SELECT id, message FROM outbox ORDER BY id LIMIT ?"
    const rows = this.#sql.exec<{ id: number; message: string }>(query, limit).toArray()
    return rows.map(({ id, message }) => ({ id, message: JSON.parse(message) }))
  }

  /** Those up to this one have been told. */
  drop(upTo: number): void {
    this.#sql.exec("DELETE FROM outbox WHERE id <= ?", upTo)
  }
}
