// Bad input where money moves, as a table: more than was paid, held or owed, another currency, somebody else's payment method, and webhooks
// that are not the processor's. What is refused changes nothing, and a refused webhook is in the log.

import { env } from "cloudflare:workers"
import { beforeAll, describe, expect, test, vi } from "vitest"
import type { Instant } from "../../src/domain/time.ts"
import { signatureOf } from "../../src/payments/sandbox/signature.ts"
import { hmacHex } from "../../src/runtime/hmac.ts"
import type { Api, Tenant } from "../support/client.ts"
import { create, newTenant, request } from "../support/client.ts"
import { allRows, quiet } from "../support/database.ts"
import { CENT, FEE, newCustomer, newPlan } from "../support/fixtures.ts"

const nanos = (cents: number) => (BigInt(cents) * CENT).toString()

let tenant: Tenant
let api: Api
/** A customer in USD with a card, an invoice of $50 that is paid, and one of $50 that is open. */
let customer: any
let paid: any
let payment: any
let open: any
/** Of another customer of the same tenant. */
let theirs: any
let plan: any

beforeAll(async () => {
  tenant = await newTenant("test")
  api = tenant.api
  customer = await newCustomer(api)
  const stranger = await newCustomer(api)
  paid = await oneOff(customer, 5_000)
  open = await oneOff(customer, 5_000)
  payment = await create(api, `/admin/v1/invoices/${paid.id}/pay`, { reference: "WIRE-1" })
  // Behind the invoices, so that no job collects them.
  await attach(customer)
  theirs = await attach(stranger)
  await create(api, `/admin/v1/customers/${customer.id}/credits`, { amount_nanos: nanos(1_000) })
  plan = await newPlan(api, [FEE])
  await quiet()
})

const attach = ({ id }: any) =>
  create(api, `/admin/v1/customers/${id}/payment-methods`, { payment_method: "pm_card_visa" })

async function oneOff({ id }: any, amount: number): Promise<any> {
  const lines = [{ description: "Workshop", unit_amount_nanos: nanos(amount) }]
  const draft = await create(api, "/admin/v1/invoices", { customer_id: id, lines })
  return (await api.post(`/admin/v1/invoices/${draft.id}/finalize`)).json
}

type Refusal = readonly [what: string, path: () => string, body: () => object, status: number, at: string]

const invoiceOf = (body: object) => ({
  customer_id: customer.id,
  lines: [{ description: "Workshop", unit_amount_nanos: nanos(100) }],
  ...body,
})
const method = () => ({ payment_method_id: theirs.id })
const ofCustomer = (rest: string) => () => `/admin/v1/customers/${customer.id}/${rest}`

const REFUSALS: readonly Refusal[] = [
  [
    "a refund of more than the payment",
    () => `/admin/v1/payments/${payment.id}/refund`,
    () => ({ amount_nanos: nanos(5_001) }),
    422,
    "amount_nanos",
  ],
  [
    "a refund of more than was paid of the invoice",
    () => `/admin/v1/invoices/${paid.id}/refund`,
    () => ({ amount_nanos: nanos(5_001) }),
    422,
    "amount_nanos",
  ],
  ["a refund of what was not paid", () => `/admin/v1/invoices/${open.id}/refund`, () => ({}), 409, ""],
  [
    "a refund of half a cent",
    () => `/admin/v1/payments/${payment.id}/refund`,
    () => ({ amount_nanos: String(CENT / 2n) }),
    422,
    "amount_nanos",
  ],
  [
    "a charge of more than is due",
    () => `/admin/v1/invoices/${open.id}/pay`,
    () => ({ method: "Default", amount_nanos: nanos(5_001) }),
    422,
    "amount_nanos",
  ],
  [
    "a charge of less than nothing",
    () => `/admin/v1/invoices/${open.id}/pay`,
    () => ({ method: "Default", amount_nanos: nanos(-1) }),
    422,
    "amount_nanos",
  ],
  ["a debit below zero", ofCustomer("credits"), () => ({ amount_nanos: nanos(-1_001) }), 422, "amount_nanos"],
  [
    "a debit in a currency of which nothing is there",
    ofCustomer("credits"),
    () => ({ amount_nanos: nanos(-1), currency: "EUR" }),
    422,
    "amount_nanos",
  ],
  ["a payout of what is not owed", ofCustomer("payouts"), () => ({ amount_nanos: nanos(1) }), 409, ""],
  ["a payout in another currency", ofCustomer("payouts"), () => ({ currency: "EUR" }), 409, ""],
  [
    "an invoice in another currency",
    () => "/admin/v1/invoices",
    () => invoiceOf({ currency: "EUR" }),
    422,
    "currency",
  ],
  [
    "a credit note of more than the invoice",
    () => `/admin/v1/invoices/${open.id}/credit-notes`,
    () => ({ reason: "Courtesy", amount_nanos: nanos(5_001) }),
    422,
    "amount_nanos",
  ],
  [
    "a charge to another customer's method",
    () => `/admin/v1/invoices/${open.id}/pay`,
    () => ({ method: "Default", ...method() }),
    404,
    "payment_method_id",
  ],
  [
    "an invoice for another customer's method",
    () => "/admin/v1/invoices",
    () => invoiceOf(method()),
    404,
    "payment_method_id",
  ],
  [
    "a subscription with another customer's method",
    () => "/v1/subscriptions",
    () => ({ customer_id: customer.id, plan_id: plan.id, ...method() }),
    404,
    "payment_method_id",
  ],
  [
    "a recharge by another customer's method",
    ofCustomer("wallets"),
    () => ({
      name: "Calls",
      auto_recharge: { threshold_nanos: nanos(100), amount_nanos: nanos(1_000), ...method() },
    }),
    404,
    "auto_recharge.payment_method_id",
  ],
]

