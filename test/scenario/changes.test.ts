// What a subscription goes through in its life: upgrades and downgrades, seats, pauses, cancellations, plan versions. Stories with
// the test clock; the numbers are worked out by hand beside them.

import { beforeEach, describe, expect, test } from "vitest"
import type { Api, Json } from "../support/client.ts"
import { advance, newTenant, setClock } from "../support/client.ts"
import { CALLS, invoicesOf, newPlan, newSubscription, told, use } from "../support/fixtures.ts"

let api: Api

// April has 30 days: a day of a $30.00 fee is $1.00.
beforeEach(async () => {
  api = (await newTenant("test")).api
  await setClock(api, "2026-04-01T00:00:00Z")
})

const flat = (name: string, dollars: number, fields: Json = {}): Json => ({
  name,
  pricing_model: "Flat",
  unit_amount_nanos: `${dollars}000000000000`,
  billing_timing: "InAdvance",
  ...fields,
})

const SEATS: Json = {
  name: "Seats",
  pricing_model: "PerUnit",
  unit_amount_nanos: "30000000000000",
  billing_timing: "InAdvance",
}

const path = (subscription: any, what: string) => `/v1/subscriptions/${subscription.id}/${what}`

async function lastInvoice(subscription: any): Promise<any> {
  return (await invoicesOf(api, subscription)).at(-1)
}

/** What a preview says of an invoice, to be compared with the one that follows. */
function figures(invoice: any) {
  return {
    total: invoice.total_nanos,
    lines: invoice.line_items.map((line: any) => [
      line.description,
      line.quantity,
      line.amount_nanos,
      line.service_start,
      line.service_end,
    ]),
  }
}

