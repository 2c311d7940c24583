// Prices that look at more than a quantity, from the event to the invoice: a card processor's fees, one by one, and compute that costs
// by region. Corrections, limits, holds and simulations see what the invoice will say.

import { beforeAll, describe, expect, test } from "vitest"
import type { Api, Json } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { CENT, invoicesOf, newCustomer, newPlan, newSubscription, told } from "../support/fixtures.ts"

const START = "2026-01-01T00:00:00Z"
const DAY = "2026-01-10T00:00:00Z"

/** 1 % and ten cents of each payment, at least 50 cents and at most five dollars. */
const CARD: Json = {
  name: "Payments",
  pricing_model: "Percentage",
  meter_event_type: "payment",
  meter_property: "amount",
  rate_bps: 100,
  fixed_amount_nanos: (10n * CENT).toString(),
  minimum_per_event_nanos: (50n * CENT).toString(),
  maximum_per_event_nanos: (500n * CENT).toString(),
}

/** Two cents in Europe, one in America, five elsewhere. */
const COMPUTE: Json = {
  name: "Compute",
  pricing_model: "Matrix",
  meter_event_type: "compute",
  meter_property: "seconds",
  group_by: ["region"],
  matrix: [
    { values: { region: "eu" }, unit_amount_nanos: (2n * CENT).toString() },
    { values: { region: "us" }, unit_amount_nanos: CENT.toString() },
  ],
  default_unit_amount_nanos: (5n * CENT).toString(),
}

let api: Api

/** Each of them a company of its own, at a time of its own. */
const beginsAt = (time: string) =>
  beforeAll(async () => {
    api = (await newTenant("test")).api
    await setClock(api, time)
  })

let sent = 0

function eventOf(subscription: any, event_type: string, properties: Json, timestamp = DAY): any {
  return { id: `e-${(sent += 1)}`, event_type, subscription_id: subscription.id, timestamp, properties }
}

const post = (event: any) => api.post("/v1/events", event)
const pay = (subscription: any, amount: unknown) => post(eventOf(subscription, "payment", { amount }))
const compute = (subscription: any, seconds: unknown, region?: string) =>
  post(eventOf(subscription, "compute", region === undefined ? { seconds } : { seconds, region }))

const spent = async ({ id }: any): Promise<number> =>
  Number(BigInt((await api.get(`/v1/subscriptions/${id}/usage`)).json.amount_nanos) / CENT)

describe("a subscription with both", () => {
  beginsAt(START)

  test("is billed event by event and region by region, also for what was corrected", async () => {
    const subscription = await newSubscription(api, await newPlan(api, [CARD, COMPUTE]))
    await advance(api, { to: DAY })
    for (const amount of [20, "100", 1000]) expect((await pay(subscription, amount)).status).toBe(200)
    // 0.30 is raised to 0.50, 1.10, and 10.10 is cut to 5.
    expect(await spent(subscription)).toBe(660)
    await compute(subscription, 10, "eu")
    await compute(subscription, 30, "us")
    await compute(subscription, 2)
    // 20 + 30 + 10 cents.
    expect(await spent(subscription)).toBe(720)
    const wrong = eventOf(subscription, "payment", { amount: 400 })
    await post(wrong)
    expect(await spent(subscription)).toBe(1130)
    const path = `/v1/subscriptions/${subscription.id}/events/${wrong.id}`
    // 50 instead of 400: 0.60 instead of 4.10. Then not at all.
    const amended = await api.post(`${path}/amend`, { properties: { amount: 50 } })
    expect([amended.status, await spent(subscription)]).toEqual([200, 780])
    expect((await api.post(`${path}/void`)).status).toBe(200)
    expect(await spent(subscription)).toBe(720)
    const interim = await api.post(`/admin/v1/subscriptions/${subscription.id}/bill`)
    expect((await api.post(`/admin/v1/invoices/${interim.json.id}/finalize`)).status).toBe(200)
    await pay(subscription, 60)
    await compute(subscription, 5, "ap")
    await advance(api, { to: "2026-02-01T00:00:00Z" })
    const lines = (await invoicesOf(api, subscription)).map(told)
    expect(lines).toEqual([
      [
        ["Payments", "1120", 660],
        ["Compute", "42", 60],
      ],
      [
        ["Payments", "60", 70],
        ["Compute", "5", 25],
      ],
    ])
  })
})

