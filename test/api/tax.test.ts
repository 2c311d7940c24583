// Taxes through the API: settings, rates, and what they put onto a draft.

import { beforeEach, describe, expect, test } from "vitest"
import type { Api, Json } from "../support/client.ts"
import { create, newTenant } from "../support/client.ts"
import { CENT, newCustomer } from "../support/fixtures.ts"

let api: Api

beforeEach(async () => {
  api = (await newTenant("test")).api
})

const nanos = (cents: number) => (BigInt(cents) * CENT).toString()

async function newDraft(customer: any, ...cents: readonly number[]): Promise<any> {
  const lines = cents.map((amount, at) => ({ description: `Line ${at}`, unit_amount_nanos: nanos(amount) }))
  return create(api, "/admin/v1/invoices", { customer_id: customer.id, lines })
}

async function setTax(tax: Json): Promise<void> {
  const set = await api.patch("/admin/v1/tenant", { tax })
  expect([set.status, set.json.tax]).toMatchObject([200, tax])
}

const calculate = (invoice: any) => api.post(`/admin/v1/invoices/${invoice.id}/calculate-tax`)
const read = async (invoice: any) => (await api.get(`/v1/invoices/${invoice.id}`)).json

describe("the settings", () => {
  test("a tenant passes through until it says otherwise, and says each mode as it was told", async () => {
    expect((await api.get("/admin/v1/tenant")).json.tax).toEqual({ mode: "PassThrough" })
    const flat = await api.patch("/admin/v1/tenant", { tax: { mode: "FlatRate", bps: 850 } })
    expect(flat.json.tax).toEqual({ mode: "FlatRate", bps: 850, name: "Tax", inclusive: false })
    const rates = await api.patch("/admin/v1/tenant", { tax: { mode: "Rates", country: "DE" } })
    expect(rates.json.tax).toEqual({ mode: "Rates", country: "DE" })
    const other = await api.patch("/admin/v1/tenant", { company_name: "Example Inc." })
    expect(other.json.tax).toEqual({ mode: "Rates", country: "DE" })
    const none = await api.patch("/admin/v1/tenant", { tax: { mode: "PassThrough" } })
    expect(none.json.tax).toEqual({ mode: "PassThrough" })
  })

  test("a tenant can be made with them", async () => {
    const made = await newTenant("test", { tax: { mode: "FlatRate", bps: "997.5", name: "QST" } })
    const told = await made.api.get("/admin/v1/tenant")
    expect(told.json.tax).toEqual({ mode: "FlatRate", bps: 997.5, name: "QST", inclusive: false })
  })
})

describe("billing addresses", () => {
  const address = {
    line1: "1 Example Street",
    line2: null,
    city: "New York City",
    postal_code: "10001",
    region: "NY",
    country: "US",
  }

  test("are kept whole, replaced whole and taken away", async () => {
    const customer = await newCustomer(api, { billing_address: address })
    expect(customer.billing_address).toEqual(address)
    const path = `/admin/v1/customers/${customer.id}`
    const left = await api.patch(path, { display_name: "Acme" })
    expect(left.json.billing_address).toEqual(address)
    const moved = await api.patch(path, { billing_address: { country: "DE" } })
    expect(moved.json.billing_address).toEqual({
      line1: null,
      line2: null,
      city: null,
      postal_code: null,
      region: null,
      country: "DE",
    })
    const gone = await api.patch(path, { billing_address: null })
    expect(gone.json.billing_address).toBeNull()
  })
})

