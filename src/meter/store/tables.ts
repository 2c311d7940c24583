// The tables of a meter and their versions. They are made with the first write, never when an object is only asked.
// Law: a migration is never edited, only added to the end. The version is a row: `PRAGMA user_version` is blocked on the platform.
// For a while after a deployment an older version of the code may run on a newer object: what it can't rightly write to is taken
// away from under it (as `events` was), so that it fails and its caller tries again, and never counts by half of the facts.

import { IdIndex } from "../index/id-index.ts"

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
  // A log of commits in place of a row for each event. What is read at every waking stands before what is read seldom, so
  // that waking doesn't walk over the pages of the events.
  [
    `CREATE TABLE chunks (
      first INTEGER PRIMARY KEY,
      last INTEGER NOT NULL,
      from_at INTEGER NOT NULL,
      to_at INTEGER NOT NULL,
      hashes BLOB NOT NULL,
      changes TEXT NOT NULL,
      events TEXT NOT NULL
    ) STRICT`,
    `CREATE TABLE slots (
      kind INTEGER NOT NULL,
      meter INTEGER NOT NULL,
      start_at INTEGER NOT NULL,
      grp TEXT NOT NULL,
      period_start INTEGER NOT NULL,
      end_at INTEGER NOT NULL,
      count INTEGER NOT NULL,
      state TEXT NOT NULL,
      seq INTEGER NOT NULL,
      PRIMARY KEY (kind, meter, start_at, grp)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE meters (id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE) STRICT`,
    `CREATE TABLE members (
      meter INTEGER NOT NULL,
      scope TEXT NOT NULL,
      member TEXT NOT NULL,
      PRIMARY KEY (meter, scope, member)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE points (
      meter INTEGER NOT NULL,
      scope TEXT NOT NULL,
      at INTEGER NOT NULL,
      seq INTEGER NOT NULL,
      value TEXT NOT NULL,
      PRIMARY KEY (meter, scope, at, seq)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE corrections (
      seq INTEGER PRIMARY KEY,
      id TEXT NOT NULL,
      event_seq INTEGER NOT NULL,
      kind TEXT NOT NULL,
      made_at INTEGER NOT NULL,
      occurred_at INTEGER NOT NULL,
      properties TEXT NOT NULL,
      reason TEXT
    ) STRICT`,
    `CREATE INDEX corrections_by_event ON corrections (event_seq, seq)`,
    `CREATE INDEX corrections_by_time ON corrections (occurred_at)`,
    `CREATE TABLE holds (
      id TEXT PRIMARY KEY,
      period_start INTEGER NOT NULL,
      period_end INTEGER NOT NULL,
      amount TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL) STRICT`,
    // What stays of events that are in an archive, and the archives themselves.
    `CREATE TABLE sealed (
      first INTEGER PRIMARY KEY,
      last INTEGER NOT NULL,
      runs TEXT NOT NULL,
      digests BLOB NOT NULL
    ) STRICT`,
    `CREATE TABLE archives (
      first INTEGER PRIMARY KEY,
      last INTEGER NOT NULL,
      count INTEGER NOT NULL,
      from_at INTEGER NOT NULL,
      to_at INTEGER NOT NULL,
      key TEXT NOT NULL,
      sha256 TEXT NOT NULL,
      bytes INTEGER NOT NULL,
      sealed_at INTEGER NOT NULL
    ) STRICT`,
    ...IdIndex.MIGRATION,
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
