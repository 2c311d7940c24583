// A company neither sees nor touches another's: every address of every entity, with every method that it has.

import { beforeAll, expect, test } from "vitest"
import { allRows } from "../support/database.ts"
import type { Company } from "./client.ts"
import { basic, call, made, newCompany } from "./client.ts"

const CARD = "/v1/marketplaces/TEST-MP/cards/CC123"

let owner: Company
let other: Company
const guids: Record<string, string> = {}

beforeAll(async () => {
  owner = await newCompany()
  other = await newCompany()
  const plan = await made(owner.post("/v1/plans", { plan_type: "debit", amount: 500, frequency: "monthly" }))
  const customer = await made(owner.post("/v1/customers"))
  const subscription = await made(
    owner.post("/v1/subscriptions", {
      customer_guid: customer.guid,
      plan_guid: plan.guid,
      funding_instrument_uri: CARD,
    }),
  )
  const paid = await made(owner.get(`/v1/subscriptions/${subscription.guid}/transactions`))
  const staged = await made(owner.post("/v1/invoices", { customer_guid: customer.guid, amount: 900 }))
  Object.assign(guids, {
    companies: owner.guid,
    plans: plan.guid,
    customers: customer.guid,
    subscriptions: subscription.guid,
    invoices: staged.guid,
    transactions: paid.items[0].guid,
  })
})

const NESTED = {
  plans: ["customers", "subscriptions", "invoices", "transactions"],
  customers: ["subscriptions", "invoices", "transactions"],
  subscriptions: ["invoices", "transactions"],
  invoices: ["transactions"],
}

const ADDRESSES: readonly (readonly [method: string, of: string, rest: string])[] = [
  ...["companies", "plans", "customers", "subscriptions", "invoices", "transactions"].map(
    (of) => ["GET", of, ""] as const,
  ),
  ["DELETE", "plans", ""],
  ["DELETE", "customers", ""],
  ["PUT", "invoices", ""],
  ["POST", "subscriptions", "/cancel"],
  ["POST", "invoices", "/cancel"],
  ["POST", "invoices", "/refund"],
  ...Object.entries(NESTED).flatMap(([of, lists]) =>
    lists.flatMap((name) => [["GET", of, `/${name}`] as const, ["POST", of, `/${name}`] as const]),
  ),
]

test.each(ADDRESSES)("%s /v1/%s/{guid}%s is the owner's alone", async (method, of, rest) => {
  const path = `/billy/v1/${of}/${guids[of]}${rest}`
  const form = { amount: 100, funding_instrument_uri: CARD }
  const given = method === "POST" || method === "PUT" ? { form } : {}
  const before = await allRows()
  for (const headers of [basic(other.key), basic("wrong"), {}]) {
    expect((await call(method, path, { ...given, headers })).status).toBe(403)
  }
  expect(await allRows()).toEqual(before)
  if (method === "GET") expect((await owner.get(path)).status).toBe(200)
})

test("lists have nothing of it", async () => {
  for (const of of ["plans", "customers", "subscriptions", "invoices", "transactions"]) {
    expect([of, (await made(other.get(`/v1/${of}`))).items]).toEqual([of, []])
    expect((await made(owner.get(`/v1/${of}`))).items.length).toBeGreaterThan(0)
  }
})

test("guids of what is made together have nothing but their beginning in common", async () => {
  const made20 = await Promise.all(
    Array.from({ length: 20 }, async () => (await made(owner.post("/v1/customers"))).guid),
  )
  // The last 42 bits are drawn for each.
  expect(new Set(made20.map((guid: string) => guid.slice(-7))).size).toBe(20)
})

test("the server tells when it was last asked for a payment, and nothing else of anybody", async () => {
  const { last_transaction_created_at: at } = await made(call("GET", "/billy/"))
  const { items } = await made(owner.get("/v1/transactions"))
  expect(at).toBe(items[0].created_at)
})
