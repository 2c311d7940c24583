// What happens to a subscription: trials, fees in advance, cancellations, late usage, voids. By the test clock.

import { beforeEach, describe, expect, test } from "vitest"
import type { Api } from "../support/client.ts"
import { advance, newTenant, setClock } from "../support/client.ts"
import {
  CALLS,
  FEE,
  invoicesOf,
  newCustomer,
  newPlan,
  newSubscription,
  told,
  use,
} from "../support/fixtures.ts"

let api: Api

beforeEach(async () => {
  api = (await newTenant("test")).api
  await setClock(api, "2026-01-01T00:00:00Z")
})

describe("trials", () => {
  test("a trial waives the fee for its days and charges usage from the first event", async () => {
    const plan = await newPlan(api, [CALLS, FEE], { trial_days: 10 })
    const subscription = await newSubscription(api, plan)
    expect(subscription).toMatchObject({ status: "Trialing", trial_end: "2026-01-11T00:00:00Z" })
    await use(api, subscription, "2026-01-01T00:00:00Z", 5)
    await advance(api, { to: "2026-01-11T00:00:00Z" })
    const active = await api.get(`/v1/subscriptions/${subscription.id}`)
    expect(active.json.status).toBe("Active")
    await advance(api, { to: "2026-02-01T00:00:00Z" })
    const [first] = await invoicesOf(api, subscription)
    // 21 of January's 31 days at $31.00.
    expect(told(first)).toEqual([
      ["Calls", "5", 5],
      ["Fee", "1", 2_100],
    ])
  })

  test("usage of a free trial is kept and not charged", async () => {
    const plan = await newPlan(api, [CALLS], { trial_days: 10, trial_usage: "Free" })
    const subscription = await newSubscription(api, plan)
    const event = {
      id: "a",
      event_type: "api.request",
      subscription_id: subscription.id,
      timestamp: "2026-01-01T00:00:00Z",
    }
    expect((await api.post("/v1/events", event)).json).toMatchObject({ accepted: true, billable: false })
    await advance(api, { to: "2026-01-12T00:00:00Z" })
    await use(api, subscription, "2026-01-11T00:00:00Z", 3)
    await advance(api, { to: "2026-02-01T00:00:00Z" })
    const [first] = await invoicesOf(api, subscription)
    expect(told(first)).toEqual([["Calls", "3", 3]])
  })

  test("trial_days of the subscription win over the plan's", async () => {
    const plan = await newPlan(api, [FEE], { trial_days: 10 })
    expect(await newSubscription(api, plan, { trial_days: 0 })).toMatchObject({
      status: "Active",
      trial_end: null,
    })
  })
})

describe("in advance", () => {
  const SEATS = {
    name: "Seats",
    pricing_model: "PerUnit",
    unit_amount_nanos: "10000000000000",
    billing_timing: "InAdvance",
  }

  test("the first fee is drafted at the start, the next beside the usage of the ended period", async () => {
    const plan = await newPlan(api, [CALLS, SEATS])
    const subscription = await newSubscription(api, plan, { quantity: 3 })
    await advance(api, { by: "PT1S" })
    await use(api, subscription, "2026-01-01T00:00:00Z", 2)
    await advance(api, { to: "2026-02-01T00:00:00Z" })
    const [first, second] = await invoicesOf(api, subscription)
    expect(told(first)).toEqual([["Seats", "3", 3_000]])
    expect(told(second)).toEqual([
      ["Calls", "2", 2],
      ["Seats", "3", 3_000],
    ])
    expect(second.line_items[1]).toMatchObject({
      service_start: "2026-02-01T00:00:00Z",
      service_end: "2026-03-01T00:00:00Z",
    })
  })

  test("after a trial only what follows it is charged, once", async () => {
    const plan = await newPlan(api, [{ ...SEATS, unit_amount_nanos: "31000000000000" }], { trial_days: 10 })
    const subscription = await newSubscription(api, plan)
    await advance(api, { to: "2026-01-31T00:00:00Z" })
    const found = await invoicesOf(api, subscription)
    expect(found.map(told)).toEqual([[["Seats", "1", 2_100]]])
  })
})

