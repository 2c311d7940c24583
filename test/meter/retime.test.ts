// Terms that move time: whatever the order in which events, corrections, cuts, pauses and other starts come, the totals are those
// of a meter that had the last terms from its first event on.

import { evictDurableObject } from "cloudflare:test"
import { describe, expect, it } from "vitest"
import type { Cut } from "../../src/domain/period.ts"
import { meterDefinition, type MeterDefinition, type MeterTerms } from "../../src/domain/terms.ts"
import { instant, NO_TIME, type Instant } from "../../src/domain/time.ts"
import type { Pause } from "../../src/domain/timeline.ts"
import type { EventInput } from "../../src/meter/protocol.ts"
import { at, event, meterFor, newTerms, NOW, results, seeded, stubFor } from "./support.ts"

const HOUR = 3_600_000
const START = at("2026-03-01T00:00:00Z")
const SPAN_HOURS = 24 * 21
const FUTURE = at("2027-01-01T00:00:00Z")

const sum = (rest: Parameters<typeof meterDefinition>[3] = {}) => meterDefinition("use", "Sum", "n", rest)
const TUMBLING = { kind: "Tumbling", sizeMs: 5 * HOUR } as const
const SLIDING = { kind: "Sliding", sizeMs: 3 * HOUR } as const

const METERS: readonly MeterDefinition[] = [
  meterDefinition("use", "Count", null),
  sum({ groupBy: ["region"] }),
  sum({ fee: { rateBps: "250", fixedNanos: "100", minimumNanos: "900", maximumNanos: null } }),
  sum({ window: TUMBLING }),
  sum({ window: SLIDING, groupBy: ["region"] }),
  meterDefinition("use", "Max", "n", { groupBy: ["region"] }),
  meterDefinition("use", "Max", "n", { window: TUMBLING }),
  meterDefinition("use", "UniqueCount", "n", { groupBy: ["region"] }),
  meterDefinition("use", "Latest", "n"),
  meterDefinition("use", "WeightedSum", "n"),
  meterDefinition("other", "Max", "n"),
]

function weekly(changes: Partial<MeterTerms> = {}): MeterTerms {
  const schedule = { anchor: START, timeZone: "UTC", every: { ...NO_TIME, weeks: 1 } }
  return newTerms({ startedAt: START, schedule, meters: METERS, ...changes })
}

/** Every total that has an event, of periods and hours, and what levels come to at several times. */
async function stateOf(terms: MeterTerms): Promise<unknown> {
  const periods = { from: instant(0), to: FUTURE }
  const ask = async (asOf: Instant) =>
    meterFor(terms).usage({ customerId: null, periods, changedSince: null, terms: null, asOf })
  const hours = Array.from({ length: SPAN_HOURS + 1 }, (_, n) => instant(START + n * HOUR))
  const [early, late, series] = await Promise.all([
    ask(instant(START + 200 * HOUR)),
    ask(FUTURE),
    meterFor(terms).series({
      customerId: null,
      meters: METERS.map(({ key }) => key),
      boundaries: hours,
      terms: null,
    }),
  ])
  if (early.kind !== "Usage" || late.kind !== "Usage" || series.kind !== "Series") throw new Error("no usage")
  const told = [early, late].map(({ totals }) =>
    totals
      .filter(({ count }) => count > 0)
      .map((total) => ({ ...total, groups: total.groups?.toSorted(byValues) }))
      .toSorted((a, b) => a.periodStart - b.periodStart || (a.key < b.key ? -1 : 1)),
  )
  return { told, meters: series.meters }
}

const byValues = (a: { values: unknown }, b: { values: unknown }): number =>
  JSON.stringify(a.values) < JSON.stringify(b.values) ? -1 : 1

/** A meter that had these terms, and events as they stand, from the beginning. */
async function fresh(terms: MeterTerms, events: readonly EventInput[]): Promise<unknown> {
  const again = { ...weekly(), ...terms, version: 1, subscriptionId: weekly().subscriptionId }
  await meterFor(again).setTerms(again)
  if (events.length > 0) await results(again, events, { futureLimit: FUTURE })
  return stateOf(again)
}

class Life {
  terms = weekly()
  readonly events = new Map<string, EventInput>()
  readonly random: () => number
  #sent = 0

