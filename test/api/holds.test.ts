// Holds over HTTP: what is told, what is refused and how, and who may.

import { beforeAll, describe, expect, test, vi } from "vitest"
import type { Json, Reply, Tenant } from "../support/client.ts"
import { advance, api, create, newTenant, setClock } from "../support/client.ts"
import { CALLS, CENT, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"

const NOW = "2026-03-10T12:00:00Z"

/** Ten cents for each of the first five, three for each of the others; in nanos as the law of money has them. */
const TIERED = {
  name: "Renders",
  pricing_model: "Graduated",
  meter_event_type: "render",
  tiers: [
    { up_to: "5", unit_amount_nanos: (10n * CENT).toString() },
    { up_to: null, unit_amount_nanos: (3n * CENT).toString() },
  ],
}

const SUMMED = {
  name: "Tokens",
  pricing_model: "PerUnit",
  unit_amount_nanos: "1",
  meter_event_type: "chat",
  meter_property: "tokens",
}

let tenant: Tenant
let plan: any

beforeAll(async () => {
  tenant = await newTenant("test")
  await setClock(tenant.api, NOW)
  plan = await newPlan(tenant.api, [CALLS, TIERED, SUMMED])
})

async function subscribed(): Promise<any> {
  return newSubscription(tenant.api, plan, { started_at: "2026-03-01T00:00:00Z" })
}

const cents = (amount: number): string => (BigInt(amount) * CENT).toString()

function limited(subscription: any, amount: number, type = "HardLimit"): Promise<any> {
  const input = { alert_type: type, threshold_nanos: cents(amount) }
  return create(tenant.api, `/admin/v1/customers/${subscription.customer_id}/alerts`, input)
}

const pathOf = ({ id }: any): string => `/v1/subscriptions/${id}/holds`

const place = (subscription: any, body: Json): Promise<Reply> => tenant.api.post(pathOf(subscription), body)

const held = (subscription: any, amount: number): Promise<any> =>
  create(tenant.api, pathOf(subscription), { amount_nanos: cents(amount) })

const capture = (subscription: any, hold: any, body: Json): Promise<Reply> =>
  tenant.api.post(`${pathOf(subscription)}/${hold.id}/capture`, body)

const release = (subscription: any, hold: any): Promise<Reply> =>
  tenant.api.post(`${pathOf(subscription)}/${hold.id}/release`)

let sent = 0

function event(event_type = "api.request", properties: Json = {}): Json {
  return { id: `e-${(sent += 1)}`, event_type, timestamp: NOW, properties }
}

async function amountOf({ id }: any): Promise<string> {
  return (await tenant.api.get(`/v1/subscriptions/${id}/usage`)).json.amount_nanos
}

test("a hold is told as it is, listed newest first, captured, and gone", async () => {
  const subscription = await subscribed()
  await limited(subscription, 100)
  const before = Date.now()
  const placed = await place(subscription, { amount_nanos: cents(60), ttl: 120 })
  expect(placed.status).toBe(201)
  const { limit_remaining_nanos: left, ...hold } = placed.json
  expect(left).toBe(cents(40))
  expect(hold).toEqual({
    id: expect.any(String),
    subscription_id: subscription.id,
    amount_nanos: cents(60),
    status: "Held",
    period_start: "2026-03-01T00:00:00Z",
    period_end: "2026-04-01T00:00:00Z",
    created_at: expect.any(String),
    expires_at: expect.any(String),
  })
  // Its time is the machine's, also where the tenant's clock stands still.
  const [from, until] = [Date.parse(hold.created_at), Date.parse(hold.expires_at)]
  expect(until - from).toBe(120_000)
  expect(from).toBeGreaterThanOrEqual(before - 1_000)
  const second = await held(subscription, 40)
  expect(Date.parse(second.expires_at) - Date.parse(second.created_at)).toBe(15 * 60_000)
  const { limit_remaining_nanos: _, ...listed } = second
  expect((await tenant.api.get(pathOf(subscription))).json).toEqual([listed, hold])
  const page = await tenant.api.get(`${pathOf(subscription)}?limit=1`)
  expect([page.json, page.headers.get("Link")]).toEqual([[listed], expect.stringContaining('rel="next"')])
  const rest = await tenant.api.get(`${pathOf(subscription)}?limit=1&cursor=${listed.id}`)
  expect([rest.json, rest.headers.get("Link")]).toEqual([[hold], null])

  const refused = await tenant.api.post("/v1/events", { ...event(), subscription_id: subscription.id })
  expect([refused.status, refused.json.code]).toEqual([402, "spend_limit_reached"])
  const first = event()
  const partly = await capture(subscription, hold, { events: [first], keep_rest: true })
  expect(partly.status).toBe(200)
  expect(partly.json).toEqual({
    captured: true,
    results: [{ event_id: first.id, duplicate: false, billable: true }],
    hold: { ...hold, amount_nanos: cents(59) },
    limit_remaining_nanos: "0",
  })
  const released = await release(subscription, second)
  expect([released.status, released.json]).toEqual([200, { ...listed, status: "Released" }])
  const all = { events: [event(), event()] }
  const captured = await capture(subscription, hold, all)
  expect(captured.json).toMatchObject({ captured: true, hold: null, limit_remaining_nanos: cents(97) })
  expect((await tenant.api.get(pathOf(subscription))).json).toEqual([])
  expect(await amountOf(subscription)).toBe(cents(3))

  const again = await capture(subscription, hold, all)
  expect(again.status).toBe(200)
  expect(again.json.results.map(({ duplicate }: Json) => duplicate)).toEqual([true, true])
  for (const reply of [
    await release(subscription, hold),
    await capture(subscription, hold, { events: [event()] }),
  ]) {
    expect([reply.status, reply.json.code]).toEqual([404, "not_found"])
    expect(reply.json.detail).toContain("captured or released")
  }
  expect(await amountOf(subscription)).toBe(cents(3))
})

describe("refused", () => {
  test("is a hold beyond a limit, and nothing after it", async () => {
    const subscription = await subscribed()
    const alert = await limited(subscription, 10)
    const refused = await place(subscription, { amount_nanos: cents(11) })
    expect([refused.status, refused.json.code]).toEqual([402, "spend_limit_reached"])
    expect((await place(subscription, { amount_nanos: cents(10) })).status).toBe(201)
    const path = `/admin/v1/customers/${subscription.customer_id}/alerts`
    expect((await tenant.api.get(path)).json).toEqual([alert])
  })

  test("is a capture that costs more than there is, whole", async () => {
    const subscription = await subscribed()
    await limited(subscription, 10)
    const [hold] = [await held(subscription, 2), await held(subscription, 8)]
    const events = [event(), event(), event()]
    const refused = await capture(subscription, hold, { events })
    expect([refused.status, refused.json.code]).toEqual([402, "spend_limit_reached"])
    expect(await amountOf(subscription)).toBe("0")
    const told = (await capture(subscription, hold, { events: events.slice(0, 2) })).json.results
    expect(told.map(({ duplicate }: Json) => duplicate)).toEqual([false, false])
  })

  test("are events that would be, with their place", async () => {
    const subscription = await subscribed()
    const hold = await held(subscription, 50)
    const known = { ...event("chat", { tokens: 1 }), subscription_id: subscription.id }
    await tenant.api.post("/v1/events", known)
    const faults: [Json, number, string, string][] = [
      [event("chat"), 422, "property_missing", "events.1.properties"],
      [{ ...event(), timestamp: "2999-01-01T00:00:00Z" }, 422, "timestamp_in_future", "events.1.timestamp"],
      [{ ...event(), customer_id: plan.id }, 404, "not_found", "events.1.customer_id"],
      [{ ...event(), subscription_id: plan.id }, 422, "invalid_request", "events.1.subscription_id"],
      [{ ...known, properties: { tokens: 2 } }, 409, "event_id_conflict", "events.1"],
      [event("chat", { tokens: 1, text: "x".repeat(20_000) }), 422, "invalid_request", "events.1.properties"],
      [{ ...event(), id: "" }, 422, "invalid_request", "events.1.id"],
    ]
    for (const [broken, status, code, path] of faults) {
      const events = [event(), broken]
      for (const reply of [
        await place(subscription, { events }),
        await capture(subscription, hold, { events }),
      ]) {
        expect([reply.status, reply.json.code]).toEqual([status, code])
        expect(reply.json.errors.map((fault: Json) => fault["path"])).toEqual([path])
      }
    }
    expect(await amountOf(subscription)).toBe("1")
    expect((await tenant.api.get(pathOf(subscription))).json).toHaveLength(1)
  })

  test("are an amount beside events, events of another period, and a subscription that is over", async () => {
    const subscription = await subscribed()
    const both = await place(subscription, { amount_nanos: "1", events: [event()] })
    expect(both.json.errors).toEqual([{ path: "amount_nanos", message: expect.any(String) }])
    await tenant.api.post(`/v1/subscriptions/${subscription.id}/cancel`, { at: "Now" })
    const over = await place(subscription, { amount_nanos: "1" })
    expect([over.status, over.json.code]).toEqual([409, "invalid_state"])

    const old = await newSubscription(tenant.api, plan, { started_at: "2026-02-01T00:00:00Z" })
    const late = { ...event(), timestamp: "2026-02-20T00:00:00Z" }
    const refused = await place(old, { events: [late] })
    expect([refused.status, refused.json.errors[0].path]).toEqual([422, "events"])
  })
})

test("a hold for events sets aside what they then cost, by tiers, with a limit and without", async () => {
  for (const limit of [null, 1_000]) {
    const subscription = await subscribed()
    if (limit !== null) await limited(subscription, limit)
    const used = Array.from({ length: 3 }, () => ({ ...event("render"), subscription_id: subscription.id }))
    await tenant.api.post("/v1/events/batch", used)
    const events = Array.from({ length: 4 }, () => event("render"))
    const hold = (await place(subscription, { events })).json
    // Two of them at ten cents, two at three.
    expect(hold.amount_nanos).toBe(cents(26))
    expect(hold.limit_remaining_nanos).toBe(limit === null ? undefined : cents(1_000 - 30 - 26))
    const kept = await capture(subscription, hold, { events: events.slice(0, 2), keep_rest: true })
    expect(kept.json.hold.amount_nanos).toBe(cents(6))
    const rest = await capture(subscription, hold, { events: events.slice(2), keep_rest: true })
    expect(rest.json.hold).toBe(null)
    expect(await amountOf(subscription)).toBe(cents(56))
  }
})

test("numbers of a capture stay exact, so the same event sent by itself is a duplicate", async () => {
  const subscription = await subscribed()
  const hold = await held(subscription, 1)
  const [id, exact] = [event("chat").id, "90071992547409931"]
  const text = `{"id":"${id}","event_type":"chat","timestamp":"${NOW}","properties":{"tokens":${exact}}}`
  const captured = await tenant.api.post(`${pathOf(subscription)}/${hold.id}/capture`, `{"events":[${text}]}`)
  expect(captured.status).toBe(200)
  const alone = await tenant.api.post(
    "/v1/events",
    text.replace("{", `{"subscription_id":"${subscription.id}",`),
  )
  expect(alone.json).toMatchObject({ accepted: true, duplicate: true })
  expect(await amountOf(subscription)).toBe(exact)
})

test("a SoftLimit that a hold crosses is told once", async () => {
  const subscription = await subscribed()
  await limited(subscription, 10, "SoftLimit")
  await held(subscription, 10)
  await held(subscription, 1)
  await held(subscription, 1)
  const path = `/admin/v1/customers/${subscription.customer_id}/alerts`
  const told = async () => (await tenant.api.get(path)).json[0].times_triggered
  await vi.waitFor(async () => expect(await told()).toBe(1), { timeout: 10_000 })
})

test("a hold outlives the period in which it was placed, and covers no event of the next", async () => {
  const own = await newTenant("test")
  await setClock(own.api, "2026-03-31T23:59:00Z")
  const sold = await newPlan(own.api, [CALLS])
  const subscription = await newSubscription(own.api, sold, { started_at: "2026-03-01T00:00:00Z" })
  const input = { alert_type: "HardLimit", threshold_nanos: cents(10) }
  await create(own.api, `/admin/v1/customers/${subscription.customer_id}/alerts`, input)
  const hold = await create(own.api, pathOf(subscription), { amount_nanos: cents(10) })
  expect((await own.api.post(pathOf(subscription), { amount_nanos: cents(1) })).status).toBe(402)
  await advance(own.api, { to: "2026-04-01T00:01:00Z" })
  // The next period has the whole limit.
  const next = await own.api.post(pathOf(subscription), { amount_nanos: cents(10) })
  expect([next.status, next.json.period_start]).toEqual([201, "2026-04-01T00:00:00Z"])
  const events = [{ ...event(), timestamp: "2026-04-01T00:00:30Z" }]
  const refused = await own.api.post(`${pathOf(subscription)}/${hold.id}/capture`, { events })
  expect(refused.status).toBe(402)
  const before = [{ ...event(), timestamp: "2026-03-31T23:59:30Z" }]
  const captured = await own.api.post(`${pathOf(subscription)}/${hold.id}/capture`, { events: before })
  expect(captured.json).toMatchObject({ captured: true, hold: null })
})

test("a customer's token holds for its own subscriptions, and for no other's", async () => {
  const [mine, theirs] = [await subscribed(), await subscribed()]
  const stranger = await newCustomer(tenant.api)
  const tokenOf = async (id: string) =>
    api((await create(tenant.api, `/admin/v1/customers/${id}/tokens`, {})).token)
  const [me, nobody] = [await tokenOf(mine.customer_id), await tokenOf(stranger.id)]
  const hold = await create(me, pathOf(mine), { amount_nanos: "1" })
  expect((await me.post(pathOf(theirs), { amount_nanos: "1" })).status).toBe(404)
  for (const action of ["release", "capture"]) {
    const body = action === "capture" ? { events: [event()] } : {}
    expect((await nobody.post(`${pathOf(mine)}/${hold.id}/${action}`, body)).status).toBe(404)
  }
  expect((await nobody.get(pathOf(mine))).status).toBe(404)
  expect((await me.post(`${pathOf(mine)}/${hold.id}/capture`, { events: [event()] })).status).toBe(200)
})
