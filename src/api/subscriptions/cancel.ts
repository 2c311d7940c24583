// POST /v1/subscriptions/{id}/cancel

import { createRoute } from "@hono/zod-openapi"
import { cancelSubscription } from "../../actions/cancel-subscription.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import { body, IdParam, json, reply, unwrap, writeProblems } from "../shared/door.ts"
import { CancelInput, SubscriptionSchema, subscriptionToApi } from "./schemas.ts"

const route = createRoute({
  method: "post",
  path: "/v1/subscriptions/{id}/cancel",
  operationId: "cancelSubscription",
  tags: ["Subscriptions"],
  summary: "Cancel a subscription",
  description:
    "What was used until the end is billed by the last close. Fees that were paid in advance stay paid.",
  ...writes("subscriptions:write"),
  request: { params: IdParam, ...body(CancelInput) },
  responses: { 200: json(SubscriptionSchema, "The subscription as it is now."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const { at } = c.req.valid("json")
    const id = c.req.valid("param").id
    const row = unwrap(await cancelSubscription(c.get("scope"), id, at, reply(200, subscriptionToApi)))
    return c.json(subscriptionToApi(row), 200)
  })
}
