// How the price of each model looks on the wire. A rate is a JSON number where that is exact, else text.

import { z } from "@hono/zod-openapi"
import { compare, decimalOf, isNegative } from "../../domain/decimal.ts"
import type { PriceFields } from "../../domain/price-fields.ts"
import { limits } from "../../limits.ts"
import { AmountNanos, exactText, PositiveQuantity, PriceNanos } from "../shared/fields.ts"
import { numberOrText, TierInput, TierSchema, tierToApi } from "./tier-schemas.ts"

const RATE =
  "Percentage: basis points of the summed amount, which is in the currency's main unit: 290 of 100 are 2.90. At most 4 digits after the point."
const FIXED = "Percentage: added for each event; none by default."
const LEAST = "Percentage: the least that one event costs, the fixed amount included."
const MOST = "Percentage: the most that one event costs; not below the least."
const DEFAULT = "Matrix: per unit of every combination that is not listed."

const MOST_BPS = decimalOf(String(limits.rateBps))

const RateInput = z.union([z.string(), z.number()]).transform((input, context) => {
  const text = exactText(input, (rate) => {
    return !isNegative(rate) && compare(rate, MOST_BPS) <= 0 && rate.scale <= limits.rateDigits
  })
  if (text !== null) return text
  const message = `expected basis points from 0 to ${limits.rateBps} with at most ${limits.rateDigits} digits after the point`
  context.addIssue({ code: "custom", message })
  return z.NEVER
})

const RateOutput = z.union([z.number(), z.string()])

const VALUES =
  "A value of each property that the meter groups by; null is for events without it. Numbers and booleans are compared by their JSON text."

const ValueInput = z
  .union([z.string().max(limits.filterValueLength), z.number(), z.boolean(), z.null()])
  .transform((value) => (value === null ? null : `${value}`))

/** The values of one combination, by property. */
export const ValuesInput = z
  .record(z.string().min(1).max(limits.propertyNameLength), ValueInput)
  .openapi({ description: VALUES, example: { region: "eu" } })

const CellInput = z
  .strictObject({ values: ValuesInput, unit_amount_nanos: PriceNanos })
  .openapi("MatrixCellInput", { example: { values: { region: "eu" }, unit_amount_nanos: "1500000" } })

const CellSchema = z
  .object({
    values: z.record(z.string(), z.string().nullable()).openapi({ description: VALUES }),
    unit_amount_nanos: AmountNanos,
  })
  .openapi("MatrixCell", { example: { values: { region: "eu" }, unit_amount_nanos: "1500000" } })

/** What each model prices by. */
export const ModelInput = {
  unit_amount_nanos: PriceNanos.optional().openapi({
    description:
      "Flat: per period. PerUnit: per unit. Package: per package. Committed: what committed_amount_nanos is divided by.",
    example: "1000000",
  }),
  tiers: z.array(TierInput).max(limits.tiers).optional().openapi({
    description: "Graduated, Volume: in order, the last one open.",
  }),
  package_size: PositiveQuantity.optional().openapi({
    description: "Package: units of one package.",
    example: "1000",
  }),
  committed_amount_nanos: PriceNanos.optional().openapi({
    description: "Committed: paid in any case.",
    example: "100000000000000",
  }),
  committed_quantity: PositiveQuantity.optional().openapi({
    description: "Committed: what the commitment covers. Or give unit_amount_nanos.",
    example: "1000000",
  }),
  overage_unit_amount_nanos: PriceNanos.optional().openapi({
    description: "Committed: per unit beyond the commitment.",
    example: "150000000",
  }),
  rate_bps: RateInput.optional().openapi({ description: RATE, example: 290 }),
  fixed_amount_nanos: PriceNanos.nullable()
    .optional()
    .openapi({ description: FIXED, example: "300000000000" }),
  minimum_per_event_nanos: PriceNanos.nullable()
    .optional()
    .openapi({ description: LEAST, example: "500000000000" }),
  maximum_per_event_nanos: PriceNanos.nullable()
    .optional()
    .openapi({ description: MOST, example: "25000000000000" }),
  matrix: z.array(CellInput).max(limits.matrixCells).optional().openapi({
    description: "Matrix: the price of each combination of what the meter groups by.",
  }),
  default_unit_amount_nanos: PriceNanos.optional().openapi({ description: DEFAULT, example: "2000000" }),
}

const Price = AmountNanos.optional()

export const ModelOutput = {
  unit_amount_nanos: Price.openapi({ example: "1000000" }),
  tiers: z.array(TierSchema).optional(),
  package_size: z.string().optional().openapi({ example: "1000" }),
  committed_amount_nanos: Price.openapi({ example: "100000000000000" }),
  committed_quantity: z.string().optional().openapi({ example: "1000000" }),
  overage_unit_amount_nanos: Price.openapi({ example: "150000000" }),
  rate_bps: RateOutput.optional().openapi({ description: RATE, example: 290 }),
  fixed_amount_nanos: Price.openapi({ description: FIXED, example: "300000000000" }),
  minimum_per_event_nanos: Price.openapi({ description: LEAST, example: "500000000000" }),
  maximum_per_event_nanos: Price.openapi({ description: MOST, example: "25000000000000" }),
  matrix: z.array(CellSchema).optional(),
  default_unit_amount_nanos: Price.openapi({ description: DEFAULT, example: "2000000" }),
}

/** The fields of a price that look different on the wire. */
export function priceToApi({ tiers, rate_bps: rate, matrix }: PriceFields) {
  return {
    ...(tiers === undefined ? {} : { tiers: tiers.map(tierToApi) }),
    ...(rate === undefined ? {} : { rate_bps: numberOrText(rate) }),
    ...(matrix === undefined ? {} : { matrix: matrix.map((cell) => ({ ...cell })) }),
  }
}