  constructor(seed: number) {
    this.random = seeded(seed)
  }

  pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.random() * items.length)] as T
  }

  /** Often at the same few times, so that bounds are hit. */
  time(): Instant {
    const hours = this.random() * SPAN_HOURS
    return instant(START + Math.floor(this.random() < 0.3 ? Math.floor(hours) * HOUR : hours * HOUR))
  }

  properties(): Record<string, unknown> {
    const n = this.pick([1, 2, 3, 5, 8, -4, "0.5", "2.25"])
    return { n, region: this.pick(["eu", "us", "asia"]) }
  }

  async send(): Promise<void> {
    const events = Array.from({ length: 1 + Math.floor(this.random() * 6) }, () => {
      const properties = this.properties()
      const eventType = this.pick(["use", "use", "use", "other"])
      return event(`e${(this.#sent += 1)}`, { eventType, timestamp: this.time(), properties })
    })
    for (const one of events) this.events.set(one.id, one)
    await results(this.terms, events, { futureLimit: FUTURE })
  }

  async correct(): Promise<void> {
    if (this.events.size === 0) return
    const id = this.pick([...this.events.keys()])
    const before = this.events.get(id)
    if (before === undefined) return
    const isVoid = this.random() < 0.5
    const [timestamp, properties] = [this.time(), this.properties()]
    const reply = await meterFor(this.terms).correct({
      eventId: id,
      change: isVoid ? { kind: "Void" } : { kind: "Amend", timestamp, properties },
      reason: null,
      correctionId: `c${this.#sent}-${this.random()}`,
      madeAt: NOW,
      futureLimit: FUTURE,
      terms: this.terms,
    })
    expect(reply.kind).toBe("Corrected")
    if (isVoid) this.events.delete(id)
    else this.events.set(id, { ...before, timestamp, properties })
  }

  async change(): Promise<void> {
    const { schedule, pauses = [], version } = this.terms
    const cuts = schedule.cuts ?? []
    const next = { ...this.terms, version: version + 1 }
    const turn = this.random()
    if (turn < 0.45) this.terms = { ...next, schedule: { ...schedule, cuts: this.#cut(cuts) } }
    else if (turn < 0.6) this.terms = { ...next, schedule: { ...schedule, cuts: this.#without(cuts) } }
    else if (turn < 0.75) this.terms = { ...next, pauses: this.#paused(pauses) }
    else if (turn < 0.9) this.terms = { ...next, pauses: this.#without(pauses) }
    else this.terms = { ...next, startedAt: this.random() < 0.5 ? START : this.time() }
    await meterFor(this.terms).setTerms(this.terms)
  }

  #cut(cuts: readonly Cut[]): Cut[] {
    const when = instant(this.time() + 1)
    const rule =
      this.random() < 0.2 ? { anchor: when, timeZone: "UTC", every: { ...NO_TIME, days: 5 } } : null
    return [
      ...cuts.filter((cut) => cut.at !== when),
      { at: when, rule, prorated: this.random() < 0.5 },
    ].toSorted((a, b) => a.at - b.at)
  }

  #paused(pauses: readonly Pause[]): Pause[] {
    const from = this.time()
    const to = this.random() < 0.4 ? null : instant(from + Math.floor(this.random() * 60 * HOUR))
    return [...pauses, { from, to }].toSorted((a, b) => a.from - b.from)
  }

  #without<T>(items: readonly T[]): T[] {
    const gone = this.pick(items)
    return items.filter((item) => item !== gone)
  }
}

describe("totals under terms that move time", { timeout: 120_000 }, () => {
  it.each(Array.from({ length: 14 }, (_, seed) => seed))(
    "are those of a fresh meter, life %i",
    async (seed) => {
      const life = new Life(seed)
      await meterFor(life.terms).setTerms(life.terms)
      for (let step = 0; step < 36; step += 1) {
        const turn = life.random()
        if (turn < 0.5) await life.send()
        else if (turn < 0.62) await life.correct()
        else if (turn < 0.96) await life.change()
        else await evictDurableObject(stubFor(life.terms))
        if (step % 6 === 5) {
          expect(await stateOf(life.terms)).toEqual(await fresh(life.terms, [...life.events.values()]))
        }
      }
    },
  )
})
