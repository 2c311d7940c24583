// What a customer's token can't give itself: a longer trial than the business gives, and more rights than it was made with.

import { sign } from "hono/jwt"
import { beforeAll, describe, expect, test } from "vitest"
import type { Api, Tenant } from "../support/client.ts"
import { api, create, newTenant } from "../support/client.ts"
import { CALLS, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"
import { pathsOf } from "./problem.ts"

const SECRET = "test-jwt-secret-that-is-long-enough-0123456789"
const ALL = ["events:write", "invoices:read", "metering:read", "subscriptions:read", "subscriptions:write"]

let tenant: Tenant
let customer: any

beforeAll(async () => {
  tenant = await newTenant("test")
  customer = await newCustomer(tenant.api)
})

const tokenWith = (fields: object = {}) =>
  create(tenant.api, `/admin/v1/customers/${customer.id}/tokens`, fields)

describe("trials", () => {
  let itself: Api

  beforeAll(async () => {
    itself = api((await tokenWith()).token)
  })

  const subscribe = (caller: Api, plan: any, days?: number) =>
    caller.post("/v1/subscriptions", { customer_id: customer.id, plan_id: plan.id, trial_days: days })

  async function expectMost(plan: any, most: number): Promise<void> {
    const given = await subscribe(itself, plan, most)
    expect([given.status, given.json.status]).toEqual([201, most === 0 ? "Active" : "Trialing"])
    const refused = await subscribe(itself, plan, most + 1)
    expect([refused.status, refused.json.code, pathsOf(refused.json)]).toEqual([
      403,
      "forbidden",
      ["trial_days"],
    ])
    expect(refused.json.detail).toContain(`at most ${most} days`)
  }

  test("on a plan without one, two weeks at most", async () => {
    const plan = await newPlan(tenant.api, [CALLS])
    await expectMost(plan, 14)
    expect((await subscribe(itself, plan)).json.status).toBe("Active")
    expect((await subscribe(itself, plan, 0)).json.status).toBe("Active")
    expect((await subscribe(tenant.api, plan, 365)).json.status).toBe("Trialing")
  })

  test("on a plan with one, at most that, be it less or more", async () => {
    await expectMost(await newPlan(tenant.api, [CALLS], { trial_days: 7 }), 7)
    await expectMost(await newPlan(tenant.api, [CALLS], { trial_days: 30 }), 30)
  })

  test("nor a start that is put off, before which nothing is charged", async () => {
    const plan = await newPlan(tenant.api, [CALLS])
    const later = new Date(Date.now() + 3_600_000).toISOString()
    const body = { customer_id: customer.id, plan_id: plan.id, started_at: later }
    const refused = await itself.post("/v1/subscriptions", body)
    expect([refused.status, refused.json.code, pathsOf(refused.json)]).toEqual([
      403,
      "forbidden",
      ["started_at"],
    ])
    const past = { ...body, started_at: "2025-12-01T00:00:00Z" }
    expect((await itself.post("/v1/subscriptions", past)).status).toBe(201)
    expect((await tenant.api.post("/v1/subscriptions", body)).status).toBe(201)
  })

  test("the tenant says how many days, and none as well", async () => {
    const plan = await newPlan(tenant.api, [CALLS])
    expect((await tenant.api.get("/admin/v1/tenant")).json.customer_trial_days_max).toBe(14)
    for (const days of [30, 0]) {
      const set = await tenant.api.patch("/admin/v1/tenant", { customer_trial_days_max: days })
      expect(set.json.customer_trial_days_max).toBe(days)
      await expectMost(plan, days)
    }
    const refused = await tenant.api.patch("/admin/v1/tenant", { customer_trial_days_max: -1 })
    expect([refused.status, pathsOf(refused.json)]).toEqual([422, ["customer_trial_days_max"]])
  })
})

describe("scopes", () => {
  test("all that a customer may, unless fewer are named", async () => {
    expect((await tokenWith()).scopes).toEqual(ALL)
    const some = ["metering:read", "invoices:read", "metering:read"]
    expect((await tokenWith({ scopes: some })).scopes).toEqual(["invoices:read", "metering:read"])
  })

  test("a token that only reads sends no events and subscribes to nothing", async () => {
    const plan = await newPlan(tenant.api, [CALLS])
    const { id } = await newSubscription(tenant.api, plan, { customer_id: customer.id })
    const event = {
      id: "e-1",
      event_type: "api.request",
      subscription_id: id,
      timestamp: "2026-01-01T00:00:00Z",
    }
    const reader = api((await tokenWith({ scopes: ["metering:read", "subscriptions:read"] })).token)
    expect((await reader.get(`/v1/subscriptions/${id}/usage`)).status).toBe(200)
    const refused = [
      await reader.post("/v1/events", event),
      await reader.post("/v1/events/batch", [event]),
      await reader.post("/v1/subscriptions", { customer_id: customer.id, plan_id: plan.id }),
      await reader.post(`/v1/subscriptions/${id}/cancel`, { at: "Now" }),
    ]
    for (const { status, json } of refused) expect([status, json.code]).toEqual([403, "forbidden"])
    const writer = api((await tokenWith({ scopes: ["events:write"] })).token)
    expect((await writer.post("/v1/events", event)).json).toMatchObject({ accepted: true, duplicate: false })
    expect((await writer.get(`/v1/subscriptions/${id}/usage`)).status).toBe(403)
  })

  test("none, or one that no customer has, is refused", async () => {
    const path = `/admin/v1/customers/${customer.id}/tokens`
    for (const [scopes, at] of [
      [[], "scopes"],
      [["customers:read"], "scopes.0"],
    ]) {
      const refused = await tenant.api.post(path, { scopes })
      expect([refused.status, pathsOf(refused.json)]).toEqual([422, [at]])
    }
  })

  test("a claim can't name more than a customer may", async () => {
    const statusWith = async (permissions: unknown) => {
      const exp = Math.floor(Date.now() / 1_000) + 600
      const claims = { sub: customer.id, tenant: tenant.id, scope: "customer", exp, permissions }
      return (await api(await sign(claims, SECRET, "HS256")).get("/v1/subscriptions")).status
    }
    expect(await statusWith("subscriptions:read metering:read")).toBe(200)
    expect(await statusWith("metering:read")).toBe(403)
    for (const claim of [
      "subscriptions:read tenant:write",
      "everything",
      "",
      1,
      ["subscriptions:read"],
      null,
    ]) {
      expect(await statusWith(claim)).toBe(401)
    }
  })
})
