// What customers pay in tax, by where they are and what they are. By the test clock; the amounts are worked out by hand.

import { beforeEach, describe, expect, test } from "vitest"
import type { Api, Json } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import {
  CALLS,
  CENT,
  FEE,
  invoicesOf,
  newCustomer,
  newPlan,
  newSubscription,
  told,
  use,
} from "../support/fixtures.ts"

let api: Api

beforeEach(async () => {
  api = (await newTenant("test")).api
  await setClock(api, "2026-01-01T00:00:00Z")
})

const settle = async (tax: Json) => expect((await api.patch("/admin/v1/tenant", { tax })).status).toBe(200)
const newRate = (name: string, country: string, rate_bps: number, fields: Json = {}) =>
  create(api, "/admin/v1/tax-rates", { name, country, rate_bps, ...fields })
const address = (country: string, region?: string, city?: string) => ({
  billing_address: { country, region, city },
})
const cents = (nanos: string) => Number(BigInt(nanos) / CENT)

/** Subtotal, tax and total of an invoice, in cents. */
const sums = (invoice: any) => [invoice.subtotal_nanos, invoice.tax_nanos, invoice.total_nanos].map(cents)

/** The first monthly invoice of a customer for $31.00 and ten calls of a cent each, final. */
async function firstInvoice(customer: Json, currency = "USD"): Promise<any> {
  const plan = await newPlan(api, [
    { ...FEE, currency },
    { ...CALLS, currency },
  ])
  const { id } = await newCustomer(api, { ...customer, currency })
  const subscription = await newSubscription(api, plan, { customer_id: id })
  await use(api, subscription, "2026-01-01T00:00:00Z", 10)
  await advance(api, { to: "2026-02-01T02:00:00Z" })
  const [invoice] = await invoicesOf(api, subscription)
  expect(invoice.status).toBe("Open")
  // Whatever the place: no cent is lost between the lines and the invoice.
  const [, tax, total] = sums(invoice)
  const borne = invoice.line_items.reduce((sum: number, line: any) => sum + cents(line.tax_amount_nanos), 0)
  const added = invoice.line_items.filter((line: any) => !line.is_included)
  expect(borne).toBe(tax)
  expect(added.reduce((sum: number, line: any) => sum + cents(line.amount_nanos), 0)).toBe(total)
  return invoice
}

describe("a flat rate", () => {
  test("the quick start's way: bill, compute the tax of the draft, finalize; 8.5 % on every line", async () => {
    await settle({ mode: "FlatRate", bps: 850, name: "Sales tax" })
    const plan = await newPlan(api, [CALLS])
    const subscription = await newSubscription(api, plan)
    await use(api, subscription, "2026-01-01T00:00:00Z", 1_000)
    const draft = await create(api, `/admin/v1/subscriptions/${subscription.id}/bill`, {})
    const tax = await api.post(`/admin/v1/invoices/${draft.id}/calculate-tax`)
    expect([tax.json.tax_applied, cents(tax.json.tax_line_item.amount_nanos)]).toEqual([true, 85])
    const final = await api.post(`/admin/v1/invoices/${draft.id}/finalize`)
    expect(told(final.json)).toEqual([
      ["Calls", "1000", 1_000],
      ["Sales tax 8.5%", "1", 85],
    ])
    expect(sums(final.json)).toEqual([1_000, 85, 1_085])
  })

  test("usage that comes while an invoice is a draft is taxed as well", async () => {
    await settle({ mode: "FlatRate", bps: 1000 })
    const plan = await newPlan(api, [CALLS])
    const subscription = await newSubscription(api, plan)
    await use(api, subscription, "2026-01-01T00:00:00Z", 100)
    await advance(api, { to: "2026-02-01T00:00:00Z" })
    const [draft] = await invoicesOf(api, subscription)
    expect([draft.status, ...sums(draft)]).toEqual(["Draft", 100, 10, 110])
    await use(api, subscription, "2026-01-31T23:00:00Z", 50)
    await advance(api, { to: "2026-02-01T01:00:00Z" })
    const [final] = await invoicesOf(api, subscription)
    expect([final.status, ...sums(final)]).toEqual(["Open", 150, 15, 165])
  })

  test("a customer with a tax id is exempt", async () => {
    await settle({ mode: "FlatRate", bps: 850 })
    const invoice = await firstInvoice({ tax_id: "12-3456789" })
    expect(sums(invoice)).toEqual([3_110, 0, 3_110])
    expect(invoice.tax).toMatchObject({
      mode: "FlatRate",
      tax_id: "12-3456789",
      exemption: "TaxId",
      note: null,
    })
  })
})

