// Changes that meet others: two at one instant, one behind another that is scheduled, within a trial, before the start, at the end.
// The numbers are worked out by hand beside them.

import { beforeEach, describe, expect, test } from "vitest"
import type { Api, Json } from "../support/client.ts"
import { advance, newTenant, setClock } from "../support/client.ts"
import { CALLS, invoicesOf, newPlan, newSubscription, told, use } from "../support/fixtures.ts"

let api: Api

// April has 30 days: a day of a $30.00 fee is $1.00, and so is one of $365.00 a year.
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

const seats = (name: string, dollars: number): Json => ({ ...flat(name, dollars), pricing_model: "PerUnit" })

const ANNUAL = { billing_cadence: "Annual" }

const path = (subscription: any, what: string) => `/v1/subscriptions/${subscription.id}/${what}`

async function change(subscription: any, wanted: Json): Promise<any> {
  const changed = await api.post(path(subscription, "change"), wanted)
  expect(changed.status).toBe(200)
  return changed.json
}

const read = async (subscription: any) => (await api.get(`/v1/subscriptions/${subscription.id}`)).json
const billed = async (subscription: any) => (await invoicesOf(api, subscription)).map(told)

describe("at one instant", () => {
  test("a period that a change began stays when the next one changes only the seats", async () => {
    const monthly = await newPlan(api, [seats("Month", 30)])
    const annual = await newPlan(api, [seats("Year", 365)], ANNUAL)
    const subscription = await newSubscription(api, monthly, { quantity: "1" })
    await advance(api, { to: "2026-04-11T00:00:00Z" })
    await change(subscription, { plan_id: annual.id })
    const changed = await change(subscription, { quantity: "3" })
    expect(changed).toMatchObject({
      period_start: "2026-04-11T00:00:00Z",
      period_end: "2027-04-11T00:00:00Z",
    })
    await advance(api, { to: "2026-06-05T00:00:00Z" })
    const all = (await billed(subscription)).flat()
    // 10 days of the month, and a year for three.
    expect(all.reduce((sum, [, , cents]) => sum + cents, 0)).toBe(1_000 + 3 * 36_500)
  })

  test("and so does one that a resumption began", async () => {
    const plan = await newPlan(api, [seats("Seats", 30)])
    const subscription = await newSubscription(api, plan, { quantity: "1" })
    await advance(api, { to: "2026-04-11T00:00:00Z" })
    await api.post(path(subscription, "pause"), {})
    await advance(api, { to: "2026-04-21T00:00:00Z" })
    await api.post(path(subscription, "resume"), { anchor: "Reset" })
    const changed = await change(subscription, { quantity: "2" })
    expect(changed).toMatchObject({
      period_start: "2026-04-21T00:00:00Z",
      period_end: "2026-05-21T00:00:00Z",
    })
  })
})

