// Usage along time over HTTP: what may be asked, what is told, and the groups of the usage answer.

import { beforeAll, describe, expect, test } from "vitest"
import { limits } from "../../src/limits.ts"
import type { Json, Reply, Tenant } from "../support/client.ts"
import { newTenant, setClock } from "../support/client.ts"
import { CALLS, newPlan, newSubscription } from "../support/fixtures.ts"

const TOKENS = {
  name: "Tokens",
  pricing_model: "PerUnit",
  unit_amount_nanos: "1000000",
  meter_event_type: "api.request",
  meter_property: "tokens",
  group_by: ["region", "model"],
  filters: { model: ["large", "huge"] },
}

let tenant: Tenant
let plan: any

beforeAll(async () => {
  tenant = await newTenant("test")
  await setClock(tenant.api, "2026-03-15T00:00:00Z")
  plan = await newPlan(tenant.api, [CALLS, TOKENS])
})

/** A subscription from the first of March of its zone, and events at these times with these properties. */
async function used(timezone: string, started_at: string, events: readonly (readonly [string, Json])[]) {
  const subscription = await newSubscription(tenant.api, plan, { timezone, started_at })
  const batch = events.map(([timestamp, properties], n) => {
    const id = `e${n}`
    return { id, event_type: "api.request", subscription_id: subscription.id, timestamp, properties }
  })
  const answer = await tenant.api.post("/v1/events/batch", batch)
  expect(answer.json.accepted).toBe(events.length)
  return subscription
}

function ask(subscription: any, query = ""): Promise<Reply> {
  return tenant.api.get(`/v1/subscriptions/${subscription.id}/usage${query}`)
}

const small = { model: "small", tokens: 1 }

describe("a series", () => {
  test("has every day of the running period, those without events too, and a short one in spring", async () => {
    const subscription = await used("Europe/Berlin", "2026-02-28T23:00:00Z", [
      ["2026-03-28T22:59:59.999Z", small],
      ["2026-03-28T23:00:00Z", small],
      ["2026-03-29T21:59:59.999Z", small],
      ["2026-03-29T22:00:00Z", small],
    ])
    const { status, json } = await ask(subscription, "?window=Day")
    expect(status).toBe(200)
    const { series, ...usage } = json
    expect(usage).toEqual((await ask(subscription)).json)
    expect([usage.period_start, usage.period_end]).toEqual(["2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"])
    const [calls, tokens] = series
    expect(calls).toMatchObject({ event_type: "api.request", aggregation: "Count", property: null })
    expect(calls.points).toHaveLength(31)
    expect(calls.points[0]).toEqual({
      start: "2026-02-28T23:00:00Z",
      end: "2026-03-01T23:00:00Z",
      value: "0",
      count: 0,
    })
    expect(calls.points.slice(27, 30)).toEqual([
      { start: "2026-03-27T23:00:00Z", end: "2026-03-28T23:00:00Z", value: "1", count: 1 },
      { start: "2026-03-28T23:00:00Z", end: "2026-03-29T22:00:00Z", value: "2", count: 2 },
      { start: "2026-03-29T22:00:00Z", end: "2026-03-30T22:00:00Z", value: "1", count: 1 },
    ])
    // Its filter leaves all of them out.
    expect(tokens).toMatchObject({ property: "tokens", filters: { model: ["large", "huge"] } })
    expect(tokens.points.every(({ value, count }: any) => value === "0" && count === 0)).toBe(true)
  })

  test("has the whole hours that lie in the time asked for, on the zone's clock", async () => {
    const subscription = await used("Asia/Kolkata", "2026-03-01T00:00:00Z", [
      ["2026-03-02T10:29:59Z", small],
      ["2026-03-02T10:30:00Z", small],
      ["2026-03-02T11:29:59Z", small],
    ])
    const query = "?window=Hour&from=2026-03-02T16:15:00%2B05:30&to=2026-03-02T12:00:00Z"
    const { series } = (await ask(subscription, query)).json
    expect(series[0].points).toEqual([
      { start: "2026-03-02T10:30:00Z", end: "2026-03-02T11:30:00Z", value: "2", count: 2 },
      { start: "2026-03-02T11:30:00Z", end: "2026-03-02T12:30:00Z", value: "0", count: 0 },
    ])
  })

  test("refuses what is no time, too long, or without a window", async () => {
    const subscription = await used("UTC", "2026-03-01T00:00:00Z", [])
    const faults = async (query: string) => {
      const { status, json } = await ask(subscription, query)
      return [status, json.errors?.[0]?.path]
    }
    expect(await faults("?from=2026-03-01T00:00:00Z")).toEqual([422, "window"])
    expect(await faults("?to=2026-03-01T00:00:00Z")).toEqual([422, "window"])
    expect(await faults("?window=Week")).toEqual([422, "window"])
    expect(await faults("?window=Day&from=2026-03-02T00:00:00Z&to=2026-03-02T00:00:00Z")).toEqual([
      422,
      "from",
    ])
    expect(await faults("?window=Day&to=2026-02-01T00:00:00Z")).toEqual([422, "to"])
    const hours = (count: number) => {
      const end = new Date(Date.UTC(2026, 0, 1, count)).toISOString()
      return `?window=Hour&from=2026-01-01T00:00:00Z&to=${end}`
    }
    expect(await faults(hours(limits.seriesPoints))).toEqual([200, undefined])
    const told = await ask(subscription, hours(limits.seriesPoints + 1))
    expect([told.status, told.json.errors[0].path]).toEqual([422, "from"])
    expect(told.json.detail).toContain(String(limits.seriesPoints))
  })

  test("refuses more hours of all meters together than one request reads", async () => {
    const days = "?window=Day&from=2023-06-01T00:00:00Z&to=2026-02-20T00:00:00Z"
    // 995 days of 24 hours: two meters are below the bound, three are above it.
    const two = await used("UTC", "2026-03-01T00:00:00Z", [])
    expect((await ask(two, days)).status).toBe(200)
    const other = { ...CALLS, meter_event_type: "other" }
    const three = await newSubscription(tenant.api, await newPlan(tenant.api, [CALLS, TOKENS, other]))
    const told = await ask(three, days)
    expect([told.status, told.json.errors[0].path]).toEqual([422, "from"])
  })
})

describe("the usage answer", () => {
  test("has the total of each group, under the names that the SKU groups by", async () => {
    const subscription = await used("UTC", "2026-03-01T00:00:00Z", [
      ["2026-03-02T00:00:00Z", { region: "eu", model: "large", tokens: 5 }],
      ["2026-03-02T00:00:01Z", { region: "eu", model: "large", tokens: "0.5" }],
      ["2026-03-02T00:00:02Z", { region: "us", model: "large", tokens: 7 }],
      ["2026-03-02T00:00:03Z", { model: "huge", tokens: 11 }],
      ["2026-03-02T00:00:04Z", { region: "eu", model: "small", tokens: 13 }],
    ])
    const [calls, tokens] = (await ask(subscription)).json.meters
    expect(calls.value).toBe("5")
    expect(calls).not.toHaveProperty("groups")
    expect(tokens).toMatchObject({
      value: "23.5",
      filters: { model: ["large", "huge"] },
      group_by: ["region", "model"],
    })
    const byName = (a: any, b: any) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)
    expect(tokens.groups.toSorted(byName)).toEqual([
      { values: { model: "huge", region: null }, value: "11", count: 1 },
      { values: { model: "large", region: "eu" }, value: "5.5", count: 2 },
      { values: { model: "large", region: "us" }, value: "7", count: 1 },
    ])
  })
})
