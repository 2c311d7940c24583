// POST /admin/v1/invoices/{id}/calculate-tax

import { createRoute, z } from "@hono/zod-openapi"
import { calculateTax } from "../../actions/calculate-tax.ts"
import type { Draft } from "../../actions/draft-invoice.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import { body, IdParam, json, reply, unwrap, writeProblems } from "../shared/door.ts"
import { AmountNanos, Empty } from "../shared/fields.ts"
import { InvoiceLineSchema, InvoiceSchema, invoiceToApi } from "./schemas.ts"

const TaxCalculationSchema = z
  .object({
    tax_applied: z
      .boolean()
      .openapi({ description: "Whether the draft has a line of tax now.", example: true }),
    tax_line_item: z.object(InvoiceLineSchema.shape).nullable().openapi({
      description: "The line of tax; the first one where several rates apply.",
    }),
    tax_line_items: z.array(InvoiceLineSchema).openapi({ description: "A line for each rate." }),
    tax_nanos: AmountNanos.openapi({ description: "All tax, also what the prices contain." }),
    total_nanos: AmountNanos.openapi({ description: "What is to be paid." }),
    tax: InvoiceSchema.shape.tax,
  })
  .openapi("TaxCalculation")

const route = createRoute({
  method: "post",
  path: "/admin/v1/invoices/{id}/calculate-tax",
  operationId: "calculateTax",
  tags: ["Taxes"],
  summary: "Compute the taxes of a draft",
  description:
    "Puts the taxes onto the draft as your settings and the customer's address have them now, in the place of those that it had. They are computed anew until the draft is finalized, and frozen then.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 200: json(TaxCalculationSchema, "The taxes that are on the draft."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const id = c.req.valid("param").id
    const draft = unwrap(await calculateTax(c.get("scope"), id, reply(200, calculationToApi)))
    return c.json(calculationToApi(draft), 200)
  })
}

function calculationToApi(draft: Draft): z.infer<typeof TaxCalculationSchema> {
  const { line_items, tax_nanos, total_nanos, tax } = invoiceToApi(draft)
  const lines = line_items.filter((line) => line.is_tax)
  return {
    tax_applied: lines.length > 0,
    tax_line_item: lines[0] ?? null,
    tax_line_items: lines,
    tax_nanos,
    total_nanos,
    tax,
  }
}
