// POST /admin/v1/invoices/{id}/apply-credit

import { createRoute } from "@hono/zod-openapi"
import { applyCredit } from "../../actions/apply-credit.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import { body, IdParam, json, reply, unwrap, writeProblems } from "../shared/door.ts"
import { Empty } from "../shared/fields.ts"
import { InvoiceSchema, invoiceToApi } from "./schemas.ts"

const route = createRoute({
  method: "post",
  path: "/admin/v1/invoices/{id}/apply-credit",
  operationId: "applyCredit",
  tags: ["Invoices"],
  summary: "Pay an open invoice with credit",
  description:
    "Draws what the customer's wallets hold by now, in the order and by the scopes of a finalization, up to what is due and no payment is under way for. What is paid in full by it is dunned no longer; the rest is collected as ever.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: {
    200: json(InvoiceSchema, "The invoice: Paid, or Open with what is left."),
    ...writeProblems(404),
  },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const id = c.req.valid("param").id
    const invoice = unwrap(await applyCredit(c.get("scope"), id, reply(200, invoiceToApi)))
    return c.json(invoiceToApi(invoice), 200)
  })
}
