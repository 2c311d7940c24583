// POST and GET /admin/v1/customers/{id}/payment-methods, DELETE …/{method_id}, POST …/{method_id}/default

import { createRoute, z } from "@hono/zod-openapi"
import { attachPaymentMethod } from "../../actions/attach-payment-method.ts"
import { makeDefault } from "../../actions/default-payment-method.ts"
import { detachPaymentMethod } from "../../actions/detach-payment-method.ts"
import { findCustomer } from "../../actions/find.ts"
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
  unwrap,
  writeProblems,
} from "../shared/door.ts"
import { Empty } from "../shared/fields.ts"
import { methodFrom, methodToApi, PaymentMethodInput, PaymentMethodSchema } from "./method-schemas.ts"

const MethodParams = IdParam.extend({
  method_id: z.string().openapi({
    param: { name: "method_id", in: "path" },
    example: "01944b1f-0000-7000-8000-00000000000d",
  }),
})

const attachRoute = createRoute({
  method: "post",
  path: "/admin/v1/customers/{id}/payment-methods",
  operationId: "attachPaymentMethod",
  tags: ["Payment methods"],
  summary: "Attach a payment method",
  description:
    "The processor is asked to attach it for charges without the customer; what it refuses is answered with 422, and where it gives no answer with 503 `processor_unavailable`: then repeat the request. In the sandbox the name says how payments go: `pm_card_visa`, `pm_card_chargeDeclined`, `pm_card_chargeDeclinedInsufficientFunds`, `pm_card_authenticationRequired`, `pm_card_pendingThenSucceeds`, `pm_card_createDispute` and others. A new default is tried at once on invoices whose payment had failed.",
  ...writes("customers:write"),
  request: { params: IdParam, ...body(PaymentMethodInput) },
  responses: { 201: json(PaymentMethodSchema, "The payment method."), ...writeProblems(404, 503) },
})

const listRoute = createRoute({
  method: "get",
  path: "/admin/v1/customers/{id}/payment-methods",
  operationId: "listPaymentMethods",
  tags: ["Payment methods"],
  summary: "List payment methods",
  description: "The customer's payment methods, newest first.",
  ...reads("customers:read"),
  request: { params: IdParam, query: PageQuery },
  responses: { 200: json(z.array(PaymentMethodSchema), "A page of payment methods."), ...problems(404, 422) },
})

const defaultRoute = createRoute({
  method: "post",
  path: "/admin/v1/customers/{id}/payment-methods/{method_id}/default",
  operationId: "makePaymentMethodDefault",
  tags: ["Payment methods"],
  summary: "Make a payment method the default",
  description: "It is charged from now on, and tried at once on invoices whose payment had failed.",
  ...writes("customers:write"),
  request: { params: MethodParams, ...body(Empty, false) },
  responses: { 200: json(PaymentMethodSchema, "The payment method."), ...writeProblems(404) },
})

const detachRoute = createRoute({
  method: "delete",
  path: "/admin/v1/customers/{id}/payment-methods/{method_id}",
  operationId: "detachPaymentMethod",
  tags: ["Payment methods"],
  summary: "Detach a payment method",
  description:
    "It is never charged again. If it was the default, the customer has none until another is made the default or attached.",
  ...writes("customers:write"),
  request: { params: MethodParams },
  responses: { 204: { description: "Detached." }, ...problems(404, 409, 422) },
})

export function register(api: Api): void {
  api.openapi(attachRoute, async (c) => {
    const input = methodFrom(c.req.valid("json"))
    const { id } = c.req.valid("param")
    const row = unwrap(await attachPaymentMethod(c.get("scope"), id, input, reply(201, methodToApi)))
    return c.json(methodToApi(row), 201)
  })

  api.openapi(listRoute, async (c) => {
    const scope = c.get("scope")
    const customer = unwrap(await findCustomer(scope, c.req.valid("param").id))
    const page = await scope.read.paymentMethods.list(pageFrom(c.req.valid("query")), customer.id)
    linkNext(c, page.next)
    return c.json(page.rows.map(methodToApi), 200)
  })

  api.openapi(defaultRoute, async (c) => {
    const { id: customerId, method_id: methodId } = c.req.valid("param")
    const row = unwrap(await makeDefault(c.get("scope"), { customerId, methodId }, reply(200, methodToApi)))
    return c.json(methodToApi(row), 200)
  })

  api.openapi(detachRoute, async (c) => {
    const { id: customerId, method_id: methodId } = c.req.valid("param")
    unwrap(await detachPaymentMethod(c.get("scope"), { customerId, methodId }, replyNothing))
    return c.body(null, 204)
  })
}
