// The tables of a meter and their versions. They are made with the first write, never when an object is only asked.
// Law: a migration is never edited, only added to the end, and only adds, because for a while an older version of the
// code may run on a newer object. The version is a row: `PRAGMA user_version` is blocked on the platform.

const MIGRATIONS: readonly (readonly string[])[] = [
  [
    `CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`,
    // `seq` is the order of acceptance. `answer` is the result code that the sender was given. `keyed_until`: the event came
    // under an idempotency key equal to its id, which holds until then; null when it came with another key or none.
    `CREATE TABLE events (
      seq INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      event_type TEXT NOT NULL,
      occurred_at INTEGER NOT NULL,
      received_at INTEGER NOT NULL,
      properties TEXT NOT NULL,
      answer TEXT NOT NULL,
      keyed_until INTEGER
    ) STRICT`,
    // One row for each period and meter; `seq` is that of its last change.
    `CREATE TABLE totals (
      period_start INTEGER NOT NULL,
      meter TEXT NOT NULL,
      period_end INTEGER NOT NULL,
      value TEXT NOT NULL,
      count INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      PRIMARY KEY (period_start, meter)
    ) STRICT, WITHOUT ROWID`,
    // Idempotency keys other than the id of the event that they brought.
    `CREATE TABLE keys (
      key TEXT PRIMARY KEY,
      event_id TEXT NOT NULL,
      answer TEXT NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE INDEX keys_by_expiry ON keys (expires_at)`,
  ],
]

export const TABLES_VERSION = MIGRATIONS.length

/** The version of the tables in an object; 0 when it holds nothing. Reads only. */
export function tablesVersion(sql: SqlStorage): number {
  const tables = sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'meta'").toArray()
  if (tables.length === 0) return 0
  return Number(sql.exec<{ value: string }>("SELECT value FROM meta WHERE name = 'tables'").one().value)
}

/** Brings the tables from `version` to the newest one. The caller has the transaction. */
export function migrateTables(sql: SqlStorage, version: number): void {
  for (const statement of MIGRATIONS.slice(version).flat()) sql.exec(statement)
  sql.exec("INSERT OR REPLACE INTO meta (name, value) VALUES ('tables', ?)", String(TABLES_VERSION))
}
