// The 360 view, and what a customer's subscriptions and invoices forbid.

import { beforeAll, describe, expect, test, vi } from "vitest"
import type { Tenant } from "../support/client.ts"
import { create, newTenant, setClock } from "../support/client.ts"

let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant("test")
  await setClock(tenant.api, "2026-02-28T00:00:00Z")
})

async function subscribed() {
  const customer = await create(tenant.api, "/admin/v1/customers", {
    display_name: "Acme Corp",
    email: "billing@acmecorp.com",
    currency: "USD",
  })
  const plan = await create(tenant.api, "/admin/v1/catalog/plans", {
    name: "Startup",
    billing_cadence: "Monthly",
  })
  await create(tenant.api, "/admin/v1/catalog/skus", {
    plan_id: plan.id,
    name: "Platform fee",
    pricing_model: "Flat",
    unit_amount_nanos: "20000000000000",
    billing_timing: "InAdvance",
    currency: "USD",
  })
  const subscription = await create(tenant.api, "/v1/subscriptions", {
    customer_id: customer.id,
    plan_id: plan.id,
  })
  return { customer, plan, subscription, path: `/admin/v1/customers/${customer.id}` }
}

const close = (path: string) => tenant.api.patch(path, { status: "Closed" })

describe("GET /admin/v1/customers/{id}", () => {
  test("shows subscriptions, invoices, balances and the audit trail", async () => {
    const { customer, plan, subscription, path } = await subscribed()
    const invoice = await create(tenant.api, "/admin/v1/invoices", {
      customer_id: customer.id,
      lines: [{ description: "Onboarding", quantity: "2", unit_amount_nanos: "250000000000000" }],
    })
    const finalized = await tenant.api.post(`/admin/v1/invoices/${invoice.id}/finalize`)
    expect(finalized.status).toBe(200)
    const { json: view } = await tenant.api.get(path)
    expect(view).toMatchObject(customer)
    expect(view.subscriptions).toEqual([
      {
        id: subscription.id,
        plan_id: plan.id,
        status: "Active",
        currency: "USD",
        period_start: "2026-02-28T00:00:00Z",
        period_end: "2026-03-28T00:00:00Z",
      },
    ])
    const shown = view.invoices.find((one: { id: string }) => one.id === invoice.id)
    expect(shown).toEqual({
      id: invoice.id,
      invoice_number: "INV-000001",
      invoice_type: "Standard",
      status: "Open",
      currency: "USD",
      total_nanos: "500000000000000",
      period_start: null,
      period_end: null,
      due_date: "2026-03-30",
      created_at: "2026-02-28T00:00:00Z",
    })
    // Finalization debits what is owed and credits revenue; the two sum to zero.
    expect(view.balances).toEqual([
      { account: "AccountsReceivable", currency: "USD", amount_nanos: "500000000000000" },
      { account: "Revenue", currency: "USD", amount_nanos: "-500000000000000" },
    ])
    const actions = view.audit.map((entry: { action: string }) => entry.action)
    expect(actions).toEqual(
      expect.arrayContaining(["customer.created", "subscription.created", "invoice.finalized"]),
    )
  })
})

describe("what is agreed and owed", () => {
  test("a customer with a running subscription can't be closed, and neither can one that owes", async () => {
    const { subscription, path } = await subscribed()
    const running = await close(path)
    expect([running.status, running.json.code]).toEqual([409, "invalid_state"])
    expect(running.json.detail).toContain("subscription")
    await create(tenant.api, "/admin/v1/invoices", {
      customer_id: path.split("/").at(-1),
      lines: [{ description: "Onboarding", unit_amount_nanos: "250000000000000" }],
    })
    const cancelled = await tenant.api.post(`/v1/subscriptions/${subscription.id}/cancel`, { at: "Now" })
    expect(cancelled.status).toBe(200)
    // The last bill is drafted by the queue; until then the subscription stands in the way, afterwards what is owed.
    await vi.waitFor(
      async () => {
        const owing = await close(path)
        expect([owing.status, owing.json.code]).toEqual([409, "invalid_state"])
        expect(owing.json.detail).toContain("invoice")
      },
      { timeout: 10_000 },
    )
    const { json: view } = await tenant.api.get(path)
    for (const invoice of view.invoices) {
      const voided = await tenant.api.post(`/admin/v1/invoices/${invoice.id}/void`, { reason: "Closing" })
      expect(voided.status).toBe(200)
    }
    const closed = await close(path)
    expect([closed.status, closed.json.status]).toEqual([200, "Closed"])
  })

  test("the currency stays as soon as something was agreed in it", async () => {
    const { path } = await subscribed()
    const refused = await tenant.api.patch(path, { currency: "EUR" })
    expect([refused.status, refused.json.code]).toEqual([409, "invalid_state"])
    expect((await tenant.api.patch(path, { currency: "USD" })).status).toBe(200)
  })

  test("a suspended customer takes no new subscriptions", async () => {
    const { customer, plan, path } = await subscribed()
    await tenant.api.patch(path, { status: "Suspended" })
    const refused = await tenant.api.post("/v1/subscriptions", { customer_id: customer.id, plan_id: plan.id })
    expect([refused.status, refused.json.code]).toEqual([409, "invalid_state"])
  })
})
