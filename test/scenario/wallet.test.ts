// How credit is granted, pays, lapses and goes back, told by the test clock. After each step the books balance and agree with the
// documents.

import { describe, expect, test } from "vitest"
import type { Api } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { CENT, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"

const START = "2026-01-01T00:00:00Z"

/** Dollars as nanos. */
const usd = (dollars: number) => String(BigInt(Math.round(dollars * 100)) * CENT)
const dollars = (nanos: string) => Number(BigInt(nanos) / CENT) / 100

async function begin() {
  const { api } = await newTenant("test")
  await setClock(api, START)
  const customer = await newCustomer(api)
  return { api, customer: customer.id as string }
}

const credit = (api: Api, customer: string, body: object) =>
  create(api, `/admin/v1/customers/${customer}/credits`, body)

const walletOf = async (api: Api, customer: string) =>
  (await api.get(`/admin/v1/customers/${customer}/wallet`)).json

/** What each grant has left, by its description. */
const left = async (api: Api, customer: string) =>
  Object.fromEntries(
    (await walletOf(api, customer)).wallets.flatMap((wallet: any) =>
      wallet.grants.map((grant: any) => [grant.description, dollars(grant.remaining_nanos)]),
    ),
  )

const entriesOf = async (api: Api, customer: string, query = "") =>
  (await api.get(`/admin/v1/customers/${customer}/wallet/entries${query}`)).json
    .toReversed()
    .map((entry: any) => [entry.kind, dollars(entry.amount_nanos)])

/** An invoice of one line, final. */
async function invoiced(api: Api, customer: string, amount: number) {
  const unit = { description: "Setup", quantity: "1", unit_amount_nanos: usd(amount) }
  const draft = await create(api, "/admin/v1/invoices", { customer_id: customer, lines: [unit] })
  return finalized(api, draft.id)
}

async function finalized(api: Api, id: string) {
  const done = await api.post(`/admin/v1/invoices/${id}/finalize`)
  if (done.status !== 200) throw new Error(`not finalized: ${done.text}`)
  return done.json
}

const invoice = async (api: Api, id: string) => {
  const { json } = await api.get(`/v1/invoices/${id}`)
  return [json.status, dollars(json.drawn_nanos), dollars(json.paid_nanos), dollars(json.amount_due_nanos)]
}

/** What the customer's accounts stand at, debits positive, and that all of the books are right. */
async function books(api: Api, customer: string): Promise<Record<string, number>> {
  const trial = (await api.get("/admin/v1/ledger/trial-balance")).json
  expect(trial.currencies.map((one: any) => one.difference_nanos)).toEqual(trial.currencies.map(() => "0"))
  expect((await api.get("/admin/v1/ledger/audit")).json.differences).toEqual([])
  const view = (await api.get(`/admin/v1/customers/${customer}`)).json
  return Object.fromEntries(
    view.balances
      .map((one: any) => [one.account, dollars(one.amount_nanos)])
      .filter(([, amount]: [string, number]) => amount !== 0),
  )
}

test("credit is granted, pays first what lapses first, and lapses", async () => {
  const { api, customer } = await begin()
  await credit(api, customer, { amount_nanos: usd(50), description: "bought" })
  await credit(api, customer, {
    amount_nanos: usd(20),
    kind: "Promotional",
    expires_at: "2026-02-01T00:00:00Z",
    description: "given",
  })
  expect(await books(api, customer)).toEqual({
    Cash: 50,
    PrepaidCredit: -50,
    Promotions: 20,
    PromotionalCredit: -20,
  })

  // 15 are paid by what was given, which lapses.
  const first = await invoiced(api, customer, 15)
  await advance(api, { by: "PT1M" })
  expect(await invoice(api, first.id)).toEqual(["Paid", 15, 0, 0])
  expect(await left(api, customer)).toEqual({ bought: 50, given: 5 })
  expect(await books(api, customer)).toEqual({
    Cash: 50,
    PrepaidCredit: -50,
    Promotions: 20,
    PromotionalCredit: -5,
    Revenue: -15,
  })

  await advance(api, { to: "2026-02-01T00:00:00Z" })
  expect(await left(api, customer)).toEqual({ bought: 50 })
  expect(await books(api, customer)).toEqual({
    Cash: 50,
    PrepaidCredit: -50,
    Promotions: 15,
    Revenue: -15,
  })

  // Of 80 the credit pays 50, and 30 are due.
  const second = await invoiced(api, customer, 80)
  await advance(api, { by: "PT1M" })
  expect(await invoice(api, second.id)).toEqual(["Open", 50, 0, 30])
  expect(await books(api, customer)).toEqual({
    AccountsReceivable: 30,
    Cash: 50,
    Promotions: 15,
    Revenue: -95,
  })
  expect(await entriesOf(api, customer)).toEqual([
    ["Granted", 50],
    ["Granted", 20],
    ["Drawn", -15],
    ["Expired", -5],
    ["Drawn", -50],
  ])
  const [month] = (await api.get("/admin/v1/ledger/revenue?from=2026-02&to=2026-02")).json
  expect([dollars(month.promotions_nanos), dollars(month.breakage_nanos)]).toEqual([-5, 0])
})

test("paid credit that lapses is breakage", async () => {
  const { api, customer } = await begin()
  await credit(api, customer, { amount_nanos: usd(50), expires_at: "2026-02-01T00:00:00Z" })
  await advance(api, { to: "2026-02-02T00:00:00Z" })
  expect(await books(api, customer)).toEqual({ Cash: 50, Breakage: -50 })
  const [month] = (await api.get("/admin/v1/ledger/revenue?from=2026-02&to=2026-02")).json
  expect([dollars(month.breakage_nanos), dollars(month.net_nanos)]).toEqual([50, 50])
})

test("credit pays before the card, and the card pays the rest", async () => {
  const { api, customer } = await begin()
  await create(api, `/admin/v1/customers/${customer}/payment-methods`, {
    payment_method: "pm_card_visa",
    is_default: true,
  })
  await credit(api, customer, { amount_nanos: usd(40) })
  const { id } = await invoiced(api, customer, 100)
  await advance(api, { by: "PT1M" })
  expect(await invoice(api, id)).toEqual(["Paid", 40, 60, 0])
  const [payment] = (await api.get(`/admin/v1/payments?invoice_id=${id}`)).json
  expect(dollars(payment.amount_nanos)).toBe(60)
  expect(await books(api, customer)).toEqual({ Cash: 100, Revenue: -100 })

  // Of a note of 70 the card gets back 60, as if the invoice had been of 30; 10 are credit again.
  await create(api, `/admin/v1/invoices/${id}/credit-notes`, { amount_nanos: usd(70), reason: "Outage" })
  expect(await books(api, customer)).toEqual({
    Cash: 100,
    Revenue: -30,
    PayoutsPayable: -60,
    PrepaidCredit: -10,
  })
  const refunded = await api.post(`/admin/v1/invoices/${id}/refund`, {})
  expect(refunded.json.map((one: any) => dollars(one.amount_nanos))).toEqual([60])
  expect(await books(api, customer)).toEqual({ Cash: 40, Revenue: -30, PrepaidCredit: -10 })
  await create(api, `/admin/v1/invoices/${id}/credit-notes`, { reason: "The rest" })
  expect(await books(api, customer)).toEqual({ Cash: 40, PrepaidCredit: -40 })
})

test("a void gives back what was drawn, to where it came from; what has lapsed meanwhile lapses", async () => {
  const { api, customer } = await begin()
  await credit(api, customer, {
    amount_nanos: usd(10),
    kind: "Promotional",
    expires_at: "2026-01-20T00:00:00Z",
    description: "given",
  })
  await credit(api, customer, { amount_nanos: usd(30), description: "bought" })
  const early = await invoiced(api, customer, 35)
  await advance(api, { by: "PT1M" })
  expect(await invoice(api, early.id)).toEqual(["Paid", 35, 0, 0])
  const late = await invoiced(api, customer, 45)
  expect(await invoice(api, late.id)).toEqual(["Open", 5, 0, 40])
  expect((await api.post(`/admin/v1/invoices/${late.id}/void`, { reason: "Wrong" })).status).toBe(200)
  expect(await invoice(api, late.id)).toEqual(["Void", 0, 0, 0])
  expect(await left(api, customer)).toEqual({ bought: 5 })

  const other = await begin()
  await credit(other.api, other.customer, {
    amount_nanos: usd(10),
    kind: "Promotional",
    expires_at: "2026-01-20T00:00:00Z",
  })
  const open = await invoiced(other.api, other.customer, 45)
  await advance(other.api, { to: "2026-01-25T00:00:00Z" })
  expect(await books(other.api, other.customer)).toEqual({
    AccountsReceivable: 35,
    Promotions: 10,
    Revenue: -45,
  })
  await other.api.post(`/admin/v1/invoices/${open.id}/void`, { reason: "Wrong" })
  await advance(other.api, { by: "PT1M" })
  expect(await entriesOf(other.api, other.customer)).toEqual([
    ["Granted", 10],
    ["Drawn", -10],
    ["Returned", 10],
    ["Expired", -10],
  ])
  expect(await books(other.api, other.customer)).toEqual({})
})

test("what is paid beyond what is due is credit, and pays the next invoice", async () => {
  const { api, customer } = await begin()
  const first = await invoiced(api, customer, 100)
  const pay = (id: string, amount: number) =>
    api.post(`/admin/v1/invoices/${id}/pay`, { amount_nanos: usd(amount), reference: "WIRE-1" })
  const paid = await pay(first.id, 130)
  expect([paid.status, dollars(paid.json.applied_nanos), dollars(paid.json.credited_nanos)]).toEqual([
    201, 100, 30,
  ])
  expect((await pay(first.id, 1)).status).toBe(409)
  expect(await books(api, customer)).toEqual({ Cash: 130, Revenue: -100, PrepaidCredit: -30 })
  const second = await invoiced(api, customer, 20)
  await advance(api, { by: "PT1M" })
  expect(await invoice(api, second.id)).toEqual(["Paid", 20, 0, 0])

  // 20 of the 30 are spent, so of 130 no more than 110 can be given back; the credit that is left goes first.
  const refund = (amount: number) =>
    api.post(`/admin/v1/payments/${paid.json.id}/refund`, { amount_nanos: usd(amount) })
  expect((await refund(111)).status).toBe(422)
  expect((await refund(15)).status).toBe(201)
  expect(await books(api, customer)).toEqual({ Cash: 115, Revenue: -120, Refunds: 5 })
  expect(await entriesOf(api, customer)).toEqual([
    ["Granted", 30],
    ["Drawn", -20],
    ["Reversed", -10],
  ])
})

const applyTo = (api: Api, id: string) => api.post(`/admin/v1/invoices/${id}/apply-credit`)

test("credit that comes later pays an open invoice when it is told to", async () => {
  const { api, customer } = await begin()
  const { id } = await invoiced(api, customer, 80)
  const none = await applyTo(api, id)
  expect([none.status, none.json.code]).toEqual([409, "invalid_state"])
  await credit(api, customer, { amount_nanos: usd(50), description: "first" })
  await advance(api, { by: "P1D" })
  expect(await invoice(api, id)).toEqual(["Open", 0, 0, 80])
  const partly = await applyTo(api, id)
  expect([partly.status, partly.json.status, partly.json.amount_due_nanos]).toEqual([200, "Open", usd(30)])
  expect(await books(api, customer)).toEqual({ AccountsReceivable: 30, Cash: 50, Revenue: -80 })
  expect((await applyTo(api, id)).status).toBe(409)

  await credit(api, customer, { amount_nanos: usd(40), description: "second" })
  expect((await applyTo(api, id)).json.status).toBe("Paid")
  expect(await invoice(api, id)).toEqual(["Paid", 80, 0, 0])
  expect(await left(api, customer)).toEqual({ second: 10 })
  expect(await books(api, customer)).toEqual({ Cash: 90, Revenue: -80, PrepaidCredit: -10 })
  expect((await applyTo(api, id)).status).toBe(409)
  await advance(api, { by: "PT1M" })
  const events = (await api.get("/admin/v1/webhook-events?after=0")).json
  const paid = events.filter(({ type }: any) => type === "invoice.paid")
  expect(paid.map(({ data }: any) => data.id)).toEqual([id])

  // Of a note of 60 what was drawn last goes back first: 30 to the second, 30 to the first.
  await create(api, `/admin/v1/invoices/${id}/credit-notes`, { amount_nanos: usd(60), reason: "Outage" })
  expect(await left(api, customer)).toEqual({ first: 30, second: 40 })
  expect(await books(api, customer)).toEqual({ Cash: 90, Revenue: -20, PrepaidCredit: -70 })
})

test("what an open invoice has drawn since goes back with its void", async () => {
  const { api, customer } = await begin()
  await credit(api, customer, { amount_nanos: usd(10), kind: "Promotional", description: "early" })
  const { id } = await invoiced(api, customer, 80)
  await credit(api, customer, { amount_nanos: usd(50), description: "late" })
  await applyTo(api, id)
  expect(await invoice(api, id)).toEqual(["Open", 60, 0, 20])
  expect((await api.post(`/admin/v1/invoices/${id}/void`, { reason: "Wrong" })).status).toBe(200)
  expect(await left(api, customer)).toEqual({ early: 10, late: 50 })
  expect(await books(api, customer)).toEqual({
    Cash: 50,
    PrepaidCredit: -50,
    Promotions: 10,
    PromotionalCredit: -10,
  })
  expect((await applyTo(api, id)).status).toBe(409)
})

test("credit pays nothing that a payment is under way for", async () => {
  const { api, customer } = await begin()
  const { id } = await invoiced(api, customer, 100)
  const methods = `/admin/v1/customers/${customer}/payment-methods`
  await create(api, methods, { payment_method: "pm_card_pendingThenSucceeds", is_default: false })
  const pay = { method: "Default", amount_nanos: usd(30) }
  expect((await api.post(`/admin/v1/invoices/${id}/pay`, pay)).json.status).toBe("Pending")
  await credit(api, customer, { amount_nanos: usd(200) })
  // 30 of the 100 are on their way.
  const partly = await applyTo(api, id)
  expect([partly.json.status, partly.json.drawn_nanos]).toEqual(["Open", usd(70)])
  const rest = await applyTo(api, id)
  expect([rest.status, rest.json.code]).toEqual([409, "invalid_state"])
  await advance(api, { by: "P10D" })
  expect(await invoice(api, id)).toEqual(["Paid", 70, 30, 0])
  expect(await books(api, customer)).toEqual({ Cash: 230, Revenue: -100, PrepaidCredit: -130 })
})

test("what credit pays in full is dunned no longer, and in part it is", async () => {
  const { api, customer } = await begin()
  await create(api, `/admin/v1/customers/${customer}/payment-methods`, {
    payment_method: "pm_card_chargeDeclined",
    is_default: true,
  })
  const fee = { name: "Fee", pricing_model: "Flat", unit_amount_nanos: usd(40), billing_timing: "InAdvance" }
  const subscription = await newSubscription(api, await newPlan(api, [fee]), { customer_id: customer })
  await advance(api, { by: "PT2H" })
  const [{ id }] = (await api.get(`/admin/v1/invoices?customer_id=${customer}`)).json
  const stands = async () => [
    (await api.get(`/admin/v1/invoices/${id}/dunning`)).json.status,
    (await api.get(`/v1/subscriptions/${subscription.id}`)).json.status,
  ]
  expect(await stands()).toEqual(["Active", "PastDue"])
  await credit(api, customer, { amount_nanos: usd(15) })
  await applyTo(api, id)
  expect(await stands()).toEqual(["Active", "PastDue"])
  // What the next try asks for is what is left.
  await advance(api, { by: "P3D" })
  const [tried] = (await api.get(`/admin/v1/payments?invoice_id=${id}`)).json
  expect([tried.status, tried.amount_nanos]).toEqual(["Failed", usd(25)])
  await credit(api, customer, { amount_nanos: usd(25) })
  expect((await applyTo(api, id)).json.status).toBe("Paid")
  expect(await stands()).toEqual(["Resolved", "Active"])
  await advance(api, { by: "P10D" })
  expect((await api.get(`/admin/v1/payments?invoice_id=${id}`)).json).toHaveLength(2)
  expect((await books(api, customer)).AccountsReceivable).toBeUndefined()
})

describe("credit with a scope that comes later", () => {
  /** An open invoice of $30 for Disk, which is tagged `storage`, and $20 for Support. */
  async function opened() {
    const { api, customer } = await begin()
    const storage = await create(api, "/admin/v1/catalog/products", { name: "Storage", tags: ["storage"] })
    const disk = { name: "Disk", pricing_model: "Flat", unit_amount_nanos: usd(30) }
    const support = { name: "Support", pricing_model: "Flat", unit_amount_nanos: usd(20) }
    const plan = await newPlan(api, [disk], { product_id: storage.id })
    await newSubscription(api, plan, { customer_id: customer })
    await newSubscription(api, await newPlan(api, [support]), { customer_id: customer })
    await advance(api, { to: "2026-02-01T02:00:00Z" })
    const bills = (await api.get(`/admin/v1/invoices?customer_id=${customer}`)).json
    const byTotal = (amount: number) => bills.find((one: any) => one.total_nanos === usd(amount)).id
    return { api, customer, disk: byTotal(30), support: byTotal(20) }
  }

  const forStorage = { scope: { product_tags: ["storage"] }, description: "storage" }

  test("pays its lines only, and of them what no credit has paid", async () => {
    const { api, customer, disk, support } = await opened()
    await credit(api, customer, { amount_nanos: usd(100), ...forStorage })
    expect((await applyTo(api, support)).status).toBe(409)
    // A note has given back 25 of the 30.
    await create(api, `/admin/v1/invoices/${disk}/credit-notes`, { amount_nanos: usd(25), reason: "Outage" })
    expect((await applyTo(api, disk)).json.status).toBe("Paid")
    expect(await left(api, customer)).toEqual({ storage: 95 })
    expect(await books(api, customer)).toMatchObject({ AccountsReceivable: 20, PrepaidCredit: -95 })
  })

  test("pays no more than what money has left to be paid", async () => {
    const { api, customer, disk } = await opened()
    await api.post(`/admin/v1/invoices/${disk}/pay`, { amount_nanos: usd(22) })
    await credit(api, customer, { amount_nanos: usd(100), ...forStorage })
    expect((await applyTo(api, disk)).json.status).toBe("Paid")
    expect(await left(api, customer)).toEqual({ storage: 92 })
  })
})

test("credit with a scope goes back with its line, and the card's money stays for the other one", async () => {
  const { api, customer } = await begin()
  const plan = await newPlan(api, [
    { name: "Disk", pricing_model: "Flat", unit_amount_nanos: usd(30) },
    { name: "Support", pricing_model: "Flat", unit_amount_nanos: usd(20) },
  ])
  const disk = { scope: { sku_ids: [plan.skus[0].id] }, description: "disk" }
  await credit(api, customer, { amount_nanos: usd(100), ...disk })
  await newSubscription(api, plan, { customer_id: customer })
  await advance(api, { to: "2026-02-01T02:00:00Z" })
  const [made] = (await api.get(`/admin/v1/invoices?customer_id=${customer}`)).json
  await api.post(`/admin/v1/invoices/${made.id}/pay`, {})
  expect(await invoice(api, made.id)).toEqual(["Paid", 30, 20, 0])
  const { line_items: lines } = (await api.get(`/v1/invoices/${made.id}`)).json
  const lineOf = (sku: any) => lines.find((line: any) => line.sku_id === sku.id).id
  const notes = `/admin/v1/invoices/${made.id}/credit-notes`
  const back = (sku: any, amount: number) =>
    create(api, notes, { reason: "Outage", lines: [{ line_id: lineOf(sku), amount_nanos: usd(amount) }] })

  // Without the disk nothing could have been drawn: all of its credit is back, and none of the money.
  await back(plan.skus[0], 30)
  expect(await left(api, customer)).toEqual({ disk: 100 })
  expect(await invoice(api, made.id)).toEqual(["Paid", 0, 20, 0])
  expect(await books(api, customer)).toEqual({ Cash: 120, Revenue: -20, PrepaidCredit: -100 })
  await back(plan.skus[1], 5)
  expect(await books(api, customer)).toEqual({
    Cash: 120,
    Revenue: -15,
    PrepaidCredit: -100,
    PayoutsPayable: -5,
  })
})

test("an invoice below zero becomes credit", async () => {
  const { api, customer } = await begin()
  const plan = await newPlan(api, [
    { name: "Fee", pricing_model: "Flat", unit_amount_nanos: usd(310), billing_timing: "InAdvance" },
  ])
  const subscription = await newSubscription(api, plan, { customer_id: customer })
  await advance(api, { by: "PT2H" })
  const [first] = (await api.get(`/admin/v1/invoices?customer_id=${customer}`)).json
  expect(dollars(first.total_nanos)).toBe(310)
  await api.post(`/admin/v1/invoices/${first.id}/pay`, {})
  // 16 of the 31 days are left.
  await advance(api, { to: "2026-01-16T00:00:00Z" })
  const cancelled = await api.post(`/v1/subscriptions/${subscription.id}/cancel`, {
    at: "Now",
    prorate: true,
  })
  expect(cancelled.status).toBe(200)
  await advance(api, { by: "PT2H" })
  const [second] = (await api.get(`/admin/v1/invoices?customer_id=${customer}`)).json
  expect([dollars(second.total_nanos), second.status]).toEqual([-160, "Paid"])
  expect(await books(api, customer)).toMatchObject({ Cash: 310, PrepaidCredit: -160 })
  const third = await invoiced(api, customer, 200)
  expect(await invoice(api, third.id)).toEqual(["Open", 160, 0, 40])
  expect(await entriesOf(api, customer)).toEqual([
    ["Granted", 160],
    ["Drawn", -160],
  ])
})

test("credit with a scope pays its lines only, of several wallets the first first", async () => {
  const { api, customer } = await begin()
  const storage = await create(api, "/admin/v1/catalog/products", { name: "Storage", tags: ["storage"] })
  const plan = await newPlan(
    api,
    [
      { name: "Disk", pricing_model: "Flat", unit_amount_nanos: usd(30) },
      { name: "Support", pricing_model: "Flat", unit_amount_nanos: usd(20) },
    ],
    { product_id: storage.id },
  )
  const [disk] = plan.skus
  const path = `/admin/v1/customers/${customer}/wallets`
  const second = await create(api, path, { name: "Second", priority: 2 })
  const first = await create(api, path, {
    name: "First",
    priority: 1,
    scope: { product_tags: ["storage"] },
  })
  expect([second.is_default, first.is_default]).toEqual([true, false])
  await credit(api, customer, {
    amount_nanos: usd(100),
    wallet_id: first.id,
    scope: { sku_ids: [disk.id] },
    description: "for the disk",
  })
  await credit(api, customer, {
    amount_nanos: usd(12),
    wallet_id: first.id,
    description: "for storage",
  })
  await credit(api, customer, { amount_nanos: usd(3), description: "for everything" })
  await newSubscription(api, plan, { customer_id: customer })
  await advance(api, { to: "2026-02-01T01:30:00Z" })
  const [made] = (await api.get(`/admin/v1/invoices?customer_id=${customer}`)).json
  // The disk's 30 are paid by its own 100; of the support's 20 the storage pays 12, and 3 are paid by the rest.
  expect(await invoice(api, made.id)).toEqual(["Open", 45, 0, 5])
  expect(await left(api, customer)).toEqual({ "for the disk": 70 })
  expect(await books(api, customer)).toEqual({
    AccountsReceivable: 5,
    Cash: 115,
    PrepaidCredit: -70,
    Revenue: -50,
  })
  // What no subscription charges is in no scope.
  const other = await invoiced(api, customer, 9)
  expect(await invoice(api, other.id)).toEqual(["Open", 0, 0, 9])
})

describe("the body of the seed platform", () => {
  const BODY = {
    amount_nanos: usd(100),
    wallet_account_id: "170141183460469231731687303715884105727",
    platform_account_id: "170141183460469231731687303715884105726",
    description: "Goodwill",
    reason: "Outage",
    actor_id: "user-17",
    actor_name: "Ada Lovelace",
    idempotency_key: "outage-17",
  }

  test("grants once, and says who wanted it", async () => {
    const { api, customer } = await begin()
    const path = `/admin/v1/customers/${customer}/credits`
    const made = await api.post(path, BODY)
    expect(made.status).toBe(201)
    expect(made.json).toMatchObject({
      customer_id: customer,
      amount_nanos: usd(100),
      audit_entry: {
        action: "wallet.credited",
        actor_id: "user-17",
        actor_name: "Ada Lovelace",
        reason: "Outage",
        amount_nanos: usd(100),
      },
    })
    const again = await api.post(path, BODY)
    expect([again.status, again.headers.get("X-Idempotency-Replayed"), again.text]).toEqual([
      201,
      "true",
      made.text,
    ])
    expect((await api.post(path, { ...BODY, reason: "Another" })).json.code).toBe("idempotency_key_reused")
    const twice = await api.post(path, BODY, { "Idempotency-Key": "other" })
    expect([twice.status, twice.json.errors[0].path]).toEqual([422, "idempotency_key"])
    expect((await walletOf(api, customer)).balances).toMatchObject([{ balance_nanos: usd(100) }])

    const [entry] = (await api.get(`/admin/v1/customers/${customer}/wallet/entries`)).json
    expect(entry).toMatchObject({
      transfer_id: made.json.transfer_id,
      wallet_account_id: BODY.wallet_account_id,
      platform_account_id: BODY.platform_account_id,
      reason: "Outage",
    })
    const trail = (await api.get("/admin/v1/audit")).json
    expect(trail.find((one: any) => one.id === made.json.audit_entry.id)).toMatchObject({
      action: "wallet.credited",
      after: { on_behalf_of: { id: "user-17", name: "Ada Lovelace" }, reason: "Outage" },
    })
  })

  test("takes away what is there, and nothing else", async () => {
    const { api, customer } = await begin()
    const path = `/admin/v1/customers/${customer}/credits`
    const empty = await api.post(path, { amount_nanos: usd(-1) })
    expect([empty.status, empty.json.errors[0].path]).toEqual([422, "amount_nanos"])
    await credit(api, customer, { amount_nanos: usd(10), kind: "Promotional", description: "given" })
    await credit(api, customer, { amount_nanos: usd(10), description: "bought" })
    expect((await api.post(path, { amount_nanos: usd(-20.01) })).status).toBe(422)
    expect((await api.post(path, { amount_nanos: usd(-11), kind: "Paid" })).status).toBe(422)
    const taken = await credit(api, customer, { amount_nanos: usd(-15), reason: "Mistake" })
    expect(taken).toMatchObject({ amount_nanos: usd(-15), grant: null })
    expect(taken.entries.map((one: any) => one.transfer_id)).toEqual([taken.transfer_id, taken.transfer_id])
    expect(await left(api, customer)).toEqual({ bought: 5 })
    expect(await books(api, customer)).toEqual({ Cash: 5, PrepaidCredit: -5 })
  })

  test("refuses what can't be meant", async () => {
    const { api, customer } = await begin()
    const path = `/admin/v1/customers/${customer}/credits`
    const wallet = await create(api, `/admin/v1/customers/${customer}/wallets`, {
      name: "Euros",
      currency: "EUR",
    })
    const foreign = await newCustomer(api)
    const refusals: [object, number, string][] = [
      [{ amount_nanos: "0" }, 422, "amount_nanos"],
      [{ amount_nanos: "1" }, 422, "amount_nanos"],
      [{ amount_nanos: usd(1), wallet_id: wallet.id, currency: "USD" }, 422, "currency"],
      [{ amount_nanos: usd(1), expires_at: START }, 422, "expires_at"],
      [{ amount_nanos: usd(-1), expires_at: "2027-01-01T00:00:00Z" }, 422, "expires_at"],
      [{ amount_nanos: usd(1), scope: {} }, 422, "scope"],
      [{ amount_nanos: usd(1), idempotency_key: "" }, 422, "idempotency_key"],
      [{ amount_nanos: "9".repeat(25) }, 422, "amount_nanos"],
    ]
    for (const [body, status, at] of refusals) {
      const answer = await api.post(path, body)
      expect([body, answer.status, answer.json.errors?.[0]?.path]).toEqual([body, status, at])
    }
    const theirs = await api.post(`/admin/v1/customers/${foreign.id}/credits`, {
      amount_nanos: usd(1),
      wallet_id: wallet.id,
    })
    expect([theirs.status, theirs.json.errors[0].path]).toEqual([404, "wallet_id"])
    expect((await walletOf(api, customer)).balances).toEqual([
      expect.objectContaining({ currency: "EUR", balance_nanos: "0" }),
    ])
  })
})

test("many who give and take at once never take more than there is", { timeout: 90_000 }, async () => {
  const { api, customer } = await begin()
  const path = `/admin/v1/customers/${customer}/credits`
  const call = (name: string, amount: number) =>
    api.post(path, { amount_nanos: usd(amount) }, { "Idempotency-Key": name })
  const all = await Promise.all(
    Array.from({ length: 25 }, (_, at) => [call(`give-${at}`, 2), call(`take-${at}`, -3)]).flat(),
  )
  const [given, taken] = [0, 1].map((part) => all.filter((_, at) => at % 2 === part))
  // Whoever comes first makes the wallet. Who loses too many races is told to try again; who gives never does.
  expect(given?.map(({ status }) => status)).toEqual(given?.map(() => 201))
  expect(taken?.every(({ status }) => [201, 409, 422].includes(status))).toBe(true)
  const done = taken?.filter(({ status }) => status === 201).length ?? 0
  const rest = 50 - 3 * done
  expect(rest >= 0).toBe(true)
  const told = await walletOf(api, customer)
  expect(told.wallets).toHaveLength(1)
  expect(dollars(told.balances[0].balance_nanos)).toBe(rest)
  expect(await books(api, customer)).toEqual({ Cash: rest, PrepaidCredit: -rest })
  // What is left can be taken, and no cent more.
  expect((await call("too much", -rest - 0.01)).status).toBe(422)
  expect((await call("the rest", -rest)).status).toBe(201)
  expect(await books(api, customer)).toEqual({})
})

test("invoices that are finalized at once draw the same credit once", async () => {
  const { api, customer } = await begin()
  await credit(api, customer, { amount_nanos: usd(100) })
  const drafts = await Promise.all(
    Array.from({ length: 8 }, () =>
      create(api, "/admin/v1/invoices", {
        customer_id: customer,
        lines: [{ description: "Setup", quantity: "1", unit_amount_nanos: usd(30) }],
      }),
    ),
  )
  const done = await Promise.all(drafts.map(({ id }) => finalized(api, id)))
  const drawn = done.map((one) => dollars(one.drawn_nanos))
  expect(drawn.reduce((a, b) => a + b, 0)).toBe(100)
  expect(await books(api, customer)).toEqual({ AccountsReceivable: 140, Cash: 100, Revenue: -240 })
})