describe("behind one that is scheduled", () => {
  test("a plan that waits for the period's end waits for that of the year that begins before it, and is billed monthly then", async () => {
    const small = await newPlan(api, [flat("Small", 30)])
    const large = await newPlan(api, [flat("Large", 60)])
    const annual = await newPlan(api, [flat("Year", 365)], ANNUAL)
    const subscription = await newSubscription(api, small)
    await advance(api, { to: "2026-04-11T00:00:00Z" })
    await change(subscription, { plan_id: large.id, at: "PeriodEnd" })
    await change(subscription, { plan_id: annual.id })
    const scheduled = await api.get(path(subscription, "scheduled-changes"))
    expect(scheduled.json.map((one: Json) => one["effective_at"])).toEqual(["2027-04-11T00:00:00Z"])
    await advance(api, { to: "2027-04-10T00:00:00Z" })
    expect((await read(subscription)).plan_id).toBe(annual.id)
    await advance(api, { to: "2027-05-12T00:00:00Z" })
    expect((await read(subscription)).plan_id).toBe(large.id)
    expect(await billed(subscription)).toEqual([
      [["Small", "1", 3_000]],
      // 20 days of the month back, and the year.
      [
        ["Small", "1", -2_000],
        ["Year", "1", 36_500],
      ],
      [["Large", "1", 6_000]],
      [["Large", "1", 6_000]],
    ])
    // What was due at the end of the month found it moved.
    const changed = await api.get(`/admin/v1/audit?subject_id=${subscription.id}&action=subscription.changed`)
    expect(changed.json.map((entry: Json) => entry["after"].plan_id)).toEqual([large.id, annual.id])
  })

  test("one that was moved to an earlier end begins there, once", async () => {
    const small = await newPlan(api, [flat("Small", 365)], ANNUAL)
    const large = await newPlan(api, [flat("Large", 730)], ANNUAL)
    const monthly = await newPlan(api, [flat("Month", 30)])
    const subscription = await newSubscription(api, small)
    await change(subscription, { plan_id: large.id, at: "PeriodEnd" })
    await advance(api, { to: "2026-04-11T00:00:00Z" })
    await change(subscription, { plan_id: monthly.id })
    await advance(api, { to: "2027-05-12T00:00:00Z" })
    expect((await billed(subscription)).slice(1)).toEqual([
      // 355 days of the year back.
      [
        ["Small", "1", -35_500],
        ["Month", "1", 3_000],
      ],
      [["Large", "1", 73_000]],
      [["Large", "1", 73_000]],
    ])
    const changed = await api.get(`/admin/v1/audit?subject_id=${subscription.id}&action=subscription.changed`)
    expect(changed.json.map((entry: Json) => entry["after"].effective_at)).toEqual([
      "2026-05-11T00:00:00Z",
      "2026-04-11T00:00:00Z",
    ])
  })

  test("seats that wait for the period's end are those of the next year", async () => {
    const monthly = await newPlan(api, [seats("Month", 30)])
    const annual = await newPlan(api, [seats("Year", 365)], ANNUAL)
    const subscription = await newSubscription(api, monthly, { quantity: "1" })
    await advance(api, { to: "2026-04-11T00:00:00Z" })
    await change(subscription, { quantity: "3", at: "PeriodEnd" })
    await change(subscription, { plan_id: annual.id })
    await advance(api, { to: "2027-04-12T00:00:00Z" })
    expect((await billed(subscription)).slice(1)).toEqual([
      [
        ["Month", "1", -2_000],
        ["Year", "1", 36_500],
      ],
      [["Year", "3", 3 * 36_500]],
    ])
  })

  test("a cancellation at the period's end is one at the end of the year that begins before it", async () => {
    const monthly = await newPlan(api, [flat("Month", 30)])
    const annual = await newPlan(api, [flat("Year", 365)], ANNUAL)
    const subscription = await newSubscription(api, monthly)
    await advance(api, { to: "2026-04-11T00:00:00Z" })
    await api.post(path(subscription, "cancel"), { at: "PeriodEnd" })
    const changed = await change(subscription, { plan_id: annual.id })
    expect([changed.status, changed.cancel_at]).toEqual(["Active", "2027-04-11T00:00:00Z"])
    await advance(api, { to: "2027-04-10T00:00:00Z" })
    expect((await read(subscription)).status).toBe("Active")
    await advance(api, { to: "2027-04-12T00:00:00Z" })
    expect(await read(subscription)).toMatchObject({ status: "Cancelled", ended_at: "2027-04-11T00:00:00Z" })
    expect((await billed(subscription)).flat().map(([name, , cents]) => [name, cents])).toEqual([
      ["Month", 3_000],
      ["Month", -2_000],
      ["Year", 36_500],
    ])
  })

  test("and after a resumption that begins a whole period, one at the end of that; one at a time stays there", async () => {
    const plan = await newPlan(api, [flat("Fee", 30)])
    const ends = [
      ["PeriodEnd", "2026-05-21T00:00:00Z"],
      ["2026-05-03T00:00:00Z", "2026-05-03T00:00:00Z"],
    ]
    const made = []
    for (const [at, cancelAt] of ends) {
      const subscription = await newSubscription(api, plan)
      expect((await api.post(path(subscription, "cancel"), { at })).status).toBe(200)
      await api.post(path(subscription, "pause"), {})
      made.push({ subscription, cancelAt })
    }
    await advance(api, { to: "2026-04-21T00:00:00Z" })
    for (const { subscription, cancelAt } of made) {
      const resumed = await api.post(path(subscription, "resume"), { anchor: "Reset" })
      expect(resumed.json).toMatchObject({ period_start: "2026-04-21T00:00:00Z", cancel_at: cancelAt })
    }
    await advance(api, { to: "2026-05-22T00:00:00Z" })
    for (const { subscription, cancelAt } of made) {
      expect(await read(subscription)).toMatchObject({ status: "Cancelled", ended_at: cancelAt })
    }
  })

  test("a cancellation at the same instant leaves the plan as it was", async () => {
    const small = await newPlan(api, [flat("Small", 30)])
    const large = await newPlan(api, [flat("Large", 60)])
    const subscription = await newSubscription(api, small)
    await change(subscription, { plan_id: large.id, at: "PeriodEnd" })
    await api.post(path(subscription, "cancel"), { at: "PeriodEnd" })
    await advance(api, { to: "2026-05-02T00:00:00Z" })
    expect(await read(subscription)).toMatchObject({ status: "Cancelled", plan_id: small.id })
  })
})

