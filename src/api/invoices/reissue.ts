// POST /admin/v1/invoices/{id}/reissue and …/mark-uncollectible

import { createRoute } from "@hono/zod-openapi"
import { reissueInvoice } from "../../actions/reissue-invoice.ts"
import { writeOffInvoice } from "../../actions/write-off-invoice.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import { body, IdParam, json, reply, unwrap, writeProblems } from "../shared/door.ts"
import { Empty } from "../shared/fields.ts"
import { ReissueInput } from "./inputs.ts"
import { InvoiceSchema, invoiceToApi } from "./schemas.ts"

const reissueRoute = createRoute({
  method: "post",
  path: "/admin/v1/invoices/{id}/reissue",
  operationId: "reissueInvoice",
  tags: ["Invoices"],
  summary: "Replace a void invoice",
  description:
    "A draft with the same lines, computed anew, in the place of a Void invoice; an Open one is voided in the same moment. Both name each other. The draft waits until you finalize it.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(ReissueInput, false) },
  responses: { 201: json(InvoiceSchema, "The draft."), ...writeProblems(404) },
})

const uncollectibleRoute = createRoute({
  method: "post",
  path: "/admin/v1/invoices/{id}/mark-uncollectible",
  operationId: "markInvoiceUncollectible",
  tags: ["Invoices"],
  summary: "Give up an invoice",
  description:
    "Writes off what is still owed on an Open invoice: the ledger moves it from AccountsReceivable to BadDebt. It can be paid after all.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 200: json(InvoiceSchema, "The invoice, Uncollectible."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(reissueRoute, async (c) => {
    const { id } = c.req.valid("param")
    const reason = c.req.valid("json")?.reason ?? null
    const draft = unwrap(await reissueInvoice(c.get("scope"), id, reason, reply(201, invoiceToApi)))
    return c.json(invoiceToApi(draft), 201)
  })

  api.openapi(uncollectibleRoute, async (c) => {
    const { id } = c.req.valid("param")
    const invoice = unwrap(await writeOffInvoice(c.get("scope"), id, reply(200, invoiceToApi)))
    return c.json(invoiceToApi(invoice), 200)
  })
}
