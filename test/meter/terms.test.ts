// Terms: periods in a time zone, newer versions, and the totals that they make new.

import { evictDurableObject, runInDurableObject } from "cloudflare:test"
import { describe, expect, it } from "vitest"
import { meterDefinition } from "../../src/domain/terms.ts"
import { NO_TIME } from "../../src/domain/time.ts"
import {
  at,
  CALLS,
  event,
  kept,
  meterFor,
  newTerms,
  NOW,
  request,
  results,
  stubFor,
  TOKENS,
  totalsOf,
  valueOf,
} from "./support.ts"

describe("an event belongs to the period of its timestamp", () => {
  it("over the months of a subscription that began on the 31st, in New York", async () => {
    // Midnight in New York is 05:00 UTC in winter and 04:00 UTC from 8 March 2026 on.
    const anchor = at("2026-01-31T05:00:00Z")
    const schedule = { anchor, timeZone: "America/New_York", every: { ...NO_TIME, months: 1 } }
    const terms = newTerms({ startedAt: anchor, schedule, meters: [CALLS] })
    const times = [
      "2026-01-31T05:00:00Z",
      "2026-02-28T04:59:59.999Z",
      "2026-02-28T05:00:00Z",
      "2026-03-31T03:59:59.999Z",
      "2026-03-31T04:00:00Z",
    ]
    const events = times.map((time, n) => event(`e${n}`, { timestamp: at(time) }))
    await meterFor(terms).record(request(events, { terms, futureLimit: at("2027-01-01T00:00:00Z") }))
    const totals = (await totalsOf(terms)).map(({ periodStart, periodEnd, value, count }) => {
      return { periodStart, periodEnd, value, count }
    })
    expect(totals).toEqual([
      {
        periodStart: at("2026-01-31T05:00:00Z"),
        periodEnd: at("2026-02-28T05:00:00Z"),
        value: "2",
        count: 2,
      },
      {
        periodStart: at("2026-02-28T05:00:00Z"),
        periodEnd: at("2026-03-31T04:00:00Z"),
        value: "2",
        count: 2,
      },
      {
        periodStart: at("2026-03-31T04:00:00Z"),
        periodEnd: at("2026-04-30T04:00:00Z"),
        value: "1",
        count: 1,
      },
    ])
  })

  it("whatever the order in which it comes and the periods that were used before", async () => {
    const every = { ...NO_TIME, days: 1 }
    const anchor = at("2026-01-01T00:00:00Z")
    const terms = newTerms({
      startedAt: anchor,
      schedule: { anchor, timeZone: "UTC", every },
      meters: [CALLS],
    })
    const days = [40, 3, 39, 4, 0, 41, 2, 1, 68, 5]
    for (const day of days) {
      const timestamp = (anchor + day * 86_400_000 + 1) as typeof anchor
      await results(terms, [event(`e${day}`, { timestamp }), event(`f${day}`, { timestamp })])
    }
    const found = (await totalsOf(terms)).map(({ periodStart, value }) => [
      (periodStart - anchor) / 86_400_000,
      value,
    ])
    expect(found).toEqual(days.toSorted((a, b) => a - b).map((day) => [day, "2"]))
  })
})

