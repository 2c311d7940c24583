// Invoices as documents: lines by hand, offers, credit notes, what is given up, what is reissued. And what is refused of all that.

import { beforeAll, describe, expect, test } from "vitest"
import type { Api, Json } from "../support/client.ts"
import { api as apiWith, create, newTenant, setClock } from "../support/client.ts"
import { CENT, newCustomer } from "../support/fixtures.ts"

let api: Api
let customer: any

beforeAll(async () => {
  api = (await newTenant("test")).api
  await setClock(api, "2026-03-01T00:00:00Z")
  customer = await newCustomer(api)
})

const cents = (n: number) => (BigInt(n) * CENT).toString()

/** A draft with lines of so many cents. */
async function draft(amounts: readonly number[], fields: Json = {}): Promise<any> {
  const lines = amounts.map((amount, at) => ({ description: `Line ${at}`, unit_amount_nanos: cents(amount) }))
  return create(api, "/admin/v1/invoices", { customer_id: customer.id, lines, ...fields })
}

async function open(amounts: readonly number[], fields: Json = {}): Promise<any> {
  const { id } = await draft(amounts, fields)
  const finalized = await api.post(`/admin/v1/invoices/${id}/finalize`)
  expect(finalized.status).toBe(200)
  return finalized.json
}

const read = async (id: string) => (await api.get(`/v1/invoices/${id}`)).json
const credit = (id: string, body: Json) =>
  api.post(`/admin/v1/invoices/${id}/credit-notes`, { reason: "Service was down", ...body })
const amounts = (invoice: any) =>
  invoice.line_items.map((line: any) => Number(BigInt(line.amount_nanos) / CENT))

async function balances(id: string): Promise<Record<string, number>> {
  const view = await api.get(`/admin/v1/customers/${id}`)
  return Object.fromEntries(
    view.json.balances.map((b: any) => [b.account, Number(BigInt(b.amount_nanos) / CENT)]),
  )
}

describe("lines by hand", () => {
  test("one or several are added to a draft, and taken off again", async () => {
    const { id } = await draft([10_000])
    const one = await api.post(`/admin/v1/invoices/${id}/lines`, {
      description: "Goodwill",
      quantity: "3",
      unit_amount_nanos: cents(-500),
      service_start: "2026-02-01T00:00:00Z",
      service_end: "2026-02-04T00:00:00Z",
    })
    expect([one.status, one.json.total_nanos]).toEqual([201, cents(8_500)])
    expect(one.json.line_items[1]).toMatchObject({
      kind: "Manual",
      quantity: "3",
      amount_nanos: cents(-1_500),
      service_end: "2026-02-04T00:00:00Z",
    })
    const lines = [
      { description: "Travel", unit_amount_nanos: cents(250) },
      { description: "Hotel", unit_amount_nanos: cents(100), quantity: "2" },
    ]
    const more = await api.post(`/admin/v1/invoices/${id}/lines`, { lines })
    expect(amounts(more.json)).toEqual([10_000, -1_500, 250, 200])
    const gone = await api.delete(`/admin/v1/invoices/${id}/lines/${more.json.line_items[1].id}`)
    expect(gone.status).toBe(204)
    expect(amounts(await read(id))).toEqual([10_000, 250, 200])
    expect((await read(id)).total_nanos).toBe(cents(10_450))
  })

  test("a draft is not adjusted below zero, whichever way", async () => {
    const { id, line_items } = await draft([1_000])
    const path = `/admin/v1/invoices/${id}/lines`
    const adjustment = (amount: number) => ({ description: "Goodwill", unit_amount_nanos: cents(amount) })
    const below = await api.post(path, adjustment(-1_001))
    expect([below.status, below.json.errors[0].path]).toEqual([422, "lines"])
    expect((await api.post(path, adjustment(-1_000))).json.total_nanos).toBe("0")
    const removed = await api.delete(`${path}/${line_items[0].id}`)
    expect([removed.status, removed.json.code]).toEqual([409, "invalid_state"])
  })

  test("only a draft takes them, and only its own", async () => {
    const { id, line_items } = await open([1_000])
    const line = { description: "Late", unit_amount_nanos: cents(1) }
    expect((await api.post(`/admin/v1/invoices/${id}/lines`, line)).json.code).toBe("invalid_state")
    expect((await api.delete(`/admin/v1/invoices/${id}/lines/${line_items[0].id}`)).status).toBe(409)
    expect((await api.patch(`/admin/v1/invoices/${id}`, { memo: "Late" })).json.code).toBe("invalid_state")
    const other = await draft([1])
    expect((await api.delete(`/admin/v1/invoices/${other.id}/lines/${line_items[0].id}`)).status).toBe(404)
  })

  test("a line that no invoice can hold is refused at its place", async () => {
    const { id } = await draft([1])
    const huge = { description: "Everything", unit_amount_nanos: "9".repeat(25), quantity: "1000000000" }
    const lines = [{ description: "Fine", unit_amount_nanos: "0" }, huge]
    const refused = await api.post(`/admin/v1/invoices/${id}/lines`, { lines })
    expect([refused.status, refused.json.errors[0].path]).toEqual([422, "lines.1"])
  })

  test("memo, metadata and external_id of a draft can be changed", async () => {
    const { id } = await draft([1], { memo: "First", metadata: { a: "1" } })
    const changes = { memo: "Second", metadata: { b: "2" }, external_id: "invoice-4711" }
    expect((await api.patch(`/admin/v1/invoices/${id}`, changes)).json).toMatchObject(changes)
    expect((await api.patch(`/admin/v1/invoices/${id}`, { memo: null })).json.memo).toBeNull()
    const other = await draft([1])
    const taken = await api.patch(`/admin/v1/invoices/${other.id}`, { external_id: "invoice-4711" })
    expect([taken.status, taken.json.errors[0].path]).toEqual([409, "external_id"])
  })
})

