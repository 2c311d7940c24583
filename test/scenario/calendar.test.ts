// Where the periods of a subscription lie and what is billed for each, by the test clock: month ends, leap days, clock changes,
// anchors with a stub, starts in the past and in the future, and an agreed end. Dates and amounts are reckoned by hand.

import { beforeAll, describe, expect, test } from "vitest"
import type { Api } from "../support/client.ts"
import { advance, newTenant, setClock } from "../support/client.ts"
import { CALLS, FEE, invoicesOf, newPlan, newSubscription, told, use } from "../support/fixtures.ts"

/** A tenant of its own for each story, because time only goes forward. */
async function tenantAt(now: string): Promise<Api> {
  const { api } = await newTenant("test")
  await setClock(api, now)
  return api
}

async function schedule(api: Api, subscription: any, query: string): Promise<any[]> {
  const listed = await api.get(`/v1/subscriptions/${subscription.id}/schedule?${query}`)
  expect(listed.status).toBe(200)
  return listed.json
}

async function statusOf(api: Api, subscription: any): Promise<string> {
  return (await api.get(`/v1/subscriptions/${subscription.id}`)).json.status
}

/** The dates of the periods, without the midnights. */
function dates(periods: readonly any[]): string[] {
  return periods.map(({ period_start: start, period_end: end }) =>
    `${start} – ${end}`.replaceAll("T00:00:00Z", ""),
  )
}

const inAdvance = { ...FEE, billing_timing: "InAdvance" }

describe("a year monthly from 31 January", () => {
  const boundaries = [
    "2026-01-31",
    "2026-02-28",
    "2026-03-31",
    "2026-04-30",
    "2026-05-31",
    "2026-06-30",
    "2026-07-31",
    "2026-08-31",
    "2026-09-30",
    "2026-10-31",
    "2026-11-30",
    "2026-12-31",
    "2027-01-31",
  ]
  let api: Api
  let subscription: any

  beforeAll(async () => {
    api = await tenantAt("2026-01-31T00:00:00Z")
    subscription = await newSubscription(api, await newPlan(api, [CALLS, FEE]))
  })

  test("every month ends on its last day, counted from the 31st", async () => {
    const listed = await schedule(api, subscription, "count=12")
    expect(dates(listed)).toEqual(boundaries.slice(1).map((end, index) => `${boundaries[index]} – ${end}`))
    expect(listed.every((period) => period.is_stub === false)).toBe(true)
  })

  test("each is billed whole, with the usage up to its last second", async () => {
    // The last second of the first period, and the first one of the second.
    await advance(api, { to: "2026-02-27T23:59:59Z" })
    await use(api, subscription, "2026-02-27T23:59:59Z", 2)
    await advance(api, { to: "2026-02-28T00:00:00Z" })
    await use(api, subscription, "2026-02-28T00:00:00Z", 3)
    await advance(api, { to: "2027-01-31T00:00:00Z" })
    const invoices = await invoicesOf(api, subscription)
    expect(dates(invoices)).toEqual(boundaries.slice(1).map((end, index) => `${boundaries[index]} – ${end}`))
    expect(told(invoices[0])).toEqual([
      ["Calls", "2", 2],
      ["Fee", "1", 3_100],
    ])
    expect(told(invoices[1])).toEqual([
      ["Calls", "3", 3],
      ["Fee", "1", 3_100],
    ])
    expect(invoices.map((invoice) => told(invoice).at(-1)?.[2])).toEqual(Array(12).fill(3_100))
  })
})

test("a leap day yearly: 28 February in common years, and the 29th again", async () => {
  const api = await tenantAt("2024-02-29T00:00:00Z")
  const plan = await newPlan(api, [FEE], { billing_cadence: "Annual" })
  const subscription = await newSubscription(api, plan)
  await advance(api, { to: "2028-02-29T00:00:00Z" })
  const years = [
    "2024-02-29 – 2025-02-28",
    "2025-02-28 – 2026-02-28",
    "2026-02-28 – 2027-02-28",
    "2027-02-28 – 2028-02-29",
  ]
  expect(dates(await invoicesOf(api, subscription))).toEqual(years)
  expect(dates(await schedule(api, subscription, "from_index=0&count=4"))).toEqual(years)
})