describe("cancelling", () => {
  test("now: the time served and the usage are billed, and later events are refused", async () => {
    const plan = await newPlan(api, [CALLS, FEE])
    const subscription = await newSubscription(api, plan)
    await use(api, subscription, "2026-01-01T00:00:00Z", 4)
    await advance(api, { to: "2026-01-11T00:00:00Z" })
    const cancelled = await api.post(`/v1/subscriptions/${subscription.id}/cancel`, { at: "Now" })
    expect(cancelled.json).toMatchObject({ status: "Cancelled", ended_at: "2026-01-11T00:00:00Z" })
    const late = {
      id: "late",
      event_type: "api.request",
      subscription_id: subscription.id,
      timestamp: "2026-01-11T00:00:01Z",
    }
    expect((await api.post("/v1/events", late)).json.code).toBe("subscription_ended")
    const again = await api.post(`/v1/subscriptions/${subscription.id}/cancel`, { at: "Now" })
    expect([again.status, again.json.code]).toEqual([409, "invalid_state"])
    await advance(api, { to: "2026-04-01T00:00:00Z" })
    const found = await invoicesOf(api, subscription)
    expect(found.map(told)).toEqual([
      [
        ["Calls", "4", 4],
        ["Fee", "1", 1_000],
      ],
    ])
  })

  test("at the period's end: it runs on until then, and no period follows", async () => {
    const plan = await newPlan(api, [FEE])
    const subscription = await newSubscription(api, plan)
    const scheduled = await api.post(`/v1/subscriptions/${subscription.id}/cancel`, { at: "PeriodEnd" })
    expect(scheduled.json).toMatchObject({
      status: "Active",
      cancel_at: "2026-02-01T00:00:00Z",
      ended_at: null,
    })
    const schedule = await api.get(`/v1/subscriptions/${subscription.id}/schedule?count=5`)
    expect(schedule.json).toHaveLength(1)
    await advance(api, { to: "2026-06-01T00:00:00Z" })
    const ended = await api.get(`/v1/subscriptions/${subscription.id}`)
    expect(ended.json).toMatchObject({ status: "Cancelled", ended_at: "2026-02-01T00:00:00Z" })
    expect((await invoicesOf(api, subscription)).map(told)).toEqual([[["Fee", "1", 3_100]]])
  })
})

describe("late usage and voids", () => {
  test("an event for a draft's period is on that invoice when it is finalized", async () => {
    const plan = await newPlan(api, [CALLS])
    const subscription = await newSubscription(api, plan)
    await use(api, subscription, "2026-01-01T00:00:00Z", 2)
    await advance(api, { to: "2026-02-01T00:30:00Z" })
    await use(api, subscription, "2026-01-31T23:59:59Z", 5)
    await advance(api, { by: "PT1H" })
    const [january] = await invoicesOf(api, subscription)
    expect(january.status).toBe("Open")
    expect(told(january)).toEqual([["Calls", "7", 7]])
  })

  test("an event for a finalized period is charged on the next invoice with its own service period", async () => {
    const plan = await newPlan(api, [CALLS])
    const subscription = await newSubscription(api, plan)
    await use(api, subscription, "2026-01-01T00:00:00Z", 2)
    await advance(api, { to: "2026-02-10T00:00:00Z" })
    await use(api, subscription, "2026-01-15T00:00:00Z", 3)
    await use(api, subscription, "2026-02-05T00:00:00Z", 1)
    await advance(api, { to: "2026-03-02T00:00:00Z" })
    const [january, february] = await invoicesOf(api, subscription)
    expect(told(january)).toEqual([["Calls", "2", 2]])
    expect(told(february)).toEqual([
      ["Calls", "3", 3],
      ["Calls", "1", 1],
    ])
    expect(february.line_items[0].service_start).toBe("2026-01-01T00:00:00Z")
    await advance(api, { to: "2026-04-02T00:00:00Z" })
    const [, , march] = await invoicesOf(api, subscription)
    expect(told(march)).toEqual([["Calls", "0", 0]])
  })

  test("what a void invoice charged is on the next bill, and the ledger takes it back", async () => {
    const plan = await newPlan(api, [CALLS, FEE])
    const subscription = await newSubscription(api, plan)
    await use(api, subscription, "2026-01-01T00:00:00Z", 2)
    await advance(api, { to: "2026-02-01T02:00:00Z" })
    const [january] = await invoicesOf(api, subscription)
    const voided = await api.post(`/admin/v1/invoices/${january.id}/void`, { reason: "Wrong address" })
    expect(voided.json).toMatchObject({
      status: "Void",
      voided_reason: "Wrong address",
      invoice_number: "INV-000001",
    })
    const customer = await api.get(`/admin/v1/customers/${subscription.customer_id}`)
    expect(customer.json.balances.every((b: any) => b.amount_nanos === "0")).toBe(true)
    const second = await api.post(`/admin/v1/invoices/${january.id}/void`, { reason: "Again" })
    expect(second.status).toBe(409)
    const billed = await api.post(`/admin/v1/subscriptions/${subscription.id}/bill`)
    expect(told(billed.json).slice(0, 2)).toEqual([
      ["Calls", "2", 2],
      ["Fee", "1", 3_100],
    ])
    const finalized = await api.post(`/admin/v1/invoices/${billed.json.id}/finalize`)
    expect(finalized.json.invoice_number).toBe("INV-000002")
  })

  test("two drafts of one period never both take late usage", async () => {
    const plan = await newPlan(api, [CALLS])
    const subscription = await newSubscription(api, plan)
    await use(api, subscription, "2026-01-01T00:00:00Z", 2)
    const bill = () => api.post(`/admin/v1/subscriptions/${subscription.id}/bill`)
    const drafts = [(await bill()).json, (await bill()).json]
    await use(api, subscription, "2026-01-01T00:00:00Z", 5)
    const finalized = await Promise.all(
      drafts.map((draft) => api.post(`/admin/v1/invoices/${draft.id}/finalize`)),
    )
    expect(finalized.map((answer) => answer.status)).toEqual([200, 200])
    const total = finalized.reduce((sum, answer) => sum + BigInt(answer.json.total_nanos), 0n)
    expect(total).toBe(70_000_000_000n)
    const numbers = new Set(finalized.map((answer) => answer.json.invoice_number))
    expect(numbers).toEqual(new Set(["INV-000001", "INV-000002"]))
  })
})

