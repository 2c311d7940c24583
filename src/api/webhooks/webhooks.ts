// POST and GET /admin/v1/webhooks, GET, PATCH and DELETE …/{id}, POST …/{id}/rotate-secret, POST …/{id}/test

import { createRoute, z } from "@hono/zod-openapi"
import { deleteWebhook, rotateWebhookSecret, updateWebhook } from "../../actions/change-webhook.ts"
import { createWebhook } from "../../actions/create-webhook.ts"
import { findWebhook } from "../../actions/find-webhook.ts"
import { testWebhook } from "../../actions/test-webhook.ts"
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
  reply,
  replyNothing,
  replySecret,
  unwrap,
  writeProblems,
} from "../shared/door.ts"
import { Empty } from "../shared/fields.ts"
import {
  CreatedWebhookSchema,
  createdWebhookToApi,
  WebhookInput,
  WebhookSchema,
  webhookToApi,
  WebhookUpdate,
} from "./schemas.ts"

const TAGS = ["Webhooks"]

const createWebhookRoute = createRoute({
  method: "post",
  path: "/admin/v1/webhooks",
  operationId: "createWebhook",
  tags: TAGS,
  summary: "Create a webhook endpoint",
  description:
    "Each event that it wants is sent to it as a POST, signed in `X-Billing-Signature` (hex HMAC-SHA256 of the body under the secret) and in the headers of Standard Webhooks. At least once, of a subscription in order. Any 2xx is a success; anything else, a redirect too, is tried again for three days.",
  ...writes("webhooks:write"),
  request: body(WebhookInput),
  responses: { 201: json(CreatedWebhookSchema, "The endpoint with its secret."), ...writeProblems() },
})

const listRoute = createRoute({
  method: "get",
  path: "/admin/v1/webhooks",
  operationId: "listWebhooks",
  tags: TAGS,
  summary: "List webhook endpoints",
  description: "Newest first.",
  ...reads("webhooks:read"),
  request: { query: PageQuery },
  responses: { 200: json(z.array(WebhookSchema), "A page of endpoints."), ...problems(422) },
})

const getRoute = createRoute({
  method: "get",
  path: "/admin/v1/webhooks/{id}",
  operationId: "getWebhook",
  tags: TAGS,
  summary: "Get a webhook endpoint",
  description: "The endpoint, without its secret.",
  ...reads("webhooks:read"),
  request: { params: IdParam },
  responses: { 200: json(WebhookSchema, "The endpoint."), ...problems(404) },
})

const updateRoute = createRoute({
  method: "patch",
  path: "/admin/v1/webhooks/{id}",
  operationId: "updateWebhook",
  tags: TAGS,
  summary: "Change a webhook endpoint",
  description: "Other types count for what was not looked at for it yet.",
  ...writes("webhooks:write"),
  request: { params: IdParam, ...body(WebhookUpdate) },
  responses: { 200: json(WebhookSchema, "The endpoint."), ...writeProblems(404) },
})

const deleteRoute = createRoute({
  method: "delete",
  path: "/admin/v1/webhooks/{id}",
  operationId: "deleteWebhook",
  tags: TAGS,
  summary: "Delete a webhook endpoint",
  description: "Nothing is sent to it any more, also not what waits for it.",
  ...writes("webhooks:write"),
  request: { params: IdParam },
  responses: { 204: { description: "Deleted." }, ...problems(404, 409, 422) },
})

const rotateRoute = createRoute({
  method: "post",
  path: "/admin/v1/webhooks/{id}/rotate-secret",
  operationId: "rotateWebhookSecret",
  tags: TAGS,
  summary: "Rotate the secret of a webhook endpoint",
  description:
    "The secret before it counts for another 24 hours: `webhook-signature` has both signatures, and a delivery whose `X-Billing-Signature` is refused with 400, 401 or 403 is sent again at once under the secret before.",
  ...writes("webhooks:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 200: json(CreatedWebhookSchema, "The endpoint with its new secret."), ...writeProblems(404) },
})

const testRoute = createRoute({
  method: "post",
  path: "/admin/v1/webhooks/{id}/test",
  operationId: "testWebhook",
  tags: TAGS,
  summary: "Send a test event",
  description:
    "Sends a `webhook.test` to this endpoint and no other. What became of it is in its deliveries a moment later.",
  ...writes("webhooks:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 200: json(WebhookSchema, "The endpoint."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(createWebhookRoute, async (c) => {
    const { url, events, description = null } = c.req.valid("json")
    const created = await createWebhook(
      c.get("scope"),
      { url, events, description },
      replySecret(201, createdWebhookToApi),
    )
    return c.json(createdWebhookToApi(unwrap(created)), 201)
  })

  api.openapi(listRoute, async (c) => {
    const page = await c.get("scope").read.webhooks.endpoints(pageFrom(c.req.valid("query")))
    linkNext(c, page.next)
    return c.json(page.rows.map(webhookToApi), 200)
  })

  api.openapi(getRoute, async (c) => {
    return c.json(webhookToApi(unwrap(await findWebhook(c.get("scope"), c.req.valid("param").id))), 200)
  })

  api.openapi(updateRoute, async (c) => {
    const { id } = c.req.valid("param")
    const row = unwrap(await updateWebhook(c.get("scope"), id, c.req.valid("json"), reply(200, webhookToApi)))
    return c.json(webhookToApi(row), 200)
  })

  api.openapi(deleteRoute, async (c) => {
    unwrap(await deleteWebhook(c.get("scope"), c.req.valid("param").id, replyNothing))
    return c.body(null, 204)
  })

  api.openapi(rotateRoute, async (c) => {
    const { id } = c.req.valid("param")
    const rotated = await rotateWebhookSecret(c.get("scope"), id, replySecret(200, createdWebhookToApi))
    return c.json(createdWebhookToApi(unwrap(rotated)), 200)
  })

  api.openapi(testRoute, async (c) => {
    const { id } = c.req.valid("param")
    return c.json(webhookToApi(unwrap(await testWebhook(c.get("scope"), id, reply(200, webhookToApi)))), 200)
  })
}