describe("New York through both changes of its clock", () => {
  const zone = { timezone: "America/New_York" }

  test.each([
    ["spring", "2026-03-07T05:00:00Z", [24, 23, 24]],
    ["autumn", "2026-10-31T04:00:00Z", [24, 25, 24]],
  ])("in %s a day has as many hours of usage as the clock on the wall", async (_, start, hours) => {
    const api = await tenantAt(start)
    const plan = await newPlan(api, [CALLS], { billing_cadence: "Daily" })
    const subscription = await newSubscription(api, plan, zone)
    let at = Date.parse(start)
    for (const length of hours) {
      const day = Array.from({ length }, (__, hour) => new Date(at + hour * 3_600_000).toISOString())
      await advance(api, { to: day.at(-1) ?? "" })
      for (const timestamp of day) await use(api, subscription, timestamp)
      at += length * 3_600_000
    }
    await advance(api, { to: new Date(at).toISOString() })
    const days = await schedule(api, subscription, "from_index=0&count=3")
    const invoices = await invoicesOf(api, subscription)
    expect(dates(invoices)).toEqual(dates(days))
    expect(invoices.map(told)).toEqual(hours.map((n) => [["Calls", String(n), n]]))
    expect(days.map((day) => day.local_start.slice(10, 19))).toEqual(Array(3).fill("T00:00:00"))
  })

  test("an hour is an hour", async () => {
    const api = await tenantAt("2026-11-01T04:00:00Z")
    const plan = await newPlan(api, [CALLS], { billing_cadence: "Custom", period: "PT1H" })
    const subscription = await newSubscription(api, plan, zone)
    const hours = await schedule(api, subscription, "count=4")
    expect(hours.map(({ local_start: at }) => at)).toEqual([
      "2026-11-01T00:00:00-04:00",
      "2026-11-01T01:00:00-04:00",
      "2026-11-01T01:00:00-05:00",
      "2026-11-01T02:00:00-05:00",
    ])
  })

  test("a month begins at local midnight, in winter and in summer", async () => {
    const api = await tenantAt("2026-02-10T12:00:00Z")
    const plan = await newPlan(api, [FEE])
    const subscription = await newSubscription(api, plan, { ...zone, billing_anchor: { day_of_month: 1 } })
    const months = await schedule(api, subscription, "count=11")
    expect(months.map(({ local_end: at }) => at)).toEqual([
      "2026-03-01T00:00:00-05:00",
      "2026-04-01T00:00:00-04:00",
      "2026-05-01T00:00:00-04:00",
      "2026-06-01T00:00:00-04:00",
      "2026-07-01T00:00:00-04:00",
      "2026-08-01T00:00:00-04:00",
      "2026-09-01T00:00:00-04:00",
      "2026-10-01T00:00:00-04:00",
      "2026-11-01T00:00:00-04:00",
      "2026-12-01T00:00:00-05:00",
      "2027-01-01T00:00:00-05:00",
    ])
    expect(months[0]).toMatchObject({
      period_start: "2026-02-10T12:00:00Z",
      period_end: "2026-03-01T05:00:00Z",
      is_stub: true,
    })
    await advance(api, { to: "2026-05-01T04:00:00Z" })
    expect((await invoicesOf(api, subscription)).map((invoice) => invoice.period_end)).toEqual([
      "2026-03-01T05:00:00Z",
      "2026-04-01T04:00:00Z",
      "2026-05-01T04:00:00Z",
    ])
  })
})

test("an anchor on day 31: the stub's fees are its share of the month, in advance and in arrears", async () => {
  const api = await tenantAt("2026-02-10T00:00:00Z")
  const fee = { ...FEE, unit_amount_nanos: "28000000000000" }
  const plan = await newPlan(api, [
    { ...fee, name: "Ahead", billing_timing: "InAdvance" },
    { ...fee, name: "Behind" },
    CALLS,
  ])
  const subscription = await newSubscription(api, plan, { billing_anchor: { day_of_month: 31 } })
  expect(subscription).toMatchObject({
    billing_anchor: { day_of_month: 31 },
    period_start: "2026-02-10T00:00:00Z",
    period_end: "2026-02-28T00:00:00Z",
  })
  await advance(api, { to: "2026-02-27T23:59:59Z" })
  await use(api, subscription, "2026-02-10T00:00:00Z", 1)
  await use(api, subscription, "2026-02-27T23:59:59Z", 1)
  await advance(api, { to: "2026-02-28T00:00:00Z" })
  await use(api, subscription, "2026-02-28T00:00:00Z", 5)
  await advance(api, { to: "2026-03-31T00:00:00Z" })
  const invoices = await invoicesOf(api, subscription)
  // From 10 to 28 February are 18 of the 28 days from 31 January on, at a dollar a day; March is whole.
  expect(invoices.map(told)).toEqual([
    [["Ahead", "1", 1_800]],
    [
      ["Behind", "1", 1_800],
      ["Calls", "2", 2],
      ["Ahead", "1", 2_800],
    ],
    [
      ["Behind", "1", 2_800],
      ["Calls", "5", 5],
      ["Ahead", "1", 2_800],
    ],
  ])
})