describe("before anything was billed", () => {
  test("a plan changed to in a trial is billed when that ends", async () => {
    const usage = await newPlan(api, [CALLS], { trial_days: 10 })
    const paid = await newPlan(api, [flat("Fee", 30)])
    const subscription = await newSubscription(api, usage)
    await advance(api, { to: "2026-04-05T00:00:00Z" })
    await change(subscription, { plan_id: paid.id })
    await advance(api, { to: "2026-04-12T00:00:00Z" })
    expect(await billed(subscription)).toEqual([[["Fee", "1", 2_000]]])
  })

  test("a plan changed to before the start is billed at the start", async () => {
    const usage = await newPlan(api, [CALLS])
    const annual = await newPlan(api, [flat("Year", 365)], ANNUAL)
    const subscription = await newSubscription(api, usage, { started_at: "2026-04-10T00:00:00Z" })
    await change(subscription, { plan_id: annual.id })
    await advance(api, { to: "2026-04-12T00:00:00Z" })
    expect(await billed(subscription)).toEqual([[["Year", "1", 36_500]]])
  })

  test("a change before the start that is withdrawn leaves the calendar as it was", async () => {
    const monthly = await newPlan(api, [flat("Month", 30)])
    const annual = await newPlan(api, [flat("Year", 365)], ANNUAL)
    const subscription = await newSubscription(api, monthly, {
      started_at: "2026-04-10T00:00:00Z",
      billing_anchor: { day_of_month: 15 },
    })
    await change(subscription, { plan_id: annual.id })
    const [scheduled] = (await api.get(path(subscription, "scheduled-changes"))).json
    await api.delete(path(subscription, `scheduled-changes/${scheduled.id}`))
    expect(await read(subscription)).toMatchObject({
      plan_id: monthly.id,
      period_start: "2026-04-10T00:00:00Z",
      period_end: "2026-04-15T00:00:00Z",
    })
  })

  test("what is cancelled before its start costs nothing", async () => {
    const plan = await newPlan(api, [flat("Fee", 30)])
    const subscription = await newSubscription(api, plan, { started_at: "2026-04-10T00:00:00Z" })
    await api.post(path(subscription, "cancel"), { at: "Now" })
    await advance(api, { to: "2026-05-12T00:00:00Z" })
    expect(await billed(subscription)).toEqual([])
  })
})

