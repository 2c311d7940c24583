// Customers over the API: the seed's bodies, defaults, refusals with their place, the 360 view, tokens.

import { beforeAll, describe, expect, test } from "vitest"
import type { Json, Tenant } from "../support/client.ts"
import { api, create, newTenant } from "../support/client.ts"

let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant("test")
})

const ACME = {
  display_name: "Acme Corp",
  email: "billing@acmecorp.com",
  currency: "USD",
  account_type: "Organization",
}

const newCustomer = (changes: Json = {}) => create(tenant.api, "/admin/v1/customers", { ...ACME, ...changes })

describe("POST /admin/v1/customers", () => {
  test("takes the seed's body and fills in the defaults", async () => {
    const made = await tenant.api.post("/admin/v1/customers", ACME)
    expect(made.status).toBe(201)
    expect(made.json).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
      display_name: "Acme Corp",
      legal_name: null,
      email: "billing@acmecorp.com",
      account_type: "Organization",
      status: "Active",
      parent_id: null,
      consolidation: "Standalone",
      bill_to_id: null,
      billing_address: null,
      billing_currency: "USD",
      currency: "USD",
      payment_terms_days: 30,
      tax_id: null,
      external_id: null,
      metadata: {},
      created_at: expect.stringMatching(/Z$/),
    })
  })

  test("keeps every field that it is given", async () => {
    const given = {
      display_name: "Ada",
      legal_name: "Ada Lovelace",
      email: "ada@example.com",
      currency: "EUR",
      account_type: "Individual",
      consolidation: "Standalone",
      payment_terms_days: 14,
      tax_id: "DE123456789",
      external_id: "crm-1",
      metadata: { team: "growth" },
    }
    const made = await create(tenant.api, "/admin/v1/customers", given)
    expect(made).toMatchObject({ ...given, billing_currency: "EUR" })
    expect((await tenant.api.get(`/admin/v1/customers/${made.id}`)).json).toMatchObject(made)
  })

  test("needs no account_type: the seed's client sends none", async () => {
    const { account_type: _, ...body } = ACME
    expect((await create(tenant.api, "/admin/v1/customers", body)).account_type).toBe("Organization")
  })

  test.each([
    ["display_name", { display_name: "  " }],
    ["display_name", { display_name: undefined }],
    ["email", { email: "not an address" }],
    ["currency", { currency: "usd" }],
    ["currency", { currency: undefined }],
    ["account_type", { account_type: "Company" }],
    ["parent_id", { parent_id: "4711" }],
    ["payment_terms_days", { payment_terms_days: -1 }],
    ["payment_terms_days", { payment_terms_days: 2.5 }],
    ["payment_terms_days", { payment_terms_days: 366 }],
    ["metadata.a", { metadata: { a: 1 } }],
    ["metadata", { metadata: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`k${n}`, "v"])) }],
    ["external_id", { external_id: "x".repeat(256) }],
  ])("refuses a bad %s", async (path, changes) => {
    const refused = await tenant.api.post("/admin/v1/customers", { ...ACME, ...changes })
    expect(refused.status).toBe(422)
    expect(refused.json.code).toBe("invalid_request")
    expect(refused.json.errors).toContainEqual({ path, message: expect.any(String) })
  })

  test("refuses fields that it does not know", async () => {
    const refused = await tenant.api.post("/admin/v1/customers", { ...ACME, nickname: "Ace" })
    expect(refused.status).toBe(422)
    expect(refused.json.detail).toContain("nickname")
  })

  test("consolidates to a parent in its currency, and to nobody else", async () => {
    const alone = await tenant.api.post("/admin/v1/customers", {
      ...ACME,
      consolidation: "ConsolidateToParent",
    })
    expect([alone.status, alone.json.errors[0].path]).toEqual([422, "consolidation"])
    const parent = await newCustomer()
    const child = { parent_id: parent.id, account_type: "Subsidiary", consolidation: "ConsolidateToParent" }
    const foreign = await tenant.api.post("/admin/v1/customers", { ...ACME, ...child, currency: "EUR" })
    expect([foreign.status, foreign.json.code, foreign.json.errors[0].path]).toEqual([
      422,
      "currency_mismatch",
      "consolidation",
    ])
    expect(await newCustomer(child)).toMatchObject({ consolidation: "ConsolidateToParent", bill_to_id: null })
    const redirected = await tenant.api.post("/admin/v1/customers", {
      ...ACME,
      ...child,
      bill_to_id: parent.id,
    })
    expect([redirected.status, redirected.json.errors[0].path]).toEqual([422, "bill_to_id"])
  })

  test("bills another customer in the same currency, never back to itself", async () => {
    const recipient = await newCustomer()
    const billed = await newCustomer({ bill_to_id: recipient.id })
    expect(billed.bill_to_id).toBe(recipient.id)
    const euros = await newCustomer({ currency: "EUR" })
    const path = `/admin/v1/customers/${recipient.id}`
    for (const [bill_to_id, status, code] of [
      [recipient.id, 422, "invalid_request"],
      [billed.id, 422, "invalid_request"],
      [euros.id, 422, "currency_mismatch"],
      ["01944b1f-0000-7000-8000-000000000001", 404, "not_found"],
    ]) {
      const refused = await tenant.api.patch(path, { bill_to_id })
      expect([refused.status, refused.json.code, refused.json.errors[0].path]).toEqual([
        status,
        code,
        "bill_to_id",
      ])
    }
    expect((await tenant.api.patch(path, { currency: "EUR" })).json.code).toBe("invalid_state")
    expect((await tenant.api.patch(path, { status: "Closed" })).json.code).toBe("invalid_state")
    const released = await tenant.api.patch(`/admin/v1/customers/${billed.id}`, { bill_to_id: null })
    expect(released.json.bill_to_id).toBeNull()
    expect((await tenant.api.patch(path, { status: "Closed" })).status).toBe(200)
    const closed = await tenant.api.patch(`/admin/v1/customers/${billed.id}`, { bill_to_id: recipient.id })
    expect([closed.status, closed.json.errors[0].path]).toEqual([422, "bill_to_id"])
  })

  test("an external_id is taken once per tenant", async () => {
    await newCustomer({ external_id: "crm-once" })
    const again = await tenant.api.post("/admin/v1/customers", { ...ACME, external_id: "crm-once" })
    expect(again.status).toBe(409)
    expect(again.json).toMatchObject({ code: "already_exists", errors: [{ path: "external_id" }] })
    const other = await newTenant("test")
    await create(other.api, "/admin/v1/customers", { ...ACME, external_id: "crm-once" })
  })

  test("answers a repeat with the stored answer and refuses another body under the key", async () => {
    const key = { "Idempotency-Key": "customer-001" }
    const first = await tenant.api.post("/admin/v1/customers", ACME, key)
    const again = await tenant.api.post("/admin/v1/customers", ACME, key)
    expect(again.headers.get("X-Idempotency-Replayed")).toBe("true")
    expect([again.status, again.text]).toEqual([201, first.text])
    const reused = await tenant.api.post("/admin/v1/customers", { ...ACME, currency: "EUR" }, key)
    expect([reused.status, reused.json.code]).toEqual([422, "idempotency_key_reused"])
  })

  test("a refused request does not burn its key", async () => {
    const key = { "Idempotency-Key": "customer-002" }
    expect((await tenant.api.post("/admin/v1/customers", { ...ACME, currency: "???" }, key)).status).toBe(422)
    expect((await tenant.api.post("/admin/v1/customers", ACME, key)).status).toBe(201)
  })
})

