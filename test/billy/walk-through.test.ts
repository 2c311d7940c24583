// The tutorial of Billy's documentation, step by step, with its numbers and its calendars.

import { describe, expect, test } from "vitest"
import { advance, api as callerWith, setClock } from "../support/client.ts"
import type { Company, Form } from "./client.ts"
import { made, newCompany } from "./client.ts"

const CARD = "/v1/marketplaces/TEST-MP6lD3dBpta7OAXJsN766qA/cards/CCBXYdbpYDwX68hv69UH1eS"

/** `at`: where the company's clock is set to; without it, it goes with the wall. */
async function hosting(at: string | null = null, frequency = "monthly") {
  const company = await newCompany()
  const native = callerWith(company.key)
  if (at !== null) await setClock(native, at)
  const plan = await made(company.post("/v1/plans", { plan_type: "debit", amount: 500, frequency }))
  const customer = await made(company.post("/v1/customers"))
  const subscribe = (form: Form = {}) =>
    made(
      company.post("/v1/subscriptions", {
        customer_guid: customer.guid,
        plan_guid: plan.guid,
        funding_instrument_uri: CARD,
        ...form,
      }),
    )
  return { company, native, plan, customer, subscribe }
}

async function invoicesOf(company: Company, subscription: any): Promise<any[]> {
  return (await made(company.get(`/v1/subscriptions/${subscription.guid}/invoices`))).items
}

async function dates(company: Company, subscription: any): Promise<string[]> {
  return (await invoicesOf(company, subscription)).map((one) => one.scheduled_at).toReversed()
}

describe("a subscription", () => {
  test("is charged at once", async () => {
    const { company, plan, customer, subscribe } = await hosting()
    const subscription = await subscribe()
    expect(subscription).toEqual({
      amount: null,
      appears_on_statement_as: null,
      canceled: false,
      canceled_at: null,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?\+00:00$/),
      customer_guid: customer.guid,
      effective_amount: 500,
      funding_instrument_uri: CARD,
      guid: expect.stringMatching(/^SU[1-9A-HJ-NP-Za-km-z]{21,22}$/),
      invoice_count: 1,
      next_invoice_at: expect.any(String),
      plan_guid: plan.guid,
      started_at: subscription.created_at,
      updated_at: subscription.created_at,
    })
    const { items, ...page } = await made(company.get(`/v1/subscriptions/${subscription.guid}/invoices`))
    expect(page).toEqual({ limit: 20, offset: 0 })
    expect(items).toEqual([
      {
        adjustments: [],
        amount: 500,
        appears_on_statement_as: null,
        created_at: subscription.created_at,
        effective_amount: 500,
        funding_instrument_uri: CARD,
        guid: expect.stringMatching(/^IV/),
        invoice_type: "subscription",
        items: [],
        scheduled_at: subscription.started_at,
        status: "settled",
        subscription_guid: subscription.guid,
        title: null,
        total_adjustment_amount: 0,
        transaction_type: "debit",
        updated_at: items[0].updated_at,
      },
    ])
    const transactions = await made(company.get(`/v1/invoices/${items[0].guid}/transactions`))
    expect(transactions.items).toEqual([
      {
        amount: 500,
        appears_on_statement_as: null,
        created_at: expect.any(String),
        failure_count: 0,
        failures: [],
        funding_instrument_uri: CARD,
        guid: expect.stringMatching(/^TX/),
        invoice_guid: items[0].guid,
        processor_uri: expect.any(String),
        status: "succeeded",
        submit_status: "done",
        transaction_type: "debit",
        updated_at: expect.any(String),
      },
    ])
  })

  test("with an amount of its own pays that for good", async () => {
    const { company, native, subscribe } = await hosting("2014-02-08T08:22:11Z")
    const subscription = await subscribe({ amount: 350 })
    expect([subscription.amount, subscription.effective_amount]).toEqual([350, 350])
    await advance(native, { to: "2014-03-08T09:00:00Z" })
    const amounts = (await invoicesOf(company, subscription)).map((one) => [one.amount, one.status])
    expect(amounts).toEqual([
      [350, "settled"],
      [350, "settled"],
    ])
  })

  test("of every day has an invoice at the same time of each day", async () => {
    const { company, native, subscribe } = await hosting("2013-01-01T07:10:00Z", "daily")
    const subscription = await subscribe()
    expect(subscription.next_invoice_at).toBe("2013-01-02T07:10:00+00:00")
    await advance(native, { to: "2013-01-03T07:10:00Z" })
    expect(await dates(company, subscription)).toEqual([
      "2013-01-01T07:10:00+00:00",
      "2013-01-02T07:10:00+00:00",
      "2013-01-03T07:10:00+00:00",
    ])
  })

  test("from 30 January has its next invoice on 28 February, and then on 30 March", async () => {
    const { company, native, subscribe } = await hosting("2013-01-30T07:10:00Z")
    const subscription = await subscribe()
    await advance(native, { to: "2013-03-30T07:10:00Z" })
    expect(await dates(company, subscription)).toEqual([
      "2013-01-30T07:10:00+00:00",
      "2013-02-28T07:10:00+00:00",
      "2013-03-30T07:10:00+00:00",
    ])
    const now = await made(company.get(`/v1/subscriptions/${subscription.guid}`))
    expect([now.invoice_count, now.next_invoice_at]).toEqual([3, "2013-04-30T07:10:00+00:00"])
  })

  test("that is to start later has no invoice until then", async () => {
    const { company, native, subscribe } = await hosting("2013-09-12T10:00:00Z")
    const subscription = await subscribe({ started_at: "2013-10-01T00:00:00" })
    expect(subscription).toMatchObject({
      invoice_count: 0,
      started_at: "2013-10-01T00:00:00+00:00",
      next_invoice_at: "2013-10-01T00:00:00+00:00",
    })
    expect(await invoicesOf(company, subscription)).toEqual([])
    await advance(native, { to: "2013-12-01T00:00:00Z" })
    expect(await dates(company, subscription)).toEqual([
      "2013-10-01T00:00:00+00:00",
      "2013-11-01T00:00:00+00:00",
      "2013-12-01T00:00:00+00:00",
    ])
  })

  test("that is cancelled has no more invoices", async () => {
    const { company, native, subscribe } = await hosting("2013-01-30T07:10:00Z")
    const subscription = await subscribe()
    const cancelled = await made(company.post(`/v1/subscriptions/${subscription.guid}/cancel`))
    expect(cancelled).toEqual({ ...subscription, canceled: true, canceled_at: "2013-01-30T07:10:00+00:00" })
    const again = await company.post(`/v1/subscriptions/${subscription.guid}/cancel`)
    expect([again.status, again.text]).toEqual([
      400,
      expect.stringContaining("Cannot cancel a canceled subscription"),
    ])
    await advance(native, { to: "2013-04-01T00:00:00Z" })
    expect(await dates(company, subscription)).toEqual(["2013-01-30T07:10:00+00:00"])
  })
})