describe("tax rates", () => {
  test("are made, listed by country, archived once, and not listed any more", async () => {
    const gst = await create(api, "/admin/v1/tax-rates", { name: "GST", country: "CA", rate_bps: 500 })
    const qst = await create(api, "/admin/v1/tax-rates", {
      name: "QST",
      country: "CA",
      region: "QC",
      rate_bps: 997.5,
    })
    const vat = await create(api, "/admin/v1/tax-rates", {
      name: "MwSt.",
      country: "DE",
      rate_bps: "1900",
      inclusive: true,
    })
    expect(qst).toEqual({
      id: qst.id,
      name: "QST",
      country: "CA",
      region: "QC",
      rate_bps: 997.5,
      inclusive: false,
      archived_at: null,
      created_at: expect.any(String),
    })
    expect([gst.region, gst.inclusive, vat.rate_bps, vat.inclusive]).toEqual([null, false, 1900, true])
    expect((await api.get("/admin/v1/tax-rates?country=CA")).json).toEqual([qst, gst])
    expect((await api.get("/admin/v1/tax-rates?country=Canada")).status).toBe(422)
    const archived = await api.post(`/admin/v1/tax-rates/${gst.id}/archive`)
    expect(archived.json).toEqual({ ...gst, archived_at: expect.any(String) })
    const again = await api.post(`/admin/v1/tax-rates/${gst.id}/archive`)
    expect([again.status, again.json.code]).toEqual([409, "invalid_state"])
    expect((await api.get("/admin/v1/tax-rates")).json).toEqual([vat, qst])
    const all = await api.get("/admin/v1/tax-rates?include_archived=true&limit=2")
    expect(all.json).toEqual([vat, qst])
    expect(all.headers.get("Link")).toContain('rel="next"')
    expect((await api.get(`/admin/v1/tax-rates/${gst.id}`)).json).toEqual(archived.json)
  })

  test("may have the same name and place", async () => {
    const body = { name: "GST", country: "CA", rate_bps: 500 }
    const [first, second] = [
      await create(api, "/admin/v1/tax-rates", body),
      await create(api, "/admin/v1/tax-rates", body),
    ]
    expect(first.id).not.toBe(second.id)
  })
})

