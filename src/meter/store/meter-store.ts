// The meter's storage. Everything that knows it to be SQL is in this folder and in index/.
// Law: statements have constant text, by which the runtime caches them, and every cursor is read to its end.

import { ChunkTable } from "./chunk-table.ts"
import { CorrectionTable } from "./correction-table.ts"
import { HoldTable } from "./hold-table.ts"
import { KeyTable } from "./key-table.ts"
import { MemberTable } from "./member-table.ts"
import { MetaTable } from "./meta-table.ts"
import { MeterNames } from "./meter-names.ts"
import { SealedTable } from "./sealed-table.ts"
import { OutboxTable } from "./outbox-table.ts"
import { SlotTable } from "./slot-table.ts"
import { migrateTables, TABLES_VERSION, tablesVersion } from "./tables.ts"

export class MeterStore {
  readonly meta: MetaTable
  readonly chunks: ChunkTable
  readonly slots: SlotTable
  readonly members: MemberTable
  readonly names: MeterNames
  readonly keys: KeyTable
  readonly corrections: CorrectionTable
  readonly sealed: SealedTable
  readonly holds: HoldTable
  readonly outbox: OutboxTable
  readonly sql: SqlStorage
  readonly #storage: DurableObjectStorage

  constructor(storage: DurableObjectStorage) {
    this.#storage = storage
    this.sql = storage.sql
    this.meta = new MetaTable(storage.sql)
    this.chunks = new ChunkTable(storage.sql)
    this.slots = new SlotTable(storage.sql)
    this.members = new MemberTable(storage.sql)
    this.names = new MeterNames(storage.sql)
    this.keys = new KeyTable(storage.sql)
    this.holds = new HoldTable(storage.sql)
    this.outbox = new OutboxTable(storage.sql)
    this.corrections = new CorrectionTable(storage.sql)
    this.sealed = new SealedTable(storage.sql)
  }

  /** The version of the tables: 0 when nothing was ever stored. */
  version(): number {
    return tablesVersion(this.sql)
  }

  isOld(version: number): boolean {
    return version > 0 && version < TABLES_VERSION
  }

  /** Brings tables of this version up to date; 0 makes those of an empty object. In a transaction that stores something. */
  migrate(version: number): void {
    migrateTables(this.sql, version)
  }

  /** Everything that `write` writes, or nothing if it throws. */
  transaction<T>(write: () => T): T {
    return this.#storage.transactionSync(write)
  }

  /** Resolves when everything written so far would survive a crash. */
  async durable(): Promise<void> {
    await this.#storage.sync()
  }
}
