// Idempotency keys of single events: the same request again gets the stored answer, another one under the key is refused.

import { evictDurableObject, runInDurableObject } from "cloudflare:test"
import { describe, expect, it } from "vitest"
import type { MeterTerms } from "../../src/domain/terms.ts"
import type { EventInput, RecordReply } from "../../src/meter/protocol.ts"
import {
  accepted,
  at,
  CALLS,
  duplicate,
  event,
  kept,
  meterFor,
  newTerms,
  request,
  results,
  send,
  sendTogether,
  stubFor,
  valueOf,
} from "./support.ts"

const DAY_MS = 86_400_000
const first = (result: unknown): unknown => ({ kind: "Recorded", replayed: false, results: [result] })
const again = (result: unknown): unknown => ({ kind: "Recorded", replayed: true, results: [result] })

/** `now` counts from the time that the first request came, when nothing else is said. */
function keyed(terms: MeterTerms, key: string, sent: EventInput, now = 0): Promise<RecordReply> {
  return send(terms, [sent], { idempotency: { key, now, expiresAt: now + DAY_MS } })
}

async function keyRows(terms: MeterTerms): Promise<number> {
  return runInDurableObject(
    stubFor(terms),
    (_, state) => state.storage.sql.exec("SELECT 1 FROM keys").toArray().length,
  )
}

describe.each([
  ["equal to the event's id", "e1"],
  ["other than the event's id", "key-1"],
])("a key %s", (_, key) => {
  it("replays the first answer, also after the object lost its memory", async () => {
    const terms = newTerms()
    expect(await keyed(terms, key, event("e1"))).toEqual(first(accepted))
    expect(await keyed(terms, key, event("e1"))).toEqual(again(accepted))
    await evictDurableObject(stubFor(terms))
    expect(await keyed(terms, key, event("e1"), DAY_MS - 1)).toEqual(again(accepted))
    expect(await valueOf(terms, CALLS)).toBe("1")
  })

  it("replays what was said then, even if the answer would be another one now", async () => {
    const terms = newTerms({ meters: [] })
    expect(await keyed(terms, key, event("e1"))).toEqual(first(kept))
    await meterFor(terms).setTerms({ ...terms, version: 2, meters: [CALLS] })
    expect(await results(terms, [event("e1")])).toEqual([duplicate])
    expect(await keyed(terms, key, event("e1"))).toEqual(again(kept))
  })

  it("refuses another request: other content, or another event", async () => {
    const terms = newTerms()
    await keyed(terms, key, event("e1"))
    expect(await keyed(terms, key, event("e1", { properties: { tokens: 1 } }))).toEqual({ kind: "KeyReused" })
    expect(await keyed(terms, key, event("e2"))).toEqual({ kind: "KeyReused" })
    expect(await valueOf(terms, CALLS)).toBe("1")
  })

  it("is free again when it has expired", async () => {
    const terms = newTerms()
    await keyed(terms, key, event("e1"))
    expect(await keyed(terms, key, event("e1"), DAY_MS)).toEqual(first(duplicate))
    expect(await keyed(terms, key, event("e2"), DAY_MS)).toEqual({ kind: "KeyReused" })
    expect(await keyed(terms, key, event("e2"), 2 * DAY_MS)).toEqual(first(accepted))
    expect(await keyed(terms, key, event("e1"), 2 * DAY_MS)).toEqual({ kind: "KeyReused" })
  })

  it("is not taken by a rejected event", async () => {
    const terms = newTerms()
    const broken = event("e1", { properties: {} })
    expect(await keyed(terms, key, broken)).toEqual(first({ accepted: false, code: "property_missing" }))
    expect(await keyed(terms, key, event("e1"))).toEqual(first(accepted))
  })

  it("is seen by the requests that share its commit", async () => {
    const terms = newTerms()
    await results(terms, [event("e0")])
    const idempotency = { key, now: 0, expiresAt: DAY_MS }
    const sent = ["e1", "e1", "e2", "e1"].map((id) => request([event(id)], { idempotency }))
    expect(await sendTogether(terms, sent)).toEqual([
      { kind: "Recorded", replayed: false, results: "A" },
      { kind: "Recorded", replayed: true, results: "A" },
      { kind: "KeyReused" },
      { kind: "Recorded", replayed: true, results: "A" },
    ])
    expect(await valueOf(terms, CALLS)).toBe("2")
  })
})

describe("a key that is the id of an event", () => {
  it("costs no row of its own", async () => {
    const terms = newTerms()
    await keyed(terms, "e1", event("e1"))
    expect(await keyRows(terms)).toBe(0)
  })

  it("sent without a key is still free", async () => {
    const terms = newTerms()
    await results(terms, [event("e1")])
    expect(await keyed(terms, "e1", event("e1"))).toEqual(first(duplicate))
    expect(await keyed(terms, "e1", event("e1"))).toEqual(again(duplicate))
    expect(await keyed(terms, "e1", event("e2"))).toEqual({ kind: "KeyReused" })
  })

  it("sent under another key is still free, for another event too", async () => {
    const terms = newTerms()
    await keyed(terms, "key-1", event("e1"))
    expect(await keyed(terms, "e1", event("e2"))).toEqual(first(accepted))
    expect(await keyed(terms, "e1", event("e2"))).toEqual(again(accepted))
    expect(await keyed(terms, "e1", event("e1"))).toEqual({ kind: "KeyReused" })
    expect(await keyed(terms, "key-1", event("e1"))).toEqual(again(accepted))
  })

  it("keeps the event a duplicate when it is sent without the key", async () => {
    const terms = newTerms()
    await keyed(terms, "e1", event("e1"))
    expect(await results(terms, [event("e1")])).toEqual([duplicate])
  })

  it("does not turn a conflict into a stored answer", async () => {
    const terms = newTerms()
    await results(terms, [event("e1")])
    const other = event("e1", { timestamp: at("2026-03-02T00:00:00Z") })
    expect(await keyed(terms, "e1", other)).toEqual(first({ accepted: false, code: "event_id_conflict" }))
    expect(await keyed(terms, "e1", event("e1"))).toEqual(first(duplicate))
  })
})

it("expired keys leave the table, a bounded number at a time", async () => {
  const terms = newTerms()
  for (let n = 0; n < 20; n += 1) await keyed(terms, `key-${n}`, event(`e${n}`))
  expect(await keyRows(terms)).toBe(20)
  await keyed(terms, "late-1", event("late-1x"), DAY_MS)
  const left = await keyRows(terms)
  expect(left).toBeLessThan(20)
  expect(left).toBeGreaterThan(1)
  for (let n = 0; n < 20; n += 1) await keyed(terms, `later-${n}`, event(`later-${n}x`), DAY_MS)
  expect(await keyRows(terms)).toBe(21)
})

it("a key with several events is a fault of the caller, and stores nothing", async () => {
  const terms = newTerms()
  await results(terms, [event("e0")])
  const both = send(terms, [event("e1"), event("e2")], { idempotency: { key: "k", now: 0, expiresAt: 1 } })
  await expect(both).rejects.toThrow("one event")
  expect(await valueOf(terms, CALLS)).toBe("1")
})
