// Events that went into an archive: what the meter lets go of, and what it goes on knowing.

import { env, evictDurableObject, runInDurableObject } from "cloudflare:test"
import { describe, expect, it } from "vitest"
import { ArchiveStore } from "../../src/archive/store.ts"
import { meterDefinition, type MeterTerms } from "../../src/domain/terms.ts"
import { instant, type Instant } from "../../src/domain/time.ts"
import type { EventInput, SealReply } from "../../src/meter/protocol.ts"
import {
  accepted,
  at,
  CALLS,
  CUSTOMER,
  duplicate,
  event,
  meterFor,
  newTerms,
  NOW,
  results,
  seeded,
  send,
  shuffled,
  stubFor,
  TENANT,
  TOKENS,
  totalsOf,
} from "./support.ts"

const FEBRUARY = at("2026-02-28T10:00:00Z")
const APRIL = at("2026-04-01T10:00:00Z")
/** Where the first two periods end, and when all of both has rested. */
const END = at("2026-03-28T00:00:00Z")
const SECOND_END = at("2026-04-28T00:00:00Z")
const RESTED = at("2026-07-01T00:00:00Z")
const CONFLICT = { accepted: false, code: "event_id_conflict" }

const store = new ArchiveStore(env.ARCHIVE)

/** As `send` and `results`, on a day when the events of April are past. */
const record: typeof send = (terms, sent, changes) => send(terms, sent, { futureLimit: RESTED, ...changes })
const outcomes: typeof results = (terms, sent) => results(terms, sent, { futureLimit: RESTED })

/** What the archiving action does, once; null when there is nothing to archive. */
async function archiveOnce(
  terms: MeterTerms,
  before: Instant = END,
  receivedBefore: Instant = RESTED,
): Promise<SealReply | null> {
  const meter = meterFor(terms)
  const source = await meter.archivable({ before, receivedBefore })
  if (source === null) return null
  const { events, digests, lastCorrection } = source
  const archive = await store.write({ tenantId: TENANT, subscriptionId: terms.subscriptionId }, events)
  return meter.seal({ archive, digests, lastCorrection, before, sealedAt: RESTED, wallNow: RESTED })
}

/** First, last and count of each archive, newest first. */
async function rangesOf(terms: MeterTerms): Promise<readonly number[][]> {
  const { archives } = await meterFor(terms).archives({ before: null, limit: 10 })
  return archives.map(({ first, last, count }) => [first, last, count])
}

function rowsOf(terms: MeterTerms, table: string): Promise<number> {
  return runInDurableObject(
    stubFor(terms),
    (_, { storage }) => storage.sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n,
  )
}

function events(prefix: string, count: number, timestamp: Instant): EventInput[] {
  return Array.from({ length: count }, (_, i) =>
    event(`${prefix}-${i}`, { timestamp, properties: { tokens: i } }),
  )
}

