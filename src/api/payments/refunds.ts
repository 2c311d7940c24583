// POST /admin/v1/invoices/{id}/refund, POST and GET /admin/v1/payments/{id}/refund(s)

import { createRoute, z } from "@hono/zod-openapi"
import { findPayment } from "../../actions/find-payment.ts"
import { refundPayment } from "../../actions/refund-payment.ts"
import type { RefundRow } from "../../db/rows.ts"
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
import { newRefundFrom, RefundInput, RefundSchema, refundToApi } from "./schemas.ts"

const refundInvoiceRoute = createRoute({
  method: "post",
  path: "/admin/v1/invoices/{id}/refund",
  operationId: "refundInvoice",
  tags: ["Payments"],
  summary: "Refund an invoice",
  description:
    "Gives back what was paid, in full or in part and as often as something is left, from the newest payment on: one refund for each payment that it takes. With a credit note it pays out what is owed of that still; else it is goodwill, and the invoice stays as it is. What went out by payouts is not left.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(RefundInput, false) },
  responses: { 201: json(z.array(RefundSchema), "The refunds."), ...writeProblems(404) },
})

const refundPaymentRoute = createRoute({
  method: "post",
  path: "/admin/v1/payments/{id}/refund",
  operationId: "refundPayment",
  tags: ["Payments"],
  summary: "Refund a payment",
  description:
    "Gives a payment back, in full or in part and as often as something of it is left. A Manual payment is given back by hand: this records it.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(RefundInput, false) },
  responses: { 201: json(z.array(RefundSchema), "The refund."), ...writeProblems(404) },
})

const listRoute = createRoute({
  method: "get",
  path: "/admin/v1/payments/{id}/refunds",
  operationId: "listRefunds",
  tags: ["Payments"],
  summary: "List the refunds of a payment",
  description: "Newest first, those that failed among them.",
  ...reads("invoices:read"),
  request: { params: IdParam, query: PageQuery },
  responses: { 200: json(z.array(RefundSchema), "A page of refunds."), ...problems(404, 422) },
})

const toApi = (rows: readonly RefundRow[]) => rows.map(refundToApi)

export function register(api: Api): void {
  api.openapi(refundInvoiceRoute, async (c) => {
    const what = { kind: "Invoice", id: c.req.valid("param").id } as const
    const input = newRefundFrom(c.req.valid("json"))
    const rows = unwrap(await refundPayment(c.get("scope"), what, input, reply(201, toApi)))
    return c.json(toApi(rows), 201)
  })

  api.openapi(refundPaymentRoute, async (c) => {
    const what = { kind: "Payment", id: c.req.valid("param").id } as const
    const input = newRefundFrom(c.req.valid("json"))
    const rows = unwrap(await refundPayment(c.get("scope"), what, input, reply(201, toApi)))
    return c.json(toApi(rows), 201)
  })

  api.openapi(listRoute, async (c) => {
    const scope = c.get("scope")
    const { id } = unwrap(await findPayment(scope, c.req.valid("param").id))
    const found = await scope.read.payments.refundPage(pageFrom(c.req.valid("query")), id)
    linkNext(c, found.next)
    return c.json(toApi(found.rows), 200)
  })
}
