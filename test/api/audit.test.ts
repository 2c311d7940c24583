// The audit trail: every change leaves an entry with who, what, before and after, and nothing else does.

import { beforeAll, describe, expect, test } from "vitest"
import type { Json, Tenant } from "../support/client.ts"
import { api, create, newTenant, ROOT_KEY } from "../support/client.ts"

const AUDIT = "/admin/v1/audit"

let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant("test")
})

const ACME = { display_name: "Acme Corp", email: "billing@acmecorp.com", currency: "USD" }

async function entries(query: string): Promise<any[]> {
  const answer = await tenant.api.get(AUDIT + query)
  expect(answer.status).toBe(200)
  return answer.json
}

describe("customers", () => {
  test("an entry says who changed what, from what to what, in which request", async () => {
    const { id } = await create(tenant.api, "/admin/v1/customers", ACME)
    const changed = await tenant.api.patch(`/admin/v1/customers/${id}`, { email: "new@acmecorp.com" })
    const [latest, first, ...rest] = await entries(`?subject_id=${id}`)
    expect(rest).toEqual([])
    expect(first).toMatchObject({ action: "customer.created", before: null, after: { email: ACME.email } })
    expect(latest).toMatchObject({
      action: "customer.updated",
      at: expect.stringMatching(/Z$/),
      actor: { type: "ApiKey", id: expect.any(String) },
      subject_type: "Customer",
      subject_id: id,
      customer_id: id,
      before: { email: ACME.email, display_name: "Acme Corp" },
      after: { email: "new@acmecorp.com", display_name: "Acme Corp" },
      request_id: changed.headers.get("X-Request-Id"),
    })
  })

  test("a token is recorded without its text", async () => {
    const { id } = await create(tenant.api, "/admin/v1/customers", ACME)
    const { json } = await tenant.api.post(`/admin/v1/customers/${id}/tokens`)
    const [entry] = await entries(`?subject_id=${id}`)
    expect(entry.action).toBe("customer.token_issued")
    expect(JSON.stringify(entry)).not.toContain(json.token)
  })

  test("what was refused or replayed leaves nothing", async () => {
    const { id } = await create(tenant.api, "/admin/v1/customers", ACME)
    const key = { "Idempotency-Key": `once-${id}` }
    const path = `/admin/v1/customers/${id}`
    await tenant.api.patch(path, { display_name: "B" }, key)
    await tenant.api.patch(path, { display_name: "B" }, key)
    await tenant.api.patch(path, { display_name: "C" }, key)
    await tenant.api.patch(path, { account_type: "Subsidiary" })
    const actions = (await entries(`?subject_id=${id}`)).map((entry) => entry.action)
    expect(actions).toEqual(["customer.updated", "customer.created"])
  })
})

describe("the catalog", () => {
  test("products, plans and SKUs leave an entry for each step", async () => {
    const CATALOG = "/admin/v1/catalog"
    const steps = async (path: string, body: Json) => {
      const { id } = await create(tenant.api, `${CATALOG}/${path}`, body)
      return id as string
    }
    const product = await steps("products", { name: "API" })
    const plan = await steps("plans", { name: "Startup", billing_cadence: "Monthly" })
    const sku = await steps("skus", {
      plan_id: plan,
      name: "Fee",
      pricing_model: "Flat",
      currency: "USD",
      unit_amount_nanos: "1",
    })
    // SKU first: an archived plan would refuse.
    for (const path of [`skus/${sku}`, `products/${product}`, `plans/${plan}`]) {
      expect((await tenant.api.patch(`${CATALOG}/${path}`, { name: "New" })).status).toBe(200)
      expect((await tenant.api.post(`${CATALOG}/${path}/archive`)).status).toBe(200)
    }
    for (const [id, kind] of [
      [product, "product"],
      [plan, "plan"],
      [sku, "sku"],
    ] as const) {
      const trail = await entries(`?subject_id=${id}`)
      const actions = trail.map((entry) => entry.action)
      expect(actions).toEqual([`${kind}.archived`, `${kind}.updated`, `${kind}.created`])
      expect(trail[1]).toMatchObject({ after: { name: "New" }, customer_id: null })
      expect(trail[1].before.name).not.toBe("New")
    }
    const [created] = (await entries(`?subject_id=${sku}`)).slice(-1)
    expect(created.after).toMatchObject({ pricing_model: "Flat", unit_amount_nanos: "1", plan_version: 1 })
  })
})

describe("GET /admin/v1/audit", () => {
  test("filters by customer, subject and action, and pages", async () => {
    const a = await create(tenant.api, "/admin/v1/customers", ACME)
    const b = await create(tenant.api, "/admin/v1/customers", ACME)
    await tenant.api.patch(`/admin/v1/customers/${a.id}`, { display_name: "A" })
    expect((await entries(`?customer_id=${a.id}`)).map((entry) => entry.action)).toEqual([
      "customer.updated",
      "customer.created",
    ])
    const updates = await entries(`?customer_id=${a.id}&action=customer.updated`)
    expect(updates).toHaveLength(1)
    const created = await entries("?action=customer.created")
    expect(created.slice(0, 2).map((entry) => entry.subject_id)).toEqual([b.id, a.id])
    const page = await tenant.api.get(`${AUDIT}?limit=1&customer_id=${a.id}`)
    const next = /<https:\/\/[^/]+([^>]+)>; rel="next"/.exec(page.headers.get("Link") ?? "")?.[1]
    const rest = await tenant.api.get(next ?? "no link")
    expect(rest.json.map((entry: { action: string }) => entry.action)).toEqual(["customer.created"])
    expect(rest.headers.get("Link")).toBeNull()
  })

  test("begins with the root key's creation of the tenant", async () => {
    const own = await newTenant("test")
    const { json } = await own.api.get(AUDIT)
    expect(json).toHaveLength(1)
    expect(json[0]).toMatchObject({ action: "tenant.created", actor: { type: "Root" }, subject_id: own.id })
  })

  test("is another tenant's own, and needs audit:read", async () => {
    const { id } = await create(tenant.api, "/admin/v1/customers", ACME)
    const stranger = await newTenant("test")
    expect((await stranger.api.get(`${AUDIT}?subject_id=${id}`)).json).toEqual([])
    const key = { name: "Ingest", scopes: ["events:write"] }
    const restricted = api((await create(tenant.api, "/admin/v1/api-keys", key)).key)
    expect((await restricted.get(AUDIT)).status).toBe(403)
    expect((await api(null).get(AUDIT)).status).toBe(401)
    expect((await api(ROOT_KEY).get(AUDIT)).status).toBe(403)
  })
})