describe("plans", () => {
  test("an upgrade on day 10 gives back the rest of the old fee and charges the rest of the new one, at once", async () => {
    const small = await newPlan(api, [flat("Small", 30)])
    const large = await newPlan(api, [flat("Large", 90)])
    const subscription = await newSubscription(api, small)
    await advance(api, { to: "2026-04-11T00:00:00Z" })
    const preview = await api.post(path(subscription, "change/preview"), { plan_id: large.id })
    expect(preview.status).toBe(200)
    // 20 of 30 days: 20 of $30 back, 60 of $90 due.
    expect(preview.json).toMatchObject({
      effective_at: "2026-04-11T00:00:00Z",
      credit_nanos: "-20000000000000",
      charge_nanos: "60000000000000",
      total_nanos: "40000000000000",
      invoiced: "Now",
    })
    const changed = await api.post(path(subscription, "change"), { plan_id: large.id })
    expect(changed.status).toBe(200)
    expect(changed.json).toMatchObject({ plan_id: large.id, period_end: "2026-05-01T00:00:00Z" })
    const invoice = await lastInvoice(subscription)
    expect(told(invoice)).toEqual([
      ["Small", "1", -2_000],
      ["Large", "1", 6_000],
    ])
    expect(figures(invoice)).toEqual(figures(preview.json.invoice))
    await advance(api, { to: "2026-05-01T00:00:00Z" })
    expect(told(await lastInvoice(subscription))).toEqual([["Large", "1", 9_000]])
  })

  test("what a change costs does not depend on whether the running period is billed yet", async () => {
    const small = await newPlan(api, [flat("Small", 30)])
    const large = await newPlan(api, [flat("Large", 90)])
    // Started eleven days ago, and nothing has run since: not even the first fee is billed.
    const subscription = await newSubscription(api, small, { started_at: "2026-03-21T00:00:00Z" })
    const preview = await api.post(path(subscription, "change/preview"), { plan_id: large.id })
    // 20 of 31 days: $19.35 of $30 back, $58.06 of $90 due.
    expect(preview.json).toMatchObject({
      credit_nanos: "-19350000000000",
      charge_nanos: "58060000000000",
      line_items: [{ description: "Small" }, { description: "Large" }],
    })
  })

  test("a downgrade at the period's end costs nothing until then, and can be withdrawn", async () => {
    const small = await newPlan(api, [flat("Small", 30)])
    const large = await newPlan(api, [flat("Large", 90)])
    const subscription = await newSubscription(api, large)
    await advance(api, { to: "2026-04-11T00:00:00Z" })
    const preview = await api.post(path(subscription, "change/preview"), {
      plan_id: small.id,
      at: "PeriodEnd",
    })
    expect(preview.json).toMatchObject({
      effective_at: "2026-05-01T00:00:00Z",
      total_nanos: "0",
      line_items: [],
      invoiced: "NextInvoice",
    })
    const scheduled = await api.post(path(subscription, "change"), { plan_id: small.id, at: "PeriodEnd" })
    expect(scheduled.json.plan_id).toBe(large.id)
    const listed = await api.get(path(subscription, "scheduled-changes"))
    expect(listed.json).toMatchObject([
      { kind: "Change", effective_at: "2026-05-01T00:00:00Z", plan_id: small.id },
    ])
    await advance(api, { to: "2026-05-01T00:00:00Z" })
    const may = await lastInvoice(subscription)
    expect(told(may)).toEqual([["Small", "1", 3_000]])
    expect(figures(may)).toEqual(figures(preview.json.invoice))
    expect((await api.get(`/v1/subscriptions/${subscription.id}`)).json.plan_id).toBe(small.id)

    await api.post(path(subscription, "change"), { plan_id: large.id, at: "PeriodEnd" })
    const [again] = (await api.get(path(subscription, "scheduled-changes"))).json
    expect((await api.delete(path(subscription, `scheduled-changes/${again.id}`))).status).toBe(200)
    expect((await api.get(path(subscription, "scheduled-changes"))).json).toEqual([])
    await advance(api, { to: "2026-06-01T00:00:00Z" })
    expect(told(await lastInvoice(subscription))).toEqual([["Small", "1", 3_000]])
  })

  test("usage is priced by the plan of its time", async () => {
    const cheap = await newPlan(api, [CALLS])
    const dear = await newPlan(api, [{ ...CALLS, name: "Dear calls", unit_amount_nanos: "50000000000" }])
    const subscription = await newSubscription(api, cheap)
    await use(api, subscription, "2026-04-01T00:00:00Z", 3)
    await advance(api, { to: "2026-04-11T00:00:00Z" })
    await api.post(path(subscription, "change"), { plan_id: dear.id })
    await use(api, subscription, "2026-04-11T00:00:00Z", 4)
    // Sent now, used before: at the price of then.
    await use(api, subscription, "2026-04-10T23:59:59Z", 2)
    await advance(api, { to: "2026-05-01T00:00:00Z" })
    expect(told(await lastInvoice(subscription))).toEqual([
      ["Calls", "5", 5],
      ["Dear calls", "4", 20],
    ])
  })

  test("a plan of another cadence begins a new period, and closes the old one on the same invoice", async () => {
    const monthly = await newPlan(api, [flat("Monthly", 30), CALLS])
    const annual = await newPlan(api, [flat("Annual", 365)], { billing_cadence: "Annual" })
    const subscription = await newSubscription(api, monthly)
    await advance(api, { by: "PT1S" })
    await use(api, subscription, "2026-04-01T00:00:00Z", 7)
    await advance(api, { to: "2026-04-16T00:00:00Z" })
    const preview = await api.post(path(subscription, "change/preview"), { plan_id: annual.id })
    const changed = await api.post(path(subscription, "change"), { plan_id: annual.id })
    expect(changed.json).toMatchObject({
      period_start: "2026-04-16T00:00:00Z",
      period_end: "2027-04-16T00:00:00Z",
    })
    const invoice = await lastInvoice(subscription)
    expect(told(invoice)).toEqual([
      ["Monthly", "1", -1_500],
      ["Calls", "7", 7],
      ["Annual", "1", 36_500],
    ])
    expect(figures(invoice)).toEqual(figures(preview.json.invoice))
  })

  test("without proration the running period keeps its fees", async () => {
    const small = await newPlan(api, [flat("Small", 30)])
    const large = await newPlan(api, [flat("Large", 90)])
    const subscription = await newSubscription(api, small)
    await advance(api, { to: "2026-04-11T00:00:00Z" })
    const changed = await api.post(path(subscription, "change"), { plan_id: large.id, prorate: false })
    expect(changed.json.plan_id).toBe(large.id)
    await advance(api, { to: "2026-05-01T00:00:00Z" })
    const all = await invoicesOf(api, subscription)
    expect(all.map(told)).toEqual([[["Small", "1", 3_000]], [["Large", "1", 9_000]]])
  })

  test("a change at the very instant of the start is as if it had been so from the beginning", async () => {
    const small = await newPlan(api, [flat("Small", 30)])
    const large = await newPlan(api, [flat("Large", 90)])
    const subscription = await newSubscription(api, small)
    const changed = await api.post(path(subscription, "change"), { plan_id: large.id })
    expect(changed.json.plan_id).toBe(large.id)
    await advance(api, { to: "2026-05-01T00:00:00Z" })
    const all = await invoicesOf(api, subscription)
    // $90 for April and $90 for May, whatever was billed of the small plan and given back.
    expect(all.flatMap(told).reduce((total, [, , cents]) => total + cents, 0)).toBe(18_000)
  })
})

