// Holds in a meter: what is set aside counts like spend, is its owner's alone, and leaves no trace when it is refused.

import { env, evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test"
import { afterEach, describe, expect, test, vi } from "vitest"
import { budgetName, type AlertType, type BudgetTerms } from "../../src/domain/alert.ts"
import { meterDefinition, type MeteredPrice, type MeterTerms } from "../../src/domain/terms.ts"
import { instant } from "../../src/domain/time.ts"
import { limits } from "../../src/limits.ts"
import type { EventInput, HoldReply } from "../../src/meter/protocol.ts"
import { newId } from "../../src/runtime/ids.ts"
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
  request,
  results,
  seeded,
  stubFor,
  TENANT,
  TOKENS,
  valueOf,
} from "./support.ts"

const PER_UNIT = { model: "PerUnit", unitAmountNanos: "10" } as const

/** Each call costs ten nanos. */
const TEN: MeteredPrice = {
  skuId: "calls",
  meterKey: CALLS.key,
  pricing: { price: PER_UNIT },
}

let budgets = 0

function budgetOf(threshold: number, type: AlertType = "HardLimit"): BudgetTerms {
  budgets += 1
  const only = { alertId: "alert", type, thresholdNanos: threshold.toString(), epoch: 0 }
  return { name: budgetName(TENANT, `holder-${budgets}`), version: 1, limits: [only], members: [] }
}

/** A subscription whose calls cost ten nanos, within this threshold. */
function limitedTo(threshold: number, prices: readonly MeteredPrice[] = [TEN]): MeterTerms {
  return newTerms({ meters: [CALLS], budgets: [budgetOf(threshold)], prices })
}

const MINUTES = 60_000

type What = { readonly amount: number } | { readonly events: readonly EventInput[] }

async function place(terms: MeterTerms, what: What, ttlMs = 15 * MINUTES): Promise<HoldReply> {
  return meterFor(terms).placeHold({
    terms,
    customerId: CUSTOMER,
    holdId: newId(),
    amount: "amount" in what ? what.amount.toString() : null,
    events: "events" in what ? request(what.events) : null,
    prices: terms.prices ?? [TEN],
    ttlMs,
    now: NOW,
  })
}

async function placed(terms: MeterTerms, what: What, ttlMs?: number): Promise<string> {
  const reply = await place(terms, what, ttlMs)
  if (reply.kind !== "Held") throw new Error(`not held: ${JSON.stringify(reply)}`)
  return reply.hold.id
}

function capture(terms: MeterTerms, holdId: string, events: readonly EventInput[], keepRest = false) {
  const prices = keepRest ? [TEN] : null
  return meterFor(terms).captureHold({
    holdId,
    customerId: CUSTOMER,
    events: request(events),
    keepRest,
    prices,
  })
}

const release = (terms: MeterTerms, holdId: string) =>
  meterFor(terms).releaseHold({ holdId, customerId: CUSTOMER })

async function amounts(terms: MeterTerms): Promise<string[]> {
  const reply = await meterFor(terms).holds(CUSTOMER)
  if (reply.kind !== "Holds") throw new Error(reply.kind)
  return reply.holds.map(({ amount }) => amount)
}

let ids = 0

function calls(count: number): EventInput[] {
  return Array.from({ length: count }, () => event(`call ${(ids += 1)}`))
}

const refusedEvent = { accepted: false, code: "spend_limit_reached" } as const

afterEach(() => {
  vi.useRealTimers()
})

