// POST and GET /admin/v1/invoices/{id}/credit-notes

import { createRoute, z } from "@hono/zod-openapi"
import { createCreditNote } from "../../actions/create-credit-note.ts"
import { findInvoice } from "../../actions/find.ts"
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
import { creditLineFrom, CreditNoteInput } from "./inputs.ts"
import { InvoiceSchema, InvoiceSummarySchema, invoiceSummaryToApi, invoiceToApi } from "./schemas.ts"

const createCreditNoteRoute = createRoute({
  method: "post",
  path: "/admin/v1/invoices/{id}/credit-notes",
  operationId: "createCreditNote",
  tags: ["Invoices"],
  summary: "Credit an invoice",
  description:
    "Gives back a finalized invoice: all that is left of it, an amount, or lines of it, with their taxes in proportion. The note is a document of its own, final at once, whose amounts are positive. " +
    "What was charged stays billed: to charge it anew, void the invoice instead. An invoice that is credited in full is settled.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(CreditNoteInput) },
  responses: { 201: json(InvoiceSchema, "The credit note."), ...writeProblems(404) },
})

const listRoute = createRoute({
  method: "get",
  path: "/admin/v1/invoices/{id}/credit-notes",
  operationId: "listCreditNotes",
  tags: ["Invoices"],
  summary: "List the credit notes of an invoice",
  description: "Newest first, without their lines.",
  ...reads("invoices:read"),
  request: { params: IdParam, query: PageQuery },
  responses: { 200: json(z.array(InvoiceSummarySchema), "A page of credit notes."), ...problems(404, 422) },
})

export function register(api: Api): void {
  api.openapi(createCreditNoteRoute, async (c) => {
    const { reason, lines, amount_nanos: amountNanos } = c.req.valid("json")
    const input = { reason, lines: lines?.map(creditLineFrom) ?? null, amountNanos: amountNanos ?? null }
    const { id } = c.req.valid("param")
    const note = unwrap(await createCreditNote(c.get("scope"), id, input, reply(201, invoiceToApi)))
    return c.json(invoiceToApi(note), 201)
  })

  api.openapi(listRoute, async (c) => {
    const scope = c.get("scope")
    const { invoice } = unwrap(await findInvoice(scope, c.req.valid("param").id))
    const filter = { appliesToInvoiceId: invoice.id }
    const found = await scope.read.invoices.list(pageFrom(c.req.valid("query")), filter)
    linkNext(c, found.next)
    return c.json(found.rows.map(invoiceSummaryToApi), 200)
  })
}
