// Single facts of a meter by name: the terms, how far the checkpoint reaches, the leases of its budgets.

import type { MeterTerms } from "../../domain/terms.ts"
import type { Instant } from "../../domain/time.ts"

export class MetaTable {
  readonly #sql: SqlStorage

  constructor(sql: SqlStorage) {
    this.#sql = sql
  }

  /** Null in a meter that was never used: then it holds nothing at all. */
  terms(): MeterTerms | null {
    const text = this.read("terms")
    return text === null ? null : JSON.parse(text)
  }

  putTerms(terms: MeterTerms): void {
    this.put("terms", JSON.stringify(terms))
  }

  /** All that happened up to this `seq` is in the tables of totals and ids. */
  checkpoint(): number {
    return Number(this.read("checkpoint") ?? 0)
  }

  putCheckpoint(seq: number): void {
    this.put("checkpoint", String(seq))
  }

  /** Where the last archived period ended; every archived event lies before it. Null: nothing is archived. */
  archivedUntil(): Instant | null {
    const text = this.read("archived_until")
    return text === null ? null : (Number(text) as Instant)
  }

  putArchivedUntil(at: Instant): void {
    this.put("archived_until", String(at))
  }

  read(name: string): string | null {
    const query = "SELECT value FROM meta WHERE name = ?"
    return this.#sql.exec<{ value: string }>(query, name).toArray()[0]?.value ?? null
  }

  put(name: string, value: string): void {
    this.#sql.exec("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, value)
  }
}