describe("a limit", () => {
  test("counts holds, to the last nano", async () => {
    const terms = limitedTo(100)
    expect(await place(terms, { amount: 60 })).toMatchObject({ kind: "Held", left: "40" })
    expect(await place(terms, { amount: 41 })).toEqual({ kind: "Refused", left: "40" })
    expect(await place(terms, { amount: 40 })).toMatchObject({ kind: "Held", left: "0" })
    expect(await place(terms, { amount: 1 })).toEqual({ kind: "Refused", left: "0" })
    expect(await amounts(terms)).toEqual(["60", "40"])
  })

  test("refuses the event that doesn't fit beside a hold, and takes it once the hold is released", async () => {
    const terms = limitedTo(100)
    const hold = await placed(terms, { amount: 91 })
    const [call] = calls(1) as [EventInput]
    expect(await results(terms, [call])).toEqual([refusedEvent])
    expect(await valueOf(terms, CALLS)).toBe(null)
    expect(await release(terms, hold)).toMatchObject({ kind: "Released", hold: { id: hold, amount: "91" } })
    expect(await release(terms, hold)).toEqual({ kind: "NotFound" })
    expect(await results(terms, [call])).toMatchObject([accepted])
  })

  test("takes of a batch what fits beside a hold", async () => {
    const terms = limitedTo(100)
    await placed(terms, { amount: 65 })
    const told = await results(terms, calls(20))
    expect(told.filter((one) => one.accepted)).toHaveLength(3)
    expect(told.filter((one) => !one.accepted)).toEqual(Array.from({ length: 17 }, () => refusedEvent))
    expect(await valueOf(terms, CALLS)).toBe("3")
  })

  test("that an event went beyond by itself refuses all that follows, holds too", async () => {
    const terms = limitedTo(100)
    expect(await results(terms, calls(9))).toMatchObject(Array.from({ length: 9 }, () => accepted))
    expect(await results(terms, calls(2))).toMatchObject([accepted, refusedEvent])
    expect(await place(terms, { amount: 1 })).toMatchObject({ kind: "Refused" })
    expect(await amounts(terms)).toEqual([])
  })

  test("is never crossed by holds and events of many at once, and all of it can be used", async () => {
    const terms = limitedTo(1_000)
    const all = await Promise.all(
      Array.from({ length: 150 }, async (_, n) => {
        if (n % 2 === 0) return (await place(terms, { amount: 10 })).kind === "Held"
        const [result] = await results(terms, calls(1))
        return result?.accepted === true
      }),
    )
    expect(all.filter(Boolean)).toHaveLength(100)
    const held = (await amounts(terms)).reduce((sum, amount) => sum + BigInt(amount), 0n)
    const spent = BigInt((await valueOf(terms, CALLS)) ?? "0") * 10n
    expect(held + spent).toBe(1_000n)
  })

  test("is shared by the subscriptions of a customer, and what one gives up another may hold", async () => {
    const first = limitedTo(100)
    const second = newTerms({ meters: [CALLS], budgets: first.budgets ?? [], prices: [TEN] })
    const hold = await placed(first, { amount: 95 })
    expect(await place(second, { amount: 6 })).toMatchObject({ kind: "Refused" })
    expect(await results(second, calls(1))).toEqual([refusedEvent])
    await release(first, hold)
    expect(await results(second, calls(1))).toMatchObject([accepted])
    expect(await place(second, { amount: 90 })).toMatchObject({ kind: "Held", left: "0" })
    expect(await results(first, calls(1))).toEqual([refusedEvent])
  })

  test("is kept by four subscriptions that hold, capture, release and record at once, and can be used up", async () => {
    const budget = budgetOf(1_000)
    const all = Array.from({ length: 4 }, () =>
      newTerms({ meters: [CALLS], budgets: [budget], prices: [TEN] }),
    )
    const random = seeded(11)
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T
    const open: { terms: MeterTerms; id: string }[] = []
    const act = async () => {
      const chance = random()
      const terms = pick(all)
      if (chance < 0.35) {
        const reply = await place(terms, { amount: 1 + Math.floor(random() * 60) })
        if (reply.kind === "Held") open.push({ terms, id: reply.hold.id })
      } else if (chance < 0.7 || open.length === 0) await results(terms, calls(1))
      else {
        const [hold] = open.splice(Math.floor(random() * open.length), 1)
        if (hold === undefined) return
        if (chance < 0.85) await capture(hold.terms, hold.id, calls(1))
        else await release(hold.terms, hold.id)
      }
    }
    const total = async (): Promise<bigint> => {
      const held = (await Promise.all(all.map(amounts)))
        .flat()
        .reduce((sum, amount) => sum + BigInt(amount), 0n)
      const counted = await Promise.all(all.map((terms) => valueOf(terms, CALLS)))
      return counted.reduce((sum, value) => sum + BigInt(value ?? "0") * 10n, held)
    }
    for (let round = 0; round < 8; round++) {
      await Promise.all(Array.from({ length: 24 }, act))
      if (round % 3 === 1) await evictDurableObject(stubFor(pick(all)))
      expect((await total()) <= 1_000n).toBe(true)
    }
    await Promise.all(
      all.map(async (terms) => {
        const reply = await meterFor(terms).holds(null)
        if (reply.kind === "Holds") await Promise.all(reply.holds.map(({ id }) => release(terms, id)))
      }),
    )
    await results(pick(all), calls(100))
    expect(await total()).toBe(1_000n)
  })

  test("of the soft kind refuses no hold", async () => {
    const soft = [budgetOf(100, "SoftLimit")]
    const terms = newTerms({ meters: [CALLS], budgets: soft, prices: [TEN] })
    expect(await place(terms, { amount: 101 })).toMatchObject({ kind: "Held" })
    expect(await results(terms, calls(1))).toMatchObject([accepted])
  })
})

