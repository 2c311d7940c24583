// A meter that the first version of the code wrote: a row for each event and each total. It goes on as if it had always been
// a log: every event is known, every total stands, every number is kept.

import { runInDurableObject } from "cloudflare:test"
import { describe, expect, it } from "vitest"
import { limits } from "../../src/limits.ts"
import type { MeterTerms } from "../../src/domain/terms.ts"
import {
  at,
  CALLS,
  duplicate,
  event,
  meterFor,
  newTerms,
  NOW,
  results,
  stubFor,
  TOKENS,
  totalsOf,
} from "./support.ts"

const FIRST_TABLES = [
  `CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID`,
  `CREATE TABLE events (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, event_type TEXT NOT NULL,
    occurred_at INTEGER NOT NULL, received_at INTEGER NOT NULL, properties TEXT NOT NULL, answer TEXT NOT NULL,
    keyed_until INTEGER) STRICT`,
  `CREATE TABLE totals (period_start INTEGER NOT NULL, meter TEXT NOT NULL, period_end INTEGER NOT NULL,
    value TEXT NOT NULL, count INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (period_start, meter)) STRICT, WITHOUT ROWID`,
  `CREATE TABLE keys (key TEXT PRIMARY KEY, event_id TEXT NOT NULL, answer TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID`,
  `CREATE INDEX keys_by_expiry ON keys (expires_at)`,
]

const START = at("2026-02-28T00:00:00Z")
const END = at("2026-03-28T00:00:00Z")
const AT = at("2026-03-01T10:00:00Z")

/** 1,500 events of ten tokens, numbered with a gap where a recount had been, and a total of a meter that is counted no more. */
async function writeFirstVersion(terms: MeterTerms): Promise<void> {
  await runInDurableObject(stubFor(terms), (_, { storage: { sql } }) => {
    for (const statement of FIRST_TABLES) sql.exec(statement)
    sql.exec("INSERT INTO meta VALUES ('tables', '1'), ('terms', ?)", JSON.stringify(terms))
    for (let n = 1; n <= 1_500; n += 1) {
      const seq = n <= 700 ? n : n + 1
      const keyedUntil = n === 1 ? NOW + 1_000 : null
      const row = [seq, `old-${n}`, "api.request", AT, NOW, '{"model":"gpt-4","tokens":10}', "A", keyedUntil]
      sql.exec("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", ...row)
    }
    const total = "INSERT INTO totals VALUES (?, ?, ?, ?, ?, ?)"
    sql.exec(total, START, CALLS.key, END, "1500", 1_500, 1_501)
    sql.exec(total, START, TOKENS.key, END, "15000", 1_500, 1_501)
    sql.exec(total, START, '["gone","Sum","x"]', END, "12.5", 3, 701)
  })
}

describe("a meter of the first version", () => {
  it("knows its events and keeps its totals", async () => {
    const terms = newTerms()
    await writeFirstVersion(terms)
    const old = (n: number) =>
      event(`old-${n}`, { timestamp: AT, properties: { tokens: 10, model: "gpt-4" } })
    expect(await results(terms, [old(1), old(700), old(701), old(1_500)])).toEqual(
      Array.from({ length: 4 }, () => duplicate),
    )
    expect(await results(terms, [event("old-2")])).toEqual([{ accepted: false, code: "event_id_conflict" }])
    await results(terms, [event("new", { properties: { tokens: 5 } })])
    const values = new Map((await totalsOf(terms)).map(({ key, value, count }) => [key, [value, count]]))
    expect(values).toEqual(
      new Map([
        [CALLS.key, ["1501", 1_501]],
        [TOKENS.key, ["15005", 1_501]],
        ['["gone","Sum","x"]', ["12.5", 3]],
      ]),
    )
  })

  it("numbers what comes after what was", async () => {
    const terms = newTerms()
    await writeFirstVersion(terms)
    await results(terms, [event("new")])
    const page = await meterFor(terms).events({ customerId: null, limit: 2, before: null, eventType: null })
    expect(page).toMatchObject({ kind: "Events", events: [{ id: "new" }, { id: "old-1500", seq: 1_501 }] })
  })

  it("keeps an idempotency key that was the event's id", async () => {
    const terms = newTerms()
    await writeFirstVersion(terms)
    const idempotency = { key: "old-1", now: NOW, expiresAt: NOW + 5_000 }
    const same = event("old-1", { timestamp: AT, properties: { tokens: 10, model: "gpt-4" } })
    const reply = await meterFor(terms).record({
      terms: null,
      customerId: null,
      futureLimit: NOW,
      receivedAt: NOW,
      idempotency,
      events: [same],
    })
    expect(reply).toMatchObject({ kind: "Recorded", replayed: true })
  })

  it("with large events has rows that the platform can store", async () => {
    const terms = newTerms()
    await writeFirstVersion(terms)
    await runInDurableObject(stubFor(terms), (_, { storage: { sql } }) => {
      const properties = JSON.stringify({ note: "n".repeat(10_000), tokens: 1 })
      sql.exec("UPDATE events SET properties = ?", properties)
    })
    await results(terms, [event("new")])
    const longest = await runInDurableObject(stubFor(terms), (_, { storage: { sql } }) => {
      return sql.exec<{ longest: number }>("SELECT max(length(events)) AS longest FROM chunks").one().longest
    })
    // What surrounds each event in its row comes on top.
    expect(longest).toBeLessThan(limits.meterChunkCharacters * 1.1)
    expect((await totalsOf(terms)).find(({ key }) => key === CALLS.key)?.value).toBe("1501")
  })
})
