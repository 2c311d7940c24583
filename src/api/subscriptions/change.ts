// POST /v1/subscriptions/{id}/change and …/change/preview

import { createRoute } from "@hono/zod-openapi"
import type { SubscriptionChange } from "../../actions/change-subscription.ts"
import { changeSubscription, previewChange } from "../../actions/change-subscription.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import type { Ctx } from "../shared/door.ts"
import { body, IdParam, json, reply, unwrap, writeProblems } from "../shared/door.ts"
import { Problem } from "../shared/problems.ts"
import { changeFrom, ChangeInput, ChangePreviewSchema, previewToApi } from "./change-schemas.ts"
import { SubscriptionSchema, subscriptionToApi } from "./subscription-schemas.ts"

const route = createRoute({
  method: "post",
  path: "/v1/subscriptions/{id}/change",
  operationId: "changeSubscription",
  tags: ["Subscriptions"],
  summary: "Change plan, quantities or prices",
  description:
    "At once or where the running period ends. Fees of the running period are charged by what was sold in each part of it: a line gives back the rest of the old one, another charges the rest of the new one. What is owed is invoiced at once; what is given back comes off the next invoice. Usage is priced by the plan of its time. A plan of another cadence begins a new period.",
  ...writes("subscriptions:write"),
  request: { params: IdParam, ...body(ChangeInput) },
  responses: { 200: json(SubscriptionSchema, "The subscription as it is now."), ...writeProblems(404) },
})

const previewRoute = createRoute({
  method: "post",
  path: "/v1/subscriptions/{id}/change/preview",
  operationId: "previewChange",
  tags: ["Subscriptions"],
  summary: "Preview a change",
  description: "What the change would do and cost, by the same code. Changes nothing.",
  ...writes("subscriptions:read"),
  request: { params: IdParam, ...body(ChangeInput) },
  responses: { 200: json(ChangePreviewSchema, "What would happen."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const input = changeFrom(c.req.valid("json"))
    refuseTerms(c, input)
    const id = c.req.valid("param").id
    const row = unwrap(await changeSubscription(c.get("scope"), id, input, reply(200, subscriptionToApi)))
    return c.json(subscriptionToApi(row), 200)
  })

  api.openapi(previewRoute, async (c) => {
    const input = changeFrom(c.req.valid("json"))
    refuseTerms(c, input)
    const preview = unwrap(await previewChange(c.get("scope"), c.req.valid("param").id, input))
    return c.json(previewToApi(preview), 200)
  })
}

/** A customer chooses among what is sold; prices and what is waived are the business's. */
function refuseTerms(c: Ctx, { overrides, prorate }: SubscriptionChange): void {
  if (c.get("scope").customerId === null || (overrides === undefined && prorate)) return
  throw new Problem("forbidden", "A customer's token changes with prorate and without overrides.")
}
