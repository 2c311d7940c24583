// Two doors to one core: what is made through one is seen through the other, and one set of books knows of both.

import { env } from "cloudflare:test"
import { expect, test } from "vitest"
import { guidOf, idOf } from "../../src/billy/guid.ts"
import type { Kind } from "../../src/billy/guid.ts"
import { advance, create } from "../support/client.ts"
import { newCustomer } from "../support/fixtures.ts"
import { made } from "./client.ts"
import {
  CARD,
  DECLINE,
  expectCleanLedger,
  itemsOf,
  newWorld,
  settle,
  statusOf,
  transactionsOf,
} from "./world.ts"

const CENT = 10n ** 10n
const nanos = (cents: number) => String(BigInt(cents) * CENT)

const id = (kind: Kind, { guid }: any) => idOf(kind, guid) ?? ""

test("what Billy's door made is seen through the native one", async () => {
  const world = await newWorld()
  const subscription = await world.subscribe({ amount: 350, appears_on_statement_as: "hundredmiles" })
  const native = await world.native.get(`/v1/subscriptions/${id("subscription", subscription)}`)
  expect(native.json).toMatchObject({ status: "Active", customer_id: id("customer", world.customer) })
  const [invoice] = await itemsOf(world, `/v1/subscriptions/${subscription.guid}/invoices`)
  const billed = await world.native.get(`/v1/invoices/${id("invoice", invoice)}`)
  expect(billed.json).toMatchObject({ status: "Paid", total_nanos: nanos(350), currency: "USD" })
  const [transaction] = await itemsOf(world, `/v1/invoices/${invoice.guid}/transactions`)
  const payment = await world.native.get(`/admin/v1/payments/${id("transaction", transaction)}`)
  expect(payment.json).toMatchObject({ status: "Succeeded", amount_nanos: nanos(350) })

  const cancelled = await world.invoice({ item_name1: "a hat", item_amount1: 700, title: "goods" })
  await made(world.company.post(`/v1/invoices/${cancelled.guid}/cancel`))
  const voided = await world.native.get(`/v1/invoices/${id("invoice", cancelled)}`)
  expect(voided.json).toMatchObject({ status: "Void", memo: "goods", total_nanos: nanos(700) })
  expect(voided.json.line_items.map((line: any) => line.description)).toEqual(["a hat"])
})

test("what the native door made is seen through Billy's", async () => {
  const world = await newWorld()
  const { native, company } = world
  const customer = await newCustomer(native)
  const method = await create(native, `/admin/v1/customers/${customer.id}/payment-methods`, {
    payment_method: "pm_card_visa",
    is_default: true,
  })
  const invoice = await create(native, "/admin/v1/invoices", {
    customer_id: customer.id,
    lines: [
      { description: "one", quantity: "2", unit_amount_nanos: nanos(100) },
      { description: "two", quantity: "1", unit_amount_nanos: nanos(55) },
    ],
  })
  const guid = guidOf("invoice", invoice.id)
  const item = { type: null, volume: null, unit: null }
  expect(await made(company.get(`/v1/invoices/${guid}`))).toMatchObject({
    invoice_type: "customer",
    customer_guid: guidOf("customer", customer.id),
    amount: 255,
    effective_amount: 255,
    status: "processing",
    items: [
      { ...item, name: "one", amount: 200, quantity: "2" },
      { ...item, name: "two", amount: 55, quantity: "1" },
    ],
  })
  await native.post(`/admin/v1/invoices/${invoice.id}/finalize`)
  await advance(native, { by: "PT1M" })
  expect(await statusOf(world, { guid })).toBe("settled")
  const [transaction] = await itemsOf(world, `/v1/customers/${guidOf("customer", customer.id)}/transactions`)
  expect(transaction).toMatchObject({
    invoice_guid: guid,
    amount: 255,
    funding_instrument_uri: "pm_card_visa",
  })
  expect(method.is_default).toBe(true)
  const refund = await native.post(`/admin/v1/invoices/${invoice.id}/refund`, { amount_nanos: nanos(55) })
  expect(refund.status).toBe(201)
  expect((await transactionsOf(world, { guid }))[0]).toEqual(["refund", "done", "succeeded", 0])
  await expectCleanLedger(world)
})

test("an invoice that is declined here is paid there", async () => {
  const world = await newWorld()
  const invoice = await world.invoice({ funding_instrument_uri: DECLINE })
  const paid = await world.native.post(`/admin/v1/invoices/${id("invoice", invoice)}/pay`, {
    reference: "WIRE-1",
  })
  expect(paid.json).toMatchObject({ status: "Succeeded", kind: "Manual" })
  expect(await statusOf(world, invoice)).toBe("settled")
  expect(await transactionsOf(world, invoice)).toEqual([
    ["debit", "done", "succeeded", 0],
    ["debit", "canceled", null, 1],
  ])
  await expectCleanLedger(world)
})

/** Reads a page as large as all of them, so that what the list leaves out is seen. */
test("the list of transactions and the transactions of each invoice are the same", async () => {
  const world = await newWorld()
  const invoice = await world.invoice({ funding_instrument_uri: DECLINE })
  await advance(world.native, { by: "P5D" })
  await made(settle(world, invoice, "/v1/cards/CCotherDECLINE"))
  await advance(world.native, { by: "P5D" })
  // The same one again is another transaction, because somebody asked for it.
  await made(settle(world, invoice, "/v1/cards/CCotherDECLINE"))
  await made(settle(world, invoice, CARD))
  await made(world.company.post(`/v1/invoices/${invoice.guid}/refund`, { amount: 100 }))
  await world.subscribe()
  const failing = await world.invoice({ funding_instrument_uri: "/v1/cards/CCFAILED" })
  await made(settle(world, failing, DECLINE))
  await advance(world.native, { by: "P5D" })
  const all = await itemsOf(world, "/v1/transactions?limit=100")
  const invoices = await itemsOf(world, "/v1/invoices?limit=100")
  const each: any[] = []
  for (const { guid } of invoices) each.push(...(await itemsOf(world, `/v1/invoices/${guid}/transactions`)))
  const sorted = (items: any[]) => items.toSorted((a, b) => (a.guid < b.guid ? -1 : 1))
  expect(sorted(all)).toEqual(sorted(each))
  expect(all).toHaveLength(8)
  for (const one of all) expect(await made(world.company.get(`/v1/transactions/${one.guid}`))).toEqual(one)
  const { results } = await env.DB.prepare("SELECT count(*) AS n FROM payments WHERE tenant_id = ?")
    .bind(idOf("company", world.company.guid))
    .all<{ n: number }>()
  const attempts = all.filter((one) => one.transaction_type === "debit")
  const counted = attempts.map((one) =>
    Math.max(one.failure_count + (one.submit_status === "done" ? 1 : 0), 1),
  )
  expect(counted.reduce((sum, n) => sum + n, 0)).toBe(results[0]?.n)
})
