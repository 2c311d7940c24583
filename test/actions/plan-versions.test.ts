// Plan versions: a price in use is never changed in place, and subscriptions keep the terms that they began with.

import { beforeAll, describe, expect, test } from "vitest"
import type { Scope } from "../../src/actions/scope.ts"
import type { Json, Tenant } from "../support/client.ts"
import { create, newTenant } from "../support/client.ts"
import { scopeOf } from "../support/race.ts"

const CATALOG = "/admin/v1/catalog"

let tenant: Tenant
let scope: Scope
let customerId: string

beforeAll(async () => {
  tenant = await newTenant("test")
  scope = await scopeOf(tenant.id)
  const customer = { display_name: "Acme", email: "billing@acmecorp.com", currency: "USD" }
  customerId = (await create(tenant.api, "/admin/v1/customers", customer)).id
})

async function newPlan(): Promise<string> {
  return (await create(tenant.api, `${CATALOG}/plans`, { name: "Startup", billing_cadence: "Monthly" })).id
}

function addSku(planId: string, price: string, changes: Json = {}) {
  return create(tenant.api, `${CATALOG}/skus`, {
    plan_id: planId,
    name: "API Requests",
    pricing_model: "PerUnit",
    unit_amount_nanos: price,
    meter_event_type: "api.request",
    currency: "USD",
    ...changes,
  })
}

const subscribe = (planId: string) =>
  create(tenant.api, "/v1/subscriptions", { customer_id: customerId, plan_id: planId })

async function change(path: string, body: Json): Promise<any> {
  const changed = await tenant.api.patch(`${CATALOG}/${path}`, body)
  expect(changed.status).toBe(200)
  return changed.json
}

const archive = (path: string) => tenant.api.post(`${CATALOG}/${path}/archive`)

const versionOf = async (planId: string): Promise<number> =>
  (await tenant.api.get(`${CATALOG}/plans/${planId}`)).json.version

/** The names and prices that a version of a plan has. */
async function pricesAt(planId: string, version: number): Promise<string[]> {
  const skus = await scope.read.catalog.skusAt(planId, version)
  return skus.map(
    ({ name, terms }) => `${name} ${terms.price.model === "PerUnit" ? terms.price.unitAmountNanos : ""}`,
  )
}

describe("a plan that nobody has subscribed to", () => {
  test("changes in place", async () => {
    const planId = await newPlan()
    const { id } = await addSku(planId, "1")
    expect(await change(`skus/${id}`, { unit_amount_nanos: "2" })).toMatchObject({ plan_version: 1 })
    await change(`plans/${planId}`, { billing_cadence: "Annual", trial_days: 14 })
    await addSku(planId, "3")
    expect(await versionOf(planId)).toBe(1)
    expect(await pricesAt(planId, 1)).toEqual(["API Requests 2", "API Requests 3"])
    await archive(`skus/${id}`)
    expect(await versionOf(planId)).toBe(1)
    expect(await pricesAt(planId, 1)).toEqual(["API Requests 3"])
  })
})

