// Plans and customers: made, read, listed, deleted, and nobody else's.

import { beforeAll, describe, expect, test } from "vitest"
import { api } from "../support/client.ts"
import type { Company } from "./client.ts"
import { call, made, newCompany } from "./client.ts"

const PLAN = { plan_type: "debit", amount: 500, frequency: "monthly" }

let company: Company

beforeAll(async () => {
  company = await newCompany()
})

describe("a plan", () => {
  test("is told as it was made", async () => {
    const plan = await made(company.post("/v1/plans", PLAN))
    expect(Object.keys(plan)).toEqual([
      "amount",
      "company_guid",
      "created_at",
      "deleted",
      "frequency",
      "guid",
      "interval",
      "plan_type",
      "updated_at",
    ])
    expect(plan).toMatchObject({ ...PLAN, interval: 1, deleted: false, company_guid: company.guid })
    expect(plan.guid).toMatch(/^PL[1-9A-HJ-NP-Za-km-z]{21,22}$/)
    expect(await made(company.get(`/v1/plans/${plan.guid}`))).toEqual(plan)
  })

  test("is deleted once, stays as it is, and is still listed", async () => {
    const plan = await made(company.post("/v1/plans", { ...PLAN, plan_type: "credit" }))
    const deleted = await made(company.delete(`/v1/plans/${plan.guid}`))
    expect(deleted).toEqual({ ...plan, deleted: true })
    const again = await company.delete(`/v1/plans/${plan.guid}`)
    expect([again.status, again.text]).toEqual([
      400,
      expect.stringContaining(`Plan ${plan.guid} was already deleted`),
    ])
    expect(await made(company.get(`/v1/plans/${plan.guid}`))).toEqual(deleted)
    expect((await made(company.get("/v1/plans"))).items[0]).toEqual(deleted)
  })
})

describe("a customer", () => {
  test("is made at the processor too", async () => {
    const customer = await made(company.post("/v1/customers"))
    expect(Object.keys(customer)).toEqual([
      "company_guid",
      "created_at",
      "deleted",
      "guid",
      "processor_uri",
      "updated_at",
    ])
    expect(customer.processor_uri).toMatch(/^\/v1\/customers\/\w+$/)
    expect(customer).toMatchObject({ deleted: false, company_guid: company.guid })
    expect(await made(company.get(`/v1/customers/${customer.guid}`))).toEqual(customer)
  })

  test("may have a name there already, and share it", async () => {
    const uri = { processor_uri: "/v1/customers/CU1jqOF9TocQXGIXjuMVrpMu" }
    const [one, two] = [
      await made(company.post("/v1/customers", uri)),
      await made(company.post("/v1/customers", uri)),
    ]
    expect(one.guid).not.toBe(two.guid)
    expect([one.processor_uri, two.processor_uri]).toEqual([uri.processor_uri, uri.processor_uri])
  })

  test("is deleted once and still listed", async () => {
    const customer = await made(company.post("/v1/customers"))
    const deleted = await made(company.delete(`/v1/customers/${customer.guid}`))
    expect(deleted).toEqual({ ...customer, deleted: true })
    const again = await company.delete(`/v1/customers/${customer.guid}`)
    expect(again.status).toBe(400)
    expect(again.text).toContain(`Customer ${customer.guid} was already deleted`)
    expect((await made(company.get("/v1/customers"))).items[0]).toEqual(deleted)
  })
})

