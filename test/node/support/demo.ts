// A test tenant with one plan: what the quick start begins with.

import type { Caller } from "./http.ts"
import { callerOf, newTenantKey } from "./http.ts"
import { ROOT_KEY } from "./server.ts"

export type Demo = { readonly key: string; readonly caller: Caller; readonly plan: string }

/** `now` is where its clock stands; null lets it run with the wall's. */
export async function demoTenant(url: string, now: string | null): Promise<Demo> {
  const key = await newTenantKey(url, ROOT_KEY)
  const caller = callerOf(url, key)
  if (now !== null) await caller.post("/admin/v1/test-clock", { now })
  const plan = { name: "Startup", billing_cadence: "Monthly" }
  const { id } = await caller.post<{ id: string }>("/admin/v1/catalog/plans", plan)
  await caller.post("/admin/v1/catalog/skus", {
    plan_id: id,
    name: "API Requests",
    pricing_model: "PerUnit",
    unit_amount_nanos: "1000000",
    meter_event_type: "api.request",
    currency: "USD",
  })
  return { key, caller, plan: id }
}
