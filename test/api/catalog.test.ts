// Products, plans and SKUs over the API: the seed's bodies, defaults, lists, archiving, refusals with their place.

import { beforeAll, describe, expect, test } from "vitest"
import type { Json, Tenant } from "../support/client.ts"
import { api, create, newTenant } from "../support/client.ts"

const CATALOG = "/admin/v1/catalog"

let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant("test")
})

const STARTUP = {
  name: "Startup",
  description: "For teams up to 10 users",
  billing_cadence: "Monthly",
  trial_days: 14,
}

const REQUESTS = {
  name: "API Requests",
  pricing_model: "PerUnit",
  unit_amount_nanos: "1000000",
  meter_event_type: "api.request",
  currency: "USD",
}

const product = (changes: Json = {}) => create(tenant.api, `${CATALOG}/products`, { name: "API", ...changes })
const plan = (changes: Json = {}) => create(tenant.api, `${CATALOG}/plans`, { ...STARTUP, ...changes })
const sku = (planId: string, changes: Json = {}) =>
  create(tenant.api, `${CATALOG}/skus`, { ...REQUESTS, plan_id: planId, ...changes })

describe("products", () => {
  const SEED = { name: "API Platform", description: "Usage-based API access", tags: ["api", "core"] }

  test("the seed's product is made, read and changed", async () => {
    const made = await create(tenant.api, `${CATALOG}/products`, SEED)
    expect(made).toEqual({
      ...SEED,
      id: expect.any(String),
      status: "Active",
      created_at: expect.stringMatching(/Z$/),
    })
    expect((await tenant.api.get(`${CATALOG}/products/${made.id}`)).json).toEqual(made)
    const changed = await tenant.api.patch(`${CATALOG}/products/${made.id}`, { tags: [], description: null })
    expect(changed.json).toEqual({ ...made, tags: [], description: null })
  })

  test("an archived one is listed only when asked for, and is archived once", async () => {
    const own = await newTenant("test")
    const kept = await create(own.api, `${CATALOG}/products`, SEED)
    const gone = await create(own.api, `${CATALOG}/products`, SEED)
    const archived = await own.api.post(`${CATALOG}/products/${gone.id}/archive`)
    expect([archived.status, archived.json.status]).toEqual([200, "Archived"])
    expect(archived.json.archived_at).toMatch(/Z$/)
    const again = await own.api.post(`${CATALOG}/products/${gone.id}/archive`)
    expect([again.status, again.json.code]).toEqual([409, "invalid_state"])
    const ids = async (query: string) =>
      (await own.api.get(`${CATALOG}/products${query}`)).json.map((row: { id: string }) => row.id)
    expect(await ids("")).toEqual([kept.id])
    expect(await ids("?include_archived=false")).toEqual([kept.id])
    expect(await ids("?include_archived=true")).toEqual([gone.id, kept.id])
    expect((await own.api.get(`${CATALOG}/products?include_archived=yes`)).status).toBe(422)
  })

  test.each([
    ["name", { name: "" }],
    ["tags", { tags: Array.from({ length: 33 }, () => "t") }],
    ["tags.0", { tags: [1] }],
    ["description", { description: "x".repeat(2001) }],
  ])("refuses a bad %s", async (path, changes) => {
    const refused = await tenant.api.post(`${CATALOG}/products`, { name: "API", ...changes })
    expect([refused.status, refused.json.errors[0].path]).toEqual([422, path])
  })
})

