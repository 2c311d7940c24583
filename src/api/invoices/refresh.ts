// POST /admin/v1/invoices/{id}/refresh

import { createRoute } from "@hono/zod-openapi"
import { refreshInvoice } from "../../actions/refresh-invoice.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import { body, IdParam, json, reply, unwrap, writeProblems } from "../shared/door.ts"
import { Empty } from "../shared/fields.ts"
import { InvoiceSchema, invoiceToApi } from "./schemas.ts"

const route = createRoute({
  method: "post",
  path: "/admin/v1/invoices/{id}/refresh",
  operationId: "refreshInvoice",
  tags: ["Invoices"],
  summary: "Bring a draft up to date",
  description:
    "Reads the meters anew: usage that came since, and what follows of it in minimums, coupons, commitments and taxes. Lines keep their ids, and lines of your own stay. Finalization does the same a last time.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 200: json(InvoiceSchema, "The draft as it is now."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const id = c.req.valid("param").id
    const draft = unwrap(await refreshInvoice(c.get("scope"), id, reply(200, invoiceToApi)))
    return c.json(invoiceToApi(draft), 200)
  })
}
