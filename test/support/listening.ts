// A tenant whose clock stands, with an endpoint that a receiver of the test's listens at.

import type { Platform, Scope } from "../../src/actions/scope.ts"
import { scopeFor, tenantNow } from "../../src/actions/scope.ts"
import { tenantById } from "../../src/db/system.ts"
import type { Tenant } from "./client.ts"
import { create, newTenant, setClock } from "./client.ts"
import type { Receiver } from "./receiver.ts"
import { newReceiver } from "./receiver.ts"

export const NOW = "2026-03-01T00:00:00Z"

export type Told = { tenant: Tenant; receiver: Receiver; endpoint: any }

export async function listening(events: string[] = ["*"]): Promise<Told> {
  const tenant = await newTenant("test")
  await setClock(tenant.api, NOW)
  const receiver = newReceiver()
  const endpoint = await create(tenant.api, "/admin/v1/webhooks", { url: receiver.url, events })
  return { tenant, receiver, endpoint }
}

export const types = ({ received }: Receiver) => received.map(({ json }) => json.type)
export const deliveriesOf = async ({ tenant, endpoint }: Told) =>
  (await tenant.api.get(`/admin/v1/webhooks/${endpoint.id}/deliveries?limit=100`)).json
export const endpointOf = async ({ tenant, endpoint }: Told) =>
  (await tenant.api.get(`/admin/v1/webhooks/${endpoint.id}`)).json

/** The scope of a job, on a platform of the test's. */
export async function scopeOn(platform: Platform, { id }: Tenant): Promise<Scope> {
  const tenant = await tenantById(platform.db, id)
  if (tenant === null) throw new Error("no such tenant")
  return scopeFor(platform, tenant, {
    actor: { type: "System", id: "test" },
    requestId: platform.newId(),
    now: tenantNow(tenant, platform.wallNow()),
  })
}

/** A commit with an event, by a platform of the test's. */
export async function newCustomerAs(platform: Platform, tenant: Tenant): Promise<void> {
  const scope = await scopeOn(platform, tenant)
  const subject = { subjectType: "Customer", subjectId: platform.newId() }
  await scope.commit({ audit: [{ action: "customer.updated", ...subject }] })
}