describe.each(["adjustment", "adjustments"])("an invoice whose discount is an %s_amount1", (spelling) => {
  test("is settled later, and refunded in part", async () => {
    const { company, customer } = await hosting()
    const invoice = await made(
      company.post("/v1/invoices", {
        customer_guid: customer.guid,
        amount: 4497,
        appears_on_statement_as: "Cuty shop",
        item_name1: "Lovely hat",
        item_amount1: 999,
        item_name2: "Cute shoes",
        item_amount2: 1499,
        item_name3: "Adorable clothes",
        item_amount3: 1999,
        [`${spelling}_amount1`]: -1000,
        [`${spelling}_reason1`]: "Coupon discount",
      }),
    )
    const item = { quantity: null, type: null, unit: null, volume: null }
    expect(invoice).toEqual({
      adjustments: [{ amount: -1000, reason: "Coupon discount" }],
      amount: 4497,
      appears_on_statement_as: "Cuty shop",
      created_at: expect.any(String),
      customer_guid: customer.guid,
      effective_amount: 3497,
      external_id: null,
      funding_instrument_uri: null,
      guid: expect.stringMatching(/^IV/),
      invoice_type: "customer",
      items: [
        { ...item, amount: 999, name: "Lovely hat" },
        { ...item, amount: 1499, name: "Cute shoes" },
        { ...item, amount: 1999, name: "Adorable clothes" },
      ],
      status: "staged",
      title: null,
      total_adjustment_amount: -1000,
      transaction_type: "debit",
      updated_at: invoice.created_at,
    })

    const paid = await made(company.put(`/v1/invoices/${invoice.guid}`, { funding_instrument_uri: CARD }))
    expect([paid.status, paid.funding_instrument_uri]).toEqual(["settled", CARD])

    const refunded = await made(company.post(`/v1/invoices/${invoice.guid}/refund`, { amount: 100 }))
    expect([refunded.guid, refunded.status]).toEqual([invoice.guid, "settled"])
    const { items } = await made(company.get(`/v1/invoices/${invoice.guid}/transactions`))
    const told = items.map((one: any) => [one.transaction_type, one.amount, one.submit_status, one.status])
    expect(told).toEqual([
      ["refund", 100, "done", "succeeded"],
      ["debit", 3497, "done", "succeeded"],
    ])
    expect([items[0].funding_instrument_uri, items[0].appears_on_statement_as]).toEqual([null, null])
    expect(items[1].appears_on_statement_as).toBe("Cuty shop")
  })
})
