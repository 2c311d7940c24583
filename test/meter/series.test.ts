// Usage along time: every hour and day is what a recount of its events comes to, in any zone and by any aggregation.

import { describe, expect, it } from "vitest"
import { chartBoundaries, type ChartWindow } from "../../src/domain/chart-windows.ts"
import { meterDefinition, type MeterTerms } from "../../src/domain/terms.ts"
import type { Instant } from "../../src/domain/time.ts"
import type { EventInput } from "../../src/meter/protocol.ts"
import { at, event, meterFor, newTerms, results, seeded } from "./support.ts"

const METERS = [
  meterDefinition("api.request", "Count", null),
  meterDefinition("api.request", "Sum", "tokens"),
  meterDefinition("api.request", "Max", "tokens"),
  meterDefinition("api.request", "Latest", "tokens"),
  meterDefinition("api.request", "UniqueCount", "user"),
  meterDefinition("api.request", "WeightedSum", "tokens"),
  meterDefinition("api.request", "Sum", "tokens", { filters: [{ property: "user", values: ["u1", "u2"] }] }),
  meterDefinition("api.request", "Count", null, { window: { kind: "Tumbling", sizeMs: 3_600_000 } }),
]

type Used = {
  readonly timestamp: Instant
  readonly tokens: number
  readonly user: string
  readonly id: string
}

/** What the law says that some events come to, in the order of METERS. Written without the accumulators. */
function recount(used: readonly Used[]): number[] {
  const sum = (some: readonly Used[]) => some.reduce((total, { tokens }) => total + tokens, 0)
  const latest = used.toSorted((a, b) => a.timestamp - b.timestamp || (a.id < b.id ? -1 : 1)).at(-1)
  return [
    used.length,
    sum(used),
    Math.max(...used.map(({ tokens }) => tokens)),
    latest?.tokens ?? 0,
    new Set(used.map(({ user }) => user)).size,
    sum(used),
    sum(used.filter(({ user }) => user === "u1" || user === "u2")),
    used.length,
  ]
}

function termsIn(timeZone: string): MeterTerms {
  const start = at("2026-03-01T00:00:00Z")
  const schedule = { ...newTerms().schedule, anchor: start, timeZone }
  return newTerms({ meters: METERS, startedAt: start, schedule })
}

function events(from: Instant, to: Instant, count: number): Used[] {
  const random = seeded(from)
  return Array.from({ length: count }, (_, n) => ({
    id: `e${n}`,
    timestamp: (from + Math.floor(random() * (to - from))) as Instant,
    tokens: Math.floor(random() * 1_000) - 200,
    user: `u${Math.floor(random() * 20)}`,
  }))
}

const toEvent = ({ id, timestamp, tokens, user }: Used): EventInput =>
  event(id, { timestamp, properties: { tokens, user } })

async function series(terms: MeterTerms, boundaries: readonly Instant[]) {
  const meters = METERS.map(({ key }) => key)
  const reply = await meterFor(terms).series({ customerId: null, meters, boundaries, terms: null })
  if (reply.kind !== "Series") throw new Error(reply.kind)
  return reply
}

function boundariesOf(window: ChartWindow, from: Instant, to: Instant, timeZone: string): Instant[] {
  const found = chartBoundaries(window, from, to, timeZone, 1_000)
  if (found === null) throw new Error("too many windows")
  return found
}

describe("a series is what a recount of the events of each window comes to", () => {
  const cases: readonly [zone: string, from: string, to: string][] = [
    ["UTC", "2026-03-05T00:00:00Z", "2026-03-08T12:00:00Z"],
    // The clock of Berlin goes forward on 29 March.
    ["Europe/Berlin", "2026-03-27T23:00:00Z", "2026-03-31T22:00:00Z"],
    ["Asia/Kolkata", "2026-03-05T00:00:00Z", "2026-03-08T12:00:00Z"],
    // That of Lord Howe Island goes back by half an hour on 5 April; the period ends in between, too.
    ["Australia/Lord_Howe", "2026-03-31T00:00:00Z", "2026-04-06T00:00:00Z"],
  ]

  it.each(cases)("%s", async (zone, first, last) => {
    const [from, to] = [at(first), at(last)]
    const terms = termsIn(zone)
    const used = events(from, to, 600)
    const futureLimit = at("2027-01-01T00:00:00Z")
    for (let start = 0; start < used.length; start += 250) {
      await results(terms, used.slice(start, start + 250).map(toEvent), { futureLimit })
    }
    for (const window of ["Hour", "Day"] as const) {
      const boundaries = boundariesOf(window, from, to, zone)
      const { meters } = await series(terms, boundaries)
      const expected = boundaries.slice(1).flatMap((end, index) => {
        const within = used.filter(
          ({ timestamp }) => timestamp >= (boundaries[index] ?? end) && timestamp < end,
        )
        return within.length === 0 ? [] : [{ index, values: recount(within), events: within }]
      })
      for (const [n, { key, points }] of meters.entries()) {
        const filtered = key.includes('"u1"')
        const wanted = expected.flatMap(({ index, values, events: within }) => {
          const count = filtered
            ? within.filter(({ user }) => user === "u1" || user === "u2").length
            : within.length
          return count === 0 ? [] : [{ index, value: String(values[n]), count }]
        })
        expect({ window, key, points }).toEqual({ window, key, points: wanted })
      }
    }
  })
})

it("leaves out what lies beyond its boundaries, and what is not billable", async () => {
  const terms = termsIn("UTC")
  const day = at("2026-03-05T00:00:00Z")
  const times = [day - 1, day, day + 3_599_999, day + 3_600_000, at("2026-02-27T10:00:00Z")]
  await results(
    terms,
    times.map((time, n) =>
      event(`e${n}`, { timestamp: time as Instant, properties: { tokens: 1, user: "u" } }),
    ),
  )
  const hour = boundariesOf("Hour", day, (day + 3_600_000) as Instant, "UTC")
  expect((await series(terms, hour)).meters[0]?.points).toEqual([{ index: 0, value: "2", count: 2 }])
  const before = at("2026-02-27T00:00:00Z")
  const february = boundariesOf("Day", before, at("2026-03-01T00:00:00Z"), "UTC")
  expect((await series(terms, february)).meters.flatMap(({ points }) => points)).toEqual([])
})

it("is not there for another customer, and empty in a meter that was never used", async () => {
  const terms = termsIn("UTC")
  const boundaries = [at("2026-03-05T00:00:00Z"), at("2026-03-06T00:00:00Z")]
  const ask = (customerId: string | null) =>
    meterFor(terms).series({ customerId, meters: METERS.map(({ key }) => key), boundaries, terms })
  expect(await ask("customer-2")).toEqual({ kind: "Series", seq: 0, meters: [] })
  await results(terms, [toEvent({ id: "e", timestamp: boundaries[0] as Instant, tokens: 1, user: "u" })])
  expect(await ask("customer-2")).toEqual({ kind: "NotFound" })
  expect(await ask(terms.customerId)).toMatchObject({ kind: "Series", seq: 1 })
})