describe("a meter that was never used", () => {
  test("asks its budget for the first events, however many come at once", async () => {
    const terms = limitedTo(100)
    const told = await Promise.all(Array.from({ length: 6 }, () => results(terms, calls(2))))
    expect(told.flat().filter((one) => one.accepted)).toHaveLength(10)
  })
})

describe("time", () => {
  test("ends a hold, and the alarm takes it away", async () => {
    const terms = limitedTo(100)
    await placed(terms, { amount: 95 }, 1)
    await vi.waitFor(async () => expect(await amounts(terms)).toEqual([]), { timeout: 10_000 })
    expect(await results(terms, calls(1))).toMatchObject([accepted])
    const later = await placed(terms, { amount: 90 })
    expect(await results(terms, calls(1))).toEqual([refusedEvent])
    vi.setSystemTime(Date.now() + 15 * MINUTES)
    expect(await runDurableObjectAlarm(stubFor(terms))).toBe(true)
    expect(await amounts(terms)).toEqual([])
    expect(await capture(terms, later, calls(1))).toEqual({ kind: "NotFound" })
    expect(await results(terms, calls(1))).toMatchObject([accepted])
    // Nothing is left that has its time.
    expect(await runDurableObjectAlarm(stubFor(terms))).toBe(false)
  })

  test("of the others goes on when one is over", async () => {
    const terms = limitedTo(100)
    await placed(terms, { amount: 10 }, 60 * MINUTES)
    await placed(terms, { amount: 20 }, 10 * MINUTES)
    vi.setSystemTime(Date.now() + 20 * MINUTES)
    expect(await runDurableObjectAlarm(stubFor(terms))).toBe(true)
    expect(await amounts(terms)).toEqual(["10"])
    vi.setSystemTime(Date.now() + 60 * MINUTES)
    expect(await runDurableObjectAlarm(stubFor(terms))).toBe(true)
    expect(await amounts(terms)).toEqual([])
  })

  test("leaves holds alone when the object restarts", async () => {
    const terms = limitedTo(100)
    const hold = await placed(terms, { amount: 95 })
    await evictDurableObject(stubFor(terms))
    expect(await amounts(terms)).toEqual(["95"])
    expect(await results(terms, calls(1))).toEqual([refusedEvent])
    await evictDurableObject(env.BUDGET.getByName(terms.budgets?.[0]?.name ?? ""))
    expect(await capture(terms, hold, calls(9))).toMatchObject({ kind: "Captured", rest: null })
    await evictDurableObject(stubFor(terms))
    expect(await amounts(terms)).toEqual([])
    expect(await valueOf(terms, CALLS)).toBe("9")
  })
})

