// Corrections of what was billed, and events that come too late. By the test clock.

import { beforeEach, describe, expect, test } from "vitest"
import { limits } from "../../src/limits.ts"
import type { Api, Json } from "../support/client.ts"
import { advance, newTenant, setClock } from "../support/client.ts"
import { CALLS, invoicesOf, newPlan, newSubscription, told, use } from "../support/fixtures.ts"

const TIERS = {
  name: "Calls",
  pricing_model: "Graduated",
  tiers: [
    { up_to: "2", unit_amount_nanos: "1000000000000" },
    { up_to: null, unit_amount_nanos: "500000000000" },
  ],
  meter_event_type: "api.request",
}

let api: Api

beforeEach(async () => {
  api = (await newTenant("test")).api
  await setClock(api, "2026-01-01T00:00:00Z")
})

const event = (subscription: any, id: string, timestamp: string, properties: Json = {}) =>
  api.post("/v1/events", {
    id,
    event_type: "api.request",
    subscription_id: subscription.id,
    timestamp,
    properties,
  })

const voided = async (subscription: any, id: string) => {
  const reply = await api.post(`/v1/subscriptions/${subscription.id}/events/${id}/void`)
  expect(reply.status).toBe(200)
}

const moved = async (subscription: any, id: string, timestamp: string) => {
  const reply = await api.post(`/v1/subscriptions/${subscription.id}/events/${id}/amend`, { timestamp })
  expect(reply.status).toBe(200)
}

describe("corrections", () => {
  test("a void in a period that was billed is a line below zero on the next invoice, by its tiers", async () => {
    const subscription = await newSubscription(api, await newPlan(api, [TIERS]))
    await event(subscription, "a", "2026-01-02T00:00:00Z")
    await event(subscription, "b", "2026-01-03T00:00:00Z")
    await event(subscription, "c", "2026-01-04T00:00:00Z")
    await advance(api, { to: "2026-02-10T00:00:00Z" })
    await voided(subscription, "a")
    await voided(subscription, "b")
    await voided(subscription, "b")
    await event(subscription, "d", "2026-02-05T00:00:00Z")
    await advance(api, { to: "2026-03-02T00:00:00Z" })
    const [january, february] = await invoicesOf(api, subscription)
    expect(told(january)).toEqual([["Calls", "3", 250]])
    // One call is $1.00: of the $2.50 that were billed $1.50 too much.
    expect(told(february)).toEqual([
      ["Calls", "-2", -150],
      ["Calls", "1", 100],
    ])
    expect(february.line_items[0]).toMatchObject({
      service_start: "2026-01-01T00:00:00Z",
      service_end: "2026-02-01T00:00:00Z",
    })
    await advance(api, { to: "2026-04-02T00:00:00Z" })
    const [, , march] = await invoicesOf(api, subscription)
    expect(told(march)).toEqual([["Calls", "0", 0]])
  })

  test("the only event of a period is voided: all of it comes back", async () => {
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]))
    await event(subscription, "a", "2026-01-02T00:00:00Z")
    await advance(api, { to: "2026-02-10T00:00:00Z" })
    await voided(subscription, "a")
    await advance(api, { to: "2026-03-02T00:00:00Z" })
    const [, february] = await invoicesOf(api, subscription)
    expect(told(february)).toEqual([
      ["Calls", "-1", -1],
      ["Calls", "0", 0],
    ])
  })

  test("an amendment moves usage from a period that was billed to another one", async () => {
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]))
    await event(subscription, "a", "2026-01-31T23:59:59Z")
    await event(subscription, "b", "2026-01-31T00:00:00Z")
    await advance(api, { to: "2026-02-10T00:00:00Z" })
    await moved(subscription, "a", "2026-02-01T00:00:00Z")
    await advance(api, { to: "2026-03-02T00:00:00Z" })
    const [january, february] = await invoicesOf(api, subscription)
    expect(told(january)).toEqual([["Calls", "2", 2]])
    expect(told(february)).toEqual([
      ["Calls", "-1", -1],
      ["Calls", "1", 1],
    ])
  })

  test("a correction of a draft's period is on that invoice", async () => {
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]))
    await event(subscription, "a", "2026-01-02T00:00:00Z")
    await event(subscription, "b", "2026-01-02T00:00:00Z")
    await advance(api, { to: "2026-02-01T00:30:00Z" })
    await voided(subscription, "a")
    await advance(api, { to: "2026-03-02T00:00:00Z" })
    const [january, february] = await invoicesOf(api, subscription)
    expect(told(january)).toEqual([["Calls", "1", 1]])
    expect(told(february)).toEqual([["Calls", "0", 0]])
  })

  test("a correction of a period whose invoice was voided is in what is billed instead", async () => {
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]))
    await event(subscription, "a", "2026-01-02T00:00:00Z")
    await event(subscription, "b", "2026-01-02T00:00:00Z")
    await advance(api, { to: "2026-02-10T00:00:00Z" })
    const [january] = await invoicesOf(api, subscription)
    await api.post(`/admin/v1/invoices/${january.id}/void`, { reason: "Wrong address" })
    await voided(subscription, "a")
    await advance(api, { to: "2026-03-02T00:00:00Z" })
    const [, february] = await invoicesOf(api, subscription)
    expect(told(february)).toEqual([
      ["Calls", "1", 1],
      ["Calls", "0", 0],
    ])
  })

  test("after the end nothing bills by itself; a bill on demand has the difference", async () => {
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]))
    await event(subscription, "a", "2026-01-02T00:00:00Z")
    await event(subscription, "b", "2026-01-02T00:00:00Z")
    await advance(api, { to: "2026-01-10T00:00:00Z" })
    await api.post(`/v1/subscriptions/${subscription.id}/cancel`, { at: "Now" })
    await advance(api, { to: "2026-03-10T00:00:00Z" })
    await voided(subscription, "a")
    await advance(api, { to: "2026-05-10T00:00:00Z" })
    expect((await invoicesOf(api, subscription)).map(told)).toEqual([[["Calls", "2", 2]]])
    const bill = () => api.post(`/admin/v1/subscriptions/${subscription.id}/bill`)
    expect(told((await bill()).json)).toEqual([["Calls", "-1", -1]])
    expect(told((await bill()).json)).toEqual([])
  })
})

