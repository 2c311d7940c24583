// Payment methods on the wire.

import { z } from "@hono/zod-openapi"
import type { NewPaymentMethod } from "../../actions/attach-payment-method.ts"
import type { PaymentMethodRow } from "../../db/rows.ts"
import { limits } from "../../limits.ts"
import { timestamp, TimestampText } from "../shared/fields.ts"

export const PaymentMethodInput = z
  .strictObject({
    payment_method: z
      .string()
      .regex(/^[A-Za-z0-9_-]+$/, { error: "expected letters, digits, _ and -" })
      .max(limits.methodRefLength)
      .openapi({
        description:
          "Its name at the processor: what Stripe's page gave, or a test name of the sandbox, such as `pm_card_visa`.",
        example: "pm_card_visa",
      }),
    is_default: z.boolean().optional().openapi({
      description: "Whether it is charged from now on. A customer's first method always is.",
      example: true,
    }),
  })
  .openapi("PaymentMethodInput")

export const PaymentMethodSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000d" }),
    customer_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    processor: z.enum(["sandbox", "stripe"]).openapi({ example: "sandbox" }),
    kind: z.enum(["Card", "BankAccount", "Other"]).openapi({ example: "Card" }),
    brand: z.string().nullable().openapi({ example: "visa" }),
    last4: z.string().nullable().openapi({ example: "4242" }),
    expires_on: z
      .string()
      .nullable()
      .openapi({ description: "The last day on which a card is valid.", example: "2200-12-31" }),
    is_default: z.boolean().openapi({ example: true }),
    created_at: TimestampText,
  })
  .openapi("PaymentMethod")

export function methodFrom(input: z.infer<typeof PaymentMethodInput>): NewPaymentMethod {
  return { methodRef: input.payment_method, isDefault: input.is_default ?? false }
}

export function methodToApi(row: PaymentMethodRow): z.infer<typeof PaymentMethodSchema> {
  return {
    id: row.id,
    customer_id: row.customerId,
    processor: row.processor,
    kind: row.kind,
    brand: row.brand,
    last4: row.last4,
    expires_on: row.expiresOn,
    is_default: row.isDefault,
    created_at: timestamp(row.createdAt),
  }
}
