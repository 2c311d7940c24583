// Who gets in: keys of each kind, both headers, tokens with their bounds, revocation.

import { sign } from "hono/jwt"
import { beforeAll, describe, expect, test } from "vitest"
import type { Tenant } from "../support/client.ts"
import { api, newTenant, request, ROOT_KEY } from "../support/client.ts"
import { newCustomer } from "../support/fixtures.ts"

const SECRET = "test-jwt-secret-that-is-long-enough-0123456789"
const HOUR = 3_600

let tenant: Tenant
let customer: any

beforeAll(async () => {
  tenant = await newTenant("live")
  customer = await newCustomer(tenant.api)
})

function token(claims: object, secret = SECRET, algorithm: "HS256" | "HS512" = "HS256") {
  const now = Math.floor(Date.now() / 1_000)
  return sign(
    { sub: customer.id, tenant: tenant.id, scope: "customer", exp: now + 600, ...claims },
    secret,
    algorithm,
  )
}

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds

async function statusOf(credential: string, path = "/v1/subscriptions"): Promise<number> {
  return (await api(credential).get(path)).status
}

describe("API keys", () => {
  test("either header will do", async () => {
    const answer = await request("GET", "/admin/v1/tenant", undefined, { "X-API-Key": tenant.key })
    expect(answer.json.id).toBe(tenant.id)
    expect(await statusOf(tenant.key)).toBe(200)
  })

  test("are made with their kind and mode in front, told once, and listed without", async () => {
    const make = async (body: object) => (await tenant.api.post("/admin/v1/api-keys", body)).json
    const restricted = await make({
      name: "Ingest",
      scopes: ["events:write", "metering:read"],
      description: "pipeline",
    })
    expect(restricted.key).toMatch(/^brk_live_[0-9A-Za-z]{40,}$/)
    expect((await make({ name: "Admin" })).key).toMatch(/^bsk_live_/)
    const publishable = await make({ name: "Shop", kind: "Publishable" })
    expect(publishable.key).toMatch(/^bpk_live_/)
    expect(await statusOf(publishable.key, "/admin/v1/catalog/plans")).toBe(200)
    expect(await statusOf(publishable.key, "/admin/v1/customers")).toBe(403)
    expect(await statusOf(restricted.key, "/admin/v1/catalog/plans")).toBe(403)
    const listed = await tenant.api.get("/admin/v1/api-keys")
    expect(listed.text).not.toContain(restricted.key)
    expect(listed.json.map((key: any) => key.name)).toEqual(["Shop", "Admin", "Ingest", "First secret key"])
    expect((await newTenant("test")).key).toMatch(/^bsk_test_/)
  })

  test("a revoked key is dead at once here", async () => {
    const made = (await tenant.api.post("/admin/v1/api-keys", { name: "Short-lived" })).json
    expect(await statusOf(made.key)).toBe(200)
    expect((await tenant.api.delete(`/admin/v1/api-keys/${made.id}`)).status).toBe(204)
    expect(await statusOf(made.key)).toBe(401)
    expect((await tenant.api.delete(`/admin/v1/api-keys/${made.id}`)).status).toBe(404)
  })

  test("a wrong one says how to send a right one, and no more", async () => {
    const refused = await api("bsk_live_wrong").get("/admin/v1/tenant")
    expect([refused.status, refused.json.code]).toEqual([401, "unauthenticated"])
    expect(refused.headers.get("WWW-Authenticate")).toBe("Bearer")
    expect(await statusOf(`${tenant.key.slice(0, -1)}!`)).toBe(401)
  })

  test("the root key creates tenants and does nothing else", async () => {
    expect(await statusOf(ROOT_KEY, "/admin/v1/tenant")).toBe(403)
    expect((await tenant.api.post("/admin/v1/tenants", { name: "x", mode: "test" })).status).toBe(403)
    expect((await api(ROOT_KEY).post("/v1/events", {})).status).toBe(403)
  })
})

describe("tokens", () => {
  test("one that we make reaches its customer", async () => {
    const made = await tenant.api.post(`/admin/v1/customers/${customer.id}/tokens`, { ttl_seconds: 60 })
    expect(made.status).toBe(201)
    expect(await statusOf(made.json.token)).toBe(200)
    expect(await statusOf(made.json.token, "/admin/v1/tenant")).toBe(403)
  })

  test("an admin's token reaches everything of its tenant", async () => {
    const admin = await token({ scope: "admin", sub: "alice", exp: inSeconds(8 * HOUR - 5) })
    expect((await api(admin).get("/admin/v1/tenant")).json.id).toBe(tenant.id)
  })

  test.each([
    ["a customer's that lives longer than an hour", () => token({ exp: inSeconds(HOUR + 60) })],
    [
      "an admin's that lives longer than eight",
      () => token({ scope: "admin", exp: inSeconds(8 * HOUR + 60) }),
    ],
    ["an expired one", () => token({ exp: inSeconds(-1) })],
    ["one that never expires", () => token({ exp: undefined })],
    ["one without a tenant", () => token({ tenant: undefined })],
    ["one of a tenant that does not exist", () => token({ tenant: "01944b1f-0000-7000-8000-00000000dead" })],
    ["one with another scope", () => token({ scope: "root" })],
    ["one with another secret", () => token({}, "another-secret-of-the-same-length-0123456789ab")],
    ["one with another algorithm", () => token({}, SECRET, "HS512")],
    [
      "an unsigned one",
      async () => (await token({})).replace(/^[^.]+/, btoa('{"alg":"none"}')).replace(/[^.]+$/, ""),
    ],
  ])("refuses %s", async (_, make) => {
    expect(await statusOf(await make())).toBe(401)
  })
})
