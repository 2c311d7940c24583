// How money is collected, told by the test clock: what a card declines, what dunning makes of it, and how it ends.

import { describe, expect, test } from "vitest"
import type { Api } from "../support/client.ts"
import { advance, api as callerWith, create, newTenant, setClock } from "../support/client.ts"
import { CENT, FEE, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"

const START = "2026-01-01T00:00:00Z"
/** An invoice of $31, the fee of a month, of which the advance to the end of January makes one. */
const FEE_NANOS = String(3100n * CENT)

async function subscriber(card: string | null, dunning?: object) {
  const { api } = await newTenant("test", dunning === undefined ? {} : { dunning })
  await setClock(api, START)
  const customer = await newCustomer(api)
  if (card !== null) await attach(api, customer.id, card)
  const plan = await newPlan(api, [FEE])
  const subscription = await newSubscription(api, plan, { customer_id: customer.id })
  await advance(api, { to: "2026-02-01T01:30:00Z" })
  const [invoice] = (await api.get(`/admin/v1/invoices?customer_id=${customer.id}`)).json
  return { api, customer, subscription, invoice }
}

const attach = (api: Api, customerId: string, card: string) =>
  create(api, `/admin/v1/customers/${customerId}/payment-methods`, { payment_method: card, is_default: true })

async function statusOf(api: Api, subscription: any, invoice: any) {
  const [one, other] = await Promise.all([
    api.get(`/v1/subscriptions/${subscription.id}`),
    api.get(`/v1/invoices/${invoice.id}`),
  ])
  return [one.json.status, other.json.status]
}

const dunningOf = async (api: Api, invoice: any) =>
  (await api.get(`/admin/v1/invoices/${invoice.id}/dunning`)).json

const paymentsOf = async (api: Api, invoice: any) =>
  (await api.get(`/admin/v1/payments?invoice_id=${invoice.id}`)).json.toReversed()

/** What the accounts of a customer stand at, as its page tells it. */
async function balances(api: Api, customer: any): Promise<Record<string, string>> {
  const told = await api.get(`/admin/v1/customers/${customer.id}`)
  return Object.fromEntries(
    told.json.balances
      .map(({ account, amount_nanos }: any) => [account, amount_nanos])
      .filter(([, amount]: string[]) => amount !== "0"),
  )
}

describe("a good card", () => {
  test("pays the invoice once it is final, and no sooner than it is asked", async () => {
    const { api, customer, subscription, invoice } = await subscriber("pm_card_visa")
    expect(await statusOf(api, subscription, invoice)).toEqual(["Active", "Paid"])
    const [payment, ...others] = await paymentsOf(api, invoice)
    expect(others).toEqual([])
    expect(payment).toMatchObject({ status: "Succeeded", kind: "Processor", amount_nanos: FEE_NANOS })
    expect(payment.created_at).toBe("2026-02-01T01:00:00Z")
    expect((await balances(api, customer))["AccountsReceivable"]).toBeUndefined()
    expect((await balances(api, customer))["Cash"]).toBe(FEE_NANOS)
    expect((await api.get(`/admin/v1/invoices/${invoice.id}/dunning`)).status).toBe(404)
  })

  test("whose answer is lost on the way is charged once", async () => {
    const { api, customer, invoice } = await subscriber("pm_card_lostInTransit")
    const [payment, ...others] = await paymentsOf(api, invoice)
    expect([payment.status, others]).toEqual(["Succeeded", []])
    expect((await balances(api, customer))["Cash"]).toBe(FEE_NANOS)
  })

  test("is charged where the invoice or its subscription names it, before the default", async () => {
    const { api, customer, invoice, subscription } = await subscriber(null)
    const named = await attach(api, customer.id, "pm_card_mastercard")
    const usual = await attach(api, customer.id, "pm_card_visa")
    const other = await attach(api, customer.id, "pm_card_amex")
    await api.post(`/admin/v1/customers/${customer.id}/payment-methods/${usual.id}/default`)
    const set = await api.patch(`/v1/subscriptions/${subscription.id}`, { payment_method_id: named.id })
    expect(set.json.payment_method_id).toBe(named.id)
    const pay = (id: string, body: object) => create(api, `/admin/v1/invoices/${id}/pay`, body)
    const half = { amount_nanos: String(1_000n * CENT) }
    expect((await pay(invoice.id, { method: "Default", ...half })).payment_method_id).toBe(named.id)
    const asked = await pay(invoice.id, { payment_method_id: other.id, ...half })
    expect([asked.payment_method_id, asked.kind]).toEqual([other.id, "Processor"])
    const lines = [{ description: "Workshop", unit_amount_nanos: FEE_NANOS }]
    const wanted = { customer_id: customer.id, lines, payment_method_id: other.id }
    const oneOff = await create(api, "/admin/v1/invoices", { ...wanted, statement_descriptor: "WORKSHOP" })
    expect(oneOff).toMatchObject({ payment_method_id: other.id, statement_descriptor: "WORKSHOP" })
    await api.post(`/admin/v1/invoices/${oneOff.id}/finalize`)
    await advance(api, { by: "PT1M" })
    expect((await paymentsOf(api, oneOff))[0].payment_method_id).toBe(other.id)
    // Nobody is charged for another, and what is taken away is charged no more.
    const stranger = await newCustomer(api)
    const refused = await api.post("/admin/v1/invoices", { ...wanted, customer_id: stranger.id })
    expect([refused.status, refused.json.errors[0].path]).toEqual([404, "payment_method_id"])
    await api.delete(`/admin/v1/customers/${customer.id}/payment-methods/${named.id}`)
    expect((await pay(invoice.id, { method: "Default" })).payment_method_id).toBe(usual.id)
  })

  test("is asked by hand where nothing was collected by itself", async () => {
    const { api, customer, invoice } = await subscriber(null)
    expect(await paymentsOf(api, invoice)).toEqual([])
    const pay = (body: object) => api.post(`/admin/v1/invoices/${invoice.id}/pay`, body)
    const refused = await pay({ method: "Default" })
    expect([refused.status, refused.json.code]).toEqual([409, "invalid_state"])
    await attach(api, customer.id, "pm_card_visa")
    expect((await pay({ method: "Default" })).json.status).toBe("Succeeded")
    const again = await pay({ method: "Default" })
    expect([again.status, again.json.code]).toEqual([409, "invalid_state"])
  })
})

describe("dunning", () => {
  test("tries 3, 7, 14 and 21 days after the failure, and pauses at its end", async () => {
    const { api, customer, subscription, invoice } = await subscriber("pm_card_chargeDeclined")
    expect(await statusOf(api, subscription, invoice)).toEqual(["PastDue", "Open"])
    const first = await dunningOf(api, invoice)
    expect([first.status, first.attempt_count, first.next_attempt_at]).toEqual([
      "Active",
      0,
      "2026-02-04T01:00:00Z",
    ])
    await advance(api, { to: "2026-02-23T00:00:00Z" })
    const over = await dunningOf(api, invoice)
    expect([over.status, over.next_attempt_at]).toEqual(["Exhausted", null])
    expect(over.steps.map(({ at, result }: any) => [at, result])).toEqual([
      ["2026-02-04T01:00:00Z", "Failed"],
      ["2026-02-08T01:00:00Z", "Failed"],
      ["2026-02-15T01:00:00Z", "Failed"],
      ["2026-02-22T01:00:00Z", "Failed"],
    ])
    expect(await statusOf(api, subscription, invoice)).toEqual(["Paused", "Open"])
    expect((await paymentsOf(api, invoice)).map((one: any) => one.status)).toEqual(
      Array.from({ length: 5 }, () => "Failed"),
    )
    expect(await balances(api, customer)).toMatchObject({ AccountsReceivable: FEE_NANOS })

    // A new card pays at once, and what was paused for it goes on.
    await attach(api, customer.id, "pm_card_visa")
    await advance(api, { by: "PT1M" })
    expect(await statusOf(api, subscription, invoice)).toEqual(["Active", "Paid"])
    expect((await dunningOf(api, invoice)).status).toBe("Resolved")
    expect((await balances(api, customer))["AccountsReceivable"]).toBeUndefined()
  })

  test("ends in a cancellation where the tenant wants that", async () => {
    const settings = { schedule_days: [1], final_action: "Cancel" }
    const { api, subscription, invoice } = await subscriber("pm_card_chargeDeclined", settings)
    await advance(api, { to: "2026-02-02T02:00:00Z" })
    expect((await dunningOf(api, invoice)).status).toBe("Exhausted")
    expect(await statusOf(api, subscription, invoice)).toEqual(["Cancelled", "Open"])
  })

  test("keeps a subscription paused until all of its unpaid invoices are paid", async () => {
    const settings = { schedule_days: [40], final_action: "Pause" }
    const { api, subscription, invoice } = await subscriber("pm_card_chargeDeclined", settings)
    // The invoice of February fails on March 1, and the one of January is at its end on March 13.
    await advance(api, { to: "2026-03-14T00:00:00Z" })
    const [second] = (await api.get(`/admin/v1/invoices?subscription_id=${subscription.id}`)).json
    expect(second.id).not.toBe(invoice.id)
    expect(await statusOf(api, subscription, invoice)).toEqual(["Paused", "Open"])
    expect((await dunningOf(api, second)).status).toBe("Active")
    await create(api, `/admin/v1/invoices/${invoice.id}/pay`, {})
    await advance(api, { by: "PT1M" })
    expect(await statusOf(api, subscription, invoice)).toEqual(["Paused", "Paid"])
    await create(api, `/admin/v1/invoices/${second.id}/pay`, {})
    await advance(api, { by: "PT1M" })
    expect(await statusOf(api, subscription, second)).toEqual(["Active", "Paid"])
  })

  test("leaves a subscription past due where nothing else is wanted", async () => {
    const settings = { schedule_days: [1], final_action: "None" }
    const { api, subscription, invoice } = await subscriber("pm_card_chargeDeclined", settings)
    await advance(api, { to: "2026-02-02T02:00:00Z" })
    expect(await statusOf(api, subscription, invoice)).toEqual(["PastDue", "Open"])
    const paid = await api.post(`/admin/v1/invoices/${invoice.id}/pay`, { reference: "WIRE-1" })
    expect(paid.json).toMatchObject({ status: "Succeeded", kind: "Manual", amount_nanos: FEE_NANOS })
    expect(await statusOf(api, subscription, invoice)).toEqual(["Active", "Paid"])
  })

  test("is over with the try that succeeds", async () => {
    const { api, customer, subscription, invoice } = await subscriber("pm_card_declinedTwiceThenSucceeds")
    await advance(api, { to: "2026-02-09T00:00:00Z" })
    expect(await statusOf(api, subscription, invoice)).toEqual(["Active", "Paid"])
    const dunning = await dunningOf(api, invoice)
    expect([dunning.status, dunning.attempt_count]).toEqual(["Resolved", 2])
    const paying = dunning.payments[0].id
    expect(dunning.steps.map(({ at, result }: any) => [at, result])).toEqual([
      ["2026-02-04T01:00:00Z", "Failed"],
      ["2026-02-08T01:00:00Z", "Succeeded"],
    ])
    expect(dunning.steps[1].payment_id).toBe(paying)
    const tried = (await paymentsOf(api, invoice)).map((one: any) => [one.created_at, one.status])
    expect(tried).toEqual([
      ["2026-02-01T01:00:00Z", "Failed"],
      ["2026-02-04T01:00:00Z", "Failed"],
      ["2026-02-08T01:00:00Z", "Succeeded"],
    ])
    expect((await balances(api, customer))["Cash"]).toBe(FEE_NANOS)
  })

  test("does not try a card again that was declined for good", async () => {
    const { api, subscription, invoice } = await subscriber("pm_card_chargeDeclinedStolenCard")
    await advance(api, { to: "2026-02-05T00:00:00Z" })
    const dunning = await dunningOf(api, invoice)
    expect(dunning.steps.map((step: any) => step.result)).toEqual(["Skipped"])
    expect(await paymentsOf(api, invoice)).toHaveLength(1)
    const retried = await api.post(`/admin/v1/invoices/${invoice.id}/dunning/retry`)
    expect([retried.status, retried.json.code]).toEqual([409, "invalid_state"])
    expect(await statusOf(api, subscription, invoice)).toEqual(["PastDue", "Open"])
  })

  test("is tried by hand beside its schedule", async () => {
    const { api, invoice } = await subscriber("pm_card_chargeDeclined")
    const retried = await api.post(`/admin/v1/invoices/${invoice.id}/dunning/retry`)
    expect([retried.status, retried.json.status]).toEqual([201, "Failed"])
    const dunning = await dunningOf(api, invoice)
    expect([dunning.attempt_count, dunning.next_attempt_at]).toEqual([0, "2026-02-04T01:00:00Z"])
    expect(dunning.payments).toHaveLength(2)
  })

  test("is over when the invoice is credited", async () => {
    const { api, subscription, invoice } = await subscriber("pm_card_chargeDeclined")
    await create(api, `/admin/v1/invoices/${invoice.id}/credit-notes`, { reason: "Courtesy" })
    await advance(api, { by: "PT1M" })
    expect((await dunningOf(api, invoice)).status).toBe("Resolved")
    expect(await statusOf(api, subscription, invoice)).toEqual(["Active", "Paid"])
  })
})

describe("a payment that waits", () => {
  const answer = async (payment: any, approve: boolean) => {
    const url = new URL(payment.action_url)
    return callerWith(null).post(url.pathname + url.search, { approve })
  }

  test("for its customer keeps the subscription past due until the customer approves", async () => {
    const {
      api: caller,
      customer,
      subscription,
      invoice,
    } = await subscriber("pm_card_authenticationRequired")
    const [payment] = await paymentsOf(caller, invoice)
    expect([payment.status, payment.settled_at]).toEqual(["RequiresAction", null])
    expect(await statusOf(caller, subscription, invoice)).toEqual(["PastDue", "Open"])
    // The steps of the schedule ask nobody a second time meanwhile.
    await advance(caller, { to: "2026-02-09T00:00:00Z" })
    const waiting = await dunningOf(caller, invoice)
    expect(waiting.steps.map(({ result }: any) => result)).toEqual(["Waiting", "Waiting"])
    expect(await paymentsOf(caller, invoice)).toHaveLength(1)
    expect((await answer(payment, true)).status).toBe(200)
    expect(await statusOf(caller, subscription, invoice)).toEqual(["Active", "Paid"])
    expect((await dunningOf(caller, invoice)).status).toBe("Resolved")
    expect((await balances(caller, customer))["Cash"]).toBe(FEE_NANOS)
  })

  test("for its customer fails when the customer refuses, and is tried again", async () => {
    const { api: caller, subscription, invoice } = await subscriber("pm_card_authenticationRequired")
    const [payment] = await paymentsOf(caller, invoice)
    expect((await answer(payment, false)).status).toBe(200)
    const told = (await caller.get(`/v1/invoices/${invoice.id}`)).json
    expect([told.status, told.payment_pending_nanos]).toEqual(["Open", "0"])
    expect(await statusOf(caller, subscription, invoice)).toEqual(["PastDue", "Open"])
    await advance(caller, { to: "2026-02-05T00:00:00Z" })
    expect((await paymentsOf(caller, invoice)).map(({ status }: any) => status)).toEqual([
      "Failed",
      "RequiresAction",
    ])
  })

  test("for the bank is paid when the bank says so", async () => {
    const { api: caller, subscription, invoice } = await subscriber("pm_card_pendingThenSucceeds")
    const statuses = (await paymentsOf(caller, invoice)).map(({ status }: any) => status)
    expect(statuses).toEqual(["Pending"])
    expect(await statusOf(caller, subscription, invoice)).toEqual(["Active", "Open"])
    const voided = await caller.post(`/admin/v1/invoices/${invoice.id}/void`, { reason: "Wrong" })
    expect([voided.status, voided.json.code]).toEqual([409, "invalid_state"])
    await advance(caller, { by: "PT2H" })
    expect(await statusOf(caller, subscription, invoice)).toEqual(["Active", "Paid"])
  })

  test("for the bank begins dunning when the bank refuses", async () => {
    const { api: caller, subscription, invoice } = await subscriber("pm_card_pendingThenFails")
    await advance(caller, { by: "PT2H" })
    expect(await statusOf(caller, subscription, invoice)).toEqual(["PastDue", "Open"])
    expect((await dunningOf(caller, invoice)).failed_at).toBe("2026-02-01T02:00:00Z")
  })
})

describe("a dispute", () => {
  test.each([
    ["pm_card_createDisputeThenWon", "Won", { Cash: FEE_NANOS }],
    ["pm_card_createDisputeThenLost", "Lost", { BadDebt: FEE_NANOS }],
  ])("of %s ends %s", async (card, end, booked) => {
    const { api: caller, customer, invoice } = await subscriber(card)
    await advance(caller, { to: "2026-02-03T00:00:00Z" })
    const [open] = await paymentsOf(caller, invoice)
    expect([open.status, open.dispute_status, open.disputed_nanos]).toEqual(["Succeeded", "Open", FEE_NANOS])
    expect(await balances(caller, customer)).toMatchObject({ Disputes: FEE_NANOS })
    const refused = await caller.post(`/admin/v1/payments/${open.id}/refund`, {})
    expect([refused.status, refused.json.code]).toEqual([409, "invalid_state"])
    await advance(caller, { to: "2026-02-12T00:00:00Z" })
    expect((await paymentsOf(caller, invoice))[0].dispute_status).toBe(end)
    const told = await balances(caller, customer)
    const { Cash, Disputes, BadDebt } = told
    expect(JSON.parse(JSON.stringify({ Cash, Disputes, BadDebt }))).toEqual(booked)
  })
})

describe("payments and refunds in parts", () => {
  test("add up to the invoice and never beyond it", async () => {
    const { api, customer, invoice } = await subscriber(null)
    const pay = (amount: bigint, fields = {}) =>
      api.post(`/admin/v1/invoices/${invoice.id}/pay`, { amount_nanos: String(amount * CENT), ...fields })
    expect((await pay(1_000n)).status).toBe(201)
    // Nobody is asked for more than what is due.
    const over = await pay(2_101n, { method: "Default" })
    expect([over.status, over.json.errors[0].path]).toEqual([422, "amount_nanos"])
    const voided = await api.post(`/admin/v1/invoices/${invoice.id}/void`, { reason: "Wrong" })
    expect([voided.status, voided.json.code]).toEqual([409, "invalid_state"])
    const half = (await api.get(`/v1/invoices/${invoice.id}`)).json
    expect([half.status, half.paid_nanos, half.amount_due_nanos]).toEqual([
      "Open",
      String(1_000n * CENT),
      String(2_100n * CENT),
    ])
    expect((await pay(2_100n)).status).toBe(201)
    expect((await api.get(`/v1/invoices/${invoice.id}`)).json.status).toBe("Paid")
    expect((await balances(api, customer))["Cash"]).toBe(FEE_NANOS)

    // From the newest payment on: $21 of the second one and $4 of the first.
    const refund = (fields: object) => api.post(`/admin/v1/invoices/${invoice.id}/refund`, fields)
    const first = await refund({ amount_nanos: String(2_500n * CENT), reason: "Outage" })
    expect(first.json.map((one: any) => [one.status, one.amount_nanos])).toEqual([
      ["Succeeded", String(2_100n * CENT)],
      ["Succeeded", String(400n * CENT)],
    ])
    const tooMuch = await refund({ amount_nanos: String(601n * CENT) })
    expect([tooMuch.status, tooMuch.json.errors[0].path]).toEqual([422, "amount_nanos"])
    expect((await refund({})).json.map((one: any) => one.amount_nanos)).toEqual([String(600n * CENT)])
    const nothing = await refund({})
    expect([nothing.status, nothing.json.code]).toEqual([409, "invalid_state"])
    expect((await balances(api, customer))["Cash"]).toBeUndefined()
  })

  test("a credit note on a paid invoice is paid out once", async () => {
    const { api, customer, invoice } = await subscriber("pm_card_visa")
    const note = await create(api, `/admin/v1/invoices/${invoice.id}/credit-notes`, {
      reason: "Outage",
      amount_nanos: String(1_000n * CENT),
    })
    expect((await balances(api, customer))["PayoutsPayable"]).toBe(String(-1_000n * CENT))
    const refund = () => api.post(`/admin/v1/invoices/${invoice.id}/refund`, { credit_note_id: note.id })
    const out = await refund()
    expect(out.json).toMatchObject([
      { status: "Succeeded", amount_nanos: String(1_000n * CENT), credit_note_id: note.id },
    ])
    const again = await refund()
    expect([again.status, again.json.code]).toEqual([409, "invalid_state"])
    const told = await balances(api, customer)
    expect([told["PayoutsPayable"], told["Refunds"], told["Cash"]]).toEqual([
      undefined,
      undefined,
      String(2_100n * CENT),
    ])
  })
})
