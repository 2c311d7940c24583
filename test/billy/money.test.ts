// Money through Billy's door: what becomes of an invoice with each kind of instrument, told by the company's clock.

import { describe, expect, test } from "vitest"
import { advance } from "../support/client.ts"
import { made } from "./client.ts"
import {
  CARD,
  DECLINE,
  expectCleanLedger,
  FAILED,
  itemsOf,
  newWorld,
  PENDING,
  settle,
  statusOf,
  transactionsOf,
} from "./world.ts"

const OPERATION = { error_class: "InvalidOperationError" }

describe("an instrument that declines", () => {
  test("is asked again at growing intervals, and after the eleventh failure no more", async () => {
    const world = await newWorld()
    const invoice = await world.invoice({ funding_instrument_uri: DECLINE })
    expect(invoice.status).toBe("processing")
    expect(await transactionsOf(world, invoice)).toEqual([["debit", "retrying", null, 1]])
    await advance(world.native, { by: "P16D" })
    expect(await transactionsOf(world, invoice)).toEqual([["debit", "retrying", null, 7]])
    await advance(world.native, { by: "P30D" })
    expect(await transactionsOf(world, invoice)).toEqual([["debit", "failed", null, 11]])
    expect(await statusOf(world, invoice)).toBe("failed")

    const [transaction] = await itemsOf(world, `/v1/invoices/${invoice.guid}/transactions`)
    const days = transaction.failures.map(({ created_at: at }: any) => Date.parse(at) / 86_400_000)
    const since = days.map((day: number) => day - days[0])
    const waits = since.slice(1).map((day: number, at: number) => day - since[at])
    expect(waits).toEqual(waits.toSorted((a: number, b: number) => a - b))
    expect(transaction.failures[0]).toMatchObject({
      guid: expect.stringMatching(/^TF/),
      error_code: "generic_decline",
      error_number: null,
      error_message: expect.any(String),
    })
    await expectCleanLedger(world)
  })

  test("gives way to another one, with which the tries begin anew", async () => {
    const world = await newWorld()
    const invoice = await world.invoice({ funding_instrument_uri: DECLINE })
    await advance(world.native, { by: "P2D" })
    const second = await made(settle(world, invoice, "/v1/cards/CCotherDECLINE"))
    expect(second.status).toBe("processing")
    expect(await transactionsOf(world, invoice)).toEqual([
      ["debit", "retrying", null, 1],
      ["debit", "canceled", null, 3],
    ])
    await advance(world.native, { by: "P46D" })
    expect(await transactionsOf(world, invoice)).toEqual([
      ["debit", "failed", null, 11],
      ["debit", "canceled", null, 3],
    ])
    expect(await statusOf(world, invoice)).toBe("failed")
    expect((await made(settle(world, invoice, CARD))).status).toBe("settled")
    expect((await transactionsOf(world, invoice))[0]).toEqual(["debit", "done", "succeeded", 0])
    await expectCleanLedger(world)
  })

  test("leaves the subscription billing", async () => {
    const world = await newWorld()
    const subscription = await world.subscribe({ funding_instrument_uri: DECLINE })
    await advance(world.native, { to: "2014-03-31T10:00:00Z" })
    const invoices = await itemsOf(world, `/v1/subscriptions/${subscription.guid}/invoices`)
    expect(invoices.map(({ status }) => status)).toEqual(["processing", "processing", "failed"])
  })
})

describe("an instrument that fails for good", () => {
  test("is a transaction that is done and failed", async () => {
    const world = await newWorld()
    const invoice = await world.invoice({ funding_instrument_uri: FAILED })
    expect(invoice.status).toBe("failed")
    expect(await transactionsOf(world, invoice)).toEqual([["debit", "done", "failed", 0]])
    await advance(world.native, { by: "P46D" })
    expect(await transactionsOf(world, invoice)).toHaveLength(1)
    // Who puts it again wants it tried again.
    expect((await made(settle(world, invoice, FAILED))).status).toBe("failed")
    expect(await transactionsOf(world, invoice)).toEqual([
      ["debit", "done", "failed", 0],
      ["debit", "done", "failed", 0],
    ])
    expect((await made(settle(world, invoice, CARD))).status).toBe("settled")
  })
})

