// Money that is owed to customers and paid out to them: the periods of a plan that pays out, and what is left over from an invoice that
// was credited. After each step the books balance and agree with the documents.

import { describe, expect, test } from "vitest"
import type { InvoiceProof } from "../../src/domain/proof.ts"
import { faultsOf } from "../../src/domain/proof-check.ts"
import { fromSnake } from "../../src/domain/proof-wire.ts"
import type { Api, Json, Reply } from "../support/client.ts"
import { advance, api as callerWith, create, newTenant, setClock } from "../support/client.ts"
import { CENT, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"

const START = "2026-01-01T00:00:00Z"
/** What the plan pays each month: $100. */
const RENT = String(10_000n * CENT)

const PAYS_OUT: Json = {
  name: "Rent",
  pricing_model: "Flat",
  unit_amount_nanos: RENT,
  billing_timing: "InAdvance",
}

const attach = (api: Api, customerId: string, card: string, fields: Json = {}) =>
  create(api, `/admin/v1/customers/${customerId}/payment-methods`, { payment_method: card, ...fields })

/** A customer to whom a plan pays $100 at the begin of each month, and what its drafts wait: an hour. */
async function landlord(card: string | null, fields: Json = {}, settings: Json = {}) {
  const { api } = await newTenant("test", { draft_grace_hours: 1, ...settings })
  await setClock(api, START)
  const customer = await newCustomer(api)
  const method = card === null ? null : await attach(api, customer.id, card)
  const plan = await newPlan(api, [PAYS_OUT], { direction: "Payout" })
  const subscription = await newSubscription(api, plan, { customer_id: customer.id, ...fields })
  return { api, customer, method, plan, subscription }
}

const payoutsOf = async (api: Api, customer: any) =>
  (await api.get(`/admin/v1/payouts?customer_id=${customer.id}&limit=100`)).json.toReversed()

const invoicesOf = async (api: Api, customer: any) =>
  (await api.get(`/admin/v1/invoices?customer_id=${customer.id}&limit=100`)).json.toReversed()

/** What the accounts of a customer stand at, in cents, but for what is nothing. What is owed to it is below zero. */
async function standing(api: Api, customer: any): Promise<Record<string, number>> {
  const told = await api.get(`/admin/v1/customers/${customer.id}`)
  const balances = told.json.balances.map(({ account, amount_nanos }: any) => [
    account,
    Number(BigInt(amount_nanos) / CENT),
  ])
  return Object.fromEntries(balances.filter(([, amount]: [string, number]) => amount !== 0))
}

/** Debits are credits, and every document is booked as it says. */
async function expectClean(api: Api): Promise<void> {
  const balance = (await api.get("/admin/v1/ledger/trial-balance")).json
  for (const { difference_nanos } of balance.currencies) expect(difference_nanos).toBe("0")
  expect(balance.currencies.length).toBeGreaterThan(0)
  const audit = (await api.get("/admin/v1/ledger/audit")).json
  expect(audit.differences).toEqual([])
}

describe("a plan that pays out", () => {
  test("pays each period in advance, to the default method", async () => {
    const { api, customer, method } = await landlord("pm_card_visa")
    await advance(api, { to: "2026-01-01T02:00:00Z" })
    const [first, ...none] = await payoutsOf(api, customer)
    expect(none).toEqual([])
    expect(first).toMatchObject({
      status: "Succeeded",
      amount_nanos: RENT,
      payment_method_id: method.id,
      attempt_count: 1,
      settled_at: "2026-01-01T01:00:00Z",
    })
    const [invoice] = await invoicesOf(api, customer)
    expect(invoice).toMatchObject({
      id: first.invoice_id,
      status: "Paid",
      is_payout: true,
      total_nanos: `-${RENT}`,
      amount_due_nanos: "0",
    })
    expect((await standing(api, customer))["Cash"]).toBe(-10_000)
    expect((await standing(api, customer))["PayoutsPayable"]).toBeUndefined()
    await expectClean(api)
    const proof = (await api.get(`/v1/invoices/${invoice.id}/proof`)).json
    expect(faultsOf(fromSnake(proof) as InvoiceProof)).toEqual([])

    await advance(api, { to: "2026-03-01T02:00:00Z" })
    const all = await payoutsOf(api, customer)
    expect(all.map((one: any) => [one.created_at, one.status])).toEqual([
      ["2026-01-01T01:00:00Z", "Succeeded"],
      ["2026-02-01T01:00:00Z", "Succeeded"],
      ["2026-03-01T01:00:00Z", "Succeeded"],
    ])
    expect((await standing(api, customer))["Cash"]).toBe(-30_000)
    await expectClean(api)
  })

  test("tries one that failed on the days of dunning, and a new method at once", async () => {
    const { api, customer } = await landlord("pm_card_chargeDeclined")
    await advance(api, { to: "2026-01-01T02:00:00Z" })
    const told = async () => {
      const [{ status, attempt_count, retry_at }] = await payoutsOf(api, customer)
      return [status, attempt_count, retry_at]
    }
    expect(await told()).toEqual(["Failed", 1, "2026-01-04T01:00:00Z"])
    expect((await invoicesOf(api, customer))[0].status).toBe("Open")
    expect((await standing(api, customer))["PayoutsPayable"]).toBe(-10_000)
    await expectClean(api)
    await advance(api, { to: "2026-01-08T00:00:00Z" })
    expect(await told()).toEqual(["Failed", 2, "2026-01-08T01:00:00Z"])
    await advance(api, { to: "2026-01-23T00:00:00Z" })
    expect(await told()).toEqual(["Failed", 5, null])
    const [over] = await payoutsOf(api, customer)
    expect(over.failures.map(({ at }: any) => at)).toEqual([
      "2026-01-01T01:00:00Z",
      "2026-01-04T01:00:00Z",
      "2026-01-08T01:00:00Z",
      "2026-01-15T01:00:00Z",
      "2026-01-22T01:00:00Z",
    ])
    await expectClean(api)

    await attach(api, customer.id, "pm_card_visa", { is_default: true })
    await advance(api, { by: "PT1M" })
    expect(await told()).toEqual(["Succeeded", 6, null])
    expect((await invoicesOf(api, customer))[0].status).toBe("Paid")
    expect((await standing(api, customer))["PayoutsPayable"]).toBeUndefined()
    await expectClean(api)
  })

  test("waits for a method where there is none", async () => {
    const { api, customer } = await landlord(null)
    await advance(api, { to: "2026-01-03T00:00:00Z" })
    expect(await payoutsOf(api, customer)).toEqual([])
    expect((await invoicesOf(api, customer))[0].status).toBe("Open")
    await attach(api, customer.id, "pm_card_visa")
    await advance(api, { by: "PT1M" })
    expect((await payoutsOf(api, customer)).map((one: any) => one.status)).toEqual(["Succeeded"])
    await expectClean(api)
  })

  test("goes to the method that the subscription names, at the price that it was given", async () => {
    const { api, customer, plan } = await landlord("pm_card_chargeDeclined")
    const named = await attach(api, customer.id, "pm_card_mastercard", { is_default: false })
    const overrides = [{ sku_id: plan.skus[0].id, unit_amount_nanos: String(2_500n * CENT) }]
    const own = { payment_method_id: named.id, statement_descriptor: "RENT", overrides }
    const other = await newSubscription(api, plan, { customer_id: customer.id, ...own })
    expect(other).toMatchObject({ payment_method_id: named.id, statement_descriptor: "RENT" })
    await advance(api, { to: "2026-01-01T02:00:00Z" })
    const sent = (await payoutsOf(api, customer)).map((one: any) => [one.amount_nanos, one.status])
    expect(sent.toSorted()).toEqual([
      [RENT, "Failed"],
      [String(2_500n * CENT), "Succeeded"],
    ])
    await expectClean(api)
  })

  test("arrives later where the processor says so", async () => {
    const { api, customer } = await landlord("pm_card_pendingThenSucceeds")
    await advance(api, { to: "2026-01-01T01:30:00Z" })
    expect((await payoutsOf(api, customer))[0].status).toBe("Pending")
    const [invoice] = await invoicesOf(api, customer)
    const refused = await api.post(`/admin/v1/invoices/${invoice.id}/void`, { reason: "No" })
    expect([refused.status, refused.json.code]).toEqual([409, "invalid_state"])
    // What is on its way is owed until it has arrived, and paid out only once.
    expect((await standing(api, customer))["PayoutsPayable"]).toBe(-10_000)
    const twice = await api.post(`/admin/v1/customers/${customer.id}/payouts`, {})
    expect([twice.status, twice.json.code]).toEqual([409, "invalid_state"])
    await expectClean(api)
    await advance(api, { to: "2026-01-01T03:00:00Z" })
    expect((await payoutsOf(api, customer)).map((one: any) => one.status)).toEqual(["Succeeded"])
    expect((await invoicesOf(api, customer))[0].status).toBe("Paid")
    expect((await standing(api, customer))["PayoutsPayable"]).toBeUndefined()
    await expectClean(api)
  })

  test("is not owed any more once its invoice is void", async () => {
    const { api, customer } = await landlord("pm_card_chargeDeclined")
    await advance(api, { to: "2026-01-01T02:00:00Z" })
    const [invoice] = await invoicesOf(api, customer)
    const voided = await api.post(`/admin/v1/invoices/${invoice.id}/void`, { reason: "Wrong" })
    expect(voided.json.status).toBe("Void")
    const [payout] = await payoutsOf(api, customer)
    expect([payout.status, payout.retry_at]).toEqual(["Cancelled", null])
    expect((await standing(api, customer))["PayoutsPayable"]).toBeUndefined()
    await expectClean(api)
    const again = await api.post(`/admin/v1/payouts/${payout.id}/retry`, {})
    expect([again.status, again.json.code]).toEqual([409, "invalid_state"])

    // What stands in its place is paid out anew.
    const reissued = await create(api, `/admin/v1/invoices/${invoice.id}/reissue`, {})
    expect(reissued).toMatchObject({ is_payout: true, total_nanos: `-${RENT}`, status: "Draft" })
    await attach(api, customer.id, "pm_card_visa", { is_default: true })
    await api.post(`/admin/v1/invoices/${reissued.id}/finalize`)
    await advance(api, { by: "PT1M" })
    expect((await api.get(`/v1/invoices/${reissued.id}`)).json.status).toBe("Paid")
    expect((await payoutsOf(api, customer)).map((one: any) => one.status)).toEqual(["Cancelled", "Succeeded"])
    await expectClean(api)
  })

  test("goes to another method from the next try on, once the subscription names it", async () => {
    const { api, customer, subscription } = await landlord("pm_card_chargeDeclined")
    await advance(api, { to: "2026-01-01T02:00:00Z" })
    const named = await attach(api, customer.id, "pm_card_mastercard", { is_default: false })
    await api.patch(`/v1/subscriptions/${subscription.id}`, { payment_method_id: named.id })
    await advance(api, { to: "2026-01-04T02:00:00Z" })
    const [payout] = await payoutsOf(api, customer)
    expect([payout.status, payout.payment_method_id, payout.attempt_count]).toEqual([
      "Succeeded",
      named.id,
      2,
    ])
    await expectClean(api)
  })

  test("gives back what was paid for time after its end", async () => {
    const { api, customer, subscription } = await landlord("pm_card_visa")
    await advance(api, { to: "2026-01-16T12:00:00Z" })
    const cancelled = await api.post(`/v1/subscriptions/${subscription.id}/cancel`, {
      at: "Now",
      prorate: true,
    })
    expect(cancelled.json.status).toBe("Cancelled")
    await advance(api, { to: "2026-01-16T14:00:00Z" })
    // Half of the 31 days had passed: $50 of the $100 are asked back, and the card pays them.
    const invoices = await invoicesOf(api, customer)
    expect(invoices.map((one: any) => [one.total_nanos, one.status])).toEqual([
      [`-${RENT}`, "Paid"],
      [String(5_000n * CENT), "Paid"],
    ])
    expect((await standing(api, customer))["Cash"]).toBe(-5_000)
    await expectClean(api)
  })

  test("has no meters, no coupons and no minimum, and stays what it is", async () => {
    const { api, plan, subscription } = await landlord(null)
    const sku = (fields: Json) =>
      api.post("/admin/v1/catalog/skus", { ...PAYS_OUT, plan_id: plan.id, currency: "USD", ...fields })
    const metered = await sku({ meter_event_type: "api.request", billing_timing: "InArrears" })
    expect([metered.status, metered.json.errors[0].path]).toEqual([422, "meter_event_type"])
    const minimum = { name: "X", billing_cadence: "Monthly", direction: "Payout", minimum_spend_nanos: "1" }
    const least = await api.post("/admin/v1/catalog/plans", minimum)
    expect([least.status, least.json.errors[0].path]).toEqual([422, "minimum_spend_nanos"])
    const charges = await newPlan(api, [{ ...PAYS_OUT, name: "Fee" }])
    const changed = await api.post(`/v1/subscriptions/${subscription.id}/change`, { plan_id: charges.id })
    expect([changed.status, changed.json.errors[0].path]).toEqual([422, "plan_id"])
  })
})

test("a customer can't make itself a payee", async () => {
  const { api, customer, plan, subscription } = await landlord(null)
  const { token } = await create(api, `/admin/v1/customers/${customer.id}/tokens`, {})
  const own = callerWith(token)
  const wanted = { customer_id: customer.id, plan_id: plan.id }
  const asked = await own.post("/v1/subscriptions", wanted)
  expect([asked.status, asked.json.code]).toEqual([403, "forbidden"])
  const more = await own.post(`/v1/subscriptions/${subscription.id}/change`, { prorate: true, quantity: "9" })
  expect([more.status, more.json.code]).toEqual([403, "forbidden"])
})

/** A customer who has paid $250 and got a credit note of $100. */
async function creditor(card: string) {
  const { api } = await newTenant("test")
  const customer = await newCustomer(api)
  const lines = [{ description: "Workshop", unit_amount_nanos: String(25_000n * CENT) }]
  const { id } = await create(api, "/admin/v1/invoices", { customer_id: customer.id, lines })
  await api.post(`/admin/v1/invoices/${id}/finalize`)
  await create(api, `/admin/v1/invoices/${id}/pay`, {})
  await create(api, `/admin/v1/invoices/${id}/credit-notes`, { reason: "Outage", amount_nanos: RENT })
  const method = await attach(api, customer.id, card)
  const ask = (body: Json, headers: Record<string, string> = {}) =>
    api.post(`/admin/v1/customers/${customer.id}/payouts`, body, headers)
  return { api, customer, invoiceId: id as string, method, ask }
}

describe("what is owed to a customer otherwise", () => {
  test("is paid out in parts, and never more than it is", async () => {
    const { api, customer, ask } = await creditor("pm_card_visa")
    expect((await standing(api, customer))["PayoutsPayable"]).toBe(-10_000)
    const part = await ask({ amount_nanos: String(4_000n * CENT) })
    expect([part.status, part.json.status, part.json.invoice_id]).toEqual([201, "Succeeded", null])
    expect((await standing(api, customer))["PayoutsPayable"]).toBe(-6_000)
    await expectClean(api)
    const much = await ask({ amount_nanos: String(6_001n * CENT) })
    expect([much.status, much.json.errors[0].path]).toEqual([422, "amount_nanos"])
    const rest = await ask({})
    expect(rest.json.amount_nanos).toBe(String(6_000n * CENT))
    const none = await ask({})
    expect([none.status, none.json.code]).toEqual([409, "invalid_state"])
    expect((await standing(api, customer))["PayoutsPayable"]).toBeUndefined()
    await expectClean(api)
  })

  test("is asked for fifty times at once, and no more is sent than is owed", async () => {
    const { api, customer, ask } = await creditor("pm_card_visa")
    // Who is told that others were faster at each try asks again.
    const asked = async (): Promise<Reply> => {
      const answer = await ask({ amount_nanos: String(1_500n * CENT) })
      return answer.json.code === "conflict" ? asked() : answer
    }
    const answers = await Promise.all(Array.from({ length: 50 }, asked))
    const sent = answers.filter(({ status }) => status === 201)
    // $15 go six times into $100.
    expect(sent).toHaveLength(6)
    const refused = answers.filter(({ status }) => status !== 201)
    expect(refused.filter(({ status }) => status !== 422).map(({ text }) => text)).toEqual([])
    expect((await standing(api, customer))["PayoutsPayable"]).toBe(-1_000)
    await expectClean(api)
  })

  test("is not refunded as well: what was paid out is owed no more", async () => {
    const { api, customer, invoiceId, ask } = await creditor("pm_card_visa")
    await ask({ amount_nanos: String(7_000n * CENT) })
    const refund = await api.post(`/admin/v1/invoices/${invoiceId}/refund`, { amount_nanos: RENT })
    expect(refund.json.map(({ status }: any) => status)).toEqual(["Succeeded"])
    // $30 were owed still, the rest is goodwill.
    expect(await standing(api, customer)).toMatchObject({ Refunds: 7_000, Cash: 25_000 - 17_000 })
    expect((await standing(api, customer))["PayoutsPayable"]).toBeUndefined()
    await expectClean(api)
  })

  test("is tried again by hand, with another method", async () => {
    const { api, customer, ask } = await creditor("pm_card_chargeDeclined")
    const failed = (await ask({})).json
    expect([failed.status, failed.failures[0].code]).toEqual(["Failed", "generic_decline"])
    await expectClean(api)
    const good = await attach(api, customer.id, "pm_card_visa", { is_default: false })
    const path = `/admin/v1/payouts/${failed.id}/retry`
    const again = await api.post(path, { payment_method_id: good.id })
    expect(again.json).toMatchObject({ id: failed.id, status: "Succeeded", attempt_count: 2, retry_at: null })
    expect((await standing(api, customer))["PayoutsPayable"]).toBeUndefined()
    await expectClean(api)
    expect((await api.post(path, {})).status).toBe(409)
  })

  test("is not tried again once another payout has taken it", async () => {
    const { api, customer, ask } = await creditor("pm_card_chargeDeclined")
    const failed = (await ask({})).json
    const good = await attach(api, customer.id, "pm_card_visa", { is_default: false })
    expect((await ask({ payment_method_id: good.id })).json.status).toBe("Succeeded")
    const again = await api.post(`/admin/v1/payouts/${failed.id}/retry`, { payment_method_id: good.id })
    expect([again.status, again.json.code]).toEqual([409, "invalid_state"])
    const cancelled = await api.post(`/admin/v1/payouts/${failed.id}/cancel`, {})
    expect(cancelled.json.status).toBe("Cancelled")
    await expectClean(api)
  })

  test("is one payout however often a request is repeated, and another wish is refused", async () => {
    const { api, customer, ask } = await creditor("pm_card_visa")
    const key = { "Idempotency-Key": "payout-1" }
    const first = await ask({ amount_nanos: String(1_000n * CENT) }, key)
    const again = await ask({ amount_nanos: String(1_000n * CENT) }, key)
    expect([again.status, again.json]).toEqual([first.status, first.json])
    const other = await ask({ amount_nanos: String(2_000n * CENT) }, key)
    expect([other.status, other.json.code]).toEqual([422, "idempotency_key_reused"])
    expect(await payoutsOf(api, customer)).toHaveLength(1)
  })

  test("keeps what invoices that pay out wait for", async () => {
    const { api, customer } = await landlord("pm_card_chargeDeclined")
    await advance(api, { to: "2026-01-01T02:00:00Z" })
    expect((await standing(api, customer))["PayoutsPayable"]).toBe(-10_000)
    const ask = (body: Json) => api.post(`/admin/v1/customers/${customer.id}/payouts`, body)
    expect((await ask({})).status).toBe(409)
    // By the invoice it is asked for itself: its payout has failed, and is tried again rather than begun anew.
    const [invoice] = await invoicesOf(api, customer)
    const twice = await ask({ invoice_id: invoice.id })
    expect([twice.status, twice.json.code]).toEqual([409, "invalid_state"])
  })
})