test("a start in the past: the missed periods are billed one by one", async () => {
  const api = await tenantAt("2026-06-15T00:00:00Z")
  const plan = await newPlan(api, [inAdvance])
  const subscription = await newSubscription(api, plan, { started_at: "2026-03-31T00:00:00Z" })
  const all = ["2026-03-31 – 2026-04-30", "2026-04-30 – 2026-05-31", "2026-05-31 – 2026-06-30"]
  expect(dates(await schedule(api, subscription, "count=3"))).toEqual(all)
  await advance(api, { by: "PT1S" })
  expect(dates(await schedule(api, subscription, "count=1"))).toEqual(all.slice(2))
  expect(dates(await schedule(api, subscription, "count=3&from_index=0"))).toEqual(all)
  const fees = (await invoicesOf(api, subscription)).flatMap((invoice) => invoice.line_items)
  const served = fees.map((line) => ({ period_start: line.service_start, period_end: line.service_end }))
  expect(dates(served).toSorted()).toEqual(all)
  expect(fees.map((line) => line.amount_nanos)).toEqual(Array(3).fill(FEE["unit_amount_nanos"]))
})

test("a start in the future: nothing is owed before, and its first fee is drafted then", async () => {
  const api = await tenantAt("2026-01-01T00:00:00Z")
  const plan = await newPlan(api, [CALLS, inAdvance])
  const subscription = await newSubscription(api, plan, {
    started_at: "2026-03-01T00:00:00Z",
    billing_anchor: "2026-03-11T00:00:00Z",
  })
  await use(api, subscription, "2026-01-01T00:00:00Z", 5)
  await advance(api, { to: "2026-02-28T23:59:59Z" })
  expect(await invoicesOf(api, subscription)).toEqual([])
  await advance(api, { to: "2026-03-11T00:00:00Z" })
  // $31 for the 28 days from 11 February on; the stub has 10 of them: 11.071….
  expect((await invoicesOf(api, subscription)).map(told)).toEqual([
    [["Fee", "1", 1_107]],
    [
      ["Calls", "0", 0],
      ["Fee", "1", 3_100],
    ],
  ])
})

describe("an agreed end", () => {
  const end = { end_at: "2026-03-11T00:00:00Z" }

  test("cuts the last period, whose fees are its share, and the subscription expires", async () => {
    const api = await tenantAt("2026-01-01T00:00:00Z")
    const plan = await newPlan(api, [CALLS, FEE])
    const subscription = await newSubscription(api, plan, end)
    expect(subscription).toMatchObject({ ...end, status: "Active", ended_at: null })
    const periods = await schedule(api, subscription, "count=12")
    expect(dates(periods)).toEqual([
      "2026-01-01 – 2026-02-01",
      "2026-02-01 – 2026-03-01",
      "2026-03-01 – 2026-03-11",
    ])
    expect(periods.map((period) => period.is_stub)).toEqual([false, false, true])
    await advance(api, { to: "2026-03-10T00:00:00Z" })
    await use(api, subscription, "2026-03-10T00:00:00Z", 4)
    await advance(api, { to: "2026-04-15T00:00:00Z" })
    expect(await statusOf(api, subscription)).toBe("Expired")
    const late = await api.post("/v1/events", {
      id: "late",
      event_type: "api.request",
      subscription_id: subscription.id,
      timestamp: end.end_at,
    })
    expect(late).toMatchObject({ status: 409, json: { code: "subscription_ended" } })
    const invoices = await invoicesOf(api, subscription)
    expect(invoices.map((invoice) => told(invoice).find(([name]) => name === "Fee")?.[2])).toEqual([
      3_100, 3_100, 1_000,
    ])
    expect(told(invoices[2])).toContainEqual(["Calls", "4", 4])
  })

  test("of a fee in advance only what will be served is charged", async () => {
    const api = await tenantAt("2026-01-01T00:00:00Z")
    const subscription = await newSubscription(api, await newPlan(api, [inAdvance]), end)
    await advance(api, { to: "2026-04-15T00:00:00Z" })
    expect(await statusOf(api, subscription)).toBe("Expired")
    const fees = (await invoicesOf(api, subscription)).flatMap(told)
    expect(fees.reduce((sum, [, , cents]) => sum + cents, 0)).toBe(3_100 + 3_100 + 1_000)
  })

  test("before its first period is over", async () => {
    const api = await tenantAt("2026-01-01T00:00:00Z")
    const subscription = await newSubscription(api, await newPlan(api, [FEE]), {
      end_at: "2026-01-11T00:00:00Z",
    })
    await advance(api, { to: "2026-01-11T00:00:00Z" })
    expect(await statusOf(api, subscription)).toBe("Expired")
    expect((await invoicesOf(api, subscription)).map(told)).toEqual([[["Fee", "1", 1_000]]])
  })
})

