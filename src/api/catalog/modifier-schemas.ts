// How the modifiers of a price look on the wire: on any pricing model but Flat. null says "none".

import { z } from "@hono/zod-openapi"
import { ROUNDINGS } from "../../domain/pricing/pipeline.ts"
import { AmountNanos, DecimalText, PositiveQuantity, PriceNanos, Quantity } from "../shared/fields.ts"

const RoundSchema = z.enum(ROUNDINGS)

const TRANSFORM = "Turns the period's total into units of sale, before anything else."
const INCLUDED = "Free units of a period, taken off before pricing; counted after quantity_transform."
const MINIMUM = "The least that a period costs, without any usage too."
const MAXIMUM = "The most that a period costs; not below the minimum."

export const ModifierInput = {
  quantity_transform: z
    .strictObject({
      divide_by: PositiveQuantity.openapi({ example: "3600" }),
      round: RoundSchema.optional().openapi({
        description: "To a whole number, or not at all, which is the default.",
        example: "Up",
      }),
    })
    .nullable()
    .optional()
    .openapi({ description: TRANSFORM }),
  included_quantity: Quantity.nullable().optional().openapi({ description: INCLUDED, example: "100" }),
  minimum_amount_nanos: PriceNanos.nullable()
    .optional()
    .openapi({ description: MINIMUM, example: "5000000000000" }),
  maximum_amount_nanos: PriceNanos.nullable()
    .optional()
    .openapi({ description: MAXIMUM, example: "500000000000000" }),
}

export const ModifierOutput = {
  quantity_transform: z
    .object({
      divide_by: DecimalText.openapi({ example: "3600" }),
      round: RoundSchema.openapi({ example: "Up" }),
    })
    .optional()
    .openapi({ description: TRANSFORM }),
  included_quantity: DecimalText.optional().openapi({ description: INCLUDED, example: "100" }),
  minimum_amount_nanos: AmountNanos.optional().openapi({ description: MINIMUM, example: "5000000000000" }),
  maximum_amount_nanos: AmountNanos.optional().openapi({ description: MAXIMUM, example: "500000000000000" }),
}
