// GET and PATCH /admin/v1/tenant

import { createRoute } from "@hono/zod-openapi"
import { currentTenant, updateTenant } from "../../actions/update-tenant.ts"
import type { Api } from "../app.ts"
import { reads, writes } from "../shared/access.ts"
import { body, json, problems, reply, unwrap, writeProblems } from "../shared/door.ts"
import { tenantChangesFrom, TenantSchema, tenantToApi, TenantUpdate } from "./schemas.ts"

const getRoute = createRoute({
  method: "get",
  path: "/admin/v1/tenant",
  operationId: "getTenant",
  tags: ["Tenants"],
  summary: "Get the tenant",
  description: "The tenant of the credentials, with its settings.",
  ...reads("tenant:read"),
  responses: { 200: json(TenantSchema, "The tenant."), ...problems() },
})

const patchRoute = createRoute({
  method: "patch",
  path: "/admin/v1/tenant",
  operationId: "updateTenant",
  tags: ["Tenants"],
  summary: "Change the tenant's settings",
  description: "Changes what is given and leaves the rest.",
  ...writes("tenant:write"),
  request: body(TenantUpdate),
  responses: { 200: json(TenantSchema, "The tenant as it is now."), ...writeProblems() },
})

export function register(api: Api): void {
  api.openapi(getRoute, async (c) => c.json(tenantToApi(unwrap(await currentTenant(c.get("scope")))), 200))

  api.openapi(patchRoute, async (c) => {
    const changes = tenantChangesFrom(c.req.valid("json"))
    const tenant = await updateTenant(c.get("scope"), changes, reply(200, tenantToApi))
    return c.json(tenantToApi(unwrap(tenant)), 200)
  })
}
