// Every event counts once, whatever happens: any order, any duplicates, writers side by side, an object that loses its memory
// between any two calls. The totals always equal a recount of what was sent, made here with plain arithmetic.

import { evictDurableObject, runInDurableObject } from "cloudflare:test"
import { describe, expect, it } from "vitest"
import type { MeterTerms } from "../../src/domain/terms.ts"
import { instant } from "../../src/domain/time.ts"
import { hashOfId } from "../../src/meter/index/hash.ts"
import type { EventInput, EventResult } from "../../src/meter/protocol.ts"
import {
  accepted,
  at,
  CALLS,
  duplicate,
  event,
  meterFor,
  newTerms,
  request,
  results,
  seeded,
  send,
  sendTogether,
  shuffled,
  stubFor,
  TOKENS,
  totalsOf,
  valueOf,
} from "./support.ts"

const LATER = { futureLimit: at("2026-12-31T00:00:00Z") }
const MARCH_28 = at("2026-03-28T00:00:00Z")

/** Events over five weeks, so over two periods; thousandths of tokens, so that decimals matter. */
function manyEvents(count: number, random: () => number): EventInput[] {
  const start = at("2026-02-28T00:00:00Z")
  return Array.from({ length: count }, (_, n) => {
    const thousandths = Math.floor(random() * 1_000_000)
    const text = `${Math.floor(thousandths / 1_000)}.${String(thousandths % 1_000).padStart(3, "0")}`
    const timestamp = instant(start + Math.floor(random() * 35 * 86_400_000))
    return event(`evt-${n}`, { timestamp, properties: { tokens: text, n } })
  })
}

/** In thousandths, which a number holds exactly here. */
function recount(events: readonly EventInput[]): Record<string, { calls: number; thousandths: number }> {
  const periods: Record<string, { calls: number; thousandths: number }> = {}
  for (const { timestamp, properties } of events) {
    const period = timestamp < MARCH_28 ? "first" : "second"
    const total = (periods[period] ??= { calls: 0, thousandths: 0 })
    total.calls += 1
    total.thousandths += Number(String(properties["tokens"]).replace(".", ""))
  }
  return periods
}

async function counted(terms: MeterTerms): Promise<ReturnType<typeof recount>> {
  const periods: ReturnType<typeof recount> = {}
  for (const { periodStart, key, value, count } of await totalsOf(terms)) {
    const period = periodStart < MARCH_28 ? "first" : "second"
    const total = (periods[period] ??= { calls: 0, thousandths: 0 })
    if (key === CALLS.key) total.calls = Number(value)
    else total.thousandths = Math.round(Number(value) * 1_000)
    expect(count).toBeGreaterThan(0)
  }
  return periods
}

const isNew = (result: EventResult): boolean => result.accepted && !result.duplicate

describe.each([1, 2, 3, 4, 5])("seed %i", (seed) => {
  it(
    "shuffled, with duplicates, by writers side by side and through evictions",
    { timeout: 60_000 },
    async () => {
      const random = seeded(seed)
      const terms = newTerms()
      const events = manyEvents(400, random)
      // Each event at least once; the sends overlap in any way, and each is cut into batches of any size.
      const sends = shuffled(
        [...events, ...events.filter(() => random() < 0.5), ...events.filter(() => random() < 0.2)],
        random,
      )
      const timesNew = new Map<string, number>()
      while (sends.length > 0) {
        const writers = Array.from({ length: 1 + Math.floor(random() * 8) }, () =>
          sends.splice(0, 1 + Math.floor(random() * 20)),
        )
        await Promise.all(
          writers.map(async (batch) => {
            const answers = await results(terms, batch, LATER)
            for (const [n, answer] of answers.entries()) {
              expect(answer.accepted).toBe(true)
              const id = batch[n]?.id ?? ""
              if (isNew(answer)) timesNew.set(id, (timesNew.get(id) ?? 0) + 1)
            }
          }),
        )
        if (random() < 0.2) await evictDurableObject(stubFor(terms))
      }
      expect(await counted(terms)).toEqual(recount(events))
      // Nobody was told twice that an event was new, and everybody's first sending was.
      expect(timesNew.size).toBe(events.length)
      expect([...timesNew.values()].every((times) => times === 1)).toBe(true)
    },
  )
})

it("any order gives the same totals and the same answers to a read", async () => {
  const random = seeded(42)
  const events = manyEvents(60, random)
  const answers = []
  for (let n = 0; n < 3; n += 1) {
    const terms = newTerms()
    for (const one of shuffled(events, random)) await results(terms, [one], LATER)
    expect(await counted(terms)).toEqual(recount(events))
    answers.push(await totalsOf(terms))
  }
  expect(answers[1]).toEqual(answers[0])
  expect(answers[2]).toEqual(answers[0])
})

it("sums decimals exactly", async () => {
  const terms = newTerms()
  const values = ["0.1", 0.2, "0.000000000000000001", "999999999999999999999999999999", "-1.5", 1e21]
  await results(
    terms,
    values.map((tokens, n) => event(`e${n}`, { properties: { tokens } })),
  )
  // 0.3 + 10^-18 + (10^30 - 1) - 1.5 + 10^21, by hand.
  expect(await valueOf(terms, TOKENS)).toBe("1000000000999999999999999999997.800000000000000001")
})