describe("rates by place", () => {
  test("New York City: the state, the city and the commuter district; not Buffalo's, not Canada's", async () => {
    await settle({ mode: "Rates", country: "US" })
    const city = { region: "NY/New York City" }
    await newRate("NY state", "US", 400, { region: "NY" })
    await newRate("NYC", "US", 450, city)
    await newRate("MCTD", "US", 37.5, city)
    await newRate("Erie County", "US", 475, { region: "NY/Buffalo" })
    await newRate("GST", "CA", 500)
    const invoice = await firstInvoice(address("US", "NY", "New York City"))
    // 31.10 × 4 % = 1.244, × 4.5 % = 1.3995, × 0.375 % = 0.116625
    expect(told(invoice)).toEqual([
      ["Fee", "1", 3_100],
      ["Calls", "10", 10],
      ["NY state 4%", "1", 124],
      ["NYC 4.5%", "1", 140],
      ["MCTD 0.375%", "1", 12],
    ])
    expect(sums(invoice)).toEqual([3_110, 276, 3_386])
    const elsewhere = await oneOff(address("US", "ny"))
    expect(told(elsewhere).slice(1)).toEqual([["NY state 4%", "1", 400]])
  })

  test("British Columbia: GST of the country and PST of the province, side by side", async () => {
    await settle({ mode: "Rates", country: "CA" })
    await newRate("GST", "CA", 500)
    await newRate("PST", "CA", 700, { region: "BC" })
    const invoice = await firstInvoice(address("CA", "BC"), "CAD")
    // 31.10 × 5 % = 1.555, × 7 % = 2.177
    expect(told(invoice).slice(2)).toEqual([
      ["GST 5%", "1", 156],
      ["PST 7%", "1", 218],
    ])
    expect(sums(invoice)).toEqual([3_110, 374, 3_484])
  })

  test("Germany: the price has its 19 % in it, and a business at home pays it like everybody", async () => {
    await settle({ mode: "Rates", country: "DE" })
    await newRate("MwSt.", "DE", 1900, { inclusive: true })
    const invoice = await firstInvoice({ ...address("DE"), tax_id: "DE123456789" }, "EUR")
    // 31.10 × 19 / 119 = 4.9655
    expect(told(invoice).slice(2)).toEqual([["MwSt. 19%, included", "1", 497]])
    expect(sums(invoice)).toEqual([2_613, 497, 3_110])
    expect(invoice.tax.exemption).toBeNull()
  })

  test("a French business with its VAT id accounts for the tax itself; without one it pays", async () => {
    await settle({ mode: "Rates", country: "DE" })
    await newRate("TVA", "FR", 2000)
    const invoice = await firstInvoice({ ...address("FR"), tax_id: "FR 40 303 265 045" }, "EUR")
    expect(sums(invoice)).toEqual([3_110, 0, 3_110])
    expect(invoice.tax).toEqual({
      mode: "Rates",
      country: "FR",
      region: null,
      tax_id: "FR 40 303 265 045",
      exemption: "ReverseCharge",
      note: expect.stringMatching(/^Reverse charge/),
      rates: [],
    })
    const consumer = await oneOff({ ...address("FR"), currency: "EUR" })
    expect(sums(consumer)).toEqual([10_000, 2_000, 12_000])
    const wrong = await oneOff({ ...address("FR"), tax_id: "FR 4030", currency: "EUR" })
    expect(sums(wrong)).toEqual([10_000, 2_000, 12_000])
  })

  test("who pays for others is taxed where it is itself, once for all of them", async () => {
    await settle({ mode: "Rates", country: "DE" })
    await newRate("MwSt.", "DE", 1900)
    await newRate("TVA", "FR", 2000)
    const payer = await newCustomer(api, { ...address("DE"), currency: "EUR" })
    const invoice = await firstInvoice({ ...address("FR"), bill_to_id: payer.id }, "EUR")
    expect(invoice.customer_id).toBe(payer.id)
    // 31.10 × 19 % = 5.909
    expect(told(invoice).slice(2)).toEqual([["MwSt. 19%", "1", 591]])
    expect(invoice.tax.country).toBe("DE")
  })

  test("nobody knows where: nothing is charged, and the invoice says so", async () => {
    await settle({ mode: "Rates", country: "DE" })
    await newRate("MwSt.", "DE", 1900)
    const invoice = await oneOff({})
    expect([invoice.tax.country, ...sums(invoice)]).toEqual([null, 10_000, 0, 10_000])
  })

  test("what is final stays, wherever the customer moves and whatever becomes of the rate", async () => {
    await settle({ mode: "Rates", country: "CA" })
    const gst = await newRate("GST", "CA", 500)
    const [open, draft] = [await oneOff(address("CA")), await oneOff(address("CA"))]
    await api.post(`/admin/v1/invoices/${open.id}/finalize`)
    const before = (await api.get(`/v1/invoices/${open.id}`)).json
    await api.patch(`/admin/v1/customers/${open.customer_id}`, address("US"))
    await api.post(`/admin/v1/tax-rates/${gst.id}/archive`)
    await settle({ mode: "PassThrough" })
    expect((await api.get(`/v1/invoices/${open.id}`)).json).toEqual(before)
    expect(sums(before)).toEqual([10_000, 500, 10_500])
    const final = await api.post(`/admin/v1/invoices/${draft.id}/finalize`)
    expect([final.json.tax.mode, ...sums(final.json)]).toEqual(["PassThrough", 10_000, 0, 10_000])
  })
})

/** A one-off draft of 100.00 for a new customer. */
async function oneOff(fields: Json): Promise<any> {
  const { id } = await newCustomer(api, fields)
  const lines = [{ description: "Workshop", unit_amount_nanos: (10_000n * CENT).toString() }]
  return create(api, "/admin/v1/invoices", { customer_id: id, lines })
}
