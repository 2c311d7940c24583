// Billing periods of several parts: each part is counted and priced by itself, and limits look at all of them together.

import { evictDurableObject, runInDurableObject } from "cloudflare:test"
import { beforeEach, describe, expect, it } from "vitest"
import type { Cut } from "../../src/domain/period.ts"
import type { MeteredPrice, MeterTerms } from "../../src/domain/terms.ts"
import { instant, type Instant } from "../../src/domain/time.ts"
import type { Reply, Tenant } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import {
  CALLS as CALLS_SKU,
  CENT,
  invoicesOf,
  newCustomer,
  newPlan,
  newSubscription,
} from "../support/fixtures.ts"
import {
  accepted,
  at,
  CALLS,
  duplicate,
  event,
  kept,
  meterFor,
  newTerms,
  NOW,
  results,
  stubFor,
  TOKENS,
  totalsOf,
} from "./support.ts"

const cut = (time: string): Cut => ({ at: at(time), rule: null, prorated: true })

/** Newer terms with these cuts of the usage's periods. */
function withCuts(terms: MeterTerms, ...cuts: readonly Cut[]): MeterTerms {
  const billing = terms.billing ?? terms.schedule
  return { ...terms, version: terms.version + 1, schedule: { ...billing, cuts }, billing }
}

async function parts(terms: MeterTerms, key = CALLS.key): Promise<unknown> {
  const totals = (await totalsOf(terms)).filter((total) => total.key === key && total.count > 0)
  return totals.map(({ periodStart, periodEnd, value }) => [periodStart, periodEnd, value])
}

const perCall = (nanos: string): MeteredPrice => {
  return {
    skuId: `sku-${nanos}`,
    meterKey: CALLS.key,
    pricing: { price: { model: "PerUnit", unitAmountNanos: nanos } },
  }
}

async function unbilled(terms: MeterTerms, asOf: Instant): Promise<string | undefined> {
  const asked = { customerId: null, periods: null, changedSince: null, terms, asOf }
  const reply = await meterFor(terms).usage(asked)
  return reply.kind === "Usage" ? reply.unbilled : undefined
}

describe("a cut", () => {
  it("in the future leaves totals where they are, and events go by it from then on", async () => {
    const terms = newTerms({ meters: [CALLS] })
    await results(terms, [event("e1")])
    const later = withCuts(terms, cut("2026-03-15T00:00:00Z"))
    await meterFor(terms).setTerms(later)
    await results(later, [event("e2", { timestamp: at("2026-03-15T00:00:00Z") })], {
      futureLimit: at("2026-04-01T00:00:00Z"),
    })
    const [start, middle, end] = ["2026-02-28", "2026-03-15", "2026-03-28"].map((day) =>
      at(`${day}T00:00:00Z`),
    )
    expect(await parts(terms)).toEqual([
      [start, middle, "1"],
      [middle, end, "1"],
    ])
    await meterFor(terms).setTerms({ ...terms, version: 9 })
    expect(await parts(terms)).toEqual([[start, end, "2"]])
  })

  it("reads no more of the log than what came since: the rest of it could not even be read", async () => {
    const terms = newTerms({ meters: [CALLS, TOKENS] })
    const hour = (n: number) => instant(at("2026-03-01T00:00:00Z") + n * 3_600_000)
    for (let n = 0; n < 40; n += 1) await results(terms, [event(`e${n}`, { timestamp: hour(n) })])
    await runInDurableObject(stubFor(terms), (_, state) => {
      state.storage.sql.exec("UPDATE chunks SET events = 'unreadable' WHERE first <= 37")
    })
    await evictDurableObject(stubFor(terms))
    const later = withCuts(terms, { at: hour(38), rule: null, prorated: true })
    expect(await meterFor(terms).setTerms(later)).toEqual({ stored: true, version: 2 })
    expect(await parts(terms)).toEqual([
      [at("2026-02-28T00:00:00Z"), hour(38), "38"],
      [hour(38), at("2026-03-28T00:00:00Z"), "2"],
    ])
    expect(await parts(terms, TOKENS.key)).toEqual([
      [at("2026-02-28T00:00:00Z"), hour(38), String(38 * 1500)],
      [hour(38), at("2026-03-28T00:00:00Z"), "3000"],
    ])
    // Nothing came after it: no row is read at all.
    await runInDurableObject(stubFor(terms), (_, state) => {
      state.storage.sql.exec("UPDATE chunks SET events = 'unreadable'")
    })
    await evictDurableObject(stubFor(terms))
    const cuts = [{ at: hour(38), rule: null, prorated: true }, cut("2026-03-20T00:00:00Z")]
    const last = { ...withCuts(later, ...cuts), version: 3 }
    expect(await meterFor(terms).setTerms(last)).toEqual({ stored: true, version: 3 })
  })

  it("is a change that a bill finds", async () => {
    const terms = newTerms({ meters: [CALLS] })
    await results(terms, [event("e1"), event("e2", { timestamp: at("2026-03-05T00:00:00Z") })])
    await meterFor(terms).setTerms(withCuts(terms, cut("2026-03-04T00:00:00Z")))
    const asked = { customerId: null, periods: null, changedSince: 2, terms: null, asOf: NOW }
    expect(await meterFor(terms).usage(asked)).toMatchObject({
      seq: 3,
      totals: [{ value: "1" }, { value: "1" }],
    })
  })
})