describe("a plan in use", () => {
  test("gets one new version for all the changes until somebody subscribes to that", async () => {
    const planId = await newPlan()
    const first = await addSku(planId, "1")
    const second = await addSku(planId, "10", { name: "Storage" })
    expect((await subscribe(planId)).plan_version).toBe(1)

    const changed = await change(`skus/${first.id}`, { unit_amount_nanos: "2" })
    expect(changed).toEqual({ ...first, unit_amount_nanos: "2", plan_version: 2 })
    expect(await pricesAt(planId, 1)).toEqual(["API Requests 1", "Storage 10"])
    expect(await pricesAt(planId, 2)).toEqual(["API Requests 2", "Storage 10"])

    await change(`skus/${first.id}`, { unit_amount_nanos: "3" })
    await change(`skus/${second.id}`, { unit_amount_nanos: "20" })
    await addSku(planId, "100", { name: "Support" })
    expect(await versionOf(planId)).toBe(2)
    expect(await pricesAt(planId, 1)).toEqual(["API Requests 1", "Storage 10"])
    expect(await pricesAt(planId, 2)).toEqual(["API Requests 3", "Storage 20", "Support 100"])

    expect((await subscribe(planId)).plan_version).toBe(2)
    await change(`skus/${first.id}`, { unit_amount_nanos: "4" })
    expect(await versionOf(planId)).toBe(3)
    expect(await pricesAt(planId, 1)).toEqual(["API Requests 1", "Storage 10"])
    expect(await pricesAt(planId, 2)).toEqual(["API Requests 3", "Storage 20", "Support 100"])
    expect(await pricesAt(planId, 3)).toEqual(["API Requests 4", "Storage 20", "Support 100"])
  })

  test("lists each SKU once, with its newest terms", async () => {
    const planId = await newPlan()
    const { id } = await addSku(planId, "1")
    await subscribe(planId)
    const changed = await change(`skus/${id}`, { unit_amount_nanos: "2" })
    const list = async (query: string) =>
      (await tenant.api.get(`${CATALOG}/skus?plan_id=${planId}${query}`)).json
    expect(await list("")).toEqual([changed])
    expect(await list("&include_archived=true")).toEqual([changed])
    expect((await tenant.api.get(`${CATALOG}/plans/${planId}`)).json.skus).toEqual([changed])
  })

  test("keeps an archived SKU for those who have it", async () => {
    const planId = await newPlan()
    const { id } = await addSku(planId, "1")
    await subscribe(planId)
    expect((await archive(`skus/${id}`)).json.archived_at).toBeDefined()
    expect(await versionOf(planId)).toBe(2)
    expect(await pricesAt(planId, 1)).toEqual(["API Requests 1"])
    expect(await pricesAt(planId, 2)).toEqual([])
  })

  test("a SKU that was changed and archived before anybody subscribed leaves no trace in the new version", async () => {
    const planId = await newPlan()
    const { id } = await addSku(planId, "1")
    await subscribe(planId)
    await change(`skus/${id}`, { unit_amount_nanos: "2" })
    await archive(`skus/${id}`)
    expect(await pricesAt(planId, 1)).toEqual(["API Requests 1"])
    expect(await pricesAt(planId, 2)).toEqual([])
  })

  test("keeps cadence and trial for those who have them", async () => {
    const planId = await newPlan()
    await addSku(planId, "1")
    const subscription = await subscribe(planId)
    const changed = await change(`plans/${planId}`, { billing_cadence: "Quarterly", trial_days: 30 })
    expect(changed).toMatchObject({ version: 2, billing_cadence: "Quarterly", trial_days: 30 })
    const first = await scope.read.catalog.plan(planId, 1)
    expect(first?.terms).toMatchObject({ cadence: "Monthly", terms: { trialDays: 0, every: { months: 1 } } })
    const second = await scope.read.catalog.plan(planId, 2)
    expect(second?.terms).toMatchObject({
      cadence: "Quarterly",
      terms: { trialDays: 30, every: { months: 3 } },
    })
    expect(await pricesAt(planId, 2)).toEqual(["API Requests 1"])
    const { json: kept } = await tenant.api.get(`/v1/subscriptions/${subscription.id}`)
    expect(kept).toMatchObject({ plan_version: 1, period_end: subscription.period_end })
  })

  test("changes names, descriptions and metadata in place, and nothing by a change to the same", async () => {
    const planId = await newPlan()
    const { id } = await addSku(planId, "1")
    await subscribe(planId)
    await change(`plans/${planId}`, { name: "Starter", description: "Small", metadata: { a: "1" } })
    await change(`plans/${planId}`, { billing_cadence: "Monthly", interval: 1, trial_days: 0 })
    await change(`skus/${id}`, { name: "Requests" })
    await change(`skus/${id}`, {
      unit_amount_nanos: "1",
      pricing_model: "PerUnit",
      meter_event_type: "api.request",
    })
    expect(await versionOf(planId)).toBe(1)
    expect(await pricesAt(planId, 1)).toEqual(["Requests 1"])
    await change(`skus/${id}`, { name: "Calls", unit_amount_nanos: "2" })
    expect(await pricesAt(planId, 1)).toEqual(["Calls 1"])
    expect(await pricesAt(planId, 2)).toEqual(["Calls 2"])
  })
})
