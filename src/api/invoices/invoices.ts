// POST and GET /admin/v1/invoices, GET /v1/invoices/{id}, PATCH /admin/v1/invoices/{id}

import { createRoute, z } from "@hono/zod-openapi"
import { createInvoice } from "../../actions/create-invoice.ts"
import { findInvoice } from "../../actions/find.ts"
import { updateInvoice } from "../../actions/update-invoice.ts"
import { INVOICE_STATUSES, INVOICE_TYPES } from "../../domain/invoice.ts"
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
import { InvoiceInput, InvoiceUpdate, manualLineFrom } from "./inputs.ts"
import { InvoiceSchema, InvoiceSummarySchema, invoiceSummaryToApi, invoiceToApi } from "./schemas.ts"

const createInvoiceRoute = createRoute({
  method: "post",
  path: "/admin/v1/invoices",
  operationId: "createInvoice",
  tags: ["Invoices"],
  summary: "Create a one-off invoice",
  description:
    "A draft with lines of your own, beside any subscription. It stays a draft until you finalize it. A ProForma is never finalized: it is an offer, which can be converted into a draft.",
  ...writes("invoices:write"),
  request: body(InvoiceInput),
  responses: { 201: json(InvoiceSchema, "The draft."), ...writeProblems(404) },
})

const listRoute = createRoute({
  method: "get",
  path: "/admin/v1/invoices",
  operationId: "listInvoices",
  tags: ["Invoices"],
  summary: "List invoices",
  description:
    "Newest first, without their lines. `customer_id` is who receives them; `subscription_id` also finds the invoices of several customers that have lines of it.",
  ...reads("invoices:read"),
  request: {
    query: PageQuery.extend({
      customer_id: z.string().optional().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
      subscription_id: z.string().optional().openapi({ example: "01944b1f-0000-7000-8000-000000000003" }),
      status: z.enum(INVOICE_STATUSES).optional().openapi({ example: "Draft" }),
      invoice_type: z.enum(INVOICE_TYPES).optional().openapi({ example: "Standard" }),
      from: Timestamp.optional().openapi({
        type: "string",
        format: "date-time",
        description: "Created at or after.",
      }),
      to: Timestamp.optional().openapi({
        type: "string",
        format: "date-time",
        description: "Created before.",
      }),
    }),
  },
  responses: { 200: json(z.array(InvoiceSummarySchema), "A page of invoices."), ...problems(422) },
})

const getRoute = createRoute({
  method: "get",
  path: "/v1/invoices/{id}",
  operationId: "getInvoice",
  tags: ["Invoices"],
  summary: "Get an invoice",
  description: "The invoice with its lines. Drafts are hidden from a customer's token, offers are not.",
  ...reads("invoices:read"),
  request: { params: IdParam },
  responses: { 200: json(InvoiceSchema, "The invoice."), ...problems(404) },
})

const patchRoute = createRoute({
  method: "patch",
  path: "/admin/v1/invoices/{id}",
  operationId: "updateInvoice",
  tags: ["Invoices"],
  summary: "Change a draft",
  description:
    "Changes what is given and leaves the rest; null takes an optional value away. `metadata` is replaced as a whole.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(InvoiceUpdate) },
  responses: { 200: json(InvoiceSchema, "The draft as it is now."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(createInvoiceRoute, async (c) => {
    const input = c.req.valid("json")
    const wanted = {
      customerId: input.customer_id,
      currency: input.currency ?? null,
      type: input.invoice_type ?? "Standard",
      lines: input.lines.map((line, at) => manualLineFrom(line, `lines.${at}`)),
      memo: input.memo ?? null,
      paymentMethodId: input.payment_method_id ?? null,
      statementDescriptor: input.statement_descriptor ?? null,
      externalId: input.external_id ?? null,
      metadata: input.metadata ?? {},
    }
    const draft = unwrap(await createInvoice(c.get("scope"), wanted, reply(201, invoiceToApi)))
    return c.json(invoiceToApi(draft), 201)
  })

  api.openapi(listRoute, async (c) => {
    const {
      customer_id: customerId,
      subscription_id: subscriptionId,
      status,
      invoice_type: type,
      from,
      to,
      ...page
    } = c.req.valid("query")
    const filter = { customerId, subscriptionId, status, type, from, to }
    const found = await c.get("scope").read.invoices.list(pageFrom(page), filter)
    linkNext(c, found.next)
    return c.json(found.rows.map(invoiceSummaryToApi), 200)
  })

  api.openapi(getRoute, async (c) => {
    const found = unwrap(await findInvoice(c.get("scope"), c.req.valid("param").id))
    return c.json(invoiceToApi(found), 200)
  })

  api.openapi(patchRoute, async (c) => {
    const { memo, metadata, external_id: externalId, ...paid } = c.req.valid("json")
    const { payment_method_id: paymentMethodId, statement_descriptor: statementDescriptor } = paid
    const changes = { memo, metadata, externalId, paymentMethodId, statementDescriptor }
    const { id } = c.req.valid("param")
    const draft = unwrap(await updateInvoice(c.get("scope"), id, changes, reply(200, invoiceToApi)))
    return c.json(invoiceToApi(draft), 200)
  })
}