describe("what is told beforehand", () => {
  test("a preview of another cadence has the fee of the period that begins", async () => {
    const monthly = await newPlan(api, [flat("Month", 30)])
    const annual = await newPlan(api, [flat("Year", 365)], ANNUAL)
    const subscription = await newSubscription(api, monthly)
    await advance(api, { to: "2026-04-16T00:00:00Z" })
    const preview = await api.post(path(subscription, "change/preview"), { plan_id: annual.id })
    expect(preview.json).toMatchObject({
      credit_nanos: "-15000000000000",
      charge_nanos: "365000000000000",
      total_nanos: "350000000000000",
      invoice: { total_nanos: "350000000000000" },
    })
  })

  test("a dry run of a migration to another cadence counts the period that begins once", async () => {
    const plan = await newPlan(api, [flat("Fee", 30)])
    const subscription = await newSubscription(api, plan)
    await api.patch(`/admin/v1/catalog/plans/${plan.id}`, { billing_cadence: "Quarterly" })
    await advance(api, { to: "2026-04-16T00:00:00Z" })
    const dry = await api.post(`/admin/v1/catalog/plans/${plan.id}/migrate`, { dry_run: true, at: "Now" })
    // Half of a month back, a quarter now and another one when that has ended.
    expect(dry.json.subscriptions).toMatchObject([{ new_nanos: "45000000000000" }])
    const later = await newPlan(api, [flat("Other", 30)])
    await change(subscription, { plan_id: later.id, at: "PeriodEnd" })
    const done = await api.post(`/admin/v1/catalog/plans/${plan.id}/migrate`, { at: "Now" })
    expect(done.json.subscriptions).toMatchObject([{ effective_at: "2026-04-16T00:00:00Z", error: null }])
  })
})

test("a fee in advance is finalized without the minimum spend of its period, which has not ended", async () => {
  const plan = await newPlan(api, [flat("Fee", 33), CALLS], { minimum_spend_nanos: "100000000000000" })
  const subscription = await newSubscription(api, plan)
  await advance(api, { to: "2026-04-02T00:00:00Z" })
  await use(api, subscription, "2026-04-01T00:00:00Z", 300)
  await advance(api, { to: "2026-05-02T00:00:00Z" })
  const [first, second] = await invoicesOf(api, subscription)
  expect(first.status).toBe("Open")
  expect(told(first)).toEqual([["Fee", "1", 3_300]])
  expect(told(second).map(([name, , cents]) => [name, cents])).toEqual([
    ["Calls", 300],
    ["Fee", 3_300],
    ["Up to the minimum spend", 6_400],
  ])
})

test("a draft that gives back what a void invoice charged is finalized all the same, with a coupon", async () => {
  await api.post("/admin/v1/coupons", { code: "TEN", percent_bps: 1000, duration: "Forever" })
  const small = await newPlan(api, [flat("Small", 30)])
  const large = await newPlan(api, [flat("Large", 90)])
  const subscription = await newSubscription(api, small, { coupon: "TEN" })
  await advance(api, { to: "2026-04-16T00:00:00Z" })
  await change(subscription, { plan_id: large.id })
  const [first, second] = await invoicesOf(api, subscription)
  await api.post(`/admin/v1/invoices/${first.id}/void`, { reason: "Wrong address" })
  const finalized = await api.post(`/admin/v1/invoices/${second.id}/finalize`, {})
  expect(finalized.status).toBe(200)
  await advance(api, { to: "2026-05-02T00:00:00Z" })
  const kept = (await invoicesOf(api, subscription)).filter(({ status }) => status !== "Void")
  // Half of $30 and half of $90 for April, $90 for May, less a tenth.
  const cents = kept.flatMap(told).reduce((sum, [, , amount]) => sum + amount, 0)
  expect(cents).toBe(1_350 + 4_050 + 8_100)
})