describe("newer terms", () => {
  it("replace older ones, and older ones never replace newer", async () => {
    const terms = newTerms()
    await results(terms, [event("e1")])
    const meter = meterFor(terms)
    expect(await meter.setTerms({ ...terms, version: 3 })).toEqual({ stored: true, version: 3 })
    expect(await meter.setTerms({ ...terms, version: 2, meters: [] })).toEqual({ stored: false, version: 3 })
    await evictDurableObject(stubFor(terms))
    expect(await meter.setTerms({ ...terms, version: 3, meters: [] })).toEqual({ stored: false, version: 3 })
    expect(await valueOf(terms, CALLS)).toBe("1")
  })

  it("win over the older ones that a first event brings: loaded before, arrived after", async () => {
    const terms = newTerms()
    const ended = { ...terms, version: 2, endsAt: at("2026-03-01T00:00:00Z") }
    await meterFor(terms).setTerms(ended)
    const late = event("e1", { timestamp: at("2026-03-01T10:00:00Z") })
    expect(await meterFor(terms).record(request([late], { terms }))).toEqual({
      kind: "Recorded",
      replayed: false,
      results: [{ accepted: false, code: "subscription_ended" }],
    })
  })

  it("count a new meter from the events that are stored already", async () => {
    const terms = newTerms({ meters: [CALLS] })
    const withoutTokens = event("e0", { properties: {} })
    const other = event("e1", { eventType: "other" })
    const april = event("e2", { timestamp: at("2026-03-28T00:00:00Z"), properties: { tokens: "0.25" } })
    const early = event("e3", { timestamp: at("2026-02-27T00:00:00Z") })
    const many = Array.from({ length: 4_500 }, (_, n) => event(`m${n}`, { properties: { tokens: "0.1" } }))
    await meterFor(terms).record(
      request([withoutTokens, other, april, early, ...many], {
        terms,
        futureLimit: at("2026-12-31T00:00:00Z"),
      }),
    )
    const others = meterDefinition("other", "Count", null)
    await meterFor(terms).setTerms({ ...terms, version: 2, meters: [CALLS, TOKENS, others] })
    const totals = (await totalsOf(terms)).map(({ periodStart, key, value, count }) => ({
      periodStart,
      key,
      value,
      count,
    }))
    const march = at("2026-02-28T00:00:00Z")
    expect(totals).toHaveLength(5)
    expect(totals).toEqual(
      expect.arrayContaining([
        { periodStart: march, key: CALLS.key, value: "4501", count: 4501 },
        { periodStart: march, key: TOKENS.key, value: "450", count: 4500 },
        { periodStart: march, key: others.key, value: "1", count: 1 },
        { periodStart: at("2026-03-28T00:00:00Z"), key: CALLS.key, value: "1", count: 1 },
        { periodStart: at("2026-03-28T00:00:00Z"), key: TOKENS.key, value: "0.25", count: 1 },
      ]),
    )
    // It goes on from there.
    await results(terms, [event("next")])
    expect((await totalsOf(terms)).find(({ key, count }) => key === TOKENS.key && count > 1)?.value).toBe(
      "1950",
    )
  })

  it("keep the totals of a meter that is gone, and count it anew when it comes back", async () => {
    const terms = newTerms()
    await results(terms, [event("e1")])
    await meterFor(terms).setTerms({ ...terms, version: 2, meters: [CALLS] })
    await results(terms, [event("e2")])
    expect(await valueOf(terms, TOKENS)).toBe("1500")
    await meterFor(terms).setTerms({ ...terms, version: 3, meters: [TOKENS] })
    expect(await valueOf(terms, TOKENS)).toBe("3000")
    expect(await valueOf(terms, CALLS)).toBe("2")
    await results(terms, [event("e3")])
    expect(await valueOf(terms, TOKENS)).toBe("4500")
    expect(await valueOf(terms, CALLS)).toBe("2")
  })

  it("with other periods count everything anew", async () => {
    const terms = newTerms()
    await results(terms, [event("e1"), event("e2", { timestamp: at("2026-03-09T00:00:00Z") })])
    const schedule = { ...terms.schedule, every: { ...NO_TIME, weeks: 1 } }
    await meterFor(terms).setTerms({ ...terms, version: 2, schedule })
    const calls = (await totalsOf(terms)).filter(({ key }) => key === CALLS.key)
    expect(calls.map(({ periodStart, value }) => [periodStart, value])).toEqual([
      [at("2026-02-28T00:00:00Z"), "1"],
      [at("2026-03-07T00:00:00Z"), "1"],
    ])
  })

  it("that come with events or with a question are taken over first", async () => {
    const terms = newTerms({ meters: [CALLS] })
    await results(terms, [event("e1")])
    await meterFor(terms).record(
      request([event("e2")], { terms: { ...terms, version: 2, meters: [CALLS, TOKENS] } }),
    )
    expect(await valueOf(terms, TOKENS)).toBe("3000")
    const asked = {
      customerId: null,
      periods: null,
      changedSince: 0,
      asOf: NOW,
      terms: { ...terms, version: 3, meters: [] },
    }
    expect(await meterFor(terms).usage(asked)).toMatchObject({ kind: "Usage", termsVersion: 3 })
    expect(await results(terms, [event("e3")])).toEqual([
      { accepted: true, duplicate: false, billable: false },
    ])
  })

  it("with periods that begin elsewhere leave nothing in the old ones", async () => {
    const terms = newTerms({ meters: [CALLS] })
    await results(terms, [event("e1")])
    const anchor = at("2026-03-01T00:00:00Z")
    const moved = { ...terms, version: 2, startedAt: anchor, schedule: { ...terms.schedule, anchor } }
    await meterFor(terms).setTerms(moved)
    expect((await totalsOf(terms)).map(({ periodStart, value }) => [periodStart, value])).toEqual([
      [anchor, "1"],
    ])
  })

  it("with a later start take the events before it out of the totals", async () => {
    const terms = newTerms({ meters: [CALLS] })
    const before = event("e1", { timestamp: at("2026-03-04T23:59:59.999Z") })
    await results(terms, [before, event("e2", { timestamp: at("2026-03-05T00:00:00Z") })])
    expect(await valueOf(terms, CALLS)).toBe("2")
    await meterFor(terms).setTerms({ ...terms, version: 2, startedAt: at("2026-03-05T00:00:00Z") })
    expect(await valueOf(terms, CALLS)).toBe("1")
    expect(await results(terms, [before])).toEqual([{ accepted: true, duplicate: true, billable: false }])
    expect(await results(terms, [event("e3", { timestamp: at("2026-03-01T00:00:00Z") })])).toEqual([kept])
  })

  it("that recount are a change that an eviction doesn't hide", async () => {
    const terms = newTerms({ meters: [CALLS] })
    await results(terms, [event("e1")])
    await meterFor(terms).setTerms({ ...terms, version: 2, meters: [CALLS, TOKENS] })
    await evictDurableObject(stubFor(terms))
    const asked = { customerId: null, periods: null, terms: null, asOf: NOW }
    const recounted = await meterFor(terms).usage({ ...asked, changedSince: 1 })
    expect(recounted).toMatchObject({ seq: 2, totals: [{ key: CALLS.key }, { key: TOKENS.key }] })
    await results(terms, [event("e2")])
    const next = await meterFor(terms).usage({ ...asked, changedSince: 2 })
    expect(next).toMatchObject({ seq: 3, totals: [{ value: "2" }, { value: "3000" }] })
  })
})

describe("tables of a later version of the code", () => {
  it("are left alone by this one", async () => {
    const terms = newTerms()
    await results(terms, [event("e1")])
    await runInDurableObject(stubFor(terms), (_, state) => {
      state.storage.sql.exec("UPDATE meta SET value = '99' WHERE name = 'tables'")
    })
    await evictDurableObject(stubFor(terms))
    await results(terms, [event("e2")])
    expect(await valueOf(terms, CALLS)).toBe("2")
    const version = await runInDurableObject(stubFor(terms), (_, state) =>
      state.storage.sql.exec("SELECT value FROM meta WHERE name = 'tables'").one(),
    )
    expect(version).toEqual({ value: "99" })
  })
})