describe("which events are archived", () => {
  it("those of whole rows before the bound, and no others", async () => {
    const terms = newTerms()
    await record(terms, events("a", 3, FEBRUARY))
    await record(terms, [...events("b", 1, FEBRUARY), ...events("c", 1, APRIL)])
    await record(terms, events("d", 2, FEBRUARY))
    await record(terms, events("e", 2, APRIL))
    const before = await totalsOf(terms)
    expect(await archiveOnce(terms)).toEqual({ kind: "Sealed" })
    expect(await archiveOnce(terms)).toEqual({ kind: "Sealed" })
    expect(await archiveOnce(terms)).toBeNull()
    // The row with an event of April waits, and no archive reaches over it.
    expect(await rangesOf(terms)).toEqual([
      [6, 7, 2],
      [1, 3, 3],
    ])
    expect(await rowsOf(terms, "chunks")).toBe(2)
    expect(await totalsOf(terms)).toEqual(before)
    // Nor does it when its turn has come: what lies on both sides of an archive goes into two.
    expect(await archiveOnce(terms, SECOND_END)).toEqual({ kind: "Sealed" })
    expect(await archiveOnce(terms, SECOND_END)).toEqual({ kind: "Sealed" })
    expect(await archiveOnce(terms, SECOND_END)).toBeNull()
    expect(await rangesOf(terms)).toEqual([
      [8, 9, 2],
      [6, 7, 2],
      [4, 5, 2],
      [1, 3, 3],
    ])
    await evictDurableObject(stubFor(terms))
    expect(await outcomes(terms, events("e", 2, APRIL))).toEqual([duplicate, duplicate])
    expect(await totalsOf(terms)).toEqual(before)
  })

  it("never those on both sides of an archive as one", async () => {
    const terms = newTerms()
    await record(terms, events("a", 1, APRIL))
    await record(terms, events("b", 1, FEBRUARY))
    await record(terms, events("c", 1, APRIL))
    const source = await meterFor(terms).archivable({ before: SECOND_END, receivedBefore: RESTED })
    if (source === null) throw new Error("nothing to archive")
    expect(await archiveOnce(terms)).toEqual({ kind: "Sealed" })
    const owner = { tenantId: TENANT, subscriptionId: terms.subscriptionId }
    const archive = await store.write(
      owner,
      source.events.filter(({ id }) => id !== "b-0"),
    )
    const digests = source.digests.slice(0, (source.digests.length / 3) * 2)
    const wanted = { archive, digests, lastCorrection: 0, before: SECOND_END }
    const reply = await meterFor(terms).seal({ ...wanted, sealedAt: RESTED, wallNow: RESTED })
    expect(reply).toEqual({ kind: "Changed" })
    expect(await rangesOf(terms)).toEqual([[2, 2, 1]])
    expect(await rowsOf(terms, "chunks")).toBe(2)
  })

  it("only what was received long enough ago", async () => {
    const terms = newTerms()
    await record(terms, events("a", 2, FEBRUARY))
    await record(terms, events("b", 2, FEBRUARY), { receivedAt: instant(NOW + 1) })
    expect(await archiveOnce(terms, END, NOW)).toEqual({ kind: "Sealed" })
    expect(await archiveOnce(terms, END, NOW)).toBeNull()
    expect(await archiveOnce(terms, END, instant(NOW + 1))).toEqual({ kind: "Sealed" })
  })

  it("nothing of a meter that was never used, and asking writes nothing", async () => {
    const terms = newTerms()
    expect(await archiveOnce(terms)).toBeNull()
    expect(await meterFor(terms).archives({ before: null, limit: 10 })).toEqual({ archives: [] })
    const tables = await runInDurableObject(stubFor(terms), (_, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_master WHERE name = 'meta'").toArray(),
    )
    expect(tables).toEqual([])
  })

  it("with their corrections, and not while one of them is fresh", async () => {
    const terms = newTerms()
    await record(terms, events("a", 3, FEBRUARY))
    const said = { reason: "typo", madeAt: NOW, futureLimit: RESTED, terms }
    const amend = { kind: "Amend", timestamp: null, properties: { tokens: 7 } } as const
    await meterFor(terms).correct({ ...said, eventId: "a-1", correctionId: "c-1", change: amend })
    await meterFor(terms).correct({ ...said, eventId: "a-2", correctionId: "c-2", change: { kind: "Void" } })
    expect(await archiveOnce(terms, END, instant(NOW - 1))).toBeNull()
    expect(await archiveOnce(terms)).toEqual({ kind: "Sealed" })
    const [archive] = (await meterFor(terms).archives({ before: null, limit: 1 })).archives
    const found = archive === undefined ? [] : await store.read(archive)
    expect(
      found.map(({ id, properties, billable, corrections }) => ({ id, properties, billable, corrections })),
    ).toEqual([
      { id: "a-0", properties: { tokens: 0 }, billable: true, corrections: [] },
      {
        id: "a-1",
        properties: { tokens: 1 },
        billable: true,
        corrections: [
          {
            seq: 4,
            id: "c-1",
            kind: "Amend",
            madeAt: NOW,
            reason: "typo",
            occurredAt: FEBRUARY,
            properties: { tokens: 7 },
          },
        ],
      },
      {
        id: "a-2",
        properties: { tokens: 2 },
        billable: false,
        corrections: [{ seq: 5, id: "c-2", kind: "Void", madeAt: NOW, reason: "typo" }],
      },
    ])
    const late = { ...said, eventId: "a-0", correctionId: "c-3", change: { kind: "Void" } } as const
    expect(await meterFor(terms).correct(late)).toEqual({ kind: "Archived" })
  })

  it("but not an event that was moved behind the bound", async () => {
    const terms = newTerms()
    await record(terms, events("a", 1, FEBRUARY))
    await meterFor(terms).correct({
      eventId: "a-0",
      change: { kind: "Amend", timestamp: END, properties: null },
      reason: null,
      correctionId: "c-1",
      madeAt: NOW,
      futureLimit: RESTED,
      terms,
    })
    expect(await archiveOnce(terms)).toBeNull()
    expect(await archiveOnce(terms, instant(END + 1))).toEqual({ kind: "Sealed" })
  })
})

describe("a crash between the steps", () => {
  it("leaves nothing undone: the same events make the same object, and sealing twice is sealing once", async () => {
    const terms = newTerms()
    await record(terms, events("a", 5, FEBRUARY))
    const owner = { tenantId: TENANT, subscriptionId: terms.subscriptionId }
    const meter = meterFor(terms)
    const lost = await meter.archivable({ before: END, receivedBefore: RESTED })
    const first = await store.write(owner, lost?.events ?? [])
    // Here the worker dies. Another run begins anew.
    const source = await meter.archivable({ before: END, receivedBefore: RESTED })
    if (source === null) throw new Error("nothing to archive")
    const archive = await store.write(owner, source.events)
    expect(archive).toEqual(first)
    const { digests, lastCorrection } = source
    const wanted = { archive, digests, lastCorrection, before: END, sealedAt: RESTED, wallNow: RESTED }
    expect(await meter.seal(wanted)).toEqual({ kind: "Sealed" })
    expect(await meter.seal(wanted)).toEqual({ kind: "Sealed" })
    expect(await rowsOf(terms, "archives")).toBe(1)
    expect(await outcomes(terms, events("a", 5, FEBRUARY))).toEqual(Array(5).fill(duplicate))
  })

  it("seals nothing that was corrected after it had been read", async () => {
    const terms = newTerms()
    await record(terms, events("a", 2, FEBRUARY))
    const meter = meterFor(terms)
    const source = await meter.archivable({ before: END, receivedBefore: RESTED })
    if (source === null) throw new Error("nothing to archive")
    await meter.correct({
      eventId: "a-0",
      change: { kind: "Void" },
      reason: null,
      correctionId: "c-1",
      madeAt: NOW,
      futureLimit: RESTED,
      terms,
    })
    const owner = { tenantId: TENANT, subscriptionId: terms.subscriptionId }
    const archive = await store.write(owner, source.events)
    const { digests, lastCorrection } = source
    const wanted = { archive, digests, lastCorrection, before: END, sealedAt: RESTED, wallNow: RESTED }
    expect(await meter.seal(wanted)).toEqual({ kind: "Changed" })
    expect(await rowsOf(terms, "chunks")).toBe(1)
    expect(await archiveOnce(terms)).toEqual({ kind: "Sealed" })
  })
})

describe("after events were archived", () => {
  it("each is known for what it was: the same content is a duplicate, any other a conflict", async () => {
    const terms = newTerms()
    const properties = { b: [1, { z: "é", a: null }], a: 0.1 }
    await record(terms, [event("x", { timestamp: FEBRUARY, properties: { ...properties, tokens: 3 } })])
    expect(await archiveOnce(terms)).toEqual({ kind: "Sealed" })
    await evictDurableObject(stubFor(terms))
    const again = (changes: Partial<EventInput>) =>
      outcomes(terms, [
        event("x", { timestamp: FEBRUARY, properties: { ...properties, tokens: 3 }, ...changes }),
      ])
    expect(await again({})).toEqual([duplicate])
    // The order of keys is no content, and who doesn't name the customer means this one.
    const reordered = { tokens: 3, a: 0.1, b: [1, { a: null, z: "é" }] }
    expect(await again({ properties: reordered })).toEqual([duplicate])
    expect(await again({ customerId: null })).toEqual([duplicate])
    expect(await again({ properties: { ...properties, tokens: 4 } })).toEqual([CONFLICT])
    expect(await again({ properties: { ...properties, tokens: "3" } })).toEqual([CONFLICT])
    expect(await again({ timestamp: instant(FEBRUARY + 1) })).toEqual([CONFLICT])
    expect(await again({ eventType: "other" })).toEqual([CONFLICT])
    expect(await again({ customerId: "customer-2" })).toEqual([CONFLICT])
  })

  it("a late event of an archived period is counted as ever", async () => {
    const unique = meterDefinition("api.request", "UniqueCount", "user")
    const terms = newTerms({ meters: [CALLS, unique] })
    const by = (id: string, user: string) => event(id, { timestamp: FEBRUARY, properties: { user } })
    await record(terms, [by("a", "ann"), by("b", "bob")])
    expect(await archiveOnce(terms)).toEqual({ kind: "Sealed" })
    await evictDurableObject(stubFor(terms))
    expect(await outcomes(terms, [by("c", "ann"), by("d", "cid")])).toEqual([accepted, accepted])
    const values = (await totalsOf(terms)).map(({ key, value }) => [key, value])
    expect(new Map(values as [string, string][])).toEqual(
      new Map([
        [CALLS.key, "4"],
        [unique.key, "3"],
      ]),
    )
  })

  it("an idempotency key that still holds answers as it did first", async () => {
    const terms = newTerms()
    const sent = [event("key-1", { timestamp: FEBRUARY })]
    const idempotency = { key: "key-1", now: RESTED, expiresAt: RESTED + 1_000 }
    await record(terms, sent, { idempotency })
    expect(await archiveOnce(terms)).toEqual({ kind: "Sealed" })
    const reply = { kind: "Recorded", replayed: true, results: [accepted] }
    expect(await record(terms, sent, { idempotency })).toMatchObject(reply)
    const other = [event("key-1", { timestamp: FEBRUARY, properties: {} })]
    expect(await record(terms, other, { idempotency })).toEqual({ kind: "KeyReused" })
  })

  it("new terms change no total of an archived period, and new meters begin after it", async () => {
    const other = meterDefinition("api.request", "Max", "tokens")
    const terms = newTerms({ meters: [CALLS] })
    await record(terms, events("a", 3, FEBRUARY))
    await record(terms, events("b", 4, APRIL))
    expect(await archiveOnce(terms)).toEqual({ kind: "Sealed" })
    const later = { ...terms, version: 2, meters: [CALLS, TOKENS, other] }
    await meterFor(terms).setTerms(later)
    // Everything is counted anew when the usage of a trial turns out to be free: but for what is settled.
    await meterFor(terms).setTerms({ ...later, version: 3, startedAt: at("2026-03-01T00:00:00Z") })
    await evictDurableObject(stubFor(terms))
    const told = (await totalsOf(terms)).map(({ periodStart, key, value, count }) => [
      periodStart,
      key,
      value,
      count,
    ])
    expect(new Set(told)).toEqual(
      new Set([
        [terms.startedAt, CALLS.key, "3", 3],
        [END, CALLS.key, "4", 4],
        [END, TOKENS.key, "6", 4],
        [END, other.key, "3", 4],
      ]),
    )
  })

  it("a meter that was counted once keeps its archived totals when it comes back", async () => {
    const unique = meterDefinition("api.request", "UniqueCount", "tokens")
    const terms = newTerms({ meters: [CALLS, unique] })
    await record(terms, events("a", 3, FEBRUARY))
    expect(await archiveOnce(terms)).toEqual({ kind: "Sealed" })
    await meterFor(terms).setTerms({ ...terms, version: 2, meters: [CALLS] })
    await meterFor(terms).setTerms({ ...terms, version: 3, meters: [CALLS, unique] })
    // Its members are still known: 0, 1 and 2 are not new.
    await record(terms, events("late", 4, FEBRUARY))
    const found = (await totalsOf(terms)).find(({ key }) => key === unique.key)
    expect(found).toMatchObject({ value: "4", count: 7 })
  })
})

it.each([1, 2, 3, 4])("knows every event, whatever was archived when (%i)", async (seed) => {
  const random = seeded(seed)
  const terms = newTerms()
  const sent: EventInput[] = []
  for (let round = 0; round < 12; round += 1) {
    const fresh = Array.from({ length: 1 + Math.floor(random() * 40) }, (_, i) =>
      event(`${round}-${i}`, {
        timestamp: random() < 0.9 ? FEBRUARY : APRIL,
        properties: { tokens: Math.floor(random() * 9) },
      }),
    )
    const old = shuffled(sent, random).slice(0, 30)
    const mixed = shuffled(
      [
        ...fresh.map((one) => ({ one, told: accepted as unknown })),
        ...old.map((one) => ({ one, told: duplicate as unknown })),
        ...old
          .slice(0, 5)
          .map((one) => ({ one: { ...one, timestamp: instant(one.timestamp + 1) }, told: CONFLICT })),
      ],
      random,
    )
    expect(
      await outcomes(
        terms,
        mixed.map(({ one }) => one),
      ),
    ).toEqual(mixed.map(({ told }) => told))
    sent.push(...fresh)
    // A correction takes a number: the archive gets a gap.
    if (random() < 0.3) {
      const change = { kind: "Amend", timestamp: null, properties: { tokens: 1, round } } as const
      const eventId = fresh[0]?.id ?? ""
      await meterFor(terms).correct({
        eventId,
        change,
        reason: null,
        correctionId: `c-${round}`,
        madeAt: NOW,
        futureLimit: RESTED,
        terms,
      })
    }
    if (random() < 0.4) while ((await archiveOnce(terms)) !== null);
    if (random() < 0.3) await evictDurableObject(stubFor(terms))
  }
  expect((await rowsOf(terms, "archives")) > 0).toBe(true)
  const listed = sent.filter(({ customerId }) => customerId === CUSTOMER).length
  const counts = (await totalsOf(terms)).filter(({ key }) => key === CALLS.key)
  expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(listed)
})
