// Spend limits from door to storage: however many write to however many subscriptions of a customer, what is accepted stays
// within a HardLimit to the last nano and can use all of it; a SoftLimit is told of once.

import { env, evictDurableObject } from "cloudflare:test"
import { beforeAll, describe, expect, test, vi } from "vitest"
import { budgetName } from "../../src/domain/alert.ts"
import { meterName } from "../../src/meter/name.ts"
import type { Json, Reply, Tenant } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { CALLS, CENT, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"

const NOW = "2026-03-10T12:00:00Z"

let tenant: Tenant
let plan: any

beforeAll(async () => {
  tenant = await newTenant("test")
  await setClock(tenant.api, NOW)
  plan = await newPlan(tenant.api, [CALLS])
})

type Subject = { readonly customer: any; readonly subscriptions: readonly any[] }

async function customerWith(count: number): Promise<Subject> {
  const customer = await newCustomer(tenant.api)
  const fields = { customer_id: customer.id, started_at: "2026-03-01T00:00:00Z" }
  const subscriptions = []
  for (let n = 0; n < count; n++) subscriptions.push(await newSubscription(tenant.api, plan, fields))
  return { customer, subscriptions }
}

async function limited({ customer }: Subject, type: string, cents: number): Promise<any> {
  const input = { alert_type: type, threshold_nanos: (BigInt(cents) * CENT).toString() }
  return create(tenant.api, `/admin/v1/customers/${customer.id}/alerts`, input)
}

let sent = 0

/** An event of one cent. */
function event(subscription: any, id = `e-${(sent += 1)}`, timestamp = NOW): Json {
  return { id, event_type: "api.request", subscription_id: subscription.id, timestamp }
}

/** Sent again as the answer asks for it, where a machine is too busy for its budget to be asked in time. */
async function send(subscription: any): Promise<Reply> {
  const one = event(subscription)
  for (;;) {
    const reply = await tenant.api.post("/v1/events", one)
    if (reply.status !== 429) return reply
  }
}

async function sendBatch(subscription: any, count: number): Promise<number> {
  const events = Array.from({ length: count }, () => event(subscription))
  return (await tenant.api.post("/v1/events/batch", { events })).json.accepted
}

/** What the meters say was accepted, in cents. */
async function spent({ subscriptions }: Subject): Promise<number> {
  const amounts = await Promise.all(
    subscriptions.map(
      async ({ id }) => (await tenant.api.get(`/v1/subscriptions/${id}/usage`)).json.amount_nanos,
    ),
  )
  return Number(amounts.reduce((sum, nanos) => sum + BigInt(nanos), 0n) / CENT)
}

const at = <T>(items: readonly T[], index: number): T => items[index % items.length] as T

test("a level that is weighted by time counts until the period's end: time alone never goes beyond the limit", async () => {
  const level = {
    ...CALLS,
    unit_amount_nanos: CENT.toString(),
    meter_event_type: "storage",
    meter_aggregation: "WeightedSum",
    meter_property: "gb",
  }
  const levels = await newPlan(tenant.api, [level])
  const customer = await newCustomer(tenant.api)
  const fields = { customer_id: customer.id, started_at: "2026-03-01T00:00:00Z" }
  const subscription = await newSubscription(tenant.api, levels, fields)
  await limited({ customer, subscriptions: [subscription] }, "HardLimit", 600)
  // From noon of the 10th to the end of March are 516 hours.
  const gb = (amount: number): Promise<Reply> =>
    tenant.api.post("/v1/events", {
      ...event(subscription),
      event_type: "storage",
      properties: { gb: amount },
    })
  expect(await gb(1)).toMatchObject({ status: 200, json: { limit_remaining_nanos: (84n * CENT).toString() } })
  expect((await gb(1)).json.code).toBe("spend_limit_reached")
})

// A thousand requests at once take a while on a machine that is busy.
describe("a HardLimit under many writers", { timeout: 120_000 }, () => {
  test.each([1, 8])("of single events to %i subscriptions", async (count) => {
    const subject = await customerWith(count)
    await limited(subject, "HardLimit", 500)
    const replies = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) => send(at(subject.subscriptions, n))),
    )
    const accepted = replies.filter(({ status }) => status === 200).length
    expect(accepted).toBe(500)
    const refused = replies.filter(({ status }) => status === 402)
    expect(refused).toHaveLength(500)
    expect(new Set(refused.map(({ json }) => json.code))).toEqual(new Set(["spend_limit_reached"]))
    expect(await spent(subject)).toBe(500)
  })

  test.each([1, 8])("of batches to %i subscriptions", async (count) => {
    const subject = await customerWith(count)
    await limited(subject, "HardLimit", 1_001)
    const batches = Array.from({ length: 24 }, (_, n) => sendBatch(at(subject.subscriptions, n), 73))
    const accepted = (await Promise.all(batches)).reduce((sum, one) => sum + one, 0)
    expect(accepted).toBe(1_001)
    expect(await spent(subject)).toBe(1_001)
  })

  test("with objects that restart in between", async () => {
    const subject = await customerWith(3)
    await limited(subject, "HardLimit", 200)
    const name = budgetName(tenant.id, subject.customer.id)
    const budget = env.BUDGET.getByName(name)
    let accepted = 0
    for (let round = 0; round < 12; round++) {
      const replies = await Promise.all(
        Array.from({ length: 30 }, (_, n) => send(at(subject.subscriptions, n))),
      )
      accepted += replies.filter(({ status }) => status === 200).length
      const meter = at(subject.subscriptions, round)
      const stub = env.METER.getByName(meterName(tenant.id, meter.id))
      // Only what runs can be evicted.
      await stub.noop()
      await evictDurableObject(stub)
      if (round % 3 > 0) continue
      await budget.confirm(name, [])
      await evictDurableObject(budget)
    }
    expect(accepted).toBe(200)
    expect(await spent(subject)).toBe(200)
  })
})