describe("seats", () => {
  test("10 → 25 seats on day 15 in advance: two lines, half of a month each", async () => {
    const plan = await newPlan(api, [SEATS])
    const subscription = await newSubscription(api, plan, { quantity: "10" })
    await advance(api, { to: "2026-04-16T00:00:00Z" })
    await api.post(path(subscription, "change"), { quantity: "25" })
    const invoice = await lastInvoice(subscription)
    expect(told(invoice)).toEqual([
      ["Seats", "10", -15_000],
      ["Seats", "25", 37_500],
    ])
    await advance(api, { to: "2026-05-01T00:00:00Z" })
    expect(told(await lastInvoice(subscription))).toEqual([["Seats", "25", 75_000]])
  })

  test("fewer seats now come off the next invoice, not out of an invoice below zero", async () => {
    const plan = await newPlan(api, [SEATS])
    const subscription = await newSubscription(api, plan, { quantity: "10" })
    await advance(api, { to: "2026-04-16T00:00:00Z" })
    const preview = await api.post(path(subscription, "change/preview"), { quantity: "4" })
    expect(preview.json).toMatchObject({ total_nanos: "-90000000000000", invoiced: "NextInvoice" })
    await api.post(path(subscription, "change"), { quantity: "4" })
    expect(await invoicesOf(api, subscription)).toHaveLength(1)
    await advance(api, { to: "2026-05-01T00:00:00Z" })
    const may = await lastInvoice(subscription)
    expect(told(may)).toEqual([
      ["Seats", "10", -15_000],
      ["Seats", "4", 6_000],
      ["Seats", "4", 12_000],
    ])
    expect(figures(may)).toEqual(figures(preview.json.invoice))
  })

  test("seats in arrears are charged by who was there when", async () => {
    const plan = await newPlan(api, [{ ...SEATS, billing_timing: "InArrears" }])
    const subscription = await newSubscription(api, plan, { quantity: "10" })
    await advance(api, { to: "2026-04-16T00:00:00Z" })
    await api.post(path(subscription, "change"), { quantity: "25" })
    expect(await invoicesOf(api, subscription)).toHaveLength(0)
    await advance(api, { to: "2026-05-01T00:00:00Z" })
    expect(told(await lastInvoice(subscription))).toEqual([
      ["Seats", "10", 15_000],
      ["Seats", "25", 37_500],
    ])
  })

  test("by whole days the change day belongs to the new quantity", async () => {
    const plan = await newPlan(api, [SEATS], { prorate: "Day" })
    const subscription = await newSubscription(api, plan, { quantity: "1" })
    await advance(api, { to: "2026-04-16T18:00:00Z" })
    await api.post(path(subscription, "change"), { quantity: "2" })
    expect(told(await lastInvoice(subscription))).toEqual([
      ["Seats", "1", -1_500],
      ["Seats", "2", 3_000],
    ])
  })
})

describe("pauses", () => {
  test("a pause across a period's end is not charged, and the anchor stays", async () => {
    const plan = await newPlan(api, [flat("Fee", 30), CALLS])
    const subscription = await newSubscription(api, plan)
    await advance(api, { to: "2026-04-21T00:00:00Z" })
    expect((await api.post(path(subscription, "pause"), {})).json.status).toBe("Paused")
    const late = {
      id: "in the pause",
      event_type: "api.request",
      subscription_id: subscription.id,
      timestamp: "2026-04-21T00:00:00Z",
    }
    expect((await api.post("/v1/events", late)).json).toMatchObject({ accepted: true, billable: false })
    await advance(api, { to: "2026-05-02T00:00:00Z" })
    // 10 of 30 days given back, and nothing of May.
    expect(told(await lastInvoice(subscription))).toEqual([
      ["Fee", "1", -1_000],
      ["Calls", "0", 0],
    ])
    await advance(api, { to: "2026-05-17T00:00:00Z" })
    const resumed = await api.post(path(subscription, "resume"), {})
    expect(resumed.json).toMatchObject({ status: "Active", period_end: "2026-06-01T00:00:00Z" })
    // 15 of May's 31 days at $30: $14.516…
    expect(told(await lastInvoice(subscription))).toEqual([["Fee", "1", 1_452]])
  })

  test("a resumption that resets the anchor begins a whole period", async () => {
    const plan = await newPlan(api, [flat("Fee", 30)])
    const subscription = await newSubscription(api, plan)
    await advance(api, { to: "2026-04-11T00:00:00Z" })
    await api.post(path(subscription, "pause"), {})
    await advance(api, { to: "2026-04-21T00:00:00Z" })
    const resumed = await api.post(path(subscription, "resume"), { anchor: "Reset" })
    expect(resumed.json).toMatchObject({
      period_start: "2026-04-21T00:00:00Z",
      period_end: "2026-05-21T00:00:00Z",
    })
    // 20 days of the first fee come back, 30 days are charged.
    expect(told(await lastInvoice(subscription))).toEqual([
      ["Fee", "1", -2_000],
      ["Fee", "1", 3_000],
    ])
  })

  test("a pause ends by itself where that was asked for", async () => {
    const plan = await newPlan(api, [flat("Fee", 30)])
    const subscription = await newSubscription(api, plan)
    await advance(api, { to: "2026-04-11T00:00:00Z" })
    const paused = await api.post(path(subscription, "pause"), { resume_at: "2026-04-21T00:00:00Z" })
    expect(paused.json).toMatchObject({
      paused_at: "2026-04-11T00:00:00Z",
      resume_at: "2026-04-21T00:00:00Z",
    })
    await advance(api, { to: "2026-05-01T00:00:00Z" })
    expect((await api.get(`/v1/subscriptions/${subscription.id}`)).json.status).toBe("Active")
    expect(told(await lastInvoice(subscription))).toEqual([
      ["Fee", "1", -1_000],
      ["Fee", "1", 3_000],
    ])
  })
})