describe("pro-forma", () => {
  test("an offer is shown to the customer, never finalized, and becomes a draft when it is taken", async () => {
    const offer = await draft([5_000], { invoice_type: "ProForma", memo: "Valid for 30 days" })
    expect(offer).toMatchObject({
      invoice_type: "ProForma",
      status: "Draft",
      amount_due_nanos: "0",
      due_date: null,
    })
    const token = await api.post(`/admin/v1/customers/${customer.id}/tokens`)
    const reader = apiWith(token.json.token)
    expect((await reader.get(`/v1/invoices/${offer.id}`)).json.memo).toBe("Valid for 30 days")
    const finalized = await api.post(`/admin/v1/invoices/${offer.id}/finalize`)
    expect([finalized.status, finalized.json.code]).toEqual([409, "invalid_state"])
    const converted = await api.post(`/admin/v1/invoices/${offer.id}/convert`)
    expect(converted.json).toMatchObject({
      id: offer.id,
      invoice_type: "Standard",
      total_nanos: cents(5_000),
    })
    expect((await reader.get(`/v1/invoices/${offer.id}`)).status).toBe(404)
    expect((await api.post(`/admin/v1/invoices/${offer.id}/convert`)).status).toBe(409)
    expect((await api.post(`/admin/v1/invoices/${offer.id}/finalize`)).json.status).toBe("Open")
  })

  test("an offer is nothing owed: its customer can be closed", async () => {
    const other = await newCustomer(api)
    await draft([100], { customer_id: other.id, invoice_type: "ProForma" })
    expect((await api.patch(`/admin/v1/customers/${other.id}`, { status: "Closed" })).status).toBe(200)
  })
})

