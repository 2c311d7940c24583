// How tiers look on the wire. A bound is a JSON number where that is exact, else text.

import { z } from "@hono/zod-openapi"
import { formatDecimal, isNegative, isZero, parseDecimal } from "../../domain/decimal.ts"
import { AmountNanos, PriceNanos } from "../shared/fields.ts"

/** A JSON number above 2^53 has lost its last digits before we see it, and a fraction may have: both are sent as text. */
const UpToInput = z
  .union([z.number().nullable(), z.string()])
  .transform((input, context) => {
    if (input === null) return null
    const parsed = typeof input === "string" || Number.isSafeInteger(input) ? parseDecimal(input) : null
    if (parsed?.ok === true && !isNegative(parsed.value) && !isZero(parsed.value))
      return formatDecimal(parsed.value)
    context.addIssue({
      code: "custom",
      message: "expected a whole number above zero, or a decimal above zero as text",
    })
    return z.NEVER
  })
  .openapi({ description: "Inclusive and cumulative; null is everything above.", example: 1_000_000 })

export const TierInput = z
  .strictObject({
    up_to: UpToInput,
    unit_amount_nanos: PriceNanos,
    flat_amount_nanos: PriceNanos.optional().openapi({
      description: "Added once when the tier is reached; none by default.",
      example: "0",
    }),
  })
  .openapi("TierInput")

export const TierSchema = z
  .object({
    up_to: z
      .union([z.number().nullable(), z.string()])
      .openapi({ description: "Inclusive and cumulative; null is everything above.", example: 1_000_000 }),
    unit_amount_nanos: AmountNanos.openapi({ example: "1000000" }),
    flat_amount_nanos: AmountNanos.openapi({ example: "0" }),
  })
  .openapi("Tier")

/** A bound as it was stored: back as a JSON number where that says it exactly. */
export function upToOf(text: string | null): number | string | null {
  if (text === null) return null
  const number = Number(text)
  return Number.isSafeInteger(number) && String(number) === text ? number : text
}
