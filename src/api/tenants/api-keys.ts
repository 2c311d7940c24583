// POST and GET /admin/v1/api-keys, DELETE /admin/v1/api-keys/{id}

import { createRoute, z } from "@hono/zod-openapi"
import { createApiKey } from "../../actions/create-api-key.ts"
import { revokeApiKey } from "../../actions/revoke-api-key.ts"
import type { Api } from "../app.ts"
import { reads, writes } from "../shared/access.ts"
import {
  body,
  IdParam,
  json,
  linkNext,
  pageFrom,
  PageQuery,
  problems,
  replyNothing,
  replySecret,
  unwrap,
  writeProblems,
} from "../shared/door.ts"
import { ApiKeyInput, ApiKeySchema, apiKeyToApi, CreatedApiKeySchema, createdApiKeyToApi } from "./schemas.ts"

const createKeyRoute = createRoute({
  method: "post",
  path: "/admin/v1/api-keys",
  operationId: "createApiKey",
  tags: ["API keys"],
  summary: "Create an API key",
  description:
    "`bsk_` Secret: everything. `brk_` Restricted: the scopes given. `bpk_` Publishable: reads the catalog, safe in a browser.",
  ...writes("api_keys:write"),
  request: body(ApiKeyInput),
  responses: { 201: json(CreatedApiKeySchema, "The key. It is told only here."), ...writeProblems() },
})

const listRoute = createRoute({
  method: "get",
  path: "/admin/v1/api-keys",
  operationId: "listApiKeys",
  tags: ["API keys"],
  summary: "List API keys",
  description: "The keys that are not revoked, newest first.",
  ...reads("api_keys:read"),
  request: { query: PageQuery },
  responses: { 200: json(z.array(ApiKeySchema), "The keys, without the keys themselves."), ...problems(422) },
})

const revokeRoute = createRoute({
  method: "delete",
  path: "/admin/v1/api-keys/{id}",
  operationId: "revokeApiKey",
  tags: ["API keys"],
  summary: "Revoke an API key",
  description: "The key stops working within 60 seconds everywhere.",
  ...writes("api_keys:write"),
  request: { params: IdParam },
  responses: { 204: { description: "Revoked." }, ...problems(404, 409, 422) },
})

export function register(api: Api): void {
  api.openapi(createKeyRoute, async (c) => {
    const input = c.req.valid("json")
    const scopes = input.scopes ?? []
    const kind = input.kind ?? (scopes.length > 0 ? "Restricted" : "Secret")
    const wanted = { kind, name: input.name, description: input.description ?? null, scopes }
    const created = await createApiKey(c.get("scope"), wanted, replySecret(201, createdApiKeyToApi))
    return c.json(createdApiKeyToApi(unwrap(created)), 201)
  })

  api.openapi(listRoute, async (c) => {
    const page = await c.get("scope").read.records.keys(pageFrom(c.req.valid("query")))
    linkNext(c, page.next)
    return c.json(page.rows.map(apiKeyToApi), 200)
  })

  api.openapi(revokeRoute, async (c) => {
    unwrap(await revokeApiKey(c.get("scope"), c.req.valid("param").id, replyNothing))
    c.get("door").credentials.clear()
    return c.body(null, 204)
  })
}