describe("what doesn't go together is refused, with its field and the reason", () => {
  let api: Api
  const plans: Record<string, any> = {}

  beforeAll(async () => {
    api = await tenantAt("2026-01-10T00:00:00Z")
    for (const cadence of ["Daily", "Weekly", "Monthly", "Annual"]) {
      plans[cadence] = await newPlan(api, [FEE], { billing_cadence: cadence })
    }
    plans["Custom"] = await newPlan(api, [FEE], { billing_cadence: "Custom", period: "P1M" })
  })

  test.each<[cadence: string, fields: object, path: string]>([
    ["Monthly", { billing_anchor: { weekday: "Monday" } }, "billing_anchor.weekday"],
    ["Monthly", { billing_anchor: { month: 2, day_of_month: 1 } }, "billing_anchor.month"],
    ["Weekly", { billing_anchor: { day_of_month: 1 } }, "billing_anchor.day_of_month"],
    ["Daily", { billing_anchor: { day_of_month: 1 } }, "billing_anchor.day_of_month"],
    ["Custom", { billing_anchor: { day_of_month: 1 } }, "billing_anchor.day_of_month"],
    ["Annual", { billing_anchor: { month: 2, day_of_month: 30 } }, "billing_anchor.day_of_month"],
    ["Annual", { billing_anchor: { month: 2 } }, "billing_anchor.day_of_month"],
    ["Annual", { billing_anchor: { month: 13, day_of_month: 1 } }, "billing_anchor.month"],
    ["Monthly", { billing_anchor: { day_of_month: 32 } }, "billing_anchor.day_of_month"],
    ["Monthly", { billing_anchor: { day: 1 } }, "billing_anchor.day"],
    ["Monthly", { billing_anchor: {} }, "billing_anchor.day_of_month"],
    ["Monthly", { billing_anchor: "the 31st" }, "billing_anchor"],
    ["Monthly", { billing_anchor: 31 }, "billing_anchor"],
    ["Monthly", { billing_anchor: null }, "billing_anchor"],
    ["Monthly", { end_at: "2026-01-10T00:00:00Z" }, "end_at"],
    ["Monthly", { started_at: "2026-02-01T00:00:00Z", end_at: "2026-01-20T00:00:00Z" }, "end_at"],
    ["Monthly", { end_at: "soon" }, "end_at"],
  ])("%s: %j", async (cadence, fields, path) => {
    const customer = await api.post("/admin/v1/customers", {
      display_name: "Acme Corp",
      email: "billing@acmecorp.com",
      currency: "USD",
      account_type: "Organization",
    })
    const body = { customer_id: customer.json.id, plan_id: plans[cadence].id, ...fields }
    const refused = await api.post("/v1/subscriptions", body)
    expect(refused.status).toBe(422)
    expect(refused.json.errors.map((fault: any) => fault.path)).toContain(path)
  })

  test("the list of periods is bounded", async () => {
    const subscription = await newSubscription(api, plans["Monthly"])
    for (const query of ["count=0", "count=101", "from_index=-1", "from_index=100001", "from_index=x"]) {
      const answer = await api.get(`/v1/subscriptions/${subscription.id}/schedule?${query}`)
      expect(answer.status).toBe(422)
    }
    const yearly = await newSubscription(api, plans["Annual"], {
      billing_anchor: { month: 2, day_of_month: 29 },
    })
    expect(await schedule(api, yearly, "from_index=100000")).toEqual([])
    const [leap] = await schedule(api, yearly, "from_index=2&count=1")
    expect(leap).toMatchObject({
      index: 2,
      period_start: "2027-02-28T00:00:00Z",
      period_end: "2028-02-29T00:00:00Z",
    })
  })
})
