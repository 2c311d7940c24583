// What the operations are tried on: a test tenant with one of everything, and others who must not reach it.

import { env } from "cloudflare:workers"
import type { Tenant } from "../support/client.ts"
import { create, newTenant, setClock } from "../support/client.ts"

export const NOW = "2026-02-28T00:00:00Z"

export type World = {
  readonly tenant: Tenant
  readonly other: Tenant
  readonly customer: string
  readonly product: string
  readonly plan: string
  readonly sku: string
  readonly subscription: string
  /** Of that customer, and of another one of the same tenant. */
  readonly customerToken: string
  readonly strangerToken: string
  /** Secrets of Restricted keys with one scope each, by that scope. */
  readonly keyFor: (scope: string) => Promise<string>
  readonly make: Makers
}

export type Makers = ReturnType<typeof makersFor>

export async function newWorld(now = NOW): Promise<World> {
  const [tenant, other] = [await newTenant("test"), await newTenant("test")]
  await setClock(tenant.api, now)
  const make = makersFor(tenant)
  const customer = await make.customer()
  const product = await make.product()
  const plan = await make.plan()
  const sku = await make.sku(plan)
  const subscription = await make.subscription(customer, plan)
  const customerToken = await make.token(customer)
  const strangerToken = await make.token(await make.customer())
  const keys = new Map<string, Promise<string>>()
  const keyFor = (scope: string) => {
    const known = keys.get(scope) ?? make.key([scope])
    keys.set(scope, known)
    return known
  }
  return {
    tenant,
    other,
    customer,
    product,
    plan,
    sku,
    subscription,
    customerToken,
    strangerToken,
    keyFor,
    make,
  }
}

function makersFor({ api: caller, id: tenantId }: Tenant) {
  const made = async (path: string, body: unknown, field = "id"): Promise<string> => {
    const answer = (await create(caller, path, body)) as Record<string, string>
    return answer[field] ?? ""
  }
  const customer = () =>
    made("/admin/v1/customers", { display_name: "Acme Corp", email: "billing@acmecorp.com", currency: "USD" })
  const subscription = (customerId: string, planId: string) =>
    made("/v1/subscriptions", { customer_id: customerId, plan_id: planId })
  const draft = (customerId: string, fields = {}) =>
    made("/admin/v1/invoices", {
      customer_id: customerId,
      lines: [{ description: "Workshop", unit_amount_nanos: "250000000000000" }],
      ...fields,
    })
  return {
    customer,
    subscription,
    draft,
    offer: (customerId: string) => draft(customerId, { invoice_type: "ProForma" }),
    product: () => made("/admin/v1/catalog/products", { name: "API Platform" }),
    plan: () => made("/admin/v1/catalog/plans", { name: "Startup", billing_cadence: "Monthly" }),
    sku: (planId: string) => made("/admin/v1/catalog/skus", perUnit(planId)),
    taxRate: () =>
      made("/admin/v1/tax-rates", { name: "GST", country: "CA", rate_bps: 500, inclusive: false }),
    contract: (customerId: string) => made("/admin/v1/contracts", contract(customerId)),
    token: (customerId: string) => made(`/admin/v1/customers/${customerId}/tokens`, {}, "token"),
    alert: (customerId: string) =>
      made(`/admin/v1/customers/${customerId}/alerts`, {
        alert_type: "SoftLimit",
        threshold_nanos: "100000000000000",
      }),
    hold: (subscriptionId: string) =>
      made(`/v1/subscriptions/${subscriptionId}/holds`, { amount_nanos: "5000000" }),
    key: (scopes: string[]) => made("/admin/v1/api-keys", { name: scopes.join(), scopes }, "key"),
    keyId: () => made("/admin/v1/api-keys", { name: "Spare" }),
    invoice: async (customerId: string) => {
      const id = await draft(customerId)
      const finalized = await caller.post(`/admin/v1/invoices/${id}/finalize`)
      if (finalized.status !== 200) throw new Error(`not finalized: ${finalized.text}`)
      return id
    },
    lineOf: async (invoiceId: string): Promise<string> => {
      const invoice = await caller.get(`/v1/invoices/${invoiceId}`)
      return invoice.json.line_items[0].id
    },
    /** A job that was given up; only time brings one about, so the row is marked by hand. */
    deadJob: async (subscriptionId: string) => {
      const where = "tenant_id = ? AND subject = ? AND kind = 'close-period'"
      const row = await env.DB.prepare(`UPDATE agenda SET status = 'Dead' WHERE ${where} RETURNING id`)
        .bind(tenantId, subscriptionId)
        .first<{ id: string }>()
      if (row === null) throw new Error("The subscription has no close-period on the agenda.")
      return row.id
    },
  }
}

export function perUnit(planId: string) {
  return {
    plan_id: planId,
    name: "API Requests",
    pricing_model: "PerUnit",
    unit_amount_nanos: "1000000",
    meter_event_type: "api.request",
    currency: "USD",
  }
}

/** A year with one phase. */
export function contract(customerId: string) {
  const dates = { start_date: "2026-01-01", end_date: "2026-12-31" }
  return {
    customer_id: customerId,
    name: "Acme Enterprise 2026",
    ...dates,
    terms: [{ phase: 1, ...dates, committed_amount_nanos: "50000000000000000" }],
  }
}

/** Nobody can have a token that outlives an hour, and nobody has this one. */
export const FALSE_CREDENTIALS = [
  "nonsense",
  "bsk_test_00000000000000000000000000000000",
  "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIiwic2NvcGUiOiJhZG1pbiJ9.",
]
