// POST /admin/v1/subscriptions/{id}/bill

import { createRoute } from "@hono/zod-openapi"
import { billNow } from "../../actions/bill-now.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import { body, IdParam, json, reply, unwrap, writeProblems } from "../shared/door.ts"
import { Empty } from "../shared/fields.ts"
import { InvoiceSchema, invoiceToApi } from "./schemas.ts"

const route = createRoute({
  method: "post",
  path: "/admin/v1/subscriptions/{id}/bill",
  operationId: "billSubscription",
  tags: ["Invoices"],
  summary: "Bill a subscription now",
  description:
    "Drafts an invoice of what is owed up to now and not billed yet: ended periods first, then the running one. What is billed here is not billed again by the close of the period.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 201: json(InvoiceSchema, "The draft, also when nothing is owed."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const draft = unwrap(await billNow(c.get("scope"), c.req.valid("param").id, reply(201, invoiceToApi)))
    return c.json(invoiceToApi(draft), 201)
  })
}
