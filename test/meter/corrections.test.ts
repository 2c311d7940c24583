// Corrections: whatever is taken back or told anew, in whatever order, the totals are those of a meter that was given the events as
// they stand. Held to be so for every aggregation, with groups, filters and windows, while the object loses its memory in between.

import { evictDurableObject, runInDurableObject } from "cloudflare:test"
import { describe, expect, it } from "vitest"
import { encodeState } from "../../src/domain/accumulator.ts"
import { meterDefinition, type MeterDefinition, type MeterTerms } from "../../src/domain/terms.ts"
import { instant } from "../../src/domain/time.ts"
import { limits } from "../../src/limits.ts"
import type { CorrectReply, CorrectRequest, EventInput } from "../../src/meter/protocol.ts"
import type { SlotKind } from "../../src/meter/slots.ts"
import { MeterState } from "../../src/meter/state.ts"
import { MeterStore } from "../../src/meter/store/meter-store.ts"
import {
  at,
  CALLS,
  duplicate,
  event,
  meterFor,
  newTerms,
  NOW,
  results,
  seeded,
  stubFor,
  TOKENS,
  totalsOf,
} from "./support.ts"

const ALL_TIME = { from: instant(0), to: at("9999-12-31T00:00:00Z") }

const LATER = at("2026-12-31T00:00:00Z")
const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

const EVERY_METER: readonly MeterDefinition[] = [
  CALLS,
  TOKENS,
  meterDefinition("api.request", "Max", "tokens"),
  meterDefinition("api.request", "Max", "tokens", { window: { kind: "Tumbling", sizeMs: DAY_MS } }),
  meterDefinition("api.request", "UniqueCount", "user"),
  meterDefinition("api.request", "UniqueCount", "user", {
    groupBy: ["model"],
    window: { kind: "Tumbling", sizeMs: DAY_MS },
  }),
  meterDefinition("api.request", "Latest", "tokens", { groupBy: ["model"] }),
  meterDefinition("api.request", "WeightedSum", "tokens"),
  meterDefinition("api.request", "Sum", "tokens", {
    groupBy: ["model"],
    filters: [{ property: "model", values: ["a", "b"] }],
  }),
  meterDefinition("api.request", "Sum", "tokens", { window: { kind: "Sliding", sizeMs: 3 * HOUR_MS } }),
  meterDefinition("api.request", "Sum", "tokens", {
    groupBy: ["model"],
    fee: {
      rateBps: "12.5",
      fixedNanos: "1000000000",
      minimumNanos: "2500000000",
      maximumNanos: "5000000000",
    },
  }),
]

let corrections = 0

async function correct(
  terms: MeterTerms,
  eventId: string,
  change: CorrectRequest["change"],
  more: Partial<CorrectRequest> = {},
): Promise<CorrectReply> {
  corrections += 1
  return meterFor(terms).correct({
    eventId,
    change,
    reason: null,
    correctionId: `correction-${corrections}`,
    madeAt: NOW,
    futureLimit: LATER,
    terms,
    ...more,
  })
}

const voided = { kind: "Void" } as const
const amended = (
  properties: Readonly<Record<string, unknown>> | null,
  timestamp: string | null = null,
): CorrectRequest["change"] => ({
  kind: "Amend",
  properties,
  timestamp: timestamp === null ? null : at(timestamp),
})

/** All totals that have events, the members and the points behind them, but for the numbers of their changes. */
async function contents(terms: MeterTerms): Promise<unknown> {
  return runInDurableObject(stubFor(terms), (_, { storage }) => {
    const store = new MeterStore(storage)
    const { slots } = new MeterState(store)
    const kinds: readonly SlotKind[] = ["Period", "Group", "Window", "Hour"]
    const found = terms.meters.flatMap(({ key }) =>
      kinds.flatMap((kind) =>
        slots.startingIn(kind, key, ALL_TIME.from, ALL_TIME.to).flatMap((slot) => {
          const { start, group, end, count, state } = slot
          return count === 0
            ? []
            : [`${key} ${kind} ${start} ${group} ${end}: ${count} ${encodeState(state)}`]
        }),
      ),
    )
    const members = storage.sql
      .exec("SELECT key, scope, member FROM members JOIN meters ON meters.id = meter ORDER BY 1, 2, 3")
      .toArray()
    return { totals: found.toSorted(), members }
  })
}