describe("a capture", () => {
  test("takes what was set aside for it, also when all the rest is gone and refused", async () => {
    const terms = limitedTo(100)
    const hold = await placed(terms, { amount: 30 })
    await results(terms, calls(7))
    expect(await results(terms, calls(1))).toEqual([refusedEvent])
    const captured = await capture(terms, hold, calls(3))
    expect(captured).toMatchObject({ kind: "Captured", rest: null, left: "0" })
    expect(await valueOf(terms, CALLS)).toBe("10")
    expect(await amounts(terms)).toEqual([])
  })

  test("takes it also when the limit refuses all that others send", async () => {
    const perToken = [
      { ...TEN, meterKey: TOKENS.key, pricing: { price: { ...PER_UNIT, unitAmountNanos: "1" } } },
    ]
    const terms = newTerms({ meters: [TOKENS], budgets: [budgetOf(100)], prices: perToken })
    const using = (tokens: number) => event(`tokens ${(ids += 1)}`, { properties: { tokens } })
    expect(await results(terms, [using(80)])).toMatchObject([accepted])
    const hold = await placed(terms, { amount: 20 })
    // Beyond the limit by itself, whatever is held: from here on all is refused, what would fit too.
    expect(await results(terms, [using(21)])).toEqual([refusedEvent])
    expect(await capture(terms, hold, [using(5)])).toMatchObject({ kind: "Captured" })
    expect(await results(terms, [using(1)])).toEqual([refusedEvent])
    expect(await valueOf(terms, TOKENS)).toBe("85")
  })

  test("of less than was set aside gives the rest back, or keeps it", async () => {
    const terms = limitedTo(100)
    const hold = await placed(terms, { amount: 95 })
    const kept = await capture(terms, hold, calls(3), true)
    expect(kept).toMatchObject({ kind: "Captured", rest: { id: hold, amount: "65" }, left: "5" })
    expect(await results(terms, calls(1))).toEqual([refusedEvent])
    expect(await capture(terms, hold, calls(1))).toMatchObject({ kind: "Captured", rest: null, left: "60" })
    expect(await results(terms, calls(7))).toMatchObject([
      ...Array.from({ length: 6 }, () => accepted),
      refusedEvent,
    ])
  })

  test("that uses all keeps nothing", async () => {
    const terms = limitedTo(100)
    const hold = await placed(terms, { amount: 20 })
    expect(await capture(terms, hold, calls(2), true)).toMatchObject({ kind: "Captured", rest: null })
    expect(await amounts(terms)).toEqual([])
  })

  test("of more than was set aside passes if the rest is there, and else leaves all as it was", async () => {
    const terms = limitedTo(100)
    const hold = await placed(terms, { amount: 20 })
    const other = await placed(terms, { amount: 50 })
    const six = calls(6)
    expect(await capture(terms, hold, six)).toMatchObject({ kind: "Refused" })
    expect(await valueOf(terms, CALLS)).toBe(null)
    expect(await amounts(terms)).toEqual(["20", "50"])
    expect(await capture(terms, hold, six.slice(0, 5))).toMatchObject({ kind: "Captured", left: "0" })
    await release(terms, other)
    expect(await results(terms, six)).toMatchObject([...Array.from({ length: 5 }, () => duplicate), accepted])
  })

  test("of an event that is refused records none of them, and the hold stays", async () => {
    const terms = limitedTo(100)
    const hold = await placed(terms, { amount: 30 })
    const [good] = calls(1) as [EventInput]
    const future = event("too early", { timestamp: instant(NOW + 600_000) })
    const told = { kind: "Rejected", index: 1, code: "timestamp_in_future" }
    expect(await capture(terms, hold, [good, future])).toEqual(told)
    expect(await valueOf(terms, CALLS)).toBe(null)
    expect(await amounts(terms)).toEqual(["30"])
    expect(await results(terms, [{ ...good, properties: { other: true } }])).toMatchObject([accepted])
    const conflict = { kind: "Rejected", index: 0, code: "event_id_conflict" }
    expect(await capture(terms, hold, [good])).toEqual(conflict)
  })

  test("that is repeated answers as before and counts nothing more", async () => {
    const terms = limitedTo(100)
    const hold = await placed(terms, { amount: 30 })
    const two = calls(2)
    expect(await capture(terms, hold, two)).toMatchObject({ kind: "Captured", results: [accepted, accepted] })
    expect(await capture(terms, hold, two)).toMatchObject({
      kind: "Captured",
      results: [duplicate, duplicate],
    })
    expect(await capture(terms, hold, [...two, ...calls(1)])).toEqual({ kind: "NotFound" })
    expect(await valueOf(terms, CALLS)).toBe("2")
    const kept = await placed(terms, { amount: 30 })
    for (let n = 0; n < 2; n++) {
      expect(await capture(terms, kept, calls(0).concat(two), true)).toMatchObject({ rest: { amount: "30" } })
    }
  })

  test("of the same hold by many at once is made once", async () => {
    const terms = limitedTo(100)
    const hold = await placed(terms, { amount: 100 })
    const replies = await Promise.all(Array.from({ length: 10 }, () => capture(terms, hold, calls(10))))
    expect(replies.map(({ kind }) => kind).toSorted()).toEqual([
      "Captured",
      ...Array.from({ length: 9 }, () => "NotFound"),
    ])
    expect(await valueOf(terms, CALLS)).toBe("10")
  })

  test("in another period than the hold's is an event like any, and the hold is given up", async () => {
    const terms = limitedTo(100)
    const hold = await placed(terms, { amount: 100 })
    const before = { timestamp: at("2026-02-27T23:00:00Z") }
    expect(await capture(terms, hold, [event("before", before)])).toMatchObject({
      kind: "Captured",
      left: "100",
    })
    const again = await placed(terms, { amount: 100 })
    const next = Array.from({ length: 11 }, (_, n) =>
      event(`next ${n}`, { timestamp: at("2026-03-28T00:00:01Z") }),
    )
    const asked = request(next, {
      receivedAt: at("2026-03-28T00:01:00Z"),
      futureLimit: at("2026-03-28T00:02:00Z"),
    })
    const body = { holdId: again, customerId: CUSTOMER, keepRest: false, prices: null }
    expect(await meterFor(terms).captureHold({ ...body, events: asked })).toMatchObject({ kind: "Refused" })
    const ten = { ...asked, events: next.slice(0, 10) }
    // They went beyond the limit by themselves, and so all that follows is refused.
    expect(await meterFor(terms).captureHold({ ...body, events: ten })).toMatchObject({ kind: "Refused" })
    expect(await amounts(terms)).toEqual(["100"])
  })
})