describe("calculate-tax", () => {
  test("puts the tax of the settings onto a draft, and again in the place of what it had", async () => {
    const customer = await newCustomer(api)
    const draft = await newDraft(customer, 100_00, 50_00)
    expect([draft.tax.mode, draft.tax_nanos, draft.total_nanos]).toEqual(["PassThrough", "0", nanos(150_00)])
    const none = await calculate(draft)
    expect(none.json).toMatchObject({
      tax_applied: false,
      tax_line_item: null,
      tax_line_items: [],
      tax_nanos: "0",
    })

    await setTax({ mode: "FlatRate", bps: 850, name: "Sales tax" })
    const first = await calculate(draft)
    expect(first.status).toBe(200)
    expect(first.json).toMatchObject({
      tax_applied: true,
      tax_line_item: {
        description: "Sales tax 8.5%",
        quantity: "1",
        amount_nanos: nanos(12_75),
        is_tax: true,
        is_included: false,
      },
      tax_nanos: nanos(12_75),
      total_nanos: nanos(162_75),
    })
    expect(first.json.tax_line_items).toEqual([first.json.tax_line_item])
    const again = await calculate(draft)
    expect(again.json).toEqual(first.json)
    const stored = await read(draft)
    expect(stored.line_items.map((line: any) => [line.amount_nanos, line.tax_amount_nanos])).toEqual([
      [nanos(100_00), nanos(8_50)],
      [nanos(50_00), nanos(4_25)],
      [nanos(12_75), "0"],
    ])
    expect(stored).toMatchObject({
      subtotal_nanos: nanos(150_00),
      tax_nanos: nanos(12_75),
      total_nanos: nanos(162_75),
      tax: { mode: "FlatRate", tax_id: null, exemption: null, rates: [{ tax_rate_id: null, rate_bps: 850 }] },
    })

    await setTax({ mode: "FlatRate", bps: 1000, name: "VAT", inclusive: true })
    const other = await calculate(draft)
    // 150.00 / 11 = 13.636…
    expect(other.json).toMatchObject({ tax_nanos: nanos(13_64), total_nanos: nanos(150_00) })
    expect(other.json.tax_line_item).toMatchObject({
      id: first.json.tax_line_item.id,
      description: "VAT 10%, included",
      rated_amount_nanos: "13636363636364",
      is_included: true,
    })

    await setTax({ mode: "PassThrough" })
    expect((await calculate(draft)).json).toMatchObject({ tax_applied: false, total_nanos: nanos(150_00) })
    const bare = await read(draft)
    expect(bare.line_items.map((line: any) => line.tax_amount_nanos)).toEqual(["0", "0"])
  })

  test("with a tax id there is no flat rate, whatever the id says", async () => {
    await setTax({ mode: "FlatRate", bps: 850 })
    const customer = await newCustomer(api, { tax_id: "12-3456789" })
    const draft = await newDraft(customer, 100_00)
    expect(draft.tax).toMatchObject({ exemption: "TaxId", tax_id: "12-3456789", rates: [] })
    const answer = await calculate(draft)
    expect(answer.json).toMatchObject({ tax_applied: false, tax_nanos: "0", total_nanos: nanos(100_00) })
  })

  test("is for drafts: what is final, void or nobody's is refused", async () => {
    await setTax({ mode: "FlatRate", bps: 850 })
    const customer = await newCustomer(api)
    const draft = await newDraft(customer, 100_00)
    await api.post(`/admin/v1/invoices/${draft.id}/finalize`)
    const before = await read(draft)
    const refused = await calculate(draft)
    expect([refused.status, refused.json.code]).toEqual([409, "invalid_state"])
    await setTax({ mode: "FlatRate", bps: 1900 })
    expect((await calculate(draft)).status).toBe(409)
    expect(await read(draft)).toEqual(before)
    expect((await calculate({ id: customer.id })).status).toBe(404)
  })

  test("an archived rate is charged no more, a new one at once", async () => {
    await setTax({ mode: "Rates", country: "CA" })
    const customer = await newCustomer(api, { billing_address: { country: "CA" } })
    const old = await create(api, "/admin/v1/tax-rates", { name: "GST", country: "CA", rate_bps: 500 })
    const draft = await newDraft(customer, 100_00)
    expect(draft.tax_nanos).toBe(nanos(5_00))
    await api.post(`/admin/v1/tax-rates/${old.id}/archive`)
    await create(api, "/admin/v1/tax-rates", { name: "GST", country: "CA", rate_bps: 600 })
    const answer = await calculate(draft)
    expect(answer.json).toMatchObject({ tax_nanos: nanos(6_00), total_nanos: nanos(106_00) })
    expect(answer.json.tax_line_items).toHaveLength(1)
  })

  test("a draft of nothing has no line of tax", async () => {
    await setTax({ mode: "FlatRate", bps: 850 })
    const draft = await newDraft(await newCustomer(api), 0)
    expect((await calculate(draft)).json).toMatchObject({
      tax_applied: false,
      tax_nanos: "0",
      total_nanos: "0",
    })
  })

  test("what exceeds an invoice with its tax is refused when it is made", async () => {
    await setTax({ mode: "FlatRate", bps: 10_000 })
    const customer = await newCustomer(api)
    const most = (2n ** 45n * CENT).toString()
    const lines = Array.from({ length: 200 }, () => ({ description: "Line", unit_amount_nanos: most }))
    const refused = await api.post("/admin/v1/invoices", { customer_id: customer.id, lines })
    expect([refused.status, refused.json.code]).toEqual([422, "amount_out_of_range"])
  })
})

test("the tax of a finalized invoice is owed on, not earned; voiding takes it back", async () => {
  await setTax({ mode: "FlatRate", bps: 850 })
  const customer = await newCustomer(api)
  const draft = await newDraft(customer, 100_00)
  const balances = async () => {
    const { json } = await api.get(`/admin/v1/customers/${customer.id}`)
    return Object.fromEntries(json.balances.map((balance: any) => [balance.account, balance.amount_nanos]))
  }
  await api.post(`/admin/v1/invoices/${draft.id}/finalize`)
  expect(await balances()).toEqual({
    AccountsReceivable: nanos(108_50),
    Revenue: nanos(-100_00),
    TaxPayable: nanos(-8_50),
  })
  await api.post(`/admin/v1/invoices/${draft.id}/void`, { reason: "Wrong customer" })
  expect(await balances()).toEqual({ AccountsReceivable: "0", Revenue: "0", TaxPayable: "0" })
})
