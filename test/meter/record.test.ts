// What a meter accepts, what it rejects and with which code, and what it answers to what it has seen before.

import { runInDurableObject } from "cloudflare:test"
import { describe, expect, it } from "vitest"
import { instant } from "../../src/domain/time.ts"
import { meterDefinition } from "../../src/domain/terms.ts"
import {
  accepted,
  at,
  CALLS,
  CUSTOMER,
  duplicate,
  event,
  kept,
  meterFor,
  newTerms,
  NOW,
  request,
  results,
  send,
  stubFor,
  TOKENS,
  totalsOf,
  valueOf,
} from "./support.ts"

describe("an object that knows no subscription", () => {
  it("asks for terms and writes nothing, whatever it is asked", async () => {
    const terms = newTerms()
    const meter = meterFor(terms)
    expect(await meter.record(request([event("e1")]))).toEqual({ kind: "NeedTerms" })
    const periods = { from: instant(0), to: NOW }
    expect(await meter.usage({ customerId: null, periods, changedSince: 0, terms, asOf: NOW })).toEqual({
      kind: "Usage",
      seq: 0,
      termsVersion: null,
      totals: [],
    })
    expect(await meter.events({ customerId: null, limit: 10, before: null, eventType: null })).toEqual({
      kind: "Events",
      events: [],
      next: null,
    })
    expect(await tablesIn(terms)).toEqual([])
  })

  it("writes nothing for a request of which every event is rejected", async () => {
    const terms = newTerms()
    const rejected = await results(terms, [event("e1", { timestamp: at("2026-03-10T12:05:01Z") })])
    expect(rejected).toEqual([{ accepted: false, code: "timestamp_in_future" }])
    expect(await tablesIn(terms)).toEqual([])
  })

  it("writes nothing for the customer of another subscription", async () => {
    const terms = newTerms()
    expect(await send(terms, [event("e1")], { customerId: "customer-2" })).toEqual({ kind: "NotFound" })
    expect(await tablesIn(terms)).toEqual([])
  })

  it("refuses the terms of another subscription", async () => {
    const [terms, other] = [newTerms(), newTerms()]
    await expect(meterFor(terms).record(request([event("e1")], { terms: other }))).rejects.toThrow(
      "own subscription",
    )
    expect(await tablesIn(terms)).toEqual([])
  })
})