describe("a hold for events", () => {
  // The first five calls cost ten each, the others three.
  const GRADUATED: MeteredPrice = {
    ...TEN,
    pricing: {
      price: {
        model: "Graduated",
        tiers: [
          { upTo: "5", unitAmountNanos: "10", flatAmountNanos: "0" },
          { upTo: null, unitAmountNanos: "3", flatAmountNanos: "0" },
        ],
      },
    },
  }

  test("sets aside what they then cost, by the tiers that they fall in", async () => {
    const terms = limitedTo(1_000, [GRADUATED])
    await results(terms, calls(3))
    const four = calls(4)
    const hold = await placed(terms, { events: four })
    // Two at ten, two at three.
    expect(await amounts(terms)).toEqual(["26"])
    expect(await valueOf(terms, CALLS)).toBe("3")
    expect(await capture(terms, hold, four, true)).toMatchObject({
      results: four.map(() => accepted),
      rest: null,
    })
    expect(await place(terms, { events: calls(2) })).toMatchObject({ hold: { amount: "6" }, left: "938" })
  })

  test("doesn't burn their ids, and sets nothing aside for those that are known", async () => {
    const terms = limitedTo(100)
    const two = calls(2)
    await placed(terms, { events: two })
    expect(await results(terms, two)).toMatchObject([accepted, accepted])
    expect(await place(terms, { events: two })).toMatchObject({ hold: { amount: "0" } })
  })

  test("that doesn't fit, or would be rejected, leaves nothing", async () => {
    const terms = limitedTo(30)
    const four = calls(4)
    expect(await place(terms, { events: four })).toEqual({ kind: "Refused", left: "30" })
    const foreign = event("foreign", { customerId: "somebody" })
    const told = { kind: "Rejected", index: 1, code: "customer_mismatch" }
    expect(await place(terms, { events: [...calls(1), foreign] })).toEqual(told)
    expect(await amounts(terms)).toEqual([])
    // Were one of them burnt it would be a duplicate; had the refusal latched, nothing would pass.
    expect(await results(terms, four.slice(0, 3))).toMatchObject([accepted, accepted, accepted])
  })

  test("leaves no distinct value behind, nor does a refused capture", async () => {
    const users = meterDefinition("api.request", "UniqueCount", "user")
    const perUser = [{ ...TEN, meterKey: users.key }]
    const terms = newTerms({ meters: [users], budgets: [budgetOf(100)], prices: perUser })
    const by = (user: string) => event(`by ${user} ${(ids += 1)}`, { properties: { user } })
    const two = [by("ada"), by("bob"), by("ada")]
    const hold = await placed(terms, { events: two })
    expect(await amounts(terms)).toEqual(["20"])
    const broken = [...two, event("no user", { properties: {} })]
    expect(await capture(terms, hold, broken)).toMatchObject({ kind: "Rejected", index: 3 })
    const other = await placed(terms, { amount: 50 })
    const six = Array.from({ length: 6 }, (_, n) => by(`user ${n}`))
    expect(await capture(terms, hold, six)).toMatchObject({ kind: "Refused" })
    expect(await valueOf(terms, users)).toBe(null)
    await release(terms, other)
    expect(await place(terms, { events: six })).toMatchObject({ hold: { amount: "60" } })
    expect(await capture(terms, hold, two)).toMatchObject({ kind: "Captured" })
    expect(await valueOf(terms, users)).toBe("2")
  })

  test("takes only events of the running period", async () => {
    const terms = limitedTo(100)
    const early = newTerms({ ...terms, subscriptionId: "early", startedAt: at("2026-01-28T00:00:00Z") })
    const before = event("last month", { timestamp: at("2026-02-10T00:00:00Z") })
    const schedule = { ...early.schedule, anchor: early.startedAt }
    expect(await place({ ...early, schedule }, { events: [before] })).toEqual({ kind: "OtherPeriod" })
  })
})

