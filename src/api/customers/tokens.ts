// POST /admin/v1/customers/{id}/tokens

import { createRoute, z } from "@hono/zod-openapi"
import type { CustomerToken } from "../../actions/create-customer-token.ts"
import { createCustomerToken } from "../../actions/create-customer-token.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import { body, IdParam, json, replySecret, unwrap, writeProblems } from "../shared/door.ts"
import { timestamp, TimestampText } from "../shared/fields.ts"

const MAX_SECONDS = limits.customerTokenMs / 1_000

const CustomerTokenInput = z
  .strictObject({
    ttl_seconds: z
      .int()
      .min(1)
      .max(MAX_SECONDS)
      .optional()
      .openapi({ description: "How long the token lives; an hour at most and by default.", example: 900 }),
  })
  .openapi("CustomerTokenInput")

const CustomerTokenSchema = z
  .object({
    token: z
      .string()
      .openapi({ description: "Send it as `Authorization: Bearer …`.", example: "eyJhbGciOi…" }),
    expires_at: TimestampText.openapi({ description: "By the wall clock, also for test tenants." }),
  })
  .openapi("CustomerToken")

const route = createRoute({
  method: "post",
  path: "/admin/v1/customers/{id}/tokens",
  operationId: "createCustomerToken",
  tags: ["Customers"],
  summary: "Create a token for a customer",
  description:
    "A short-lived token for the customer's own browser or app: it reaches /v1 and this one customer only.",
  ...writes("tokens:write"),
  request: { params: IdParam, ...body(CustomerTokenInput, false) },
  responses: { 201: json(CustomerTokenSchema, "The token. It is told only here."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const { ttl_seconds: ttlSeconds = MAX_SECONDS } = c.req.valid("json")
    const { id } = c.req.valid("param")
    const created = await createCustomerToken(c.get("scope"), id, ttlSeconds, replySecret(201, tokenToApi))
    return c.json(tokenToApi(unwrap(created)), 201)
  })
}

function tokenToApi({ token, expiresAt }: CustomerToken): z.infer<typeof CustomerTokenSchema> {
  return { token, expires_at: timestamp(expiresAt) }
}
