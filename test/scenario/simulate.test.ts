// What a subscription would have paid on other prices: computed by hand, and compared with who really paid them.

import { describe, expect, test } from "vitest"
import type { Api, Json } from "../support/client.ts"
import { advance, newTenant, setClock } from "../support/client.ts"
import { allRows } from "../support/database.ts"
import { CALLS, CENT, FEE, invoicesOf, newPlan, newSubscription } from "../support/fixtures.ts"
import { seeded } from "../meter/support.ts"

const START = "2026-01-01T00:00:00Z"

async function company(): Promise<Api> {
  const { api } = await newTenant("test")
  await setClock(api, START)
  return api
}

type Usage = { readonly timestamp: string; readonly properties: Json; readonly event_type?: string }

let sent = 0

async function use(api: Api, subscription: any, usage: readonly Usage[]): Promise<void> {
  const events = usage.map((one) => ({
    id: `use-${(sent += 1)}`,
    event_type: "api.request",
    subscription_id: subscription.id,
    ...one,
  }))
  const answer = await api.post("/v1/events/batch", events)
  if (answer.json.accepted !== events.length) throw new Error(`not accepted: ${answer.text}`)
}

function simulate(api: Api, subscription: any, body: Json) {
  return api.post(`/admin/v1/subscriptions/${subscription.id}/simulate`, body)
}

const cents = (nanos: string): number => Number(BigInt(nanos) / CENT)

function lines(bill: any): [string, string, number][] {
  return bill.lines.map((line: any) => [line.description, line.quantity, cents(line.amount_nanos)])
}

/** Ten cents for the first 100 tokens, five for each further one. */
const TIERED: Json = {
  name: "Tokens",
  pricing_model: "Graduated",
  currency: "USD",
  meter_event_type: "api.request",
  meter_property: "tokens",
  tiers: [
    { up_to: 100, unit_amount_nanos: "100000000000" },
    { up_to: null, unit_amount_nanos: "50000000000" },
  ],
}

const january = (tokens: number): Usage => ({ timestamp: "2026-01-10T00:00:00Z", properties: { tokens } })
const february = (tokens: number): Usage => ({ timestamp: "2026-02-01T00:00:00Z", properties: { tokens } })

describe("SKUs made up for it", () => {
  test("the running period by default, what isn't counted yet from the events", async () => {
    const api = await company()
    const subscription = await newSubscription(api, await newPlan(api, [CALLS, FEE]))
    await advance(api, { to: "2026-01-11T00:00:00Z" })
    await use(api, subscription, [january(60), january(90)])
    const before = await allRows()
    const answer = await simulate(api, subscription, {
      skus: [TIERED, { ...CALLS, currency: "USD", name: undefined }],
    })
    expect(answer.status).toBe(200)
    expect(await allRows()).toEqual(before)
    // Now: two calls at one cent, and ten of January's 31 days at $31.00. Then: 100 × 10 + 50 × 5 cents, and the calls.
    expect(answer.json).toMatchObject({
      subscription_id: subscription.id,
      currency: "USD",
      as_of: "2026-01-11T00:00:00Z",
    })
    const [period] = answer.json.periods
    expect(answer.json.periods).toHaveLength(1)
    expect([period.period_start, period.period_end]).toEqual([START, "2026-02-01T00:00:00Z"])
    expect(lines(period.current)).toEqual([
      ["Calls", "2", 2],
      ["Fee", "1", 1_000],
    ])
    expect(lines(period.simulated)).toEqual([
      ["Tokens", "150", 1_250],
      ["SKU 2", "2", 2],
    ])
    expect(period.simulated.lines.map((line: any) => line.sku_id)).toEqual([null, null])
    const told = [
      answer.json.current_amount_nanos,
      answer.json.simulated_amount_nanos,
      answer.json.difference_nanos,
    ]
    expect(told.map(cents)).toEqual([1_002, 1_252, 250])
    expect(cents(period.difference_nanos)).toBe(250)
  })

  test("period by period, each whole and by itself", async () => {
    const api = await company()
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]))
    await advance(api, { to: "2026-01-31T00:00:00Z" })
    await use(api, subscription, [january(150)])
    await advance(api, { to: "2026-02-02T00:00:00Z" })
    await use(api, subscription, [february(40)])
    const span = { from: "2026-01-20T00:00:00Z", to: "2026-02-01T00:00:01Z" }
    const { json } = await simulate(api, subscription, { skus: [TIERED], ...span })
    expect(json.periods.map((period: any) => [lines(period.current), lines(period.simulated)])).toEqual([
      [[["Calls", "1", 1]], [["Tokens", "150", 1_250]]],
      [[["Calls", "1", 1]], [["Tokens", "40", 400]]],
    ])
    const [first] = (
      await simulate(api, subscription, { skus: [TIERED], ...span, to: "2026-02-01T00:00:00Z" })
    ).json.periods
    expect(first.period_end).toBe("2026-02-01T00:00:00Z")
  })

  test("another price of the same meter takes the totals that there are, archived or not", async () => {
    const api = await company()
    await api.patch("/admin/v1/tenant", { raw_events_retention_days: 1 })
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]))
    await advance(api, { to: "2026-01-31T00:00:00Z" })
    await use(api, subscription, [january(1), january(2), january(3)])
    await advance(api, { to: "2026-03-10T00:00:00Z" })
    const listed = await api.get(`/admin/v1/subscriptions/${subscription.id}/archives`)
    expect(listed.json).toMatchObject([{ count: 3 }])
    const span = { from: START, to: "2026-02-01T00:00:00Z" }
    const dearer = { ...CALLS, currency: "USD", unit_amount_nanos: (7n * CENT).toString() }
    const { json } = await simulate(api, subscription, { skus: [dearer], ...span })
    expect(lines(json.periods[0].simulated)).toEqual([["Calls", "3", 21]])
    const refused = await simulate(api, subscription, { skus: [TIERED], ...span })
    expect(refused.status).toBe(422)
    expect(refused.json.errors[0]).toMatchObject({ path: "from" })
    expect(refused.json.detail).toContain("2026-02-01T00:00:00Z")
    const later = await simulate(api, subscription, { skus: [TIERED], from: "2026-02-01T00:00:00Z" })
    expect(later.status).toBe(200)
  })

  test.each([
    ["another currency", { skus: [{ ...CALLS, currency: "EUR" }] }, "currency_mismatch"],
    ["no price", {}, "invalid_request"],
    [
      "a plan and SKUs",
      { plan_id: "01944b1f-0000-7000-8000-000000000001", skus: [TIERED] },
      "invalid_request",
    ],
    ["fields of another model", { skus: [{ ...TIERED, package_size: "2" }] }, "invalid_request"],
    [
      "a time before the start",
      { skus: [TIERED], from: "2025-01-01T00:00:00Z", to: START },
      "invalid_request",
    ],
    [
      "a time to come",
      { skus: [TIERED], from: "2026-05-01T00:00:00Z", to: "2026-06-01T00:00:00Z" },
      "invalid_request",
    ],
  ])("refuses %s", async (_, body, code) => {
    const api = await company()
    const subscription = await newSubscription(api, await newPlan(api, [CALLS]))
    const answer = await simulate(api, subscription, body)
    expect([answer.status, answer.json.code]).toEqual([422, code])
  })
})

