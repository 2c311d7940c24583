// POST /admin/v1/customers/{id}/payment-methods/setup

import { createRoute, z } from "@hono/zod-openapi"
import { createSetup } from "../../actions/create-setup.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import { body, IdParam, json, replySecret, unwrap, writeProblems } from "../shared/door.ts"

const SetupInput = z
  .strictObject({
    return_url: z.string().max(limits.returnUrlLength).nullable().optional().openapi({
      description: "Where the customer is led in the end. Without it the page says thank you.",
      example: "https://example.com/account",
    }),
  })
  .openapi("PaymentMethodSetupInput")

const SetupSchema = z
  .object({
    url: z.string().openapi({
      description: "Whoever has it may give a payment method for this customer, once, for a day.",
      example: "https://billing.example.com/pay/method?link=WyIwMTk0NGIx.3f0c",
    }),
  })
  .openapi("PaymentMethodSetup")

const setupRoute = createRoute({
  method: "post",
  path: "/admin/v1/customers/{id}/payment-methods/setup",
  operationId: "setUpPaymentMethod",
  tags: ["Payment methods"],
  summary: "Get a page for a payment method",
  description:
    "A page on which the customer gives a payment method by itself: Stripe's Checkout, or the sandbox's with its test cards. What is given there becomes the default, and is tried at once on invoices whose payment had failed.",
  ...writes("customers:write"),
  request: { params: IdParam, ...body(SetupInput, false) },
  responses: { 201: json(SetupSchema, "The page."), ...writeProblems(404, 503) },
})

export function register(api: Api): void {
  api.openapi(setupRoute, async (c) => {
    const { id } = c.req.valid("param")
    const returnUrl = c.req.valid("json")?.return_url ?? null
    const convert = ({ url }: { readonly url: string }) => ({ url })
    const setup = await createSetup(c.get("scope"), id, returnUrl, replySecret(201, convert))
    return c.json(convert(unwrap(setup)), 201)
  })
}