/** What is told of the totals that have events, in one order. */
async function worth(terms: MeterTerms): Promise<readonly string[]> {
  const totals = (await totalsOf(terms)).filter(({ count }) => count > 0)
  const told = totals.map(({ groups = [], ...total }) => {
    return JSON.stringify([total, groups.map((group) => JSON.stringify(group)).toSorted()])
  })
  return told.toSorted()
}

/** One of few users, models and amounts, so that equal ones and ties are common. */
function randomContent(random: () => number): Pick<EventInput, "timestamp" | "properties"> {
  const pick = <const T>(...of: readonly T[]): T => of[Math.floor(random() * of.length)] as T
  const days = pick(-1, 0, 1, 2, 27, 28)
  const timestamp = instant(
    at("2026-02-28T00:00:00Z") + days * DAY_MS + pick(0, 1, 2, 25) * HOUR_MS + pick(0, 5),
  )
  const properties = {
    tokens: pick<number | string>(1, 2, "2.50", 7, -3, 0),
    user: pick<number | string>("u1", "u2", "u3", 4),
    ...pick<{ model?: string }>({}, { model: "a" }, { model: "b" }, { model: "c" }),
  }
  return { timestamp, properties }
}

describe("the totals are those of the events as they stand", () => {
  it.each([1, 2, 3, 4, 5, 6])("after random events and corrections, and evictions (%i)", async (seed) => {
    const random = seeded(seed)
    const terms = newTerms({ meters: EVERY_METER })
    const standing = new Map<string, EventInput>()
    const known: string[] = []
    for (let step = 0; step < 120; step += 1) {
      const dice = random()
      const id = known[Math.floor(random() * known.length)]
      if (dice < 0.4 || id === undefined) {
        const many = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, n) =>
          event(`evt-${step}-${n}`, randomContent(random)),
        )
        await results(terms, many, { futureLimit: LATER })
        for (const one of many) {
          known.push(one.id)
          standing.set(one.id, one)
        }
      } else if (dice < 0.6) {
        expect((await correct(terms, id, voided)).kind).toBe("Corrected")
        standing.delete(id)
      } else if (dice < 0.95) {
        const before = standing.get(id)
        const content = randomContent(random)
        const reply = await correct(terms, id, { kind: "Amend", ...content })
        expect(reply.kind).toBe(before === undefined ? "Voided" : "Corrected")
        if (before !== undefined) standing.set(id, { ...before, ...content })
      } else {
        // Only what is awake can be evicted.
        await stubFor(terms).noop()
        await evictDurableObject(stubFor(terms))
      }
    }
    const fresh = newTerms({ meters: EVERY_METER })
    await results(fresh, [...standing.values()], { futureLimit: LATER })
    expect(await contents(terms)).toEqual(await contents(fresh))
    expect(await worth(terms)).toEqual(await worth(fresh))
    // A recount, which a meter that is new in the terms brings about, says the same.
    const more = meterDefinition("api.request", "Count", null, { groupBy: ["user"] })
    const [later, fresher] = [terms, fresh].map((of) => ({
      ...of,
      version: 2,
      meters: [...EVERY_METER, more],
    }))
    if (later === undefined || fresher === undefined) throw new Error("both are there")
    await meterFor(terms).setTerms(later)
    await meterFor(fresh).setTerms(fresher)
    expect(await contents(later)).toEqual(await contents(fresher))
  })
})

