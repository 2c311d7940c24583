// A customer whose invoices are paid by card, credited and disputed, and what the books say of it. All amounts are dollars.

import { expect } from "vitest"
import type { Scope } from "../../src/actions/scope.ts"
import type { DisputeStatus } from "../../src/domain/payment.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { CENT, newCustomer } from "../support/fixtures.ts"
import { disputed as tellDispute } from "./dispute-teller.ts"

export const usd = (dollars: number) => String(BigInt(Math.round(dollars * 100)) * CENT)
export const dollars = (nanos: string) => Number(BigInt(nanos) / CENT) / 100

export async function begin() {
  const tenant = await newTenant("test")
  await setClock(tenant.api, "2026-01-01T00:00:00Z")
  const customer = (await newCustomer(tenant.api)).id as string
  return { tenant, api: tenant.api, customer }
}

export type World = Awaited<ReturnType<typeof begin>>

/** An open invoice. */
export async function invoiced({ api, customer }: World, amount: number): Promise<string> {
  const lines = [{ description: "Workshop", unit_amount_nanos: usd(amount) }]
  const { id } = await create(api, "/admin/v1/invoices", { customer_id: customer, lines })
  const final = await api.post(`/admin/v1/invoices/${id}/finalize`)
  if (final.status !== 200) throw new Error(`not finalized: ${final.text}`)
  return id
}

/** A payment by a card that is not the default one. */
export async function charged(
  { api, customer }: World,
  invoiceId: string,
  card = "pm_card_visa",
  amount?: number,
): Promise<any> {
  const method = { payment_method: card, is_default: false }
  await create(api, `/admin/v1/customers/${customer}/payment-methods`, method)
  const paid = await api.post(`/admin/v1/invoices/${invoiceId}/pay`, {
    method: "Default",
    ...(amount === undefined ? {} : { amount_nanos: usd(amount) }),
  })
  if (paid.status !== 201) throw new Error(`not paid: ${paid.text}`)
  return paid.json
}

export const note = ({ api }: World, invoiceId: string, amount: number) =>
  create(api, `/admin/v1/invoices/${invoiceId}/credit-notes`, { amount_nanos: usd(amount), reason: "Outage" })

export const disputed = (
  { tenant }: World,
  paymentId: string,
  status: DisputeStatus,
  amount: number,
  around?: (scope: Scope) => Scope,
  name = "dp",
) => tellDispute(tenant, paymentId, { status, cents: amount * 100, name }, around)

/** What the customer's accounts stand at, debits positive, and that all of the books are right. */
export async function books({ api, customer }: World): Promise<Record<string, number>> {
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

export const entriesOf = async ({ api, customer }: World) =>
  (await api.get(`/admin/v1/customers/${customer}/wallet/entries`)).json
    .toReversed()
    .map((entry: any) => [entry.kind, dollars(entry.amount_nanos)])

export const refund = ({ api }: World, paymentId: string, amount: number) =>
  api.post(`/admin/v1/payments/${paymentId}/refund`, { amount_nanos: usd(amount) })

/** An invoice of 250 of which 100 are given back while a charge of 250 is under way: 100 come beyond what is due. */
export async function overpaid() {
  const world = await begin()
  const id = await invoiced(world, 250)
  const payment = await charged(world, id, "pm_card_pendingThenSucceeds")
  await note(world, id, 100)
  await advance(world.api, { by: "P10D" })
  expect(await books(world)).toEqual({ Cash: 250, Revenue: -150, PrepaidCredit: -100 })
  return { world, payment }
}