describe("plans", () => {
  test("the seed's plan is made with its defaults", async () => {
    const made = await create(tenant.api, `${CATALOG}/plans`, STARTUP)
    expect(made).toEqual({
      ...STARTUP,
      id: expect.any(String),
      interval: 1,
      period: null,
      trial_usage: "Charged",
      prorate: "Time",
      minimum_spend_nanos: null,
      direction: "Charge",
      product_id: null,
      version: 1,
      status: "Active",
      external_id: null,
      metadata: {},
      created_at: expect.any(String),
    })
    const { json: read } = await tenant.api.get(`${CATALOG}/plans/${made.id}`)
    expect(read).toEqual({ ...made, skus: [] })
  })

  test("the seed's list begins with the plan that was made last", async () => {
    const made = await plan()
    const listed = await tenant.api.get(`${CATALOG}/plans`)
    expect(listed.json[0]).toEqual(made)
  })

  test("a Custom cadence has a period", async () => {
    const made = await plan({ billing_cadence: "Custom", period: "P10D" })
    expect(made).toMatchObject({ billing_cadence: "Custom", period: "P10D", interval: 1 })
  })

  test("prorates by days and has a minimum spend if it says so, until it says otherwise", async () => {
    const terms = { prorate: "Day", minimum_spend_nanos: "50000000000000" }
    const made = await plan(terms)
    expect(made).toMatchObject(terms)
    const path = `${CATALOG}/plans/${made.id}`
    const kept = await tenant.api.patch(path, { trial_days: 3 })
    expect(kept.json).toMatchObject({ ...terms, trial_days: 3 })
    const changed = await tenant.api.patch(path, { prorate: "Time", minimum_spend_nanos: null })
    expect(changed.json).toMatchObject({ prorate: "Time", minimum_spend_nanos: null, trial_days: 3 })
    expect((await tenant.api.get(path)).json).toEqual({ ...changed.json, skus: [] })
  })

  test("a plan names a product of its own tenant that is not archived", async () => {
    const { id: product_id } = await product()
    const made = await plan({ product_id })
    expect(made.product_id).toBe(product_id)
    const listed = await tenant.api.get(`${CATALOG}/plans?product_id=${product_id}`)
    expect(listed.json).toEqual([made])
    const stranger = await newTenant("test")
    const foreign = await stranger.api.post(`${CATALOG}/plans`, { ...STARTUP, product_id })
    expect([foreign.status, foreign.json.errors[0].path]).toEqual([404, "product_id"])
    await tenant.api.post(`${CATALOG}/products/${product_id}/archive`)
    const archived = await tenant.api.post(`${CATALOG}/plans`, { ...STARTUP, product_id })
    expect([archived.status, archived.json.code]).toEqual([409, "invalid_state"])
    expect((await tenant.api.patch(`${CATALOG}/plans/${made.id}`, { product_id, name: "Kept" })).status).toBe(
      200,
    )
  })

  test.each([
    ["billing_cadence", { billing_cadence: "Fortnightly" }],
    ["billing_cadence", { billing_cadence: undefined }],
    ["interval", { interval: 0 }],
    ["interval", { interval: 121 }],
    ["interval", { interval: 1.5 }],
    ["interval", { billing_cadence: "Custom", period: "P10D", interval: 2 }],
    ["period", { period: "P10D" }],
    ["period", { billing_cadence: "Custom" }],
    ["period", { billing_cadence: "Custom", period: "10 days" }],
    ["period", { billing_cadence: "Custom", period: "PT59M" }],
    ["period", { billing_cadence: "Custom", period: "-P1D" }],
    ["trial_days", { trial_days: -1 }],
    ["trial_days", { trial_days: 731 }],
    ["trial_usage", { trial_usage: "Half" }],
    ["prorate", { prorate: "Hour" }],
    ["minimum_spend_nanos", { minimum_spend_nanos: "-1" }],
    ["minimum_spend_nanos", { minimum_spend_nanos: 5 }],
    ["product_id", { product_id: "api" }],
  ])("refuses a bad %s", async (path, changes) => {
    const refused = await tenant.api.post(`${CATALOG}/plans`, { ...STARTUP, ...changes })
    expect([refused.status, refused.json.errors[0].path]).toEqual([422, path])
  })

  test("PATCH changes what is given; another cadence starts over", async () => {
    const { id } = await plan({ interval: 3 })
    const change = async (body: Json) => (await tenant.api.patch(`${CATALOG}/plans/${id}`, body)).json
    expect(await change({ name: "Scale", metadata: { a: "1" } })).toMatchObject({
      name: "Scale",
      interval: 3,
    })
    expect(await change({ trial_days: 0 })).toMatchObject({ trial_days: 0, interval: 3, version: 1 })
    expect(await change({ billing_cadence: "Annual" })).toMatchObject({ interval: 1, trial_days: 0 })
    const custom = await change({ billing_cadence: "Custom", period: "P45D" })
    expect(custom).toMatchObject({ billing_cadence: "Custom", period: "P45D" })
    expect(await change({ period: "P90D" })).toMatchObject({ billing_cadence: "Custom", period: "P90D" })
    expect(await change({ billing_cadence: "Monthly" })).toMatchObject({ period: null, interval: 1 })
    const refused = await tenant.api.patch(`${CATALOG}/plans/${id}`, { period: "P1D" })
    expect([refused.status, refused.json.errors[0].path]).toEqual([422, "period"])
    expect((await tenant.api.get(`${CATALOG}/plans/${id}`)).json).toMatchObject({
      name: "Scale",
      period: null,
    })
  })

  test("an archived one is listed only when asked for, keeps its terms, and is archived once", async () => {
    const { id } = await plan()
    const { id: skuId } = await sku(id)
    expect((await tenant.api.post(`${CATALOG}/plans/${id}/archive`)).json.status).toBe("Archived")
    const ids = async (query: string) =>
      (await tenant.api.get(`${CATALOG}/plans${query}`)).json.map((row: { id: string }) => row.id)
    expect(await ids("")).not.toContain(id)
    expect(await ids("?include_archived=true")).toContain(id)
    const refused = await Promise.all([
      tenant.api.post(`${CATALOG}/plans/${id}/archive`),
      tenant.api.patch(`${CATALOG}/plans/${id}`, { billing_cadence: "Daily" }),
      tenant.api.post(`${CATALOG}/skus`, { ...REQUESTS, plan_id: id }),
      tenant.api.patch(`${CATALOG}/skus/${skuId}`, { unit_amount_nanos: "2" }),
      tenant.api.post(`${CATALOG}/skus/${skuId}/archive`),
    ])
    expect(refused.map((answer) => answer.json.code)).toEqual(
      Array.from({ length: 5 }, () => "invalid_state"),
    )
    expect((await tenant.api.patch(`${CATALOG}/plans/${id}`, { name: "Old" })).json.name).toBe("Old")
    expect((await tenant.api.patch(`${CATALOG}/skus/${skuId}`, { name: "Old" })).json.name).toBe("Old")
  })

  test("an external_id is taken once", async () => {
    await plan({ external_id: "plan-1" })
    const again = await tenant.api.post(`${CATALOG}/plans`, { ...STARTUP, external_id: "plan-1" })
    expect([again.status, again.json.errors[0].path]).toEqual([409, "external_id"])
  })
})

