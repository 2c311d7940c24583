// Where Billy answers and where the native API does, both ways.

import { beforeAll, describe, expect, test } from "vitest"
import { api, request } from "../support/client.ts"
import type { Company } from "./client.ts"
import { basic, call, made, newCompany } from "./client.ts"

let company: Company

beforeAll(async () => {
  company = await newCompany()
})

const isProblem = ({ headers }: { headers: Headers }) =>
  headers.get("Content-Type") === "application/problem+json"

describe("at the root", () => {
  test("Basic credentials reach Billy, and a Bearer token the native API", async () => {
    const listed = await call("GET", "/v1/customers", { headers: basic(company.key) })
    expect([listed.status, listed.json]).toEqual([200, { items: [], limit: 20, offset: 0 }])
    expect((await call("GET", "/", { headers: basic("any") })).json.server).toMatch(/^Billy/)
    // Both have this path.
    const native = { headers: { Authorization: `Bearer ${company.key}` } }
    expect((await call("GET", "/v1/subscriptions", native)).json).toEqual([])
  })

  test("a Bearer token or an X-API-Key is never Billy's, under /billy neither", async () => {
    for (const path of [
      "/",
      "/v1/plans",
      "/billy",
      "/billy/",
      "/billy/v1/plans",
      `/v1/companies/${company.guid}`,
    ]) {
      for (const headers of [{ Authorization: `Bearer ${company.key}` }, { "X-API-Key": company.key }]) {
        const answer = await call("GET", path, { headers })
        expect([path, answer.status, isProblem(answer)]).toEqual([path, 404, true])
      }
    }
    const both = { ...basic(company.key), "X-API-Key": company.key }
    expect(isProblem(await call("GET", "/v1/plans", { headers: both }))).toBe(true)
  })

  test("who sends nothing gets the native API's answers", async () => {
    expect(isProblem(await call("GET", "/v1/plans"))).toBe(true)
    expect(isProblem(await call("GET", "/"))).toBe(true)
    expect((await call("GET", "/v1/subscriptions")).status).toBe(401)
  })

  test("a company is registered by a form, not by JSON", async () => {
    const form = { processor_key: "key" }
    expect((await call("POST", "/v1/companies", { form })).status).toBe(200)
    expect((await call("POST", "/v1/companies/", { form })).status).toBe(200)
    const body = new FormData()
    body.set("processor_key", "key")
    expect((await call("POST", "/v1/companies", { body })).status).toBe(200)
    // A form without fields has no content type.
    expect((await call("POST", "/v1/companies")).status).toBe(400)
    const json = await request("POST", "/v1/companies", form, {})
    expect(isProblem(json)).toBe(true)
    const bearer = { Authorization: `Bearer ${company.key}` }
    expect(isProblem(await call("POST", "/v1/companies", { form, headers: bearer }))).toBe(true)
  })

  test("what Billy does not have stays native for any credentials", async () => {
    const headers = basic(company.key)
    expect((await call("GET", "/admin/v1/tenant", { headers })).status).toBe(401)
    expect(isProblem(await call("POST", "/v1/events", { headers, form: { id: "1" } }))).toBe(true)
    expect((await call("GET", "/health", { headers })).json).toEqual({ status: "ok" })
    expect((await call("GET", "/v1/payments/returned", { headers })).status).toBe(200)
  })
})

describe("under /billy", () => {
  test("everything answers, with credentials and without", async () => {
    expect((await call("GET", "/billy")).json.server).toMatch(/^Billy/)
    expect((await call("GET", "/billy/")).status).toBe(200)
    expect((await call("GET", "/billy/v1/plans")).status).toBe(403)
    expect((await call("GET", "/billy/v1/plans", { headers: basic(company.key) })).status).toBe(200)
    expect((await call("POST", "/billy/v1/companies", { form: { processor_key: "k" } })).status).toBe(200)
    expect((await call("GET", "/billy/v1/nothing")).status).toBe(404)
  })

  test("and nowhere else", async () => {
    expect(isProblem(await call("GET", "/billyv1/plans"))).toBe(true)
  })
})

test("the server tells of itself", async () => {
  const info = await made(call("GET", "/billy/"))
  expect(Object.keys(info)).toEqual([
    "last_transaction_created_at",
    "powered_by",
    "revision",
    "server",
    "version",
  ])
  expect(info).toMatchObject({
    server: "Billy - The recurring payment server",
    version: "1.1.3",
    revision: null,
  })
})

describe("one core behind two doors", () => {
  test("what Billy makes is seen by the native API", async () => {
    const customer = await made(company.post("/v1/customers"))
    await made(
      company.post("/v1/plans", { plan_type: "debit", amount: 500, frequency: "monthly", interval: 3 }),
    )
    const native = api(company.key)
    const [seen] = (await native.get("/admin/v1/customers")).json
    expect([seen.display_name, seen.status, seen.currency]).toEqual([customer.guid, "Active", "USD"])
    const [plan] = (await native.get("/admin/v1/catalog/plans")).json
    expect([plan.billing_cadence, plan.interval]).toEqual(["Monthly", 3])
    const { skus } = (await native.get(`/admin/v1/catalog/plans/${plan.id}`)).json
    expect(skus).toHaveLength(1)
    expect(skus[0]).toMatchObject({
      pricing_model: "Flat",
      billing_timing: "InAdvance",
      unit_amount_nanos: "5000000000000",
      currency: "USD",
    })
    const audit = (await native.get("/admin/v1/audit?action=customer.created")).json
    expect(audit[0].subject_id).toBe(seen.id)
  })

  test("what the native API makes is seen by Billy, where Billy can say it", async () => {
    const native = api(company.key)
    const plan = async (fields: object, skus: readonly object[]) => {
      const { json } = await native.post("/admin/v1/catalog/plans", { name: "Native", ...fields })
      for (const sku of skus) {
        await native.post("/admin/v1/catalog/skus", {
          plan_id: json.id,
          name: "Fee",
          currency: "USD",
          ...sku,
        })
      }
      return (await made(company.get("/v1/plans"))).items[0]
    }
    const flat = { pricing_model: "Flat", unit_amount_nanos: "7500000000000", billing_timing: "InAdvance" }
    expect(await plan({ billing_cadence: "Quarterly" }, [flat])).toMatchObject({
      amount: 750,
      frequency: "monthly",
      interval: 3,
      plan_type: "debit",
    })
    expect(await plan({ billing_cadence: "Custom", period: "P10D" }, [flat])).toMatchObject({
      frequency: "daily",
      interval: 10,
    })
    expect(await plan({ billing_cadence: "Annual" }, [flat, flat])).toMatchObject({
      amount: null,
      frequency: "yearly",
    })
    const { json } = await native.post("/admin/v1/customers", {
      display_name: "Acme",
      email: "a@acme.example",
      currency: "USD",
      account_type: "Organization",
    })
    const [seen] = (await made(company.get("/v1/customers"))).items
    expect(seen).toMatchObject({ processor_uri: null, deleted: false })
    await company.delete(`/v1/customers/${seen.guid}`)
    expect((await native.get(`/admin/v1/customers/${json.id}`)).json.status).toBe("Suspended")
  })
})