describe("credit notes", () => {
  test("three by amount sum to the invoice, to the cent, and then it is settled", async () => {
    const { id } = await newCustomer(api)
    const invoice = await open([1_000, 2_000, 7_001], { customer_id: id })
    const notes: any[] = []
    for (const amount of [3_333, 3_333])
      notes.push((await credit(invoice.id, { amount_nanos: cents(amount) })).json)
    expect(await read(invoice.id)).toMatchObject({
      status: "Open",
      credited_nanos: cents(6_666),
      amount_due_nanos: cents(3_335),
    })
    expect(await balances(id)).toEqual({ AccountsReceivable: 3_335, Revenue: -3_335 })
    notes.push((await credit(invoice.id, {})).json)
    expect(notes[2]).toMatchObject({
      invoice_type: "CreditNote",
      invoice_number: `${invoice.invoice_number}-CN-03`,
      applies_to_invoice_id: invoice.id,
      total_nanos: cents(3_335),
      memo: "Service was down",
      status: "Paid",
    })
    const sums = [0, 1, 2].map((at) => {
      const line = invoice.line_items[at].id
      const parts = notes.flatMap((note) => note.line_items.filter((part: any) => part.source_id === line))
      return parts.reduce((sum, part) => sum + BigInt(part.amount_nanos), 0n)
    })
    expect(sums).toEqual([1_000n, 2_000n, 7_001n].map((n) => n * CENT))
    expect(await read(invoice.id)).toMatchObject({ status: "Paid", amount_due_nanos: "0" })
    expect(await balances(id)).toEqual({ AccountsReceivable: 0, Revenue: 0 })
    const listed = await api.get(`/admin/v1/invoices/${invoice.id}/credit-notes`)
    expect(listed.json.map((note: any) => note.id)).toEqual(notes.map((note) => note.id).toReversed())
  })

  test("by line: an amount, units, and what is left", async () => {
    const lines = [
      { description: "Seats", quantity: "3", unit_amount_nanos: cents(333) },
      { description: "Support", unit_amount_nanos: cents(1_000) },
    ]
    const made = await draft([], { lines })
    await api.post(`/admin/v1/invoices/${made.id}/finalize`)
    const [seats, support] = made.line_items
    const first = await credit(made.id, {
      lines: [
        { line_id: seats.id, quantity: "2" },
        { line_id: support.id, amount_nanos: cents(400) },
      ],
    })
    expect(amounts(first.json)).toEqual([666, 400])
    expect(first.json.line_items[0]).toMatchObject({ kind: "Credit", source_id: seats.id, quantity: "2" })
    const second = await credit(made.id, { lines: [{ line_id: support.id }] })
    expect(amounts(second.json)).toEqual([600])
    const again = await credit(made.id, { lines: [{ line_id: seats.id, quantity: "2" }] })
    expect([again.status, again.json.errors[0].path]).toEqual([422, "lines.0.quantity"])
  })

  test("taxes are given back with what they were of", async () => {
    const taxed = (await newTenant("test")).api
    await taxed.patch("/admin/v1/tenant", { tax: { mode: "FlatRate", bps: "1900", name: "VAT" } })
    const { id: customerId } = await newCustomer(taxed)
    const lines = [100, 200].map((amount) => ({
      description: "Work",
      unit_amount_nanos: cents(amount * 100),
    }))
    const made = await taxed.post("/admin/v1/invoices", { customer_id: customerId, lines })
    const id = made.json.id
    expect(made.json).toMatchObject({ tax_nanos: cents(5_700), total_nanos: cents(35_700) })
    await taxed.post(`/admin/v1/invoices/${id}/finalize`)
    const path = `/admin/v1/invoices/${id}/credit-notes`
    const byLine = {
      reason: "Late",
      lines: [{ line_id: made.json.line_items[0].id, amount_nanos: cents(5_000) }],
    }
    const half = await taxed.post(path, byLine)
    expect([half.status, half.json.tax_nanos, half.json.total_nanos]).toEqual([201, cents(950), cents(5_950)])
    expect((await taxed.post(path, { reason: "Rest" })).json).toMatchObject({
      tax_nanos: cents(4_750),
      total_nanos: cents(29_750),
    })
    const view = await taxed.get(`/admin/v1/customers/${customerId}`)
    expect(view.json.balances.map((b: any) => b.amount_nanos)).toEqual(["0", "0", "0"])
  })

  test("a tax within the prices is given back with them, and owed on no more", async () => {
    const taxed = (await newTenant("test")).api
    const tax = { mode: "FlatRate", bps: "1900", name: "VAT", inclusive: true }
    expect((await taxed.patch("/admin/v1/tenant", { tax })).status).toBe(200)
    const { id: customerId } = await newCustomer(taxed)
    const lines = [{ description: "Work", unit_amount_nanos: cents(11_900) }]
    const { id } = await create(taxed, "/admin/v1/invoices", { customer_id: customerId, lines })
    await taxed.post(`/admin/v1/invoices/${id}/finalize`)
    const path = `/admin/v1/invoices/${id}/credit-notes`
    // Half of $119.00, which contain $19.00.
    const half = await taxed.post(path, { reason: "Late", amount_nanos: cents(5_950) })
    expect([half.json.total_nanos, half.json.tax_nanos]).toEqual([cents(5_950), cents(950)])
    await taxed.post(path, { reason: "Rest" })
    const view = await taxed.get(`/admin/v1/customers/${customerId}`)
    expect(view.json.balances.map((b: any) => b.amount_nanos)).toEqual(["0", "0", "0"])
  })

  test("above the rest, of a draft, of a void invoice, of a note and of nothing are refused", async () => {
    const invoice = await open([1_000])
    await credit(invoice.id, { amount_nanos: cents(600) })
    const above = await credit(invoice.id, { amount_nanos: cents(401) })
    expect([above.status, above.json.errors]).toEqual([
      422,
      [{ path: "amount_nanos", message: expect.stringContaining(cents(400)) }],
    ])
    const note = await credit(invoice.id, { amount_nanos: cents(400) })
    for (const id of [invoice.id, note.json.id, (await draft([1])).id]) {
      const refused = await credit(id, {})
      expect([refused.status, refused.json.code]).toEqual([409, "invalid_state"])
    }
    const voided = await open([1])
    await api.post(`/admin/v1/invoices/${voided.id}/void`, { reason: "Wrong" })
    expect((await credit(voided.id, {})).status).toBe(409)
    expect((await credit((await open([0])).id, {})).status).toBe(409)
  })

  test("of several at once no more is given back than there was", async () => {
    const invoice = await open([1_000])
    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => credit(invoice.id, { amount_nanos: cents(300) })),
    )
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(3)
    expect(answers.filter(({ status }) => status === 422)).toHaveLength(1)
    expect((await read(invoice.id)).credited_nanos).toBe(cents(900))
    const numbers = new Set(answers.flatMap(({ json }) => json.invoice_number ?? []))
    expect(numbers).toEqual(new Set(["01", "02", "03"].map((n) => `${invoice.invoice_number}-CN-${n}`)))
  })
})

