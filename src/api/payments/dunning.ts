// GET /admin/v1/invoices/{id}/dunning, POST /admin/v1/invoices/{id}/dunning/retry

import { createRoute } from "@hono/zod-openapi"
import { findDunning } from "../../actions/find-payment.ts"
import { retryDunning } from "../../actions/retry-dunning.ts"
import type { Api } from "../app.ts"
import { reads, writes } from "../shared/access.ts"
import { body, IdParam, json, problems, reply, unwrap, writeProblems } from "../shared/door.ts"
import { Empty } from "../shared/fields.ts"
import { DunningSchema, dunningToApi } from "./dunning-schemas.ts"
import { PaymentSchema, paymentToApi } from "./schemas.ts"

const getRoute = createRoute({
  method: "get",
  path: "/admin/v1/invoices/{id}/dunning",
  operationId: "getDunning",
  tags: ["Payments"],
  summary: "Get the dunning of an invoice",
  description:
    "Where an invoice stands whose payment failed: what was tried, and when it is tried next. 404 for one whose payments never failed.",
  ...reads("invoices:read"),
  request: { params: IdParam },
  responses: { 200: json(DunningSchema, "The dunning."), ...problems(404) },
})

const retryRoute = createRoute({
  method: "post",
  path: "/admin/v1/invoices/{id}/dunning/retry",
  operationId: "retryDunning",
  tags: ["Payments"],
  summary: "Try an invoice in dunning again now",
  description:
    "Charges the default method beside the schedule, which goes on as it was. A method that was declined for good is refused: a new default method is tried by itself.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 201: json(PaymentSchema, "The payment."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(getRoute, async (c) => {
    const found = unwrap(await findDunning(c.get("scope"), c.req.valid("param").id))
    return c.json(dunningToApi(found), 200)
  })

  api.openapi(retryRoute, async (c) => {
    const { id } = c.req.valid("param")
    const payment = unwrap(await retryDunning(c.get("scope"), id, reply(201, paymentToApi)))
    return c.json(paymentToApi(payment), 201)
  })
}
