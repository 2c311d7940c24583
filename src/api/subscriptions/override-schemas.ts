// A subscription's own prices on the wire: a price in the place of the SKU's, of the same pricing model, and a discount.

import { z } from "@hono/zod-openapi"
import type { SubscriptionRow } from "../../db/rows.ts"
import { overrideFieldsOf } from "../../domain/override-fields.ts"
import { limits } from "../../limits.ts"
import { ModelInput, ModelOutput, priceToApi } from "../catalog/price-schemas.ts"
import { Id } from "../shared/fields.ts"

const DISCOUNT = "Basis points off what the price comes to, before it is rounded: 1000 is 10 %."
const EXAMPLE = {
  sku_id: "01944b1f-0000-7000-8000-000000000005",
  unit_amount_nanos: "900000",
  discount_bps: 1000,
}

const OverrideInput = z
  .strictObject({
    sku_id: Id("SKU").openapi({ example: EXAMPLE.sku_id }),
    ...ModelInput,
    discount_bps: z
      .number()
      .int()
      .min(0)
      .max(10_000)
      .optional()
      .openapi({ description: DISCOUNT, example: 1000 }),
  })
  .openapi("OverrideInput", { example: EXAMPLE })

export const OverridesInput = z
  .array(OverrideInput)
  .max(limits.skusPerPlan)
  .openapi({
    description:
      "Prices of its own. Of a SKU's price, what is given replaces what the plan says; it takes the fields of the SKU's pricing model and no others. A customer's token may not set prices.",
    example: [EXAMPLE],
  })

const OverrideSchema = z
  .object({
    sku_id: z.string().openapi({ example: EXAMPLE.sku_id }),
    ...ModelOutput,
    discount_bps: z.int().optional().openapi({ description: DISCOUNT, example: 1000 }),
  })
  .openapi("Override", { example: EXAMPLE })

export const OverridesSchema = z.array(OverrideSchema).openapi({
  description: "Its own prices, each in full, in the place of the plan's.",
  example: [EXAMPLE],
})

/** Those of the running period as it stands; what is scheduled begins at its end or later. */
export function overridesToApi({ segments, periodEnd }: SubscriptionRow): z.infer<typeof OverridesSchema> {
  const running = segments?.findLast((segment) => segment.from < periodEnd)
  return overrideFieldsOf(running?.overrides).map(({ tiers, rate_bps, matrix, ...rest }) => ({
    ...rest,
    ...priceToApi({ tiers, rate_bps, matrix }),
  }))
}