test("what went to the archive is told with its history, and corrected no more", async () => {
  await api.patch("/admin/v1/tenant", { raw_events_retention_days: 10 })
  const subscription = await newSubscription(api, await newPlan(api, [CALLS]))
  await event(subscription, "a/1", "2026-01-02T00:00:00Z", { tokens: 5 })
  const path = `/v1/subscriptions/${subscription.id}/events/a%2F1`
  await api.post(`${path}/amend`, { properties: { tokens: 3 }, reason: "Miscounted" })
  const before = await api.get(path)
  expect(before.json.history).toHaveLength(2)
  await advance(api, { to: "2026-02-20T00:00:00Z" })
  const archives = await api.get(`/admin/v1/subscriptions/${subscription.id}/archives`)
  expect(archives.json).toHaveLength(1)
  expect((await api.get(path)).json).toEqual(before.json)
  const refused = await api.post(`${path}/void`)
  expect([refused.status, refused.json.code]).toEqual([409, "invalid_state"])
  // One of the same period that came later is here, but not all that was counted beside it.
  await event(subscription, "late", "2026-01-02T00:00:00Z")
  const late = await api.post(`/v1/subscriptions/${subscription.id}/events/late/void`)
  expect([late.status, late.json.code]).toEqual([409, "invalid_state"])
  await event(subscription, "b", "2026-02-02T00:00:00Z")
  await voided(subscription, "b")
})