it("a total that outgrew what one event may carry is still read back after an eviction", async () => {
  const terms = newTerms()
  const big = "999999999999999999999999999999"
  const events = Array.from({ length: 20 }, (_, n) => event(`e${n}`, { properties: { tokens: big } }))
  await results(terms, events.slice(0, 10))
  await evictDurableObject(stubFor(terms))
  await results(terms, events.slice(10))
  // 20 × (10^30 - 1)
  expect(await valueOf(terms, TOKENS)).toBe("19999999999999999999999999999980")
})

it("a thousand writers at once, half of them with what another sends too", async () => {
  const terms = newTerms()
  await results(terms, [event("e0")])
  const answers = await Promise.all(
    Array.from({ length: 1_000 }, (_, n) => results(terms, [event(`e${n >> 1}`)])),
  )
  const all = answers.flat()
  expect(all.filter(isNew).length).toBe(499)
  expect(all.filter((answer) => answer.accepted && answer.duplicate).length).toBe(501)
  expect(await valueOf(terms, CALLS)).toBe("500")
})

it("a read that follows an accepted event contains it", async () => {
  const terms = newTerms()
  for (let n = 1; n <= 30; n += 1) {
    const [, , seen] = await Promise.all([
      results(terms, [event(`side-${n}`, { eventType: "other", properties: {} })]),
      results(terms, [event(`other-${n}`, { eventType: "other", properties: {} })]),
      results(terms, [event(`e${n}`)]).then(() => valueOf(terms, CALLS)),
    ])
    expect(seen).toBe(String(n))
  }
})

describe("ids that share a hash", () => {
  /** Of some hundred thousand ids with characters that JSON escapes, two have the same hash of 32 bits: the birthday of one in 2^32. */
  function twins(): [string, string] {
    const byHash = new Map<number, string>()
    for (let n = 0; ; n += 1) {
      const id = `"evt"\\é\u2028-${n}`
      const hash = hashOfId(id)
      const other = byHash.get(hash)
      if (other !== undefined) return [other, id]
      byHash.set(hash, id)
    }
  }

  it("are two events, and each is known again, also by an object that has read nothing yet", async () => {
    const terms = newTerms({ meters: [CALLS] })
    const [one, other] = twins()
    expect(await results(terms, [event(one)])).toEqual([accepted])
    await evictDurableObject(stubFor(terms))
    expect(await results(terms, [event(other)])).toEqual([accepted])
    for (const id of [one, other]) {
      await evictDurableObject(stubFor(terms))
      expect(await results(terms, [event(id)])).toEqual([duplicate])
    }
    expect(await valueOf(terms, CALLS)).toBe("2")
  })
})

describe("when something fails", () => {
  it("a request that can't be applied doesn't take the others of its group with it", async () => {
    const terms = newTerms()
    await results(terms, [event("e0")])
    const twoUnderOneKey = { idempotency: { key: "k", now: 0, expiresAt: 1 } }
    const replies = await sendTogether(terms, [
      request([event("e1")]),
      request([event("e2"), event("e3")], twoUnderOneKey),
      request([event("e1"), event("e4")]),
    ])
    expect(replies).toEqual([
      { kind: "Recorded", replayed: false, results: "A" },
      { kind: "Failed", message: expect.stringContaining("one event") },
      { kind: "Recorded", replayed: false, results: "DA" },
    ])
    expect(await valueOf(terms, CALLS)).toBe("3")
  })

  it("a commit that storage refuses leaves nothing, in storage or in memory", async () => {
    const terms = newTerms()
    await results(terms, [event("e0")])
    await setTrigger(
      terms,
      "CREATE TRIGGER refuse BEFORE INSERT ON chunks BEGIN SELECT RAISE(ABORT, 'refused'); END",
    )
    await expect(send(terms, [event("e1"), event("e2")])).rejects.toThrow("refused")
    await setTrigger(terms, "DROP TRIGGER refuse")
    expect(await valueOf(terms, CALLS)).toBe("1")
    expect(await results(terms, [event("e0"), event("e1")])).toEqual([duplicate, accepted])
    expect(await valueOf(terms, CALLS)).toBe("2")
    expect(await valueOf(terms, TOKENS)).toBe("3000")
  })

  it("terms that storage refuses leave the old ones", async () => {
    const terms = newTerms({ meters: [CALLS] })
    await results(terms, [event("e0")])
    await setTrigger(
      terms,
      "CREATE TRIGGER refuse BEFORE INSERT ON slots BEGIN SELECT RAISE(ABORT, 'refused'); END",
    )
    const newer = { ...terms, version: 2, meters: [CALLS, TOKENS] }
    await expect(meterFor(terms).setTerms(newer)).rejects.toThrow("refused")
    await setTrigger(terms, "DROP TRIGGER refuse")
    expect(await valueOf(terms, TOKENS)).toBeNull()
    expect(await meterFor(terms).setTerms(newer)).toEqual({ stored: true, version: 2 })
    expect(await valueOf(terms, TOKENS)).toBe("1500")
  })
})

async function setTrigger(terms: MeterTerms, statement: string): Promise<void> {
  await runInDurableObject(stubFor(terms), (_, state) => {
    state.storage.sql.exec(statement)
  })
}