test("a plan of another cadence is for other periods", async () => {
  const api = await company()
  const subscription = await newSubscription(api, await newPlan(api, [CALLS]))
  const yearly = await newPlan(api, [CALLS], { billing_cadence: "Annual" })
  const answer = await simulate(api, subscription, { plan_id: yearly.id })
  expect([answer.status, answer.json.errors[0].path]).toEqual([422, "plan_id"])
})

/** What the other plan may look like: models, meters and a trial that the first one hasn't. */
const OTHERS: readonly Json[] = [
  TIERED,
  FEE,
  {
    name: "Calls in blocks",
    pricing_model: "Package",
    package_size: "3",
    unit_amount_nanos: (2n * CENT).toString(),
    meter_event_type: "api.request",
    minimum_amount_nanos: (9n * CENT).toString(),
  },
  {
    name: "Jobs",
    pricing_model: "Volume",
    meter_event_type: "job",
    meter_property: "seconds",
    tiers: [
      { up_to: "10.5", unit_amount_nanos: "3333333333" },
      { up_to: null, unit_amount_nanos: "1111111111" },
    ],
  },
]

test.each([
  [1, {}],
  [2, { trial_usage: "Free" }],
  [3, {}],
])("it is what the other plan bills to one who has it from the start (%i)", async (seed, fields) => {
  const random = seeded(seed)
  const api = await company()
  const trial = { trial_days: 10 }
  const mine = await newSubscription(api, await newPlan(api, [CALLS, FEE]), trial)
  const other = await newPlan(api, OTHERS, fields)
  const theirs = await newSubscription(api, other, trial)
  const dates = ["2026-01-31", "2026-02-28", "2026-03-31"]
  for (const [month, date] of dates.entries()) {
    await advance(api, { to: `${date}T00:00:00Z` })
    const usage = Array.from({ length: 20 }, (): Usage => {
      const day = String(1 + Math.floor(random() * 28)).padStart(2, "0")
      const timestamp = `2026-0${1 + Math.floor(random() * (month + 1))}-${day}T00:00:00Z`
      return random() < 0.7
        ? { timestamp, properties: { tokens: Math.floor(random() * 90) } }
        : { timestamp, event_type: "job", properties: { seconds: (random() * 9).toFixed(2) } }
    })
    // One who is not metered for jobs keeps them all the same.
    await use(api, mine, usage)
    await use(api, theirs, usage)
  }
  await advance(api, { to: "2026-05-01T02:00:00Z" })
  const { json } = await simulate(api, mine, { plan_id: other.id, from: START, to: "2026-05-01T00:00:00Z" })
  const billed = new Map<string, bigint>()
  for (const invoice of await invoicesOf(api, theirs)) {
    for (const line of invoice.line_items) {
      const month = `${line.description} ${line.service_start.slice(0, 7)}`
      billed.set(month, (billed.get(month) ?? 0n) + BigInt(line.amount_nanos))
    }
  }
  const simulated = new Map<string, bigint>()
  for (const { period_start: start, simulated: bill } of json.periods) {
    for (const line of bill.lines) {
      simulated.set(`${line.description} ${start.slice(0, 7)}`, BigInt(line.amount_nanos))
    }
  }
  expect(simulated).toEqual(billed)
  expect(simulated.size).toBe(16)
  // On its own plan it pays what it pays.
  const same = await simulate(api, mine, { plan_id: mine.plan_id, from: START, to: "2026-05-01T00:00:00Z" })
  expect(same.json.difference_nanos).toBe("0")
  expect(same.json.current_amount_nanos).toBe(json.current_amount_nanos)
})