describe("an event", () => {
  it("is accepted once and counted once; the same again is a duplicate", async () => {
    const terms = newTerms()
    expect(await results(terms, [event("e1")])).toEqual([accepted])
    expect(await results(terms, [event("e1")])).toEqual([duplicate])
    expect(await valueOf(terms, CALLS)).toBe("1")
    expect(await valueOf(terms, TOKENS)).toBe("1500")
  })

  it("is the same whatever the order of its properties, and whether or not it names the subscription's customer", async () => {
    const terms = newTerms()
    await results(terms, [
      event("e1", { properties: { tokens: 1, nested: { a: 1, b: [1, { d: 1, c: 2 }] } } }),
    ])
    const again = event("e1", {
      customerId: null,
      properties: { nested: { b: [1, { c: 2, d: 1 }], a: 1 }, tokens: 1 },
    })
    expect(await results(terms, [again])).toEqual([duplicate])
  })

  it.each([
    ["event type", { eventType: "api.other" }],
    ["timestamp", { timestamp: at("2026-03-01T10:00:00.001Z") }],
    ["properties", { properties: { tokens: 1501, model: "gpt-4" } }],
    ["customer", { customerId: "customer-2" }],
  ])("with a known id and another %s is a conflict and changes nothing", async (_, change) => {
    const terms = newTerms()
    await results(terms, [event("e1")])
    expect(await results(terms, [event("e1", change)])).toEqual([
      { accepted: false, code: "event_id_conflict" },
    ])
    expect(await valueOf(terms, TOKENS)).toBe("1500")
    expect(await results(terms, [event("e1")])).toEqual([duplicate])
  })

  it("of another customer than the subscription's is rejected", async () => {
    const terms = newTerms()
    const foreign = event("e1", { customerId: "customer-2" })
    expect(await results(terms, [foreign])).toEqual([{ accepted: false, code: "customer_mismatch" }])
  })

  it("is found by ids that SQL or JSON could misread", async () => {
    const terms = newTerms()
    const ids = [
      "'",
      '"',
      "\\",
      "%",
      "\u0000",
      "a\u0000b",
      "e\u0301",
      "\u00e9",
      "🜚",
      "\ud800",
      "null",
      "1",
      "01",
      " 1",
    ]
    const all = ids.map((id) => event(id))
    expect(await results(terms, all)).toEqual(ids.map(() => accepted))
    expect(await results(terms, all)).toEqual(ids.map(() => duplicate))
    expect(await valueOf(terms, CALLS)).toBe(String(ids.length))
  })

  it("up to the limit of the clock's skew is accepted, later ones are rejected", async () => {
    const terms = newTerms()
    const sent = [
      event("e1", { timestamp: at("2026-03-10T12:05:00Z") }),
      event("e2", { timestamp: at("2026-03-10T12:05:00.001Z") }),
    ]
    expect(await results(terms, sent)).toEqual([accepted, { accepted: false, code: "timestamp_in_future" }])
  })

  it("before the start is kept and in no total", async () => {
    const terms = newTerms()
    const early = event("e1", { timestamp: at("2026-02-27T23:59:59.999Z") })
    expect(await results(terms, [early])).toEqual([kept])
    expect(await results(terms, [early])).toEqual([{ ...kept, duplicate: true }])
    expect(await totalsOf(terms)).toEqual([])
    expect(await results(terms, [event("e2", { timestamp: at("2026-02-28T00:00:00Z") })])).toEqual([accepted])
  })

  it("from the end of the subscription on is rejected, also when its end became known later", async () => {
    const terms = newTerms()
    await results(terms, [event("e1", { timestamp: at("2026-03-05T00:00:00Z") })])
    await meterFor(terms).setTerms({ ...terms, version: 2, endsAt: at("2026-03-05T00:00:00Z") })
    const last = event("e2", { timestamp: at("2026-03-04T23:59:59.999Z") })
    const tooLate = event("e3", { timestamp: at("2026-03-05T00:00:00Z") })
    expect(await results(terms, [last, tooLate])).toEqual([
      accepted,
      { accepted: false, code: "subscription_ended" },
    ])
    // What was accepted once stays so.
    expect(await results(terms, [event("e1", { timestamp: at("2026-03-05T00:00:00Z") })])).toEqual([
      duplicate,
    ])
  })

  it("of a type that no meter counts is kept and in no total", async () => {
    const terms = newTerms()
    expect(await results(terms, [event("e1", { eventType: "login", properties: {} })])).toEqual([kept])
    expect(await totalsOf(terms)).toEqual([])
  })

  it.each([
    [{ model: "gpt-4" }, "property_missing"],
    [{ tokens: null }, "property_not_a_number"],
    [{ tokens: "many" }, "property_not_a_number"],
    [{ tokens: "" }, "property_not_a_number"],
    [{ tokens: "0x10" }, "property_not_a_number"],
    [{ tokens: "NaN" }, "property_not_a_number"],
    [{ tokens: "1e400" }, "property_not_a_number"],
    [{ tokens: true }, "property_not_a_number"],
    [{ tokens: [1] }, "property_not_a_number"],
  ])("that lacks the number that a meter sums is rejected: %j", async (properties, code) => {
    const terms = newTerms()
    expect(await results(terms, [event("e1", { properties })])).toEqual([{ accepted: false, code }])
    expect(await totalsOf(terms)).toEqual([])
  })

  it("is not asked for a property that every object inherits", async () => {
    const terms = newTerms({ meters: [meterDefinition("api.request", "Sum", "constructor")] })
    expect(await results(terms, [event("e1")])).toEqual([{ accepted: false, code: "property_missing" }])
    const own = event("e1", { properties: { constructor: 2 } })
    expect(await results(terms, [own])).toEqual([accepted])
  })

  it("that was rejected has not used up its id", async () => {
    const terms = newTerms()
    const codes = await results(terms, [event("e1", { properties: {} }), event("e1"), event("e1")])
    expect(codes).toEqual([{ accepted: false, code: "property_missing" }, accepted, duplicate])
    expect(await valueOf(terms, CALLS)).toBe("1")
  })
})

describe("a batch", () => {
  it("knows duplicates and conflicts among its own events", async () => {
    const terms = newTerms()
    const other = event("e1", { properties: { tokens: 7 } })
    expect(await results(terms, [event("e1"), event("e1"), other, event("e2")])).toEqual([
      accepted,
      duplicate,
      { accepted: false, code: "event_id_conflict" },
      accepted,
    ])
    expect(await valueOf(terms, TOKENS)).toBe("3000")
  })

  it("of the largest size is recorded whole, and is harmless when sent again", async () => {
    const terms = newTerms()
    const long = "x".repeat(200)
    const all = Array.from({ length: 5_000 }, (_, n) =>
      event(`${long}-${n}`, { properties: { tokens: n, long } }),
    )
    expect(new Set(await results(terms, all))).toEqual(new Set([accepted]))
    expect((await results(terms, all)).every((result) => result.accepted && result.duplicate)).toBe(true)
    expect(await valueOf(terms, CALLS)).toBe("5000")
    // 0 + 1 + … + 4999
    expect(await valueOf(terms, TOKENS)).toBe("12497500")
  })

  it("reaches only the credentials' own customer", async () => {
    const terms = newTerms()
    await results(terms, [event("e1")])
    expect(await send(terms, [event("e2")], { customerId: "customer-2" })).toEqual({ kind: "NotFound" })
    expect((await send(terms, [event("e3")], { customerId: CUSTOMER })).kind).toBe("Recorded")
    const asked = { customerId: "customer-2", periods: null, changedSince: null, terms: null, asOf: NOW }
    expect(await meterFor(terms).usage(asked)).toEqual({ kind: "NotFound" })
    const page = { customerId: "customer-2", limit: 1, before: null, eventType: null }
    expect(await meterFor(terms).events(page)).toEqual({ kind: "NotFound" })
  })
})

async function tablesIn(terms: ReturnType<typeof newTerms>): Promise<unknown[]> {
  return runInDurableObject(stubFor(terms), async (_, state) => {
    const tables = state.storage.sql
      .exec("SELECT name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'")
      .toArray()
    return [...tables, ...(await state.storage.list()).keys()]
  })
}