describe("a simulation", () => {
  beginsAt("2026-02-01T00:00:00Z")

  test("says what such prices would have billed", async () => {
    const amount = { meter_event_type: "payment", meter_property: "amount" }
    const flat = {
      name: "Flat rate",
      pricing_model: "PerUnit",
      unit_amount_nanos: CENT.toString(),
      ...amount,
    }
    const subscription = await newSubscription(api, await newPlan(api, [flat]), { started_at: START })
    for (const paid of [20, 100, 1000]) {
      await post(eventOf(subscription, "payment", { amount: paid, region: "eu" }, "2026-02-01T00:00:00Z"))
    }
    const regions = { ...COMPUTE, ...amount }
    const skus = [CARD, regions].map((sku) => ({ currency: "USD", ...sku }))
    const body = { skus, from: "2026-02-01T00:00:00Z" }
    const simulated = await api.post(`/admin/v1/subscriptions/${subscription.id}/simulate`, body)
    expect(simulated.status).toBe(200)
    const [{ current, simulated: other }] = simulated.json.periods
    const amounts = (bill: any) =>
      bill.lines.map((line: any) => [line.description, Number(BigInt(line.amount_nanos) / CENT)])
    expect(amounts(current)).toEqual([["Flat rate", 1120]])
    expect(amounts(other)).toEqual([
      ["Payments", 660],
      ["Compute", 2240],
    ])
  })
})

describe("a limit", () => {
  beginsAt("2026-02-01T00:00:00Z")

  async function limited(sku: Json, cents: bigint): Promise<any> {
    const customer = await newCustomer(api)
    const plan = await newPlan(api, [sku])
    const subscription = await newSubscription(api, plan, { customer_id: customer.id, started_at: START })
    await create(api, `/admin/v1/customers/${customer.id}/alerts`, {
      alert_type: "HardLimit",
      threshold_nanos: (cents * CENT).toString(),
    })
    return subscription
  }

  const left = (reply: any) => Number(BigInt(reply.json.limit_remaining_nanos) / CENT)
  const now = "2026-02-01T00:00:00Z"
  const paid = (subscription: any, amount: number) => post(eventOf(subscription, "payment", { amount }, now))

  test("counts the fee of each event, and refuses the one that would cross it", async () => {
    const subscription = await limited(CARD, 660n)
    const replies = [await paid(subscription, 20), await paid(subscription, 100)]
    expect(replies.map(left)).toEqual([610, 500])
    // A payment of 500 is five dollars and ten cents, cut to five: all that is left.
    expect(left(await paid(subscription, 500))).toBe(0)
    expect((await paid(subscription, 1)).json.code).toBe("spend_limit_reached")
    expect(await spent(subscription)).toBe(660)
  })

  test("counts each region at its price", async () => {
    const subscription = await limited(COMPUTE, 100n)
    const used = (seconds: number, region?: string) =>
      post(eventOf(subscription, "compute", region === undefined ? { seconds } : { seconds, region }, now))
    expect(left(await used(10, "eu"))).toBe(80)
    expect(left(await used(30, "us"))).toBe(50)
    // Eleven elsewhere would be 55 cents.
    expect((await used(11)).json.code).toBe("spend_limit_reached")
    expect(await spent(subscription)).toBe(50)
  })

  test("many writers use all of it and no more", async () => {
    const subscription = await limited(COMPUTE, 100n)
    const event = (n: number) =>
      post(eventOf(subscription, "compute", { seconds: 1, region: n % 2 === 0 ? "eu" : "us" }, now))
    const replies = await Promise.all(Array.from({ length: 100 }, (_, n) => event(n)))
    const accepted = replies.filter(({ status }) => status === 200).length
    const total = await spent(subscription)
    // No event costs more than two cents, so at most one cent can be left.
    expect(total).toBeLessThanOrEqual(100)
    expect(total).toBeGreaterThanOrEqual(99)
    expect(accepted).toBeGreaterThanOrEqual(50)
  })

  test("a hold sets aside what its events would cost", async () => {
    const subscription = await limited(CARD, 660n)
    const events = [eventOf(subscription, "payment", { amount: 100 }, now)]
    const held = await api.post(`/v1/subscriptions/${subscription.id}/holds`, { events, ttl: 120 })
    expect([held.status, held.json.amount_nanos]).toEqual([201, (110n * CENT).toString()])
  })
})