test.each(REFUSALS)("%s is refused, and changes nothing", async (_, path, body, status, at) => {
  const before = await allRows()
  const answer = await api.post(path(), body())
  expect([answer.status, answer.json.errors?.[0]?.path ?? ""]).toEqual([status, at])
  expect(await allRows()).toEqual(before)
})

test("a payout to another customer's method is refused", async () => {
  // What is owed, so that there is something to pay out.
  const note = { reason: "Outage", amount_nanos: nanos(1_000) }
  await create(api, `/admin/v1/invoices/${paid.id}/credit-notes`, note)
  const answer = await api.post(ofCustomer("payouts")(), method())
  expect([answer.status, answer.json.errors[0].path]).toEqual([404, "payment_method_id"])
})

describe("a webhook", () => {
  const path = () => `/v1/webhooks/sandbox?tenant=${tenant.id}`
  const body = JSON.stringify({ id: "evt_bad", type: "charge.succeeded", object: { ref: "ch_bad" } })
  const secret = () => hmacHex(env.JWT_SECRET ?? "", `sandbox processor of ${tenant.id}`)
  const signed = async (at: number, by = secret()) => ({
    "Sandbox-Signature": await signatureOf(body, await by, at as Instant),
  })

  test.each<[string, () => Promise<[string, Record<string, string>]>]>([
    ["that nobody signed", async () => [body, {}]],
    ["that is forged", async () => [body, await signed(Date.now(), Promise.resolve("a guess"))]],
    ["that was changed", async () => [body.replace("ch_bad", "ch_worse"), await signed(Date.now())]],
    ["that is truncated", async () => [body.slice(0, -2), await signed(Date.now())]],
    ["that is replayed after its time", async () => [body, await signed(Date.now() - 301_000)]],
    ["whose signature is truncated", async () => [body, cut(await signed(Date.now()))]],
  ])("%s is refused, logged, and changes nothing", async (_, call) => {
    const warned = vi.spyOn(console, "warn").mockImplementation(() => {})
    const before = await allRows()
    const [text, headers] = await call()
    const answer = await request("POST", path(), text, headers)
    expect([answer.status, answer.json.code]).toEqual([400, "malformed_request"])
    const logged = warned.mock.calls.map(([line]) => JSON.parse(String(line)))
    warned.mockRestore()
    const [line, ...others] = logged.filter(({ message }) => message === "a webhook call was refused")
    expect([line.processor, line.tenant_id, others]).toEqual(["sandbox", tenant.id, []])
    expect(line.reason).toEqual(expect.any(String))
    expect(JSON.stringify(line)).not.toContain("ch_bad")
    expect(await allRows()).toEqual(before)
  })
})

function cut(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.slice(0, -1)]))
}
