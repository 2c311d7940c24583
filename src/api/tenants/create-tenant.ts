// POST /admin/v1/tenants

import { createRoute } from "@hono/zod-openapi"
import type { z } from "@hono/zod-openapi"
import type { CreatedTenant } from "../../actions/create-tenant.ts"
import { createTenant } from "../../actions/create-tenant.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import { body, json, replySecret, unwrap, writeProblems } from "../shared/door.ts"
import { CreatedTenantSchema, createdApiKeyToApi, settingsFrom, TenantInput, tenantToApi } from "./schemas.ts"

const route = createRoute({
  method: "post",
  path: "/admin/v1/tenants",
  operationId: "createTenant",
  tags: ["Tenants"],
  summary: "Create a tenant",
  description: "Makes a tenant and its first secret key. Needs the root key of the deployment.",
  ...writes("root"),
  request: body(TenantInput),
  responses: { 201: json(CreatedTenantSchema, "The tenant and its first key."), ...writeProblems() },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const { name, mode, ...settings } = c.req.valid("json")
    const request = { requestId: c.get("requestId"), claim: c.get("claim") }
    const input = { name, mode, settings: settingsFrom(settings) }
    const reply = replySecret(201, createdTenantToApi)
    const created = await createTenant(c.get("door").platform, request, input, reply)
    return c.json(createdTenantToApi(unwrap(created)), 201)
  })
}

function createdTenantToApi({ tenant, key, secret }: CreatedTenant): z.infer<typeof CreatedTenantSchema> {
  return { ...tenantToApi(tenant), api_key: createdApiKeyToApi({ key, secret }) }
}
