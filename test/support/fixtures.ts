// A small catalog and a subscriber, made through the API.

import type { Api, Json } from "./client.ts"
import { create } from "./client.ts"

export const CENT = 10_000_000_000n

export async function newCustomer(caller: Api, fields: Json = {}): Promise<any> {
  return create(caller, "/admin/v1/customers", {
    display_name: "Acme Corp",
    email: "billing@acmecorp.com",
    currency: "USD",
    account_type: "Organization",
    ...fields,
  })
}

/** A plan with the SKUs given; each SKU gets the plan and USD. */
export async function newPlan(caller: Api, skus: readonly Json[], fields: Json = {}): Promise<any> {
  const plan = await create(caller, "/admin/v1/catalog/plans", {
    name: "Startup",
    billing_cadence: "Monthly",
    ...fields,
  })
  const made = []
  for (const sku of skus) {
    made.push(await create(caller, "/admin/v1/catalog/skus", { plan_id: plan.id, currency: "USD", ...sku }))
  }
  return { ...plan, skus: made }
}

/** One cent per event of type `api.request`. */
export const CALLS: Json = {
  name: "Calls",
  pricing_model: "PerUnit",
  unit_amount_nanos: CENT.toString(),
  meter_event_type: "api.request",
}

export const FEE: Json = { name: "Fee", pricing_model: "Flat", unit_amount_nanos: "31000000000000" }

export async function newSubscription(caller: Api, plan: any, fields: Json = {}): Promise<any> {
  const customer =
    fields["customer_id"] === undefined ? await newCustomer(caller) : { id: fields["customer_id"] }
  return create(caller, "/v1/subscriptions", { customer_id: customer.id, plan_id: plan.id, ...fields })
}

let sent = 0

/** Sends `count` events of one timestamp as a batch and expects all of them to be new. */
export async function use(caller: Api, subscription: any, timestamp: string, count = 1): Promise<void> {
  const events = Array.from({ length: count }, () => ({
    id: `event-${(sent += 1)}`,
    event_type: "api.request",
    subscription_id: subscription.id,
    timestamp,
  }))
  const answer = await caller.post("/v1/events/batch", events)
  if (answer.json.accepted !== count) throw new Error(`not accepted: ${answer.text}`)
}

/** The invoices of a subscription with their lines, oldest first. */
export async function invoicesOf(caller: Api, subscription: any): Promise<any[]> {
  const listed = await caller.get(`/admin/v1/invoices?subscription_id=${subscription.id}&limit=100`)
  const found = await Promise.all(
    listed.json.map(async (row: any) => (await caller.get(`/v1/invoices/${row.id}`)).json),
  )
  return found.toReversed()
}

/** What the lines say: description, quantity, and the amount in cents. */
export function told(invoice: any): [string, string, number][] {
  return invoice.line_items.map((line: any) => [
    line.description,
    line.quantity,
    Number(BigInt(line.amount_nanos) / CENT),
  ])
}

/** A customer with a card, who has paid an invoice and was given all of it back by a credit note: so many cents are owed to it. */
export async function newOwedCustomer(caller: Api, cents: bigint): Promise<any> {
  const customer = await newCustomer(caller)
  const lines = [{ description: "Workshop", unit_amount_nanos: String(cents * CENT) }]
  const { id } = await create(caller, "/admin/v1/invoices", { customer_id: customer.id, lines })
  await caller.post(`/admin/v1/invoices/${id}/finalize`)
  await create(caller, `/admin/v1/invoices/${id}/pay`, {})
  const note = { reason: "Outage", amount_nanos: String(cents * CENT) }
  await create(caller, `/admin/v1/invoices/${id}/credit-notes`, note)
  const method = { payment_method: "pm_card_visa" }
  await create(caller, `/admin/v1/customers/${customer.id}/payment-methods`, method)
  return customer
}
