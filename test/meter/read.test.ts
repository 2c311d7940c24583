// What a meter answers when it is asked: totals of periods, what changed since, pages of raw events.

import { describe, expect, it } from "vitest"
import type { MeterTerms } from "../../src/domain/terms.ts"
import { meterDefinition } from "../../src/domain/terms.ts"
import type { Instant } from "../../src/domain/time.ts"
import type { EventsRequest, StoredEvent, UsageReply } from "../../src/meter/protocol.ts"
import { at, CALLS, CUSTOMER, event, meterFor, newTerms, NOW, request, results, TOKENS } from "./support.ts"

const MARCH = at("2026-02-28T00:00:00Z")
const APRIL = at("2026-03-28T00:00:00Z")
const MAY = at("2026-04-28T00:00:00Z")
const NEXT_YEAR = at("2027-01-01T00:00:00Z")

type Usage = Extract<UsageReply, { kind: "Usage" }>

async function usage(
  terms: MeterTerms,
  periods: { from: Instant; to: Instant } | null,
  since: number | null,
): Promise<Usage> {
  const reply = await meterFor(terms).usage({
    customerId: CUSTOMER,
    periods,
    changedSince: since,
    asOf: NOW,
    terms: null,
  })
  if (reply.kind !== "Usage") throw new Error(reply.kind)
  return reply
}

async function recordAt(terms: MeterTerms, id: string, timestamp: Instant): Promise<void> {
  await meterFor(terms).record(request([event(id, { timestamp })], { terms, futureLimit: NEXT_YEAR }))
}

describe("usage", () => {
  it("has the totals of the periods that start in the range, and no others", async () => {
    const terms = newTerms({ meters: [CALLS] })
    await recordAt(terms, "e1", MARCH)
    await recordAt(terms, "e2", APRIL)
    await recordAt(terms, "e3", MAY)
    const starts = async (from: Instant, to: Instant): Promise<number[]> =>
      (await usage(terms, { from, to }, null)).totals.map(({ periodStart }) => periodStart)
    expect(await starts(MARCH, MAY)).toEqual([MARCH, APRIL])
    expect(await starts((MARCH + 1) as Instant, NEXT_YEAR)).toEqual([APRIL, MAY])
    expect(await starts(APRIL, APRIL)).toEqual([])
  })

  it("has every total of each period that changed since, once", async () => {
    const terms = newTerms()
    await recordAt(terms, "e1", MARCH)
    await recordAt(terms, "e2", APRIL)
    const before = await usage(terms, null, 0)
    expect(before.totals.map(({ periodStart }) => periodStart)).toEqual([MARCH, MARCH, APRIL, APRIL])
    expect((await usage(terms, null, before.seq)).totals).toEqual([])

    await recordAt(terms, "late", (MARCH + 1) as Instant)
    const after = await usage(terms, { from: APRIL, to: MAY }, before.seq)
    expect(after.seq).toBeGreaterThan(before.seq)
    expect(after.totals.map(({ periodStart, key, value }) => [periodStart, key, value])).toEqual([
      [MARCH, CALLS.key, "2"],
      [MARCH, TOKENS.key, "3000"],
      [APRIL, CALLS.key, "1"],
      [APRIL, TOKENS.key, "1500"],
    ])
    const both = await usage(terms, { from: MARCH, to: APRIL }, before.seq)
    expect(both.totals).toHaveLength(2)
  })

  it("shows a recount as a change", async () => {
    const terms = newTerms({ meters: [CALLS] })
    await recordAt(terms, "e1", MARCH)
    const before = await usage(terms, null, 0)
    await meterFor(terms).setTerms({ ...terms, version: 2, meters: [CALLS, TOKENS] })
    const after = await usage(terms, null, before.seq)
    expect(after.totals.map(({ key, value }) => [key, value])).toEqual([
      [CALLS.key, "1"],
      [TOKENS.key, "1500"],
    ])
    expect((await usage(terms, null, after.seq)).totals).toEqual([])
    await recordAt(terms, "e2", MARCH)
    expect((await usage(terms, null, after.seq)).totals).toHaveLength(2)
  })

  it("rises in seq with events that are in no total", async () => {
    const terms = newTerms({ meters: [] })
    await results(terms, [event("e1")])
    const { seq, totals } = await usage(terms, null, 0)
    expect(seq).toBe(1)
    expect(totals).toEqual([])
  })
})

describe("events", () => {
  async function pages(terms: MeterTerms, limit: number, eventType: string | null): Promise<StoredEvent[]> {
    const all: StoredEvent[] = []
    let before: EventsRequest["before"] = null
    for (let page = 0; page < 100; page += 1) {
      const reply = await meterFor(terms).events({ customerId: CUSTOMER, limit, before, eventType })
      if (reply.kind !== "Events") throw new Error(reply.kind)
      expect(reply.events.length).toBeLessThanOrEqual(limit)
      all.push(...reply.events)
      if (reply.next === null) return all
      before = reply.next
    }
    throw new Error("the pages have no end")
  }

  it("come newest first with all that was sent", async () => {
    const terms = newTerms()
    await results(terms, [
      event("e1"),
      event("e2", { eventType: "other", properties: { b: 1, a: [true, null] } }),
    ])
    await results(terms, [event("e3", { timestamp: at("2026-01-01T00:00:00Z") })])
    const all = await pages(terms, 10, null)
    expect(all.map(({ id, billable }) => [id, billable])).toEqual([
      ["e3", false],
      ["e2", false],
      ["e1", true],
    ])
    expect(all[1]).toEqual({
      seq: 2,
      id: "e2",
      eventType: "other",
      timestamp: at("2026-03-01T10:00:00Z"),
      receivedAt: NOW,
      customerId: CUSTOMER,
      properties: { a: [true, null], b: 1 },
      billable: false,
      status: "Recorded",
    })
  })

  it("come in pages without gap or overlap, and the last page says so", async () => {
    const terms = newTerms()
    await results(
      terms,
      Array.from({ length: 10 }, (_, n) => event(`e${n}`)),
    )
    for (const limit of [1, 3, 5, 9, 10, 11]) {
      const ids = (await pages(terms, limit, null)).map(({ id }) => id)
      expect(ids).toEqual(Array.from({ length: 10 }, (_, n) => `e${9 - n}`))
    }
    const last = await meterFor(terms).events({ customerId: null, limit: 10, before: null, eventType: null })
    expect(last).toMatchObject({ next: null })
  })

  it("of one type are found behind any number of others", async () => {
    const terms = newTerms()
    const rare = (id: string) => event(id, { eventType: "rare", properties: {} })
    const common = (from: number) => Array.from({ length: 5_500 }, (_, n) => event(`c${from + n}`))
    await results(terms, [rare("r1"), rare("r2"), ...common(0)])
    await results(terms, [rare("r3"), ...common(10_000), rare("r4")])
    expect((await pages(terms, 2, "rare")).map(({ id }) => id)).toEqual(["r4", "r3", "r2", "r1"])
    expect(await pages(terms, 2, "nothing")).toEqual([])
  })

  it("show whether they are in a total by the present terms", async () => {
    const terms = newTerms({ meters: [] })
    await results(terms, [event("e1")])
    await meterFor(terms).setTerms({
      ...terms,
      version: 2,
      meters: [meterDefinition("api.request", "Count", null)],
    })
    expect((await pages(terms, 1, null))[0]?.billable).toBe(true)
  })
})