describe("a list", () => {
  test("goes newest first, by offset and limit, to an empty page", async () => {
    const lister = await newCompany()
    const guids: string[] = []
    for (let at = 0; at < 5; at++) guids.unshift((await made(lister.post("/v1/customers"))).guid)
    const page = async (query: string) => made(lister.get(`/v1/customers${query}`))
    const guidsOf = ({ items }: any) => items.map(({ guid }: any) => guid)
    expect(guidsOf(await page("?"))).toEqual(guids)
    const first = await page("?limit=2")
    expect([guidsOf(first), first.offset, first.limit]).toEqual([guids.slice(0, 2), 0, 2])
    const last = await page("?offset=4&limit=2")
    expect([guidsOf(last), last.offset, last.limit]).toEqual([guids.slice(4), 4, 2])
    expect(await page("?offset=6&limit=2")).toEqual({ items: [], offset: 6, limit: 2 })
    expect((await page("?offset=1&limit=0")).items).toEqual([])
  })

  test("is filtered by the processor's name", async () => {
    const uri = "/v1/customers/CUfiltered"
    const one = await made(company.post("/v1/customers", { processor_uri: uri }))
    const found = await made(company.get(`/v1/customers?processor_uri=${encodeURIComponent(uri)}`))
    expect(found.items).toEqual([one])
    expect((await made(company.get("/v1/customers?processor_uri=/v1/customers/CUfilter"))).items).toEqual([])
  })

  test("of a plan's customers has each subscriber once", async () => {
    const seller = await newCompany()
    const plan = await made(seller.post("/v1/plans", PLAN))
    const native = api(seller.key)
    await made(seller.post("/v1/customers"))
    const uri = { processor_uri: "/v1/customers/CUsubscriber" }
    const [one, two] = [
      await made(seller.post("/v1/customers", uri)),
      await made(seller.post("/v1/customers")),
    ]
    const customers = (await native.get("/admin/v1/customers")).json
    const [{ id: planId }] = (await native.get("/admin/v1/catalog/plans")).json
    const idOf = ({ guid }: any) => customers.find((row: any) => row.display_name === guid).id
    for (const customer of [one, one, two]) {
      const subscribed = await native.post("/v1/subscriptions", {
        customer_id: idOf(customer),
        plan_id: planId,
      })
      expect(subscribed.status).toBe(201)
    }
    const listed = await made(seller.get(`/v1/plans/${plan.guid}/customers`))
    expect(listed.items).toEqual([two, one])
    expect(
      (await made(seller.post(`/v1/plans/${plan.guid}/customers`, { limit: 1, offset: 1 }))).items,
    ).toEqual([one])
    const filtered = await made(
      seller.get(`/v1/plans/${plan.guid}/customers?processor_uri=${uri.processor_uri}`),
    )
    expect(filtered.items).toEqual([one])
  })
})

describe("another company", () => {
  test("is told 403 of what is not its own, and lists nothing of it", async () => {
    const plan = await made(company.post("/v1/plans", PLAN))
    const customer = await made(company.post("/v1/customers"))
    const other = await newCompany()
    const paths = [
      `/v1/companies/${company.guid}`,
      `/v1/plans/${plan.guid}`,
      `/v1/plans/${plan.guid}/customers`,
      `/v1/customers/${customer.guid}`,
    ]
    for (const path of paths) expect([path, (await other.get(path)).status]).toEqual([path, 403])
    for (const path of paths.slice(1)) {
      if (!path.endsWith("customers")) expect([path, (await other.delete(path)).status]).toEqual([path, 403])
    }
    expect((await company.get(`/v1/plans/${plan.guid}`)).json.deleted).toBe(false)
    expect((await company.get(`/v1/customers/${customer.guid}`)).json.deleted).toBe(false)
    expect((await made(other.get("/v1/plans"))).items).toEqual([])
    expect((await made(other.get("/v1/customers"))).items).toEqual([])
  })
})

describe("the sandbox's window", () => {
  test("mints cards and shows the callback address, to test companies with their key", async () => {
    const card = await made(company.post("/billy/_sandbox/cards"))
    expect(card.uri).toMatch(/^\/v1\/cards\/CC\w+$/)
    const declined = await made(
      company.post("/billy/_sandbox/cards", { behaviour: "DECLINE", type: "bank_accounts" }),
    )
    expect(declined.uri).toMatch(/^\/v1\/bank_accounts\/BA\w+DECLINE$/)
    expect((await company.post("/billy/_sandbox/cards", { behaviour: "EXPLODE" })).status).toBe(400)
    const { items } = await made(company.get("/billy/_sandbox/callbacks"))
    const { guid, callback_key: key } = company.json
    expect(items.map(({ url }: any) => new URL(url).pathname)).toEqual([
      `/v1/companies/${guid}/callbacks/${key}/`,
    ])
    const customer = await made(company.post("/v1/customers"))
    const shown = await made(company.get(`/billy/_sandbox/object?uri=${customer.processor_uri}`))
    expect(shown).toEqual({
      uri: customer.processor_uri,
      type: "customer",
      meta: { "billy.customer_guid": customer.guid },
    })
    expect((await company.get("/billy/_sandbox/object?uri=/v1/customers/NOTEXIST")).status).toBe(404)
    expect((await company.get("/billy/_sandbox/object")).status).toBe(400)
    expect((await call("GET", "/billy/_sandbox/callbacks")).status).toBe(403)
  })
})
