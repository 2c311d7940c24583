// POST /v1/subscriptions/{id}/cancel and …/cancel/preview

import { createRoute } from "@hono/zod-openapi"
import type { Cancellation } from "../../actions/cancel-subscription.ts"
import { cancelSubscription, previewCancel } from "../../actions/cancel-subscription.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import type { Ctx } from "../shared/door.ts"
import { body, IdParam, json, reply, unwrap, writeProblems } from "../shared/door.ts"
import { Problem } from "../shared/problems.ts"
import { CancelInput, cancellationFrom, ChangePreviewSchema, previewToApi } from "./change-schemas.ts"
import { SubscriptionSchema, subscriptionToApi } from "./subscription-schemas.ts"

const route = createRoute({
  method: "post",
  path: "/v1/subscriptions/{id}/cancel",
  operationId: "cancelSubscription",
  tags: ["Subscriptions"],
  summary: "Cancel a subscription",
  description:
    "What was used until the end is billed by the last close. Fees that were paid in advance stay paid unless `prorate` says otherwise. What a customer's token cancels is on the ordinary terms.",
  ...writes("subscriptions:write"),
  request: { params: IdParam, ...body(CancelInput) },
  responses: { 200: json(SubscriptionSchema, "The subscription as it is now."), ...writeProblems(404) },
})

const previewRoute = createRoute({
  method: "post",
  path: "/v1/subscriptions/{id}/cancel/preview",
  operationId: "previewCancel",
  tags: ["Subscriptions"],
  summary: "Preview a cancellation",
  description: "What cancelling would do, by the same code. Changes nothing.",
  ...writes("subscriptions:read"),
  request: { params: IdParam, ...body(CancelInput) },
  responses: { 200: json(ChangePreviewSchema, "What would happen."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const input = cancellationFrom(c.req.valid("json"))
    refuseTerms(c, input)
    const id = c.req.valid("param").id
    const row = unwrap(await cancelSubscription(c.get("scope"), id, input, reply(200, subscriptionToApi)))
    return c.json(subscriptionToApi(row), 200)
  })

  api.openapi(previewRoute, async (c) => {
    const input = cancellationFrom(c.req.valid("json"))
    refuseTerms(c, input)
    const preview = unwrap(await previewCancel(c.get("scope"), c.req.valid("param").id, input))
    return c.json(previewToApi(preview), 200)
  })
}

/** Whether money is given back, and whether usage is left unbilled, is not for the customer to say. */
function refuseTerms(c: Ctx, { prorate, invoice }: Cancellation): void {
  if (c.get("scope").customerId === null || (!prorate && invoice)) return
  throw new Problem("forbidden", "A customer's token cancels without prorate and with invoice_now.")
}
