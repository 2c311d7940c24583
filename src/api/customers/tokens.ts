// POST /admin/v1/customers/{id}/tokens

import { createRoute, z } from "@hono/zod-openapi"
import type { CustomerToken } from "../../actions/create-customer-token.ts"
import { createCustomerToken } from "../../actions/create-customer-token.ts"
import { CUSTOMER_SCOPES } from "../../domain/tenant.ts"
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
    scopes: z
      .array(z.enum(CUSTOMER_SCOPES))
      .min(1)
      .max(CUSTOMER_SCOPES.length)
      .optional()
      .openapi({
        description:
          "What it may do; all that a customer may by default. Leave `events:write` out where your own servers meter.",
        example: ["invoices:read", "metering:read", "subscriptions:read"],
      }),
  })
  .openapi("CustomerTokenInput")

const CustomerTokenSchema = z
  .object({
    token: z
      .string()
      .openapi({ description: "Send it as `Authorization: Bearer …`.", example: "eyJhbGciOi…" }),
    scopes: z.array(z.enum(CUSTOMER_SCOPES)).openapi({
      description: "What it may do.",
      example: ["invoices:read", "metering:read", "subscriptions:read"],
    }),
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
    "A short-lived token for the customer's own browser or app: it reaches /v1 and this one customer only. " +
    "**With `events:write`, which it has unless you name other `scopes`, whoever holds it says what the customer has used**: events of any value, below zero too, and under ids that your own events would have. " +
    "Where your servers meter, or the customer is not to be believed, give `scopes` without it. With `subscriptions:write` it subscribes, changes and cancels for the customer.",
  ...writes("tokens:write"),
  request: { params: IdParam, ...body(CustomerTokenInput, false) },
  responses: { 201: json(CustomerTokenSchema, "The token. It is told only here."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const { ttl_seconds: ttlSeconds = MAX_SECONDS, scopes = CUSTOMER_SCOPES } = c.req.valid("json")
    const wanted = { ttlSeconds, scopes: CUSTOMER_SCOPES.filter((one) => scopes.includes(one)) }
    const { id } = c.req.valid("param")
    const created = await createCustomerToken(c.get("scope"), id, wanted, replySecret(201, tokenToApi))
    return c.json(tokenToApi(unwrap(created)), 201)
  })
}

function tokenToApi({ token, scopes, expiresAt }: CustomerToken): z.infer<typeof CustomerTokenSchema> {
  return { token, scopes: [...scopes], expires_at: timestamp(expiresAt) }
}