describe("GET /admin/v1/customers", () => {
  test("lists newest first, in pages, and finds by external_id", async () => {
    const own = await newTenant("test")
    const made = []
    for (const n of [1, 2, 3]) {
      made.push(await create(own.api, "/admin/v1/customers", { ...ACME, external_id: `n-${n}` }))
    }
    const first = await own.api.get("/admin/v1/customers?limit=2")
    expect(first.json).toEqual([made[2], made[1]])
    const next = /<https:\/\/[^/]+([^>]+)>; rel="next"/.exec(first.headers.get("Link") ?? "")?.[1]
    const second = await own.api.get(next ?? "no link")
    expect(second.json).toEqual([made[0]])
    expect(second.headers.get("Link")).toBeNull()
    expect((await own.api.get("/admin/v1/customers?external_id=n-2")).json).toEqual([made[1]])
  })

  test.each(["limit=0", "limit=101", "limit=x", "cursor=abc"])("refuses ?%s", async (query) => {
    const refused = await tenant.api.get(`/admin/v1/customers?${query}`)
    expect(refused.status).toBe(422)
    expect(refused.json.errors[0].path).toBe(query.split("=")[0])
  })
})

describe("PATCH /admin/v1/customers/{id}", () => {
  test("changes what is given, takes away what is null, leaves the rest", async () => {
    const made = await newCustomer({ legal_name: "Acme Corporation", tax_id: "DE1", metadata: { a: "1" } })
    const body = { display_name: "Acme Inc", tax_id: null, metadata: { b: "2" }, payment_terms_days: 0 }
    const changed = await tenant.api.patch(`/admin/v1/customers/${made.id}`, body)
    expect(changed.status).toBe(200)
    expect(changed.json).toEqual({ ...made, ...body })
    expect((await tenant.api.get(`/admin/v1/customers/${made.id}`)).json).toMatchObject(changed.json)
  })

  test("suspends and takes back", async () => {
    const { id } = await newCustomer()
    for (const status of ["Suspended", "Active"]) {
      expect((await tenant.api.patch(`/admin/v1/customers/${id}`, { status })).json.status).toBe(status)
    }
  })

  test("Closed is final, and details can still be corrected", async () => {
    const { id } = await newCustomer()
    expect((await tenant.api.patch(`/admin/v1/customers/${id}`, { status: "Closed" })).status).toBe(200)
    const reopened = await tenant.api.patch(`/admin/v1/customers/${id}`, { status: "Active" })
    expect([reopened.status, reopened.json.code]).toEqual([409, "invalid_state"])
    expect((await tenant.api.patch(`/admin/v1/customers/${id}`, { email: "x@example.com" })).status).toBe(200)
    const token = await tenant.api.post(`/admin/v1/customers/${id}/tokens`)
    expect([token.status, token.json.code]).toEqual([409, "invalid_state"])
  })

  test.each([
    ["display_name", { display_name: "" }],
    ["email", { email: null }],
    ["status", { status: "Gone" }],
    ["consolidation", { consolidation: "ConsolidateToParent" }],
  ])("refuses a bad %s", async (path, body) => {
    const { id } = await newCustomer()
    const refused = await tenant.api.patch(`/admin/v1/customers/${id}`, body)
    expect([refused.status, refused.json.errors[0].path]).toEqual([422, path])
  })

  test("the currency can be changed while nothing is billed in it", async () => {
    const { id } = await newCustomer()
    const changed = await tenant.api.patch(`/admin/v1/customers/${id}`, { currency: "EUR" })
    expect(changed.json).toMatchObject({ currency: "EUR", billing_currency: "EUR" })
  })
})

