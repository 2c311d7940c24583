// What one writes first: each event checked by zod, sent to the object as an object, inserted as a row with its id as the
// primary key, and added to a row with the total. Exact, durable, and a transaction of its own for each request.

import { DurableObject } from "cloudflare:workers"
import { z } from "zod"
import type { Cost } from "./cost.ts"

const Event = z.strictObject({
  id: z.string().min(1).max(255),
  event_type: z.string().min(1).max(255),
  customer_id: z.uuid(),
  subscription_id: z.uuid(),
  timestamp: z.iso.datetime({ offset: true }),
  properties: z.record(z.string().max(255), z.json()),
})
const Events = z.array(Event).max(5_000)

export type NaiveEvent = z.infer<typeof Event>

export function readNaiveEvents(body: unknown): NaiveEvent[] {
  return Array.isArray(body) ? Events.parse(body) : [Event.parse(body)]
}

function withTables(sql: SqlStorage): SqlStorage {
  sql.exec(
    "CREATE TABLE IF NOT EXISTS events (id TEXT PRIMARY KEY, event_type TEXT, at TEXT, properties TEXT)",
  )
  sql.exec(
    "CREATE TABLE IF NOT EXISTS totals (month TEXT, meter TEXT, value REAL, PRIMARY KEY (month, meter))",
  )
  return sql
}

export class NaiveMeter extends DurableObject {
  readonly #sql = withTables(this.ctx.storage.sql)
  #rowsWritten = 0
  #rowsRead = 0
  #calls = 0

  /** For each event whether it is new. */
  record(events: readonly NaiveEvent[]): boolean[] {
    this.#calls += 1
    return events.map((event) => this.#recordOne(event))
  }

  cost(): Cost {
    const bytes = this.#sql.databaseSize
    return { rowsWritten: this.#rowsWritten, rowsRead: this.#rowsRead, calls: this.#calls, bytes }
  }

  #recordOne({ id, event_type: type, timestamp, properties }: NaiveEvent): boolean {
    const insert = "INSERT INTO events VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING"
    if (this.#exec(insert, id, type, timestamp, JSON.stringify(properties)) === 0) return false
    const add = "INSERT INTO totals VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value"
    this.#exec(add, timestamp.slice(0, 7), "tokens", Number(properties["tokens"]))
    return true
  }

  #exec(statement: string, ...values: (string | number)[]): number {
    const { rowsWritten, rowsRead } = this.#sql.exec(statement, ...values)
    this.#rowsWritten += rowsWritten
    this.#rowsRead += rowsRead
    return rowsWritten
  }
}