describe("an instrument that settles later", () => {
  test("is processing until the processor tells", async () => {
    const world = await newWorld()
    const invoice = await world.invoice({ funding_instrument_uri: PENDING })
    expect(invoice.status).toBe("processing")
    expect(await transactionsOf(world, invoice)).toEqual([["debit", "done", "pending", 0]])
    const busy = await settle(world, invoice, CARD)
    expect([busy.status, busy.json]).toMatchObject([400, OPERATION])
    await advance(world.native, { by: "PT2H" })
    expect(await statusOf(world, invoice)).toBe("settled")
    expect(await transactionsOf(world, invoice)).toEqual([["debit", "done", "succeeded", 0]])
    await expectCleanLedger(world)
  })

  test("pays nothing that was called off meanwhile: the money is the customer's", async () => {
    const world = await newWorld()
    const invoice = await world.invoice({ funding_instrument_uri: PENDING })
    const cancelled = await made(world.company.post(`/v1/invoices/${invoice.guid}/cancel`))
    expect([cancelled.status, cancelled.updated_at]).toEqual(["canceled", invoice.updated_at])
    await advance(world.native, { by: "PT2H" })
    expect(await statusOf(world, invoice)).toBe("canceled")
    expect(await transactionsOf(world, invoice)).toEqual([["debit", "done", "succeeded", 0]])
    await expectCleanLedger(world)
  })
})

describe("an invoice", () => {
  test("of nothing is settled, and takes an instrument all the same", async () => {
    const world = await newWorld()
    const invoice = await world.invoice({ amount: 0, funding_instrument_uri: CARD })
    expect([invoice.status, invoice.funding_instrument_uri]).toEqual(["settled", CARD])
    await advance(world.native, { by: "PT1M" })
    const put = await made(settle(world, invoice, "/v1/cards/CCother"))
    expect([put.status, put.funding_instrument_uri]).toEqual(["settled", "/v1/cards/CCother"])
    expect(put.updated_at > invoice.updated_at).toBe(true)
    expect(await transactionsOf(world, invoice)).toEqual([])
    const refund = await world.company.post(`/v1/invoices/${invoice.guid}/refund`, { amount: 0 })
    expect([refund.status, refund.json]).toMatchObject([400, OPERATION])
  })

  test("that is settled or canceled takes no other instrument and is not canceled", async () => {
    const world = await newWorld()
    const settled = await world.invoice({ funding_instrument_uri: CARD })
    const cancelled = await world.invoice()
    await made(world.company.post(`/v1/invoices/${cancelled.guid}/cancel`))
    for (const invoice of [settled, cancelled]) {
      const put = await settle(world, invoice, CARD)
      const message =
        "Invalid operation, you can only update funding_instrument_uri when the invoice status is one of STAGED, PROCESSING and FAILED"
      expect([put.status, put.json]).toEqual([400, { ...OPERATION, error_message: message }])
      const cancel = await world.company.post(`/v1/invoices/${invoice.guid}/cancel`)
      const only = "An invoice can only be canceled when its status is one of STAGED, PROCESSING and FAILED"
      expect([cancel.status, cancel.json]).toEqual([400, { ...OPERATION, error_message: only }])
    }
  })

  test("that is processing or failed is canceled with what was to be tried again", async () => {
    const world = await newWorld()
    const processing = await world.invoice({ funding_instrument_uri: DECLINE })
    const failed = await world.invoice({ funding_instrument_uri: FAILED })
    for (const { guid } of [processing, failed]) {
      expect((await made(world.company.post(`/v1/invoices/${guid}/cancel`))).status).toBe("canceled")
    }
    await advance(world.native, { by: "P46D" })
    expect(await transactionsOf(world, processing)).toEqual([["debit", "canceled", null, 1]])
    expect(await transactionsOf(world, failed)).toEqual([["debit", "done", "failed", 0]])
    await expectCleanLedger(world)
  })

  test("cancels nothing of another invoice", async () => {
    const world = await newWorld()
    const [one, other] = [
      await world.invoice({ funding_instrument_uri: DECLINE }),
      await world.invoice({ funding_instrument_uri: DECLINE }),
    ]
    await made(world.company.post(`/v1/invoices/${one.guid}/cancel`))
    expect(await transactionsOf(world, other)).toEqual([["debit", "retrying", null, 1]])
  })

  test("is refunded once it is settled, and never by more than it was of", async () => {
    const world = await newWorld()
    const staged = await world.invoice()
    const refund = (invoice: any, amount: number) =>
      world.company.post(`/v1/invoices/${invoice.guid}/refund`, { amount })
    const early = await refund(staged, 1)
    const only = { ...OPERATION, error_message: "You can only refund a settled invoice" }
    expect([early.status, early.json]).toEqual([400, only])
    const paid = await made(settle(world, staged, CARD))
    expect(await made(refund(paid, 300))).toMatchObject({ status: "settled", updated_at: paid.updated_at })
    expect((await made(refund(paid, 400))).status).toBe("settled")
    const more = await refund(paid, 1)
    const message = "Refund total amount 700 + 1 will exceed invoice effective amount 700"
    expect([more.status, more.json]).toEqual([400, { ...OPERATION, error_message: message }])
    expect(await transactionsOf(world, paid)).toEqual([
      ["refund", "done", "succeeded", 0],
      ["refund", "done", "succeeded", 0],
      ["debit", "done", "succeeded", 0],
    ])
    await expectCleanLedger(world)
  })
})