describe("permissions and tenants", () => {
  test("a publishable key reads the catalog and changes nothing", async () => {
    const { id } = await plan()
    const made = await create(tenant.api, "/admin/v1/api-keys", { name: "Browser", kind: "Publishable" })
    const browser = api(made.key)
    expect((await browser.get(`${CATALOG}/plans/${id}`)).status).toBe(200)
    expect((await browser.patch(`${CATALOG}/plans/${id}`, { name: "Free" })).status).toBe(403)
    expect((await browser.post(`${CATALOG}/products`, { name: "Mine" })).status).toBe(403)
  })

  test("another tenant's catalog does not exist", async () => {
    const made = { products: await product(), plans: await plan() }
    const skus = await sku(made.plans.id)
    const { api: stranger } = await newTenant("test")
    for (const [kind, { id }] of Object.entries({ ...made, skus })) {
      const path = `${CATALOG}/${kind}/${id}`
      const body = { name: "Mine now" }
      const answers = await Promise.all([
        stranger.get(path),
        stranger.patch(path, body),
        stranger.post(`${path}/archive`),
      ])
      expect(answers.map((answer) => answer.status)).toEqual([404, 404, 404])
      expect((await stranger.get(`${CATALOG}/${kind}`)).json).toEqual([])
    }
    const into = await stranger.post(`${CATALOG}/skus`, { ...REQUESTS, plan_id: made.plans.id })
    expect([into.status, into.json.errors[0].path]).toEqual([404, "plan_id"])
    const preview = await stranger.post(`${CATALOG}/skus/preview`, { sku_id: skus.id, quantity: 1 })
    expect([preview.status, preview.json.errors[0].path]).toEqual([404, "sku_id"])
  })

  test("a repeat under the same key makes one plan", async () => {
    const own = await newTenant("test")
    const key = { "Idempotency-Key": "plan-001" }
    const first = await own.api.post(`${CATALOG}/plans`, STARTUP, key)
    const again = await own.api.post(`${CATALOG}/plans`, STARTUP, key)
    expect([again.text, again.headers.get("X-Idempotency-Replayed")]).toEqual([first.text, "true"])
    expect((await own.api.get(`${CATALOG}/plans`)).json).toHaveLength(1)
    const reused = await own.api.post(`${CATALOG}/plans`, { ...STARTUP, trial_days: 7 }, key)
    expect(reused.json.code).toBe("idempotency_key_reused")
  })
})
