// POST /admin/v1/invoices/{id}/finalize and …/void

import { createRoute } from "@hono/zod-openapi"
import { finalizeInvoice } from "../../actions/finalize-invoice.ts"
import { voidInvoice } from "../../actions/void-invoice.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import { body, IdParam, json, reply, unwrap, writeProblems } from "../shared/door.ts"
import { Empty } from "../shared/fields.ts"
import { VoidInput } from "./inputs.ts"
import { InvoiceSchema, invoiceToApi } from "./schemas.ts"

const finalizeRoute = createRoute({
  method: "post",
  path: "/admin/v1/invoices/{id}/finalize",
  operationId: "finalizeInvoice",
  tags: ["Invoices"],
  summary: "Finalize a draft",
  description:
    "Reads the meter a last time, gives the invoice the next number without a gap, freezes its recipient and terms, and posts it to the ledger.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 200: json(InvoiceSchema, "The invoice, Open."), ...writeProblems(404) },
})

const voidRoute = createRoute({
  method: "post",
  path: "/admin/v1/invoices/{id}/void",
  operationId: "voidInvoice",
  tags: ["Invoices"],
  summary: "Void an invoice",
  description:
    "Takes an unpaid invoice back; its number stays used. What it charged for a subscription is open again, and the next bill charges it. One with credit notes can't be voided: credit the rest of it.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(VoidInput) },
  responses: { 200: json(InvoiceSchema, "The invoice, Void."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(finalizeRoute, async (c) => {
    const id = c.req.valid("param").id
    const invoice = unwrap(await finalizeInvoice(c.get("scope"), id, reply(200, invoiceToApi)))
    return c.json(invoiceToApi(invoice), 200)
  })

  api.openapi(voidRoute, async (c) => {
    const id = c.req.valid("param").id
    const { reason } = c.req.valid("json")
    const invoice = unwrap(await voidInvoice(c.get("scope"), id, reason, reply(200, invoiceToApi)))
    return c.json(invoiceToApi(invoice), 200)
  })
}