describe("POST /admin/v1/customers/{id}/tokens", () => {
  test("gives an hour by default, without a body, and the token reaches its customer only", async () => {
    const { id } = await newCustomer()
    const other = await newCustomer()
    const before = Date.now()
    const made = await tenant.api.post(`/admin/v1/customers/${id}/tokens`)
    expect(made.status).toBe(201)
    const lives = Date.parse(made.json.expires_at) - before
    expect(lives).toBeGreaterThan(3_590_000)
    expect(lives).toBeLessThanOrEqual(3_601_000)
    const customer = api(made.json.token)
    expect((await customer.get("/v1/subscriptions")).status).toBe(200)
    expect((await customer.get(`/v1/subscriptions?customer_id=${other.id}`)).json).toEqual([])
    expect((await customer.get(`/admin/v1/customers/${id}`)).status).toBe(403)
  })

  test("takes a shorter life and refuses a longer one", async () => {
    const { id } = await newCustomer()
    const path = `/admin/v1/customers/${id}/tokens`
    expect((await tenant.api.post(path, { ttl_seconds: 60 })).status).toBe(201)
    for (const ttl_seconds of [0, 3601, 1.5, "60"]) {
      const refused = await tenant.api.post(path, { ttl_seconds })
      expect([refused.status, refused.json.errors[0].path]).toEqual([422, "ttl_seconds"])
    }
  })
})

describe("tenants do not see each other", () => {
  test("another tenant's customer does not exist", async () => {
    const { id } = await newCustomer()
    const { api: stranger } = await newTenant("test")
    const path = `/admin/v1/customers/${id}`
    const answers = await Promise.all([
      stranger.get(path),
      stranger.patch(path, { display_name: "Mine now" }),
      stranger.get(`${path}/hierarchy`),
      stranger.post(`${path}/tokens`),
      stranger.post("/admin/v1/customers", { ...ACME, account_type: "Subsidiary", parent_id: id }),
    ])
    expect(answers.map((answer) => answer.status)).toEqual([404, 404, 404, 404, 404])
    expect(answers[4]?.json.errors).toEqual([{ path: "parent_id", message: expect.any(String) }])
    expect((await stranger.get("/admin/v1/customers")).json).toEqual([])
  })
})
