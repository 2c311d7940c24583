// A company of Billy's with a clock of its own, and short ways to do what many tests do.

import { expect } from "vitest"
import type { Api } from "../support/client.ts"
import { api as callerWith, setClock } from "../support/client.ts"
import type { Company, Form } from "./client.ts"
import { made, newCompany } from "./client.ts"

export const CARD = "/v1/cards/CCfine"
export const DECLINE = "/v1/cards/CCDECLINE"
export const FAILED = "/v1/cards/CCFAILED"
export const PENDING = "/v1/cards/CCPENDING"
export const START = "2014-01-31T10:00:00Z"

export type World = {
  readonly company: Company
  /** The native API, with the company's key. */
  readonly native: Api
  readonly customer: any
  readonly plan: any
  /** With the card, unless the form says otherwise. */
  readonly subscribe: (form?: Form) => Promise<any>
  /** Of 700 cents, without an instrument. */
  readonly invoice: (form?: Form) => Promise<any>
}

export async function newWorld(plan: Form = {}): Promise<World> {
  const company = await newCompany()
  const native = callerWith(company.key)
  await setClock(native, START)
  const customer = await made(company.post("/v1/customers"))
  const terms = { plan_type: "debit", amount: 500, frequency: "monthly", ...plan }
  const sold = await made(company.post("/v1/plans", terms))
  const ids = { customer_guid: customer.guid, plan_guid: sold.guid, funding_instrument_uri: CARD }
  return {
    company,
    native,
    customer,
    plan: sold,
    subscribe: (form = {}) => made(company.post("/v1/subscriptions", { ...ids, ...form })),
    invoice: (form = {}) =>
      made(company.post("/v1/invoices", { customer_guid: customer.guid, amount: 700, ...form })),
  }
}

/** Newest first. */
export async function itemsOf({ company }: World, path: string): Promise<any[]> {
  return (await made(company.get(path))).items
}

/** Of each transaction: type, submit_status, status and the number of failures; the newest first. */
export async function transactionsOf(world: World, invoice: any): Promise<unknown[][]> {
  const items = await itemsOf(world, `/v1/invoices/${invoice.guid}/transactions`)
  return items.map((one) => [one.transaction_type, one.submit_status, one.status, one.failure_count])
}

export async function statusOf({ company }: World, invoice: any): Promise<string> {
  return (await made(company.get(`/v1/invoices/${invoice.guid}`))).status
}

export function settle({ company }: World, invoice: any, uri: string) {
  return company.put(`/v1/invoices/${invoice.guid}`, { funding_instrument_uri: uri })
}

/** No account of anybody says anything else than the documents. */
export async function expectCleanLedger({ native }: World): Promise<void> {
  const audit = await native.get("/admin/v1/ledger/audit")
  expect([audit.status, audit.json.differences]).toEqual([200, []])
}
