// POST /admin/v1/subscriptions/{id}/pro-forma and POST /admin/v1/invoices/{id}/convert

import { createRoute } from "@hono/zod-openapi"
import { convertInvoice } from "../../actions/convert-invoice.ts"
import { createProForma } from "../../actions/create-pro-forma.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import { body, IdParam, json, reply, unwrap, writeProblems } from "../shared/door.ts"
import { Empty } from "../shared/fields.ts"
import { ProFormaInput } from "./inputs.ts"
import { InvoiceSchema, invoiceToApi } from "./schemas.ts"

const createProFormaRoute = createRoute({
  method: "post",
  path: "/admin/v1/subscriptions/{id}/pro-forma",
  operationId: "createProForma",
  tags: ["Invoices"],
  summary: "Keep the next invoice as an offer",
  description:
    "What the end of the running period will bill, as a pro-forma: never numbered, never posted, never due. It stays as it is while the subscription goes on, and can't be converted: the subscription bills it.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(ProFormaInput, false) },
  responses: { 201: json(InvoiceSchema, "The pro-forma."), ...writeProblems(404) },
})

const convertRoute = createRoute({
  method: "post",
  path: "/admin/v1/invoices/{id}/convert",
  operationId: "convertInvoice",
  tags: ["Invoices"],
  summary: "Convert a pro-forma",
  description: "The offer was taken: the pro-forma becomes the draft of an invoice, under the same id.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 200: json(InvoiceSchema, "The draft."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(createProFormaRoute, async (c) => {
    const { id } = c.req.valid("param")
    const memo = c.req.valid("json")?.memo ?? null
    const offer = unwrap(await createProForma(c.get("scope"), id, memo, reply(201, invoiceToApi)))
    return c.json(invoiceToApi(offer), 201)
  })

  api.openapi(convertRoute, async (c) => {
    const { id } = c.req.valid("param")
    const draft = unwrap(await convertInvoice(c.get("scope"), id, reply(200, invoiceToApi)))
    return c.json(invoiceToApi(draft), 200)
  })
}
