// SQLite by itself, in this process, on the schema that one would write first: what the disk and the database give without a
// server around them. Started by cases.ts with a plan as JSON in its argument; prints one line of JSON.

import { randomUUID } from "node:crypto"
import path from "node:path"
import { DatabaseSync, type StatementSync } from "node:sqlite"

export type SqlitePlan = {
  readonly folder: string
  /** Databases, written to in turn. */
  readonly files: number
  readonly eventsPerCommit: number
  readonly seconds: number
}

export type SqliteOutcome = {
  readonly commits: number
  readonly seconds: number
  readonly cpuMicroseconds: number
  readonly latenciesMs: { readonly p50: number; readonly p99: number }
}

const SCHEMA = `
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE IF NOT EXISTS events (
    id TEXT PRIMARY KEY, event_type TEXT NOT NULL, occurred_at INTEGER NOT NULL, received_at INTEGER NOT NULL,
    properties TEXT NOT NULL
  ) STRICT;
  CREATE TABLE IF NOT EXISTS totals (
    period INTEGER NOT NULL, meter TEXT NOT NULL, value INTEGER NOT NULL, count INTEGER NOT NULL,
    PRIMARY KEY (period, meter)
  ) STRICT;
`
const TOKENS = 1_500
const PROPERTIES = JSON.stringify({ model: "gpt-4", tokens: TOKENS, region: "us-east-1" })

class Table {
  readonly #database: DatabaseSync
  readonly #insert: StatementSync
  readonly #add: StatementSync

  constructor(file: string) {
    this.#database = new DatabaseSync(file)
    this.#database.exec(SCHEMA)
    this.#insert = this.#database.prepare("INSERT INTO events VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING")
    this.#add = this.#database.prepare(
      "INSERT INTO totals VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value, count = count + excluded.count",
    )
  }

  /** One transaction: the events, and once their sum. */
  commit(events: number): void {
    const now = Date.now()
    this.#database.exec("BEGIN IMMEDIATE")
    let added = 0
    for (let n = 0; n < events; n += 1) {
      const { changes } = this.#insert.run(`evt-${randomUUID()}`, "api.request", now, now, PROPERTIES)
      added += Number(changes)
    }
    this.#add.run(0, "tokens", added * TOKENS, added)
    this.#database.exec("COMMIT")
  }
}

function run({ folder, files, eventsPerCommit, seconds }: SqlitePlan): SqliteOutcome {
  const tables = Array.from(
    { length: files },
    (_, n) => new Table(path.join(folder, `events-${files}-${n}.db`)),
  )
  const latencies: number[] = []
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  let last = startedAt
  while (last < startedAt + seconds * 1_000) {
    tables[latencies.length % files]?.commit(eventsPerCommit)
    const now = performance.now()
    latencies.push(now - last)
    last = now
  }
  const { user, system } = process.cpuUsage(cpuBefore)
  const sorted = Float64Array.from(latencies).toSorted()
  const at = (share: number): number => sorted[Math.floor((sorted.length - 1) * share)] ?? 0
  return {
    commits: latencies.length,
    seconds: (last - startedAt) / 1_000,
    cpuMicroseconds: user + system,
    latenciesMs: { p50: at(0.5), p99: at(0.99) },
  }
}

const argument = process.argv[2]
if (argument !== undefined) console.log(JSON.stringify(run(JSON.parse(argument) as SqlitePlan)))
