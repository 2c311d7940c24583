// The end of a dunning, and a payment that is quicker: what was paid for is neither cancelled nor paused.

import { env } from "cloudflare:test"
import { expect, test } from "vitest"
import { finishDunning } from "../../src/actions/finish-dunning.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { CENT, FEE, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"
import { overtaken, scopeOf } from "../support/race.ts"

/** A subscription whose invoice was given up, and whose end is this one. */
async function exhausted(finalAction: "Cancel" | "Pause") {
  const dunning = { schedule_days: [1], final_action: "None" }
  const { api, id: tenantId } = await newTenant("test", { dunning })
  await setClock(api, "2026-01-01T00:00:00Z")
  const customer = await newCustomer(api)
  const card = { payment_method: "pm_card_chargeDeclined" }
  await create(api, `/admin/v1/customers/${customer.id}/payment-methods`, card)
  const plan = await newPlan(api, [FEE])
  const subscription = await newSubscription(api, plan, { customer_id: customer.id })
  await advance(api, { to: "2026-02-02T02:00:00Z" })
  const [invoice] = (await api.get(`/admin/v1/invoices?customer_id=${customer.id}`)).json
  const found = await env.DB.prepare(
    "UPDATE dunnings SET settings = json_set(settings, '$.finalAction', ?) WHERE invoice_id = ? RETURNING id, status",
  )
    .bind(finalAction, invoice.id)
    .first<{ id: string; status: string }>()
  expect(found?.status).toBe("Exhausted")
  const status = async () => (await api.get(`/v1/subscriptions/${subscription.id}`)).json.status
  const pay = () =>
    create(api, `/admin/v1/invoices/${invoice.id}/pay`, { amount_nanos: String(3_100n * CENT) })
  return { tenantId, subscription, uniqueKey: `${found?.id}:Exhausted`, status, pay }
}

test.each([
  ["Cancel", "Cancelled"],
  ["Pause", "Paused"],
] as const)("an end by %s that is overtaken by a payment does not come", async (finalAction, end) => {
  const late = await exhausted(finalAction)
  expect(await late.status()).toBe("PastDue")
  const scope = overtaken(await scopeOf(late.tenantId), late.pay)
  expect(await finishDunning(scope, late.subscription.id, late.uniqueKey)).toEqual({ ok: true, value: null })
  expect(await late.status()).toBe("Active")

  const alone = await exhausted(finalAction)
  await finishDunning(await scopeOf(alone.tenantId), alone.subscription.id, alone.uniqueKey)
  expect(await alone.status()).toBe(end)
})