describe("void, reissue and uncollectible", () => {
  test("a void invoice is replaced once by a draft with the same lines", async () => {
    const invoice = await open([1_000, 2_000], { memo: "As agreed" })
    await api.post(`/admin/v1/invoices/${invoice.id}/void`, { reason: "Typing error" })
    const made = await api.post(`/admin/v1/invoices/${invoice.id}/reissue`)
    expect(made.status).toBe(201)
    expect(made.json).toMatchObject({ status: "Draft", replaces_invoice_id: invoice.id, memo: "As agreed" })
    expect(amounts(made.json)).toEqual([1_000, 2_000])
    expect(await read(invoice.id)).toMatchObject({ status: "Void", replaced_by_invoice_id: made.json.id })
    expect((await api.post(`/admin/v1/invoices/${invoice.id}/reissue`)).json.code).toBe("invalid_state")
  })

  test("an open one is voided in the same moment, and says why", async () => {
    const { id } = await newCustomer(api)
    const invoice = await open([1_000], { customer_id: id })
    const silent = await api.post(`/admin/v1/invoices/${invoice.id}/reissue`, {})
    expect([silent.status, silent.json.errors[0].path]).toEqual([422, "reason"])
    const made = await api.post(`/admin/v1/invoices/${invoice.id}/reissue`, { reason: "Purchase order" })
    expect(made.json.replaces_invoice_id).toBe(invoice.id)
    expect(await read(invoice.id)).toMatchObject({ status: "Void", voided_reason: "Purchase order" })
    expect(await balances(id)).toEqual({ AccountsReceivable: 0, Revenue: 0 })
  })

  test("a draft, a settled and a credited invoice are not voided or reissued", async () => {
    const made = await draft([1])
    expect((await api.post(`/admin/v1/invoices/${made.id}/reissue`, { reason: "x" })).status).toBe(409)
    const credited = await open([1_000])
    await credit(credited.id, { amount_nanos: cents(1) })
    for (const move of ["void", "reissue"]) {
      const refused = await api.post(`/admin/v1/invoices/${credited.id}/${move}`, { reason: "x" })
      expect([refused.status, refused.json.detail]).toEqual([409, expect.stringContaining("credit notes")])
    }
    await credit(credited.id, {})
    expect((await api.post(`/admin/v1/invoices/${credited.id}/reissue`, { reason: "x" })).status).toBe(409)
  })

  test("what is given up is a loss, and a credit note after that takes from the loss", async () => {
    const { id } = await newCustomer(api)
    const invoice = await open([1_000], { customer_id: id })
    await credit(invoice.id, { amount_nanos: cents(100) })
    const lost = await api.post(`/admin/v1/invoices/${invoice.id}/mark-uncollectible`)
    expect(lost.json).toMatchObject({ status: "Uncollectible", amount_due_nanos: "0" })
    expect(await balances(id)).toEqual({ AccountsReceivable: 0, BadDebt: 900, Revenue: -900 })
    await credit(invoice.id, { amount_nanos: cents(400) })
    expect(await balances(id)).toEqual({ AccountsReceivable: 0, BadDebt: 500, Revenue: -500 })
    for (const path of ["mark-uncollectible", "void"]) {
      const again = await api.post(
        `/admin/v1/invoices/${invoice.id}/${path}`,
        path === "void" ? { reason: "x" } : {},
      )
      expect([again.status, again.json.code]).toEqual([409, "invalid_state"])
    }
  })
})
