// POST and GET /v1/subscriptions, GET and PATCH /v1/subscriptions/{id}

import { createRoute, z } from "@hono/zod-openapi"
import { findSubscription } from "../../actions/find.ts"
import { subscribe } from "../../actions/subscribe.ts"
import { updateSubscription } from "../../actions/update-subscription.ts"
import { SUBSCRIPTION_STATUSES } from "../../domain/subscription.ts"
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
  unwrap,
  writeProblems,
} from "../shared/door.ts"
import {
  SubscriptionInput,
  SubscriptionSchema,
  SubscriptionUpdate,
  subscriptionFrom,
  subscriptionToApi,
} from "./subscription-schemas.ts"

const createSubscriptionRoute = createRoute({
  method: "post",
  path: "/v1/subscriptions",
  operationId: "createSubscription",
  tags: ["Subscriptions"],
  summary: "Subscribe a customer to a plan",
  description:
    "The first period begins at `started_at`; it is a full one unless a `billing_anchor` falls within it. A trial waives recurring fees; metered usage counts from the first event unless the plan says otherwise.",
  ...writes("subscriptions:write"),
  request: body(SubscriptionInput),
  responses: { 201: json(SubscriptionSchema, "The subscription."), ...writeProblems(404) },
})

const listRoute = createRoute({
  method: "get",
  path: "/v1/subscriptions",
  operationId: "listSubscriptions",
  tags: ["Subscriptions"],
  summary: "List subscriptions",
  description: "Newest first. A customer's token sees its own.",
  ...reads("subscriptions:read"),
  request: {
    query: PageQuery.extend({
      customer_id: z.string().optional().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
      status: z.enum(SUBSCRIPTION_STATUSES).optional().openapi({ example: "Active" }),
      external_id: z.string().optional().openapi({ example: "crm-4711" }),
    }),
  },
  responses: { 200: json(z.array(SubscriptionSchema), "A page of subscriptions."), ...problems(422) },
})

const getRoute = createRoute({
  method: "get",
  path: "/v1/subscriptions/{id}",
  operationId: "getSubscription",
  tags: ["Subscriptions"],
  summary: "Get a subscription",
  description: "The subscription with its running period.",
  ...reads("subscriptions:read"),
  request: { params: IdParam },
  responses: { 200: json(SubscriptionSchema, "The subscription."), ...problems(404) },
})

const patchRoute = createRoute({
  method: "patch",
  path: "/v1/subscriptions/{id}",
  operationId: "updateSubscription",
  tags: ["Subscriptions"],
  summary: "Change how a subscription is paid",
  description:
    "Which payment method its invoices are charged to from now on, or paid out to, and what the charges are called. Null takes a value away; what is left out stays. What it is sold under is changed by `change`.",
  ...writes("subscriptions:write"),
  request: { params: IdParam, ...body(SubscriptionUpdate) },
  responses: { 200: json(SubscriptionSchema, "The subscription as it is now."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(createSubscriptionRoute, async (c) => {
    const input = subscriptionFrom(c.req.valid("json"))
    const row = unwrap(await subscribe(c.get("scope"), input, reply(201, subscriptionToApi)))
    return c.json(subscriptionToApi(row), 201)
  })

  api.openapi(patchRoute, async (c) => {
    const { payment_method_id: paymentMethodId, statement_descriptor: statementDescriptor } =
      c.req.valid("json")
    const changes = { paymentMethodId, statementDescriptor }
    const { id } = c.req.valid("param")
    const row = unwrap(await updateSubscription(c.get("scope"), id, changes, reply(200, subscriptionToApi)))
    return c.json(subscriptionToApi(row), 200)
  })

  api.openapi(listRoute, async (c) => {
    const { read, customerId } = c.get("scope")
    const { customer_id: asked, status, external_id: externalId, ...page } = c.req.valid("query")
    if (customerId !== null && asked !== undefined && asked !== customerId) return c.json([], 200)
    const filter = { customerId: customerId ?? asked, status, externalId }
    const found = await read.subscriptions.list(pageFrom(page), filter)
    linkNext(c, found.next)
    return c.json(found.rows.map(subscriptionToApi), 200)
  })

  api.openapi(getRoute, async (c) => {
    const row = unwrap(await findSubscription(c.get("scope"), c.req.valid("param").id))
    return c.json(subscriptionToApi(row), 200)
  })
}