describe("starts", () => {
  test("an event of the second in which a subscription starts is billable", async () => {
    const live = (await newTenant("live")).api
    const subscription = await newSubscription(live, await newPlan(live, [CALLS]))
    expect(subscription.started_at).toMatch(/:\d\dZ$/)
    const event = {
      id: "a",
      event_type: "api.request",
      subscription_id: subscription.id,
      timestamp: subscription.started_at,
    }
    expect((await live.post("/v1/events", event)).json).toMatchObject({ accepted: true, billable: true })
  })

  test("missed periods are billed one by one", async () => {
    const plan = await newPlan(api, [FEE])
    const subscription = await newSubscription(api, plan, { started_at: "2025-10-31T00:00:00Z" })
    await advance(api, { by: "PT1S" })
    const found = await invoicesOf(api, subscription)
    expect(found.map((invoice) => [invoice.period_start, invoice.period_end])).toEqual([
      ["2025-10-31T00:00:00Z", "2025-11-30T00:00:00Z"],
      ["2025-11-30T00:00:00Z", "2025-12-31T00:00:00Z"],
    ])
    const now = await api.get(`/v1/subscriptions/${subscription.id}`)
    expect(now.json).toMatchObject({
      period_start: "2025-12-31T00:00:00Z",
      period_end: "2026-01-31T00:00:00Z",
    })
  })

  test("a subscription of a suspended customer, an archived plan or another currency is refused", async () => {
    const plan = await newPlan(api, [CALLS])
    const eur = await newCustomer(api, { currency: "EUR" })
    const refused = await api.post("/v1/subscriptions", { customer_id: eur.id, plan_id: plan.id })
    expect([refused.status, refused.json.code, refused.json.errors[0].path]).toEqual([
      422,
      "currency_mismatch",
      "currency",
    ])
    const customer = await newCustomer(api)
    await api.patch(`/admin/v1/customers/${customer.id}`, { status: "Suspended" })
    const suspended = await api.post("/v1/subscriptions", { customer_id: customer.id, plan_id: plan.id })
    expect([suspended.status, suspended.json.code]).toEqual([409, "invalid_state"])
    const seats = await api.post("/v1/subscriptions", {
      customer_id: (await newCustomer(api)).id,
      plan_id: plan.id,
      quantity: 2,
    })
    expect([seats.status, seats.json.errors[0].path]).toEqual([422, "quantity"])
  })
})
