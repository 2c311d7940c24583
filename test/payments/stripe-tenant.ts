// A tenant whose processor is the adapter of Stripe over the fake of its API, as the actions see it.

import { createExecutionContext, env } from "cloudflare:test"
import type { Platform, Scope } from "../../src/actions/scope.ts"
import { scopeFor } from "../../src/actions/scope.ts"
import { platformOf } from "../../src/context.ts"
import { tenantById } from "../../src/db/system.ts"
import type { Processor } from "../../src/payments/port.ts"
import { stripeProcessor } from "../../src/payments/stripe/processor.ts"
import type { Tenant } from "../support/client.ts"
import { create } from "../support/client.ts"
import type { FakeStripe } from "../support/fake-stripe.ts"
import { CENT, newCustomer } from "../support/fixtures.ts"

export const SECRET = "whsec_for_tests"

export function stripeOn(
  fake: FakeStripe,
  secretKey = "sk_test_fake",
  by: typeof fetch = fake.fetch,
): Processor {
  return stripeProcessor({
    account: async () => ({ secretKey, webhookSecret: SECRET }),
    apiBase: null,
    publicUrl: "https://pay.test",
    fetch: by,
  })
}

/** The platform with another processor than the tenant has. */
export function platformWith(processor: Processor, more: Partial<Platform> = {}): Platform {
  return { ...platformOf(env, createExecutionContext()), processorOf: () => processor, ...more }
}

export async function scopeWith(tenant: Tenant, processor: Processor): Promise<Scope> {
  const platform = platformWith(processor)
  const row = await tenantById(platform.db, tenant.id)
  if (row === null) throw new Error("no tenant")
  const actor = { type: "System" as const, id: "test" }
  return scopeFor(platform, row, { actor, requestId: "test", now: platform.wallNow() })
}

/** A customer with an open invoice of $250. */
export async function openInvoice({ api }: Tenant) {
  const customer = await newCustomer(api)
  const lines = [{ description: "Workshop", unit_amount_nanos: String(25_000n * CENT) }]
  const { id } = await create(api, "/admin/v1/invoices", { customer_id: customer.id, lines })
  await api.post(`/admin/v1/invoices/${id}/finalize`)
  return { customer, invoiceId: id as string }
}

export const answer = () => ({ status: 200, body: "" })
