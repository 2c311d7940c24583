// Credit plans: what a period comes to is paid out to the customer's instrument, and otherwise goes as a debit does.

import { expect, test } from "vitest"
import { advance } from "../support/client.ts"
import { made } from "./client.ts"
import {
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

const BANK = "/v1/bank_accounts/BAfine"

async function payee(instrument: string, frequency = "weekly") {
  const world = await newWorld({ plan_type: "credit", frequency })
  const subscription = await world.subscribe({ funding_instrument_uri: instrument, amount: 350 })
  const [invoice] = await itemsOf(world, `/v1/subscriptions/${subscription.guid}/invoices`)
  return { world, subscription, invoice }
}

test("an instrument is paid at once, and each period from then on", async () => {
  const { world, subscription, invoice } = await payee(BANK)
  expect(invoice).toMatchObject({
    transaction_type: "credit",
    amount: 350,
    effective_amount: 350,
    status: "settled",
    funding_instrument_uri: BANK,
  })
  const [transaction] = await itemsOf(world, `/v1/invoices/${invoice.guid}/transactions`)
  expect(transaction).toMatchObject({
    transaction_type: "credit",
    amount: 350,
    submit_status: "done",
    status: "succeeded",
    funding_instrument_uri: BANK,
    invoice_guid: invoice.guid,
  })
  expect(await made(world.company.get(`/v1/transactions/${transaction.guid}`))).toEqual(transaction)
  await advance(world.native, { by: "P14D" })
  const all = await itemsOf(world, `/v1/subscriptions/${subscription.guid}/transactions`)
  expect(all.map((one) => [one.amount, one.status])).toEqual([
    [350, "succeeded"],
    [350, "succeeded"],
    [350, "succeeded"],
  ])
  const refund = await world.company.post(`/v1/invoices/${invoice.guid}/refund`, { amount: 1 })
  expect([refund.status, refund.json.error_class]).toEqual([400, "InvalidOperationError"])
  await expectCleanLedger(world)
})

test("an instrument that settles later is processing until it does", async () => {
  const { world, invoice } = await payee(PENDING)
  expect(invoice.status).toBe("processing")
  expect(await transactionsOf(world, invoice)).toEqual([["credit", "done", "pending", 0]])
  await advance(world.native, { by: "PT2H" })
  expect(await statusOf(world, invoice)).toBe("settled")
  await expectCleanLedger(world)
})

test("an instrument that declines is tried again, and gives way to another one", async () => {
  const { world, invoice } = await payee(DECLINE)
  expect(invoice.status).toBe("processing")
  expect(await transactionsOf(world, invoice)).toEqual([["credit", "retrying", null, 1]])
  await advance(world.native, { by: "P2D" })
  expect(await transactionsOf(world, invoice)).toEqual([["credit", "retrying", null, 3]])
  const [transaction] = await itemsOf(world, `/v1/invoices/${invoice.guid}/transactions`)
  expect(transaction.processor_uri).toBe(null)
  // Tries are news of the transaction alone.
  expect((await made(world.company.get(`/v1/invoices/${invoice.guid}`))).updated_at).toBe(invoice.created_at)
  expect((await made(settle(world, invoice, BANK))).status).toBe("settled")
  expect(await transactionsOf(world, invoice)).toEqual([
    ["credit", "done", "succeeded", 0],
    ["credit", "canceled", null, 3],
  ])
  await expectCleanLedger(world)
})

test("an instrument that declines for good is not tried again, and gives way to another one", async () => {
  const { world, invoice } = await payee(FAILED)
  expect(invoice.status).toBe("failed")
  expect(await transactionsOf(world, invoice)).toEqual([["credit", "done", "failed", 0]])
  await advance(world.native, { by: "P5D" })
  expect(await transactionsOf(world, invoice)).toEqual([["credit", "done", "failed", 0]])
  const put = await made(settle(world, invoice, PENDING))
  expect([put.status, put.updated_at]).toEqual(["processing", "2014-02-05T10:00:00+00:00"])
  await advance(world.native, { by: "PT2H" })
  expect(await transactionsOf(world, invoice)).toEqual([
    ["credit", "done", "succeeded", 0],
    ["credit", "done", "failed", 0],
  ])
  await expectCleanLedger(world)
})

test("after the eleventh failure nobody is paid any more", async () => {
  const { world, invoice } = await payee(DECLINE, "yearly")
  await advance(world.native, { by: "P46D" })
  expect(await transactionsOf(world, invoice)).toEqual([["credit", "failed", null, 11]])
  expect(await statusOf(world, invoice)).toBe("failed")
  await expectCleanLedger(world)
})

test("without an instrument it waits for one, and what is canceled is paid by nobody and not billed again", async () => {
  const { world, subscription, invoice } = await payee("")
  expect(invoice.status).toBe("staged")
  expect((await made(world.company.post(`/v1/invoices/${invoice.guid}/cancel`))).status).toBe("canceled")
  await advance(world.native, { by: "P7D" })
  const [second, first, ...none] = await itemsOf(world, `/v1/subscriptions/${subscription.guid}/invoices`)
  expect([second.status, second.amount, first.status, none]).toEqual(["staged", 350, "canceled", []])
  expect((await made(settle(world, second, BANK))).status).toBe("settled")
  await expectCleanLedger(world)
})
