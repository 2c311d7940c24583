// Companies: who may register one, what it is told of itself, and that its key opens both doors.

import { env } from "cloudflare:workers"
import { createExecutionContext } from "cloudflare:test"
import { beforeAll, describe, expect, test } from "vitest"
import worker from "../../src/worker.ts"
import { api, ORIGIN, ROOT_KEY } from "../support/client.ts"
import type { Company } from "./client.ts"
import { basic, call, companyWith, made, newCompany } from "./client.ts"

const BASE58 = /^[1-9A-HJ-NP-Za-km-z]+$/
const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/

let company: Company

beforeAll(async () => {
  company = await newCompany()
})

describe("a company", () => {
  test("is told its keys, its guid and two dates, and never its processor's key", async () => {
    expect(Object.keys(company.json)).toEqual(["api_key", "callback_key", "created_at", "guid", "updated_at"])
    const { api_key: key, callback_key: callbackKey, guid, created_at: createdAt } = company.json
    expect(guid).toMatch(/^CP/)
    expect(guid.slice(2)).toMatch(BASE58)
    for (const secret of [key, callbackKey]) {
      expect(secret).toMatch(BASE58)
      expect(secret.length).toBeGreaterThanOrEqual(42)
      expect(secret.length).toBeLessThanOrEqual(44)
    }
    expect(key).not.toBe(callbackKey)
    expect(createdAt).toMatch(DATE)
    expect(company.json.updated_at).toBe(createdAt)
  })

  test("reads itself as it was made, and nobody else's", async () => {
    expect(await made(company.get(`/v1/companies/${company.guid}`))).toEqual(company.json)
    const other = await newCompany()
    expect((await other.get(`/v1/companies/${company.guid}`)).status).toBe(403)
    expect((await call("GET", `/billy/v1/companies/${company.guid}`)).status).toBe(403)
  })

  test("may share its processor's key with another one", async () => {
    const [one, two] = [await newCompany("shared"), await newCompany("shared")]
    expect(one.guid).not.toBe(two.guid)
    expect(one.key).not.toBe(two.key)
  })

  test.each([
    ["nothing", {}],
    ["an empty key", { processor_key: "" }],
    ["a blank key", { processor_key: "  " }],
  ])("is not made of %s", async (_, form) => {
    const refused = await call("POST", "/v1/companies", { form })
    expect(refused.status).toBe(400)
    expect(refused.text).toContain("This field is required.")
  })

  test("keeps no key in the clear", async () => {
    const tables = ["tenants", "api_keys", "companies", "audit"]
    const rows = await env.DB.batch(tables.map((table) => env.DB.prepare(`SELECT * FROM ${table}`)))
    const text = JSON.stringify(rows.map(({ results }) => results))
    expect(text).toContain("Billy company")
    for (const secret of [company.key, company.json.callback_key, "ef13dce2093b11e388de026ba7d31e6f"]) {
      expect(text).not.toContain(secret)
    }
  })
})

describe("its key", () => {
  test("is a full secret key of the native API, by either header", async () => {
    const tenant = await api(company.key).get("/admin/v1/tenant")
    expect([tenant.status, tenant.json.mode]).toEqual([200, "test"])
    const byHeader = await call("GET", "/admin/v1/tenant", { headers: { "X-API-Key": company.key } })
    expect(byHeader.json.id).toBe(tenant.json.id)
    const keys = await api(company.key).get("/admin/v1/api-keys")
    expect(keys.json.map(({ kind }: any) => kind)).toEqual(["Secret"])
  })

  test("opens nothing once it is revoked", async () => {
    const { key } = await newCompany()
    const [row] = (await api(key).get("/admin/v1/api-keys")).json
    expect((await api(key).delete(`/admin/v1/api-keys/${row.id}`)).status).toBe(204)
    expect((await companyWith(key).get("/v1/plans")).status).toBe(403)
  })

  test("of a native tenant is good here, but not a publishable one", async () => {
    const tenant = api(company.key)
    const [secret, publishable] = await Promise.all(
      ["Secret", "Publishable"].map(
        async (kind) => (await tenant.post("/admin/v1/api-keys", { name: kind, kind })).json.key,
      ),
    )
    expect((await companyWith(secret).get("/v1/plans")).status).toBe(200)
    expect((await companyWith(publishable).get("/v1/plans")).status).toBe(403)
  })
})

describe("registration that is closed", () => {
  const register = (headers: Record<string, string>) =>
    worker.fetch(
      new Request(`${ORIGIN}/v1/companies`, {
        method: "POST",
        headers: { "Content-Type": "application/x-www-form-urlencoded", ...headers },
        body: "processor_key=x",
      }),
      { ...env, BILLY_REGISTRATION: "closed" },
      createExecutionContext(),
    )

  test("is the operator's alone", async () => {
    expect((await register({})).status).toBe(403)
    expect((await register(basic(company.key))).status).toBe(403)
    const byRoot = await register(basic(ROOT_KEY))
    expect(byRoot.status).toBe(200)
    expect((await companyWith((await byRoot.json<any>()).api_key).get("/v1/plans")).status).toBe(200)
  })
})