describe("voids", () => {
  it("take an event out of the totals once, however often they are sent", async () => {
    const terms = newTerms()
    await results(terms, [event("a"), event("b", { properties: { tokens: 2 } })])
    const first = await correct(terms, "a", voided, { reason: "Sent twice" })
    const second = await correct(terms, "a", voided, { reason: "Again" })
    expect(second).toEqual(first)
    expect(first).toMatchObject({
      kind: "Corrected",
      event: { id: "a", status: "Voided", billable: false },
      history: [
        { kind: "Recorded", at: NOW, reason: null },
        { kind: "Voided", at: NOW, content: null, reason: "Sent twice" },
      ],
    })
    expect((await totalsOf(terms)).map(({ value }) => value)).toEqual(["1", "2"])
  })

  it("are told with a duplicate: whether the event counts as it stands now", async () => {
    const terms = newTerms()
    const early = event("b", { timestamp: at("2026-02-27T00:00:00Z") })
    await results(terms, [event("a"), early, event("c")])
    await correct(terms, "a", amended(null, "2026-02-27T00:00:00Z"))
    await correct(terms, "b", amended(null, "2026-03-01T00:00:00Z"))
    const told = [{ ...duplicate, billable: false }, duplicate, duplicate]
    expect(await results(terms, [event("a"), early, event("c")])).toEqual(told)
    await evictDurableObject(stubFor(terms))
    expect(await results(terms, [event("a"), early, event("c")])).toEqual(told)
    await correct(terms, "a", amended(null, "2026-03-02T00:00:00Z"))
    expect(await results(terms, [event("a")])).toEqual([duplicate])
  })

  it("leave the id used: the event is a duplicate for ever and is not counted again", async () => {
    const terms = newTerms()
    await results(terms, [event("a")])
    await correct(terms, "a", voided)
    expect(await results(terms, [event("a")])).toEqual([{ ...duplicate, billable: false }])
    const other = event("a", { properties: { tokens: 1 } })
    expect(await results(terms, [other])).toEqual([{ accepted: false, code: "event_id_conflict" }])
    expect((await totalsOf(terms)).map(({ value, count }) => [value, count])).toEqual([
      ["0", 0],
      ["0", 0],
    ])
  })

  it("leave a total with a change of its own, so that a bill finds it", async () => {
    const terms = newTerms()
    await results(terms, [event("a")])
    const usage = (changedSince: number) =>
      meterFor(terms).usage({ customerId: null, periods: null, changedSince, terms: null, asOf: NOW })
    const before = await usage(0)
    if (before.kind !== "Usage") throw new Error("no usage")
    await correct(terms, "a", voided)
    await evictDurableObject(stubFor(terms))
    const after = await usage(before.seq)
    expect(after).toMatchObject({ seq: before.seq + 1, totals: [{ value: "0" }, { value: "0" }] })
    await correct(terms, "a", voided)
    expect(await usage(before.seq + 1)).toMatchObject({ seq: before.seq + 1, totals: [] })
  })
})

