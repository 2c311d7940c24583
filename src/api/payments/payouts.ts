// POST /admin/v1/customers/{id}/payouts, GET /admin/v1/payouts and …/{id}, POST …/{id}/retry and …/{id}/cancel

import { createRoute, z } from "@hono/zod-openapi"
import { cancelPayout, findPayout, requestPayout } from "../../actions/request-payout.ts"
import { retryPayout } from "../../actions/retry-payout.ts"
import { PAYOUT_STATUSES } from "../../domain/payout.ts"
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
import { Empty, Timestamp } from "../shared/fields.ts"
import {
  PayoutInput,
  PayoutRetryInput,
  PayoutSchema,
  payoutToApi,
  wantedPayoutFrom,
} from "./payout-schemas.ts"

const createRouteOf = createRoute({
  method: "post",
  path: "/admin/v1/customers/{id}/payouts",
  operationId: "createPayout",
  tags: ["Payouts"],
  summary: "Pay out what is owed to a customer",
  description:
    "Sends money to the customer's payment method: what credit notes and payments beyond what was due have left, or, with `invoice_id`, an invoice of a plan that pays out. Never more than is owed and not on its way; what invoices that pay out wait for is kept for them. A decline is a payout with status Failed, which is tried again.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(PayoutInput, false) },
  responses: { 201: json(PayoutSchema, "The payout."), ...writeProblems(404) },
})

const listRoute = createRoute({
  method: "get",
  path: "/admin/v1/payouts",
  operationId: "listPayouts",
  tags: ["Payouts"],
  summary: "List payouts",
  description: "Newest first, those that failed among them.",
  ...reads("invoices:read"),
  request: {
    query: PageQuery.extend({
      customer_id: z.string().optional().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
      invoice_id: z.string().optional().openapi({ example: "01944b1f-0000-7000-8000-000000000004" }),
      status: z.enum(PAYOUT_STATUSES).optional().openapi({ example: "Failed" }),
      from: Timestamp.optional().openapi({
        type: "string",
        format: "date-time",
        description: "Begun at or after.",
      }),
      to: Timestamp.optional().openapi({ type: "string", format: "date-time", description: "Begun before." }),
    }),
  },
  responses: { 200: json(z.array(PayoutSchema), "A page of payouts."), ...problems(422) },
})

const getRoute = createRoute({
  method: "get",
  path: "/admin/v1/payouts/{id}",
  operationId: "getPayout",
  tags: ["Payouts"],
  summary: "Get a payout",
  description: "The payout as it stands now, with the tries that failed.",
  ...reads("invoices:read"),
  request: { params: IdParam },
  responses: { 200: json(PayoutSchema, "The payout."), ...problems(404) },
})

const retryRoute = createRoute({
  method: "post",
  path: "/admin/v1/payouts/{id}/retry",
  operationId: "retryPayout",
  tags: ["Payouts"],
  summary: "Try a payout again now",
  description:
    "Only one that Failed and did not come back, as far as it is owed still. The tenant's schedule goes on as it was if it fails again.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(PayoutRetryInput, false) },
  responses: { 200: json(PayoutSchema, "The payout."), ...writeProblems(404) },
})

const cancelRoute = createRoute({
  method: "post",
  path: "/admin/v1/payouts/{id}/cancel",
  operationId: "cancelPayout",
  tags: ["Payouts"],
  summary: "Cancel a payout",
  description:
    "Ends the tries of one that Failed. What it was for is owed still, and can be paid out by another payout.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 200: json(PayoutSchema, "The payout."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(createRouteOf, async (c) => {
    const wanted = wantedPayoutFrom(c.req.valid("json"))
    const { id } = c.req.valid("param")
    const row = unwrap(await requestPayout(c.get("scope"), id, wanted, reply(201, payoutToApi)))
    return c.json(payoutToApi(row), 201)
  })

  api.openapi(listRoute, async (c) => {
    const { customer_id: customerId, invoice_id: invoiceId, status, from, to, ...page } = c.req.valid("query")
    const filter = { customerId, invoiceId, status, from, to }
    const found = await c.get("scope").read.payouts.list(pageFrom(page), filter)
    linkNext(c, found.next)
    return c.json(found.rows.map(payoutToApi), 200)
  })

  api.openapi(getRoute, async (c) => {
    const row = unwrap(await findPayout(c.get("scope"), c.req.valid("param").id))
    return c.json(payoutToApi(row), 200)
  })

  api.openapi(retryRoute, async (c) => {
    const { payment_method_id: methodId = null } = c.req.valid("json")
    const { id } = c.req.valid("param")
    const row = unwrap(await retryPayout(c.get("scope"), id, methodId, reply(200, payoutToApi)))
    return c.json(payoutToApi(row), 200)
  })

  api.openapi(cancelRoute, async (c) => {
    const row = unwrap(await cancelPayout(c.get("scope"), c.req.valid("param").id, reply(200, payoutToApi)))
    return c.json(payoutToApi(row), 200)
  })
}
