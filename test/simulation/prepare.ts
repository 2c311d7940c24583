// The tenant of the simulation as it stands before its first step, while nothing goes wrong yet.

import type { Clients } from "./clients.ts"
import type { Called } from "./machine.ts"
import type { Receivers } from "./receivers.ts"

const ROOT_KEY = "root_test_key_for_tests_only_000000"
const FEE_NANOS = "31000000000000"
const PAID_OUT_NANOS = "17000000000000"

/** Asks for something that must be given. */
export type Must = (path: string, body: object, key?: string) => Promise<Called["json"]>

export type Prepared = { readonly tenantId: string; readonly key: string }

export async function newTenant(must: Must): Promise<Prepared> {
  const dunning = { schedule_days: [1, 3, 7], final_action: "Pause" }
  const input = { name: "Simulated", mode: "test", dunning }
  const tenant = await must("/admin/v1/tenants", input, ROOT_KEY)
  return { tenantId: tenant.id, key: tenant.api_key.key }
}

/** The endpoints first: they are told of all that follows. */
export async function furnish(must: Must, clients: Clients, receivers: Receivers): Promise<void> {
  for (const receiver of receivers.all) {
    const { url, events } = receiver
    const { id, secret } = await must("/admin/v1/webhooks", { url, events })
    receiver.id = id
    receiver.secrets.push(secret)
  }
  await customers(must, clients)
  // Two pay a fee each week, one is owed one: what dunning and payouts do to subscriptions is part of it.
  const [first, second, third, fourth] = clients.known.customers.map(({ id }) => id)
  await subscribe(must, "Charge", FEE_NANOS, [first, second])
  await subscribe(must, "Payout", PAID_OUT_NANOS, [third])
  const recharge = {
    threshold_nanos: "20000000000000",
    amount_nanos: "45000000000000",
    monthly_cap_nanos: "360000000000000",
  }
  // What customers with subscriptions, and one without, have before they are asked for money.
  for (const id of [first, fourth]) {
    await must(`/admin/v1/customers/${id}/wallets`, { name: "Prepaid", auto_recharge: recharge })
  }
}

async function customers(must: Must, clients: Clients): Promise<void> {
  for (let at = 0; at < 6; at++) {
    const named = { display_name: `Customer ${at}`, email: `c${at}@example.com`, account_type: "Individual" }
    const made = await must("/admin/v1/customers", { ...named, currency: at === 5 ? "JPY" : "USD" })
    clients.known.customers.push({ id: made.id, methods: [] })
  }
  for (const customer of clients.known.customers) {
    const ask = clients.attach(customer)
    await must(ask.path, ask.body ?? {}).then(ask.heard)
  }
}

async function subscribe(
  must: Must,
  direction: "Charge" | "Payout",
  unitAmountNanos: string,
  customerIds: readonly (string | undefined)[],
): Promise<void> {
  const terms = { name: `Weekly ${direction}`, billing_cadence: "Weekly", direction }
  const plan = await must("/admin/v1/catalog/plans", terms)
  const fee = { name: "Fee", pricing_model: "Flat", billing_timing: "InAdvance", currency: "USD" }
  await must("/admin/v1/catalog/skus", { ...fee, unit_amount_nanos: unitAmountNanos, plan_id: plan.id })
  for (const id of customerIds) await must("/v1/subscriptions", { customer_id: id, plan_id: plan.id })
}