describe("a pause", () => {
  const pause = (terms: MeterTerms, version: number, from: string, to: string | null): MeterTerms => {
    return { ...terms, version, pauses: [{ from: at(from), to: to === null ? null : at(to) }] }
  }

  it("keeps its events, tells duplicates, and counts none; a resume before them counts them", async () => {
    const terms = newTerms({ meters: [CALLS] })
    const [before, within, later] = ["2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"]
    const e1 = event("e1", { timestamp: at(before) })
    const e2 = event("e2", { timestamp: at(within) })
    const e3 = event("e3", { timestamp: at(later) })
    expect(await results(terms, [e1, e2])).toEqual([accepted, accepted])
    // It began a while ago: what was accepted in between counts no more.
    await meterFor(terms).setTerms(pause(terms, 2, within, null))
    expect(await results(terms, [e3, e2, e1])).toEqual([kept, { ...duplicate, billable: false }, duplicate])
    expect(await parts(terms)).toMatchObject([[expect.anything(), expect.anything(), "1"]])
    // And so did the resume.
    await meterFor(terms).setTerms(pause(terms, 3, within, later))
    expect(await results(terms, [e3, e2])).toEqual([duplicate, { ...duplicate, billable: false }])
    expect(await parts(terms)).toMatchObject([[expect.anything(), expect.anything(), "2"]])
  })
})

describe("the prices of a part", () => {
  it("are those of its time, and what is not billed yet is the sum of all parts", async () => {
    const terms = newTerms({ meters: [CALLS] })
    const middle = at("2026-03-05T00:00:00Z")
    const prices = [
      { from: at("2026-02-28T00:00:00Z"), prices: [perCall("7")] },
      { from: middle, prices: [perCall("100")] },
    ]
    const threshold = { amountNanos: "1000000", billed: [] }
    const priced = { ...withCuts(terms, { at: middle, rule: null, prorated: true }), prices, threshold }
    await results(priced, [
      event("e1"),
      event("e2"),
      event("e3", { timestamp: middle }),
      event("e4", { timestamp: at("2026-02-27T00:00:00Z") }),
    ])
    // 2 × 7 + 1 × 100; the last one lies before the start.
    expect(await unbilled(priced, NOW)).toBe("114")
    const billed = [
      { from: at("2026-02-28T00:00:00Z"), meterKey: CALLS.key, nanos: "14" },
      { from: middle, meterKey: CALLS.key, nanos: "60" },
      { from: at("2026-02-01T00:00:00Z"), meterKey: CALLS.key, nanos: "1000" },
    ]
    const next = { ...priced, version: 7, threshold: { amountNanos: "1000000", billed } }
    expect(await unbilled(next, NOW)).toBe("40")
  })
})

