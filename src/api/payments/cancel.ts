// POST /admin/v1/payments/{id}/cancel

import { createRoute } from "@hono/zod-openapi"
import { cancelPayment } from "../../actions/cancel-payment.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import { body, IdParam, json, reply, unwrap, writeProblems } from "../shared/door.ts"
import { Empty } from "../shared/fields.ts"
import { PaymentSchema, paymentToApi } from "./schemas.ts"

const route = createRoute({
  method: "post",
  path: "/admin/v1/payments/{id}/cancel",
  operationId: "cancelPayment",
  tags: ["Payments"],
  summary: "Cancel a payment",
  description:
    "Calls off a payment that has no end yet, above all one that waits for the customer's approval: it is Failed with `canceled`, its link is worth nothing, and its invoice can be paid otherwise, credited or voided. Refused with `invalid_state` where the processor does not call it off any more, or has not answered yet.",
  ...writes("invoices:write"),
  request: { params: IdParam, ...body(Empty, false) },
  responses: { 200: json(PaymentSchema, "The payment."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const { id } = c.req.valid("param")
    const payment = unwrap(await cancelPayment(c.get("scope"), id, reply(200, paymentToApi)))
    return c.json(paymentToApi(payment), 200)
  })
}