describe("a subscription", () => {
  test("without an instrument has a staged invoice each period, settled by one that is named then", async () => {
    const world = await newWorld()
    const subscription = await world.subscribe({ funding_instrument_uri: "" })
    await advance(world.native, { to: "2014-02-28T10:00:00Z" })
    const path = `/v1/subscriptions/${subscription.guid}`
    const invoices = await itemsOf(world, `${path}/invoices`)
    expect(invoices.map(({ status }) => status)).toEqual(["staged", "staged"])
    expect(await itemsOf(world, `${path}/transactions`)).toEqual([])
    expect((await made(settle(world, invoices[1], CARD))).status).toBe("settled")
    expect((await made(world.company.get(path))).funding_instrument_uri).toBe(null)
  })

  test("has invoices that change when an instrument is named, also when it declines", async () => {
    const world = await newWorld()
    const subscription = await world.subscribe({ funding_instrument_uri: "" })
    const [invoice] = await itemsOf(world, `/v1/subscriptions/${subscription.guid}/invoices`)
    await advance(world.native, { by: "PT1H" })
    const put = await made(settle(world, invoice, DECLINE))
    expect([put.status, put.updated_at]).toEqual(["processing", "2014-01-31T11:00:00+00:00"])
    const [transaction] = await itemsOf(world, `/v1/invoices/${invoice.guid}/transactions`)
    expect([transaction.submit_status, transaction.processor_uri]).toEqual(["retrying", null])
    await advance(world.native, { by: "P1D" })
    expect((await made(world.company.get(`/v1/invoices/${invoice.guid}`))).updated_at).toBe(put.updated_at)
  })

  test("that starts at this very instant is invoiced and charged by the answer, and once", async () => {
    const world = await newWorld()
    const subscription = await world.subscribe({ started_at: "2014-01-31T10:00:00" })
    expect([subscription.invoice_count, subscription.next_invoice_at]).toEqual([
      1,
      "2014-02-28T10:00:00+00:00",
    ])
    const path = `/v1/subscriptions/${subscription.guid}`
    const [invoice] = await itemsOf(world, `${path}/invoices`)
    expect([invoice.status, invoice.scheduled_at]).toEqual(["settled", "2014-01-31T10:00:00+00:00"])
    expect(await transactionsOf(world, invoice)).toEqual([["debit", "done", "succeeded", 0]])
    await advance(world.native, { by: "PT1M" })
    expect(await itemsOf(world, `${path}/transactions`)).toHaveLength(1)
  })

  test("that starts at this very instant pays out by the answer too, and tries again what is declined", async () => {
    const start = { started_at: "2014-01-31T18:00:00+08:00" }
    const paying = await newWorld({ plan_type: "credit" })
    const salary = await paying.subscribe(start)
    const [paid] = await itemsOf(paying, `/v1/subscriptions/${salary.guid}/invoices`)
    expect(paid.status).toBe("settled")
    expect(await transactionsOf(paying, paid)).toEqual([["credit", "done", "succeeded", 0]])
    const world = await newWorld()
    const declined = await world.subscribe({ ...start, funding_instrument_uri: DECLINE })
    const [invoice] = await itemsOf(world, `/v1/subscriptions/${declined.guid}/invoices`)
    expect(invoice.status).toBe("processing")
    expect(await transactionsOf(world, invoice)).toEqual([["debit", "retrying", null, 1]])
  })

  test("does not bill again what was canceled", async () => {
    const world = await newWorld()
    const subscription = await world.subscribe({ funding_instrument_uri: "" })
    const path = `/v1/subscriptions/${subscription.guid}/invoices`
    const [first] = await itemsOf(world, path)
    await made(world.company.post(`/v1/invoices/${first.guid}/cancel`))
    await advance(world.native, { to: "2014-03-31T10:00:00Z" })
    const told = (await itemsOf(world, path)).map((one) => [one.scheduled_at, one.amount, one.status])
    expect(told).toEqual([
      ["2014-03-31T10:00:00+00:00", 500, "staged"],
      ["2014-02-28T10:00:00+00:00", 500, "staged"],
      ["2014-01-31T10:00:00+00:00", 500, "canceled"],
    ])
    await expectCleanLedger(world)
  })

  test("goes on when its plan or customer is deleted", async () => {
    const world = await newWorld()
    const subscription = await world.subscribe()
    await made(world.company.delete(`/v1/plans/${world.plan.guid}`))
    await made(world.company.delete(`/v1/customers/${world.customer.guid}`))
    await advance(world.native, { to: "2014-03-31T10:00:00Z" })
    const invoices = await itemsOf(world, `/v1/subscriptions/${subscription.guid}/invoices`)
    expect(invoices.map(({ status }) => status)).toEqual(["settled", "settled", "settled"])
  })

  test("is not among the invoices and transactions of its customer, which are those made by hand", async () => {
    const world = await newWorld()
    const subscription = await world.subscribe()
    const invoice = await world.invoice({ funding_instrument_uri: CARD })
    const customer = `/v1/customers/${world.customer.guid}`
    expect((await itemsOf(world, `${customer}/subscriptions`)).map(({ guid }) => guid)).toEqual([
      subscription.guid,
    ])
    expect((await itemsOf(world, `${customer}/invoices`)).map(({ guid }) => guid)).toEqual([invoice.guid])
    const byHand = await itemsOf(world, `${customer}/transactions`)
    expect(byHand.map((one) => one.invoice_guid)).toEqual([invoice.guid])
    const plan = `/v1/plans/${world.plan.guid}`
    const [billed] = await itemsOf(world, `${plan}/invoices`)
    expect(billed.subscription_guid).toBe(subscription.guid)
    expect((await itemsOf(world, `${plan}/subscriptions`)).map(({ guid }) => guid)).toEqual([
      subscription.guid,
    ])
    expect((await itemsOf(world, `${plan}/transactions`)).map((one) => one.invoice_guid)).toEqual([
      billed.guid,
    ])
    const all = await itemsOf(world, "/v1/transactions")
    expect(all.map((one) => one.invoice_guid)).toEqual([invoice.guid, billed.guid])
    expect((await itemsOf(world, "/v1/transactions?offset=1&limit=1")).map(({ guid }) => guid)).toEqual([
      all[1].guid,
    ])
  })
})
