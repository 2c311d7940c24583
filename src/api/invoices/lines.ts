// POST /admin/v1/invoices/{id}/lines and DELETE …/lines/{line_id}

import { createRoute, z } from "@hono/zod-openapi"
import { addInvoiceLines } from "../../actions/add-invoice-lines.ts"
import { removeInvoiceLine } from "../../actions/remove-invoice-line.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import { body, IdParam, json, reply, replyNothing, unwrap, writeProblems } from "../shared/door.ts"
import { InvoiceLinesInput, manualLinesFrom } from "./inputs.ts"
import { InvoiceSchema, invoiceToApi } from "./schemas.ts"

const addRoute = createRoute({
  method: "post",
  path: "/admin/v1/invoices/{id}/lines",
  operationId: "addInvoiceLines",
  tags: ["Invoices"],
  summary: "Add lines to a draft",
  description:
    "Lines written by hand: one, or several as `lines`. They stay while usage changes the others, and are taxed as those are.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(InvoiceLinesInput) },
  responses: { 201: json(InvoiceSchema, "The draft with its lines."), ...writeProblems(404) },
})

const removeRoute = createRoute({
  method: "delete",
  path: "/admin/v1/invoices/{id}/lines/{line_id}",
  operationId: "removeInvoiceLine",
  tags: ["Invoices"],
  summary: "Take a line off a draft",
  description: "Only a line that was written by hand: what a price charges is not for anybody to take off.",
  ...writes("invoices:write"),
  request: {
    params: IdParam.extend({
      line_id: z.string().openapi({
        param: { name: "line_id", in: "path" },
        example: "01944b1f-0000-7000-8000-000000000006",
      }),
    }),
  },
  responses: { 204: { description: "It is gone." }, ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(addRoute, async (c) => {
    const lines = manualLinesFrom(c.req.valid("json"))
    const { id } = c.req.valid("param")
    const draft = unwrap(await addInvoiceLines(c.get("scope"), id, lines, reply(201, invoiceToApi)))
    return c.json(invoiceToApi(draft), 201)
  })

  api.openapi(removeRoute, async (c) => {
    const { id, line_id: lineId } = c.req.valid("param")
    unwrap(await removeInvoiceLine(c.get("scope"), id, lineId, replyNothing))
    return c.body(null, 204)
  })
}