describe("a hold", () => {
  test("of a subscription without a limit limits nothing, and is priced all the same", async () => {
    const terms = newTerms({ meters: [CALLS] })
    const hold = await place(terms, { events: calls(3) })
    expect(hold).toMatchObject({ kind: "Held", hold: { amount: "30" } })
    expect(hold).not.toHaveProperty("left")
    expect(await results(terms, calls(5))).toEqual(Array.from({ length: 5 }, () => accepted))
    const id = hold.kind === "Held" ? hold.hold.id : ""
    const body = {
      holdId: id,
      customerId: CUSTOMER,
      events: request(calls(1)),
      keepRest: true,
      prices: null,
    }
    expect(await meterFor(terms).captureHold(body)).toEqual({ kind: "NeedPrices" })
    expect(await valueOf(terms, CALLS)).toBe("5")
    expect(await capture(terms, id, calls(1), true)).toMatchObject({
      kind: "Captured",
      rest: { amount: "20" },
    })
  })

  test("belongs to its customer, and needs a running period", async () => {
    const terms = limitedTo(100)
    const hold = await placed(terms, { amount: 10 })
    const stranger = { holdId: hold, customerId: "somebody" }
    expect(await meterFor(terms).releaseHold(stranger)).toEqual({ kind: "NotFound" })
    const body = { ...stranger, events: request(calls(1)), keepRest: false, prices: null }
    expect(await meterFor(terms).captureHold(body)).toEqual({ kind: "NotFound" })
    expect(await meterFor(terms).holds("somebody")).toEqual({ kind: "NotFound" })
    expect(await place(newTerms({ endsAt: NOW }), { amount: 1 })).toEqual({ kind: "NotRunning" })
    expect(await place(newTerms({ startedAt: instant(NOW + 1) }), { amount: 1 })).toEqual({
      kind: "NotRunning",
    })
  })

  test("that is placed again after a lost answer is the same one", async () => {
    const terms = limitedTo(100)
    const rest = { terms, customerId: null, events: null, prices: [], ttlMs: MINUTES, now: NOW }
    const body = { ...rest, holdId: newId(), amount: "60" }
    const first = await meterFor(terms).placeHold(body)
    expect(await meterFor(terms).placeHold(body)).toEqual({ kind: "Held", hold: (first as any).hold })
    expect(await amounts(terms)).toEqual(["60"])
  })

  test("is one of a bounded number", async () => {
    const terms = newTerms({ meters: [CALLS] })
    await placed(terms, { amount: 1 })
    await runInDurableObject(stubFor(terms), (_, { storage }) => {
      const copies = `WITH RECURSIVE n(i) AS (SELECT 3 UNION ALL SELECT i + 1 FROM n WHERE i < ${limits.meterHolds})`
      const columns = "period_start, period_end, amount, created_at, expires_at"
      storage.sql.exec(`${copies} INSERT INTO holds SELECT 'copy ' || i, ${columns} FROM holds, n`)
    })
    await evictDurableObject(stubFor(terms))
    await placed(terms, { amount: 1 })
    expect(await place(terms, { amount: 1 })).toEqual({ kind: "TooMany" })
  })
})