describe("cancellations", () => {
  test("now, with the rest of the fee given back and the final usage", async () => {
    const plan = await newPlan(api, [flat("Fee", 30), CALLS])
    const subscription = await newSubscription(api, plan)
    await advance(api, { to: "2026-04-16T00:00:00Z" })
    await use(api, subscription, "2026-04-15T00:00:00Z", 5)
    const preview = await api.post(path(subscription, "cancel/preview"), { at: "Now", prorate: true })
    const cancelled = await api.post(path(subscription, "cancel"), { at: "Now", prorate: true })
    expect(cancelled.json).toMatchObject({ status: "Cancelled", ended_at: "2026-04-16T00:00:00Z" })
    const last = await lastInvoice(subscription)
    expect(told(last)).toEqual([
      ["Fee", "1", -1_500],
      ["Calls", "5", 5],
    ])
    expect(figures(last)).toEqual(figures(preview.json.invoice))
    expect((await api.post(path(subscription, "cancel"), { at: "Now" })).status).toBe(409)
  })

  test("without a last invoice usage stays unbilled until it is billed on demand", async () => {
    const plan = await newPlan(api, [CALLS])
    const subscription = await newSubscription(api, plan)
    await use(api, subscription, "2026-04-01T00:00:00Z", 5)
    await advance(api, { to: "2026-04-02T00:00:00Z" })
    await api.post(path(subscription, "cancel"), { at: "Now", invoice_now: false })
    await advance(api, { to: "2026-06-01T00:00:00Z" })
    expect(await invoicesOf(api, subscription)).toEqual([])
    const billed = await api.post(`/admin/v1/subscriptions/${subscription.id}/bill`, {})
    expect(told(billed.json)).toEqual([["Calls", "5", 5]])
  })

  test("at a time in the midst of a period, and withdrawn again", async () => {
    const plan = await newPlan(api, [{ ...flat("Fee", 30), billing_timing: "InArrears" }])
    const subscription = await newSubscription(api, plan)
    await api.post(path(subscription, "cancel"), { at: "2026-04-11T00:00:00Z" })
    expect((await api.get(path(subscription, "scheduled-changes"))).json).toMatchObject([
      { id: "cancel", kind: "Cancel", effective_at: "2026-04-11T00:00:00Z" },
    ])
    expect((await api.delete(path(subscription, "scheduled-changes/cancel"))).json.cancel_at).toBeNull()
    await api.post(path(subscription, "cancel"), { at: "2026-04-16T00:00:00Z" })
    await advance(api, { to: "2026-04-16T00:00:00Z" })
    const ended = await api.get(`/v1/subscriptions/${subscription.id}`)
    expect(ended.json).toMatchObject({ status: "Cancelled", ended_at: "2026-04-16T00:00:00Z" })
    expect(told(await lastInvoice(subscription))).toEqual([["Fee", "1", 1_500]])
  })
})

test("a trial warns three days before it converts", async () => {
  const plan = await newPlan(api, [flat("Fee", 30)], { trial_days: 10 })
  const subscription = await newSubscription(api, plan)
  await advance(api, { to: "2026-04-08T00:00:00Z" })
  const audit = await api.get("/admin/v1/audit?limit=100")
  const warned = audit.json.find((entry: any) => entry.action === "subscription.trial_will_end")
  expect(warned).toMatchObject({ subject_id: subscription.id, at: "2026-04-08T00:00:00Z" })
})
