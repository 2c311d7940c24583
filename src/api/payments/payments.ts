// POST /admin/v1/invoices/{id}/pay, GET /admin/v1/payments, GET /admin/v1/payments/{id}

import { createRoute, z } from "@hono/zod-openapi"
import { findPayment } from "../../actions/find-payment.ts"
import { payInvoice } from "../../actions/pay-invoice.ts"
import { PAYMENT_STATUSES } from "../../domain/payment.ts"
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
import { Timestamp } from "../shared/fields.ts"
import { newPaymentFrom, PaymentInput, PaymentSchema, paymentToApi } from "./schemas.ts"

const payRoute = createRoute({
  method: "post",
  path: "/admin/v1/invoices/{id}/pay",
  operationId: "payInvoice",
  tags: ["Payments"],
  summary: "Pay an invoice",
  description:
    "**Without a `method` it books money that you have received elsewhere, and charges nobody: an empty body marks the whole invoice as paid, also of a customer without a card.** To charge the customer's payment method now, send `method: Default`. Either is for all that is due, or a part of it. Never more than is due is charged, and what payments are under way for is not asked for again; what was received beyond it becomes credit. " +
    "A decline is a payment with status Failed and begins dunning. Once all parts together are what is due, the invoice is Paid. An Uncollectible invoice is paid the same way, and the loss is less by it.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(PaymentInput, false) },
  responses: { 201: json(PaymentSchema, "The payment."), ...writeProblems(404) },
})

const listRoute = createRoute({
  method: "get",
  path: "/admin/v1/payments",
  operationId: "listPayments",
  tags: ["Payments"],
  summary: "List payments",
  description: "Every attempt to be paid, the failed ones among them. Newest first.",
  ...reads("invoices:read"),
  request: {
    query: PageQuery.extend({
      customer_id: z.string().optional().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
      invoice_id: z.string().optional().openapi({ example: "01944b1f-0000-7000-8000-000000000004" }),
      status: z.enum(PAYMENT_STATUSES).optional().openapi({ example: "Failed" }),
      from: Timestamp.optional().openapi({
        type: "string",
        format: "date-time",
        description: "Begun at or after.",
      }),
      to: Timestamp.optional().openapi({ type: "string", format: "date-time", description: "Begun before." }),
    }),
  },
  responses: { 200: json(z.array(PaymentSchema), "A page of payments."), ...problems(422) },
})

const getRoute = createRoute({
  method: "get",
  path: "/admin/v1/payments/{id}",
  operationId: "getPayment",
  tags: ["Payments"],
  summary: "Get a payment",
  description: "One attempt to be paid, as it stands now.",
  ...reads("invoices:read"),
  request: { params: IdParam },
  responses: { 200: json(PaymentSchema, "The payment."), ...problems(404) },
})

export function register(api: Api): void {
  api.openapi(payRoute, async (c) => {
    const input = newPaymentFrom(c.req.valid("json"))
    const { id } = c.req.valid("param")
    const payment = unwrap(await payInvoice(c.get("scope"), id, input, reply(201, paymentToApi)))
    return c.json(paymentToApi(payment), 201)
  })

  api.openapi(listRoute, async (c) => {
    const { customer_id: customerId, invoice_id: invoiceId, status, from, to, ...page } = c.req.valid("query")
    const filter = { customerId, invoiceId, status, from, to }
    const found = await c.get("scope").read.payments.list(pageFrom(page), filter)
    linkNext(c, found.next)
    return c.json(found.rows.map(paymentToApi), 200)
  })

  api.openapi(getRoute, async (c) => {
    const payment = unwrap(await findPayment(c.get("scope"), c.req.valid("param").id))
    return c.json(paymentToApi(payment), 200)
  })
}