// Of events in packs some raise nothing: they pass at the threshold too, until one goes beyond. However they are grouped.
test.each([
  { divide_by: 7, round: "Up", cents: 4, fit: 28 },
  { divide_by: 3, round: "Up", cents: 7, fit: 21 },
  { divide_by: 3, round: "Down", cents: 7, fit: 23 },
])("a batch gets as much as single events: $divide_by, $round", async ({ cents, fit, ...transform }) => {
  const packs = await newPlan(tenant.api, [{ ...CALLS, quantity_transform: transform }])
  for (const sizes of [[45], [10, 35], Array.from({ length: 45 }, () => 1)]) {
    const customer = await newCustomer(tenant.api)
    const fields = { customer_id: customer.id, started_at: "2026-03-01T00:00:00Z" }
    const subscription = await newSubscription(tenant.api, packs, fields)
    await limited({ customer, subscriptions: [subscription] }, "HardLimit", cents)
    let accepted = 0
    for (const size of sizes) accepted += await sendBatch(subscription, size)
    expect([sizes.length, accepted]).toEqual([sizes.length, fit])
  }
})

test("one subscription alone can use all that the others leave", async () => {
  const subject = await customerWith(8)
  await limited(subject, "HardLimit", 300)
  for (const subscription of subject.subscriptions) expect((await send(subscription)).status).toBe(200)
  expect(await sendBatch(at(subject.subscriptions, 5), 400)).toBe(292)
  expect(await spent(subject)).toBe(300)
})

test("what was spent before counts, and a refused event does not burn its id", async () => {
  const subject = await customerWith(2)
  const [first, second] = subject.subscriptions
  expect(await sendBatch(first, 40)).toBe(40)
  const alert = await limited(subject, "HardLimit", 50)
  expect(await sendBatch(second, 20)).toBe(10)
  const late = event(first, "not burnt")
  expect((await tenant.api.post("/v1/events", late)).status).toBe(402)
  expect((await tenant.api.post("/v1/events", late)).status).toBe(402)
  await tenant.api.post(`/admin/v1/customers/${subject.customer.id}/alerts/${alert.id}/reset`)
  const again = await tenant.api.post("/v1/events", late)
  expect(again.json).toMatchObject({ accepted: true, duplicate: false })
  // After a reset the limit counts anew.
  expect(await sendBatch(second, 60)).toBe(49)
})

test("an alert below what is spent already lets nothing more pass, and a deleted one everything", async () => {
  const subject = await customerWith(1)
  const [only] = subject.subscriptions
  await sendBatch(only, 10)
  const alert = await limited(subject, "HardLimit", 5)
  expect((await send(only)).status).toBe(402)
  await tenant.api.delete(`/admin/v1/customers/${subject.customer.id}/alerts/${alert.id}`)
  expect((await send(only)).status).toBe(200)
})

test("a HardLimit that refuses is noted, and lets events pass again in the next period", async () => {
  const own = await newTenant("test")
  const before = tenant
  tenant = own
  try {
    await setClock(own.api, NOW)
    plan = await newPlan(own.api, [CALLS])
    const subject = await customerWith(2)
    const [first, second] = subject.subscriptions
    await limited(subject, "HardLimit", 3)
    expect(await sendBatch(first, 5)).toBe(3)
    expect((await send(second)).status).toBe(402)
    const alerts = () => own.api.get(`/admin/v1/customers/${subject.customer.id}/alerts`)
    const noted = { times_triggered: 1, triggered_at: NOW }
    await vi.waitFor(async () => expect((await alerts()).json[0]).toMatchObject(noted), { timeout: 10_000 })
    await advance(own.api, { to: "2026-04-01T00:00:00Z" })
    const later = "2026-04-01T00:00:00Z"
    const reply = await own.api.post("/v1/events", event(second, "next period", later))
    expect(reply.status).toBe(200)
  } finally {
    tenant = before
    plan = await newPlan(tenant.api, [CALLS])
  }
})

test("a SoftLimit is told of once by however many cross it, and usage goes on", async () => {
  const subject = await customerWith(8)
  const alert = await limited(subject, "SoftLimit", 100)
  const replies = await Promise.all(Array.from({ length: 300 }, (_, n) => send(at(subject.subscriptions, n))))
  expect(replies.every(({ status }) => status === 200)).toBe(true)
  const listed = async () =>
    (await tenant.api.get(`/admin/v1/customers/${subject.customer.id}/alerts`)).json[0]
  await vi.waitFor(async () => expect((await listed()).times_triggered).toBe(1), { timeout: 10_000 })
  await Promise.all(Array.from({ length: 50 }, (_, n) => send(at(subject.subscriptions, n))))
  await scheduler.wait(300)
  expect(await listed()).toMatchObject({ id: alert.id, times_triggered: 1, triggered_at: NOW })
  const trail = await tenant.api.get(`/admin/v1/audit?subject_id=${alert.id}&action=alert.triggered`)
  expect(trail.json).toHaveLength(1)
})