describe("late events that are refused", () => {
  const REJECT = { late_events: "Reject" }

  test("from the finalization of their period's invoice on, without using up their id", async () => {
    expect((await api.get("/admin/v1/tenant")).json.late_events).toBe("NextInvoice")
    expect((await api.patch("/admin/v1/tenant", REJECT)).json.late_events).toBe("Reject")
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]))
    await use(api, subscription, "2026-01-01T00:00:00Z", 2)
    // Closed, but a draft.
    await advance(api, { to: "2026-02-01T00:30:00Z" })
    await use(api, subscription, "2026-01-31T23:59:59Z", 1)
    await advance(api, { by: "PT1H" })
    const late = await event(subscription, "late", "2026-01-31T23:59:59.999Z")
    expect([late.status, late.json.code]).toEqual([409, "period_finalized"])
    const batch = await api.post("/v1/events/batch", [
      {
        id: "late",
        event_type: "api.request",
        subscription_id: subscription.id,
        timestamp: "2026-01-15T00:00:00Z",
      },
      {
        id: "due",
        event_type: "api.request",
        subscription_id: subscription.id,
        timestamp: "2026-02-01T00:00:00Z",
      },
    ])
    expect(batch.json.results).toMatchObject([
      { event_id: "late", status: "Rejected", code: "period_finalized" },
      { event_id: "due", status: "Accepted" },
    ])
    expect((await event(subscription, "late", "2026-02-01T00:00:00Z")).json).toMatchObject({
      duplicate: false,
    })
    await advance(api, { to: "2026-03-02T00:00:00Z" })
    const [january, february] = await invoicesOf(api, subscription)
    expect(told(january)).toEqual([["Calls", "3", 3]])
    expect(told(february)).toEqual([["Calls", "2", 2]])
  })

  test("what was accepted in time is a duplicate for ever, and corrections are never late", async () => {
    await api.patch("/admin/v1/tenant", REJECT)
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]))
    await event(subscription, "a", "2026-01-02T00:00:00Z")
    await event(subscription, "b", "2026-01-02T00:00:00Z")
    await advance(api, { to: "2026-02-10T00:00:00Z" })
    expect((await event(subscription, "a", "2026-01-02T00:00:00Z")).json).toMatchObject({ duplicate: true })
    await voided(subscription, "a")
    await moved(subscription, "b", "2026-01-03T00:00:00Z")
    await advance(api, { to: "2026-03-01T00:30:00Z" })
    // The draft adjusts January and opens it no more.
    expect((await event(subscription, "late", "2026-01-02T00:00:00Z")).json.code).toBe("period_finalized")
    expect((await event(subscription, "c", "2026-02-02T00:00:00Z")).status).toBe(200)
    await advance(api, { to: "2026-03-02T00:00:00Z" })
    const [, february] = await invoicesOf(api, subscription)
    expect(told(february)).toEqual([
      ["Calls", "-1", -1],
      ["Calls", "1", 1],
    ])
  })

  test("a voided invoice opens its periods again", async () => {
    await api.patch("/admin/v1/tenant", REJECT)
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]))
    await use(api, subscription, "2026-01-01T00:00:00Z", 2)
    await advance(api, { to: "2026-02-10T00:00:00Z" })
    const [january] = await invoicesOf(api, subscription)
    expect((await event(subscription, "late", "2026-01-02T00:00:00Z")).status).toBe(409)
    await api.post(`/admin/v1/invoices/${january.id}/void`, { reason: "Wrong address" })
    await advance(api, { by: "PT1S" })
    expect((await event(subscription, "late", "2026-01-02T00:00:00Z")).status).toBe(200)
    await advance(api, { to: "2026-03-01T00:30:00Z" })
    // What is billed instead is a draft.
    expect((await event(subscription, "later", "2026-01-02T00:00:00Z")).status).toBe(200)
    await advance(api, { to: "2026-03-02T00:00:00Z" })
    expect((await event(subscription, "latest", "2026-01-02T00:00:00Z")).status).toBe(409)
    const [, february] = await invoicesOf(api, subscription)
    expect(told(february)).toEqual([
      ["Calls", "4", 4],
      ["Calls", "0", 0],
    ])
  })

  test("a bill finalized by hand closes nothing of the period that still runs", async () => {
    await api.patch("/admin/v1/tenant", REJECT)
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]))
    await use(api, subscription, "2026-01-01T00:00:00Z", 2)
    await advance(api, { to: "2026-01-10T00:00:00Z" })
    const bill = await api.post(`/admin/v1/subscriptions/${subscription.id}/bill`)
    await api.post(`/admin/v1/invoices/${bill.json.id}/finalize`)
    await use(api, subscription, "2026-01-02T00:00:00Z", 1)
    await advance(api, { to: "2026-02-01T00:30:00Z" })
    await use(api, subscription, "2026-01-02T00:00:00Z", 1)
    const [, closing] = await invoicesOf(api, subscription)
    expect((await api.post(`/admin/v1/invoices/${closing.id}/finalize`)).status).toBe(200)
    expect((await event(subscription, "late", "2026-01-02T00:00:00Z")).json.code).toBe("period_finalized")
    expect((await invoicesOf(api, subscription)).map(told)).toEqual([
      [["Calls", "2", 2]],
      [["Calls", "2", 2]],
    ])
  })

  test("the running subscriptions hear of a change of the setting, all of them", async () => {
    const plan = await newPlan(api, [CALLS])
    const first = await newSubscription(api, plan)
    await advance(api, { to: "2026-02-10T00:00:00Z" })
    // More than one job takes.
    const customer = { customer_id: first.customer_id }
    for (let n = 0; n < limits.policySubscriptions; n += 1) await newSubscription(api, plan, customer)
    const last = await newSubscription(api, plan, { started_at: "2026-01-01T00:00:00Z" })
    await advance(api, { by: "PT2H" })
    const statuses = async (id: string) => {
      const late = [first, last].map((one) => event(one, id, "2026-01-02T00:00:00Z"))
      return (await Promise.all(late)).map(({ status }) => status)
    }
    expect(await statuses("taken")).toEqual([200, 200])
    await api.patch("/admin/v1/tenant", REJECT)
    await advance(api, { by: "PT1S" })
    expect(await statuses("refused")).toEqual([409, 409])
    await api.patch("/admin/v1/tenant", { late_events: "NextInvoice" })
    await advance(api, { by: "PT1S" })
    expect(await statuses("refused")).toEqual([200, 200])
  }, 60_000)
})
