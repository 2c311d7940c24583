// How often a close and its finalization ask D1. Each asking is a way to its one primary and back, and it executes one at a time, so
// this is what bounds how many invoices are made in a second.
// Law: what is read together is asked together, and nothing is asked twice; more of it to read is not more to ask.

import { createExecutionContext, env } from "cloudflare:test"
import { expect, test } from "vitest"
import { runJob } from "../../src/actions/run-job.ts"
import { scopeFor } from "../../src/actions/scope.ts"
import { platformOf } from "../../src/context.ts"
import { countedD1 } from "../../src/db/counted-d1.ts"
import { tenantById } from "../../src/db/system.ts"
import type { AgendaKind } from "../../src/domain/agenda.ts"
import type { Instant } from "../../src/domain/time.ts"
import type { Tenant } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { CALLS, FEE, newCustomer, newPlan, newSubscription, use } from "../support/fixtures.ts"

/** The subscription; its terms; what was billed before, and coupons; whose invoice it is; the commit. */
const CLOSE = 5
/** The invoice; the terms; what other invoices billed, and coupons; who pays, and with what; the commit. */
const FINALIZATION = 5
/** Where a coupon, a minimum or a commitment adjusts what is charged: what it was adjusted by on other invoices. */
const ADJUSTMENT = 1

/** Runs the next job of a kind at its time, and gives back how often it asks. */
async function askedBy(tenant: Tenant, kind: AgendaKind): Promise<number> {
  const found = await env.DB.prepare(
    "SELECT id, subject, unique_key AS uniqueKey, due_at AS dueAt FROM agenda WHERE tenant_id = ? AND kind = ? AND status <> 'Done' ORDER BY due_at",
  )
    .bind(tenant.id, kind)
    .first<{ id: string; subject: string; uniqueKey: string; dueAt: Instant }>()
  if (found === null) throw new Error(`nothing of kind ${kind} is on the agenda`)
  const counted = { calls: 0, statements: 0 }
  const platform = platformOf({ ...env, DB: countedD1(env.DB, counted) }, createExecutionContext())
  const row = await tenantById(platform.db, tenant.id)
  if (row === null) throw new Error("no tenant")
  const { id, dueAt } = found
  const actor = { type: "System" as const, id: kind }
  const before = counted.calls
  await runJob(scopeFor(platform, row, { actor, requestId: id, now: dueAt, jobId: id, announce: false }), {
    ...found,
    kind,
  })
  return counted.calls - before
}

async function begun(settings: Record<string, unknown> = {}) {
  const tenant = await newTenant("test", { draft_grace_hours: 1, ...settings })
  await setClock(tenant.api, "2026-01-01T00:00:00Z")
  const plan = await newPlan(tenant.api, [FEE, CALLS])
  const customer = await newCustomer(tenant.api)
  const subscription = await newSubscription(tenant.api, plan, { customer_id: customer.id })
  return { tenant, plan, customer, subscription }
}

test("a close asks five times, and so does its finalization", async () => {
  const { tenant } = await begun()
  expect(await askedBy(tenant, "close-period")).toBe(CLOSE)
  expect(await askedBy(tenant, "finalize-invoice")).toBe(FINALIZATION)
})

test("a coupon adds one; a change of plan, alerts, a card, late usage that is refused, and endpoints add none", async () => {
  const { tenant, customer, subscription } = await begun({ late_events: "Reject" })
  const { api } = tenant
  const seat = { name: "Seats", pricing_model: "PerUnit", unit_amount_nanos: "5000000000000" }
  const larger = await newPlan(api, [FEE, seat, CALLS])
  await create(api, `/admin/v1/customers/${customer.id}/alerts`, {
    alert_type: "SoftLimit",
    threshold_nanos: "1000000000000000",
  })
  await create(api, `/admin/v1/customers/${customer.id}/payment-methods`, {
    payment_method: "pm_card_visa",
    is_default: true,
  })
  await create(api, "/admin/v1/coupons", { code: "TENTH", percent_bps: 1_000, duration: "Forever" })
  await create(api, `/v1/subscriptions/${subscription.id}/coupons`, { coupon: "TENTH" })
  await create(api, "/admin/v1/webhooks", { url: "https://hooks.example/a", events: ["invoice.created"] })
  await advance(api, { to: "2026-01-11T00:00:00Z" })
  await use(api, subscription, "2026-01-10T00:00:00Z", 3)
  const changed = await api.post(`/v1/subscriptions/${subscription.id}/change`, { plan_id: larger.id })
  expect(changed.status).toBe(200)
  await advance(api, { to: "2026-01-31T23:00:00Z" })
  expect(await askedBy(tenant, "close-period")).toBe(CLOSE + ADJUSTMENT)
  expect(await askedBy(tenant, "finalize-invoice")).toBe(FINALIZATION + ADJUSTMENT)
})
