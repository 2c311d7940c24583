// The meter's storage. Everything that knows it to be SQL is in this folder.
// Law: statements have constant text, by which the runtime caches them, and every cursor is read to its end.

import { EventTable } from "./event-table.ts"
import { KeyTable } from "./key-table.ts"
import { migrateTables, TABLES_VERSION, tablesVersion } from "./tables.ts"
import { TermsTable } from "./terms-table.ts"
import { TotalTable } from "./total-table.ts"

export class MeterStore {
  readonly terms: TermsTable
  readonly events: EventTable
  readonly totals: TotalTable
  readonly keys: KeyTable
  readonly #storage: DurableObjectStorage

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    this.terms = new TermsTable(storage.sql)
    this.events = new EventTable(storage.sql)
    this.totals = new TotalTable(storage.sql)
    this.keys = new KeyTable(storage.sql)
  }

  /** Whether anything was ever stored. Brings the tables of an older version up to date, and writes nothing else. */
  open(): boolean {
    const version = tablesVersion(this.#storage.sql)
    if (version === 0) return false
    if (version < TABLES_VERSION) this.transaction(() => migrateTables(this.#storage.sql, version))
    return true
  }

  /** Makes the tables of an empty object. Only inside a transaction that stores something. */
  create(): void {
    migrateTables(this.#storage.sql, 0)
  }

  /** Everything that `write` writes, or nothing if it throws. */
  transaction(write: () => void): void {
    this.#storage.transactionSync(write)
  }

  /** Resolves when everything written so far would survive a crash. */
  async durable(): Promise<void> {
    await this.#storage.sync()
  }
}