describe("amendments", () => {
  it("keep what they don't name, and change nothing when they say what is so already", async () => {
    const terms = newTerms()
    await results(terms, [event("a", { properties: { tokens: 5, model: "x" } })])
    const moved = await correct(terms, "a", amended(null, "2026-03-02T00:00:00Z"))
    expect(moved).toMatchObject({ event: { status: "Amended", properties: { tokens: 5, model: "x" } } })
    const same = await correct(terms, "a", amended({ model: "x", tokens: 5 }, "2026-03-02T00:00:00Z"))
    expect(same).toEqual(moved)
    const back = await correct(terms, "a", amended(null, "2026-03-01T10:00:00Z"))
    expect(back).toMatchObject({ event: { timestamp: at("2026-03-01T10:00:00Z") } })
    expect(back.kind === "Corrected" ? back.history.map(({ kind }) => kind) : []).toEqual([
      "Recorded",
      "Amended",
      "Amended",
    ])
  })

  it("move an event to another period", async () => {
    const terms = newTerms({ meters: [TOKENS] })
    await results(terms, [
      event("a", { properties: { tokens: 5 } }),
      event("b", { properties: { tokens: 1 } }),
    ])
    await correct(terms, "a", amended(null, "2026-03-28T00:00:00Z"))
    expect((await totalsOf(terms)).map(({ periodStart, value }) => [periodStart, value])).toEqual([
      [at("2026-02-28T00:00:00Z"), "1"],
      [at("2026-03-28T00:00:00Z"), "5"],
    ])
  })

  it("move an event to before the start, where it is kept and not billable, and back", async () => {
    const terms = newTerms({ meters: [TOKENS] })
    await results(terms, [event("a", { properties: { tokens: 5 } })])
    const out = await correct(terms, "a", amended(null, "2026-02-27T23:59:59Z"))
    expect(out).toMatchObject({ event: { billable: false } })
    expect(await totalsOf(terms)).toMatchObject([{ value: "0", count: 0 }])
    await correct(terms, "a", amended(null, "2026-02-28T00:00:00Z"))
    expect(await totalsOf(terms)).toMatchObject([{ value: "5", count: 1 }])
  })

  it("are judged as new events are, and one that is refused leaves no trace", async () => {
    const end = at("2026-03-20T00:00:00Z")
    const terms = newTerms({ meters: [TOKENS], endsAt: end })
    await results(terms, [event("a", { properties: { tokens: 5 } })])
    const before = await contents(terms)
    const rejected = (code: string) => ({ kind: "Rejected", code })
    expect(await correct(terms, "a", amended({}))).toEqual(rejected("property_missing"))
    expect(await correct(terms, "a", amended({ tokens: "many" }))).toEqual(rejected("property_not_a_number"))
    expect(await correct(terms, "a", amended(null, "2026-03-20T00:00:00Z"))).toEqual(
      rejected("subscription_ended"),
    )
    const early = { futureLimit: at("2026-03-10T00:00:00Z") }
    expect(await correct(terms, "a", amended(null, "2026-03-10T00:00:00.001Z"), early)).toEqual(
      rejected("timestamp_in_future"),
    )
    expect(await contents(terms)).toEqual(before)
    const found = await meterFor(terms).event({ customerId: null, eventId: "a" })
    expect(found).toMatchObject({ kind: "Event", history: [{ kind: "Recorded" }] })
  })

  it("are not made of an event that was taken back, nor without end", async () => {
    const terms = newTerms({ meters: [TOKENS] })
    await results(terms, [event("a"), event("b")])
    await correct(terms, "a", voided)
    expect(await correct(terms, "a", amended({ tokens: 1 }))).toEqual({ kind: "Voided" })
    for (let n = 1; n <= limits.eventCorrections; n += 1) await correct(terms, "b", amended({ tokens: n }))
    expect(await correct(terms, "b", amended({ tokens: -1 }))).toEqual({ kind: "TooMany" })
    expect(await correct(terms, "b", voided)).toEqual({ kind: "TooMany" })
    // What changes nothing is never too much.
    expect(await correct(terms, "b", amended({ tokens: limits.eventCorrections }))).toMatchObject({
      kind: "Corrected",
    })
    expect(await totalsOf(terms)).toMatchObject([{ value: String(limits.eventCorrections) }])
  })
})

describe("what is not there", () => {
  it("is not corrected, and nothing is stored", async () => {
    const unused = newTerms()
    expect(await correct(unused, "a", voided)).toEqual({ kind: "NotFound" })
    expect(
      await runInDurableObject(stubFor(unused), (_, { storage }) => new MeterStore(storage).version()),
    ).toBe(0)
    const terms = newTerms()
    await results(terms, [event("a")])
    expect(await correct(terms, "b", voided)).toEqual({ kind: "NotFound" })
    expect(await meterFor(terms).event({ customerId: null, eventId: "b" })).toEqual({ kind: "NotFound" })
    expect(await meterFor(terms).event({ customerId: "another", eventId: "a" })).toEqual({ kind: "NotFound" })
    expect(await results(terms, [event("a")])).toEqual([duplicate])
  })
})

it("lists events as they stand", async () => {
  const terms = newTerms()
  await results(terms, [event("a"), event("b"), event("c")])
  await correct(terms, "a", amended({ tokens: 3 }))
  await correct(terms, "b", voided)
  const page = { customerId: null, limit: 10, before: null, eventType: null }
  const reply = await meterFor(terms).events(page)
  expect(reply).toMatchObject({
    events: [
      { id: "c", status: "Recorded", billable: true },
      { id: "b", status: "Voided", billable: false },
      { id: "a", status: "Amended", billable: true, properties: { tokens: 3 } },
    ],
  })
})
