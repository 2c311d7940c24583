// How tiers look on the wire. A bound is a JSON number where that is exact, else text.

import { z } from "@hono/zod-openapi"
import { isNegative, isZero } from "../../domain/decimal.ts"
import type { TierFields } from "../../domain/price-fields.ts"
import { AmountNanos, exactText, PriceNanos } from "../shared/fields.ts"

const UP_TO = "Inclusive and cumulative; null is everything above."
const ENDLESS = /^inf(inity)?$/i

/** Left out, null or "inf": open. A JSON number above 2^53 has lost its last digits before we see it, and is sent as text. */
const UpToInput = z
  .union([z.number().nullable(), z.string()])
  .transform((input, context) => {
    if (input === null || (typeof input === "string" && ENDLESS.test(input))) return null
    const text = exactText(input, (bound) => !isNegative(bound) && !isZero(bound))
    if (text !== null) return text
    context.addIssue({
      code: "custom",
      message: "expected a decimal above zero, above 2^53 as text, or null for everything above",
    })
    return z.NEVER
  })
  .optional()
  .openapi({ description: `${UP_TO} The last tier may leave it out.`, example: 1_000_000 })

export const TierInput = z
  .strictObject({
    up_to: UpToInput,
    unit_amount_nanos: PriceNanos.optional().openapi({
      description: "Per unit; may be left out beside a flat amount.",
      example: "1000000",
    }),
    flat_amount_nanos: PriceNanos.optional().openapi({
      description: "Added once when the tier is reached; none by default.",
      example: "0",
    }),
  })
  .openapi("TierInput")

export const TierSchema = z
  .object({
    up_to: z.union([z.number().nullable(), z.string()]).openapi({ description: UP_TO, example: 1_000_000 }),
    unit_amount_nanos: AmountNanos.openapi({ example: "1000000" }),
    flat_amount_nanos: AmountNanos.openapi({ example: "0" }),
  })
  .openapi("Tier")

export function tierToApi({ up_to: upTo = null, ...amounts }: TierFields): z.infer<typeof TierSchema> {
  const { unit_amount_nanos = "0", flat_amount_nanos = "0" } = amounts
  return { up_to: upTo === null ? null : numberOrText(upTo), unit_amount_nanos, flat_amount_nanos }
}

/** A decimal as it was stored: back as a JSON number where that says it exactly. */
export function numberOrText(text: string): number | string {
  const number = Number(text)
  return Number.isSafeInteger(number) && String(number) === text ? number : text
}