describe("through the door", { timeout: 60_000 }, () => {
  let tenant: Tenant
  let cheap: any
  let dear: any

  beforeEach(async () => {
    tenant = await newTenant("test")
    await setClock(tenant.api, "2026-03-01T00:00:00Z")
    cheap = await newPlan(tenant.api, [CALLS_SKU])
    dear = await newPlan(tenant.api, [
      { ...CALLS_SKU, name: "Dear calls", unit_amount_nanos: (2n * CENT).toString() },
    ])
  })

  let sent = 0
  async function send(subscription: any, count: number, timestamp: string): Promise<Reply> {
    const events = Array.from({ length: count }, () => {
      return { id: `p${(sent += 1)}`, event_type: "api.request", subscription_id: subscription.id, timestamp }
    })
    return tenant.api.post("/v1/events/batch", { events })
  }

  it("a plan change gives no fresh limit, and usage is told by part", async () => {
    const customer = await newCustomer(tenant.api)
    const subscription = await newSubscription(tenant.api, cheap, { customer_id: customer.id })
    const limit = { alert_type: "HardLimit", threshold_nanos: (500n * CENT).toString() }
    await create(tenant.api, `/admin/v1/customers/${customer.id}/alerts`, limit)
    expect((await send(subscription, 300, "2026-03-01T00:00:00Z")).json.accepted).toBe(300)
    await advance(tenant.api, { to: "2026-03-10T00:00:00Z" })
    const change = await tenant.api.post(`/v1/subscriptions/${subscription.id}/change`, { plan_id: dear.id })
    expect(change.status).toBe(200)
    // 300 cents are spent: of 200 more, 100 calls at two cents are left.
    expect((await send(subscription, 150, "2026-03-10T00:00:00Z")).json.accepted).toBe(100)
    const usage = (await tenant.api.get(`/v1/subscriptions/${subscription.id}/usage`)).json
    expect(usage).toMatchObject({
      period_start: "2026-03-01T00:00:00Z",
      period_end: "2026-04-01T00:00:00Z",
      amount_nanos: (500n * CENT).toString(),
      limit_remaining_nanos: "0",
      meters: [
        { service_start: "2026-03-01T00:00:00Z", service_end: "2026-03-10T00:00:00Z", value: "300" },
        { service_start: "2026-03-10T00:00:00Z", service_end: "2026-04-01T00:00:00Z", value: "100" },
      ],
    })
  })

  it("a line of a part is for the events of that part, and other prices are simulated for all of the period", async () => {
    const subscription = await newSubscription(tenant.api, cheap)
    await send(subscription, 3, "2026-03-01T00:00:00Z")
    await advance(tenant.api, { to: "2026-03-10T00:00:00Z" })
    await tenant.api.post(`/v1/subscriptions/${subscription.id}/change`, { plan_id: dear.id })
    await send(subscription, 2, "2026-03-10T00:00:00Z")
    // A late one finds the prices of its time.
    await send(subscription, 1, "2026-03-09T00:00:00Z")
    const simulation = await tenant.api.post(`/admin/v1/subscriptions/${subscription.id}/simulate`, {
      plan_id: cheap.id,
    })
    expect([simulation.status, simulation.json.periods?.[0]?.simulated?.lines?.[0]?.quantity]).toEqual([
      200,
      "6",
    ])
    await advance(tenant.api, { to: "2026-04-01T00:00:00Z" })
    const lines = (await invoicesOf(tenant.api, subscription)).flatMap((invoice) => invoice.line_items)
    const usage = lines
      .filter(({ quantity }) => quantity !== "0")
      .toSorted((a, b) => (a.service_start < b.service_start ? -1 : 1))
    const behind = await Promise.all(
      usage.map(async ({ id, invoice_id, quantity, amount_nanos }) => {
        const events = (await tenant.api.get(`/v1/invoices/${invoice_id}/lines/${id}/events`)).json
        return [quantity, amount_nanos, events.length]
      }),
    )
    expect(behind).toEqual([
      ["4", (4n * CENT).toString(), 4],
      ["2", (4n * CENT).toString(), 2],
    ])
  })

  it("a paused subscription takes events that name it, and others don't find it", async () => {
    const customer = await newCustomer(tenant.api)
    const subscription = await newSubscription(tenant.api, cheap, { customer_id: customer.id })
    await advance(tenant.api, { to: "2026-03-05T00:00:00Z" })
    expect((await tenant.api.post(`/v1/subscriptions/${subscription.id}/pause`, {})).status).toBe(200)
    const one = { event_type: "api.request", timestamp: "2026-03-05T00:00:00Z" }
    const named = await tenant.api.post("/v1/events", { ...one, id: "n1", subscription_id: subscription.id })
    expect(named).toMatchObject({ status: 200, json: { billable: false } })
    const unnamed = await tenant.api.post("/v1/events", { ...one, id: "n2", customer_id: customer.id })
    expect(unnamed.status).toBe(422)
  })
})
