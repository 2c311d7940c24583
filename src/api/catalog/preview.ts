// POST /admin/v1/catalog/skus/preview

import { createRoute, z } from "@hono/zod-openapi"
import type { Preview, PreviewInput } from "../../actions/preview-price.ts"
import { previewPrice } from "../../actions/preview-price.ts"
import { assert } from "../../domain/assert.ts"
import { PRICING_MODELS } from "../../domain/catalog.ts"
import { formatDecimal } from "../../domain/decimal.ts"
import type { Nanos } from "../../domain/money.ts"
import { formatNanos, minorToNanos, nanos, ratioToNanos, roundToMinor } from "../../domain/money.ts"
import type { PricePart } from "../../domain/pricing/index.ts"
import { addRatio, ZERO_RATIO } from "../../domain/ratio.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import { body, json, unwrap, writeProblems } from "../shared/door.ts"
import { AmountNanos, CurrencyText, DecimalText, Id, Quantity } from "../shared/fields.ts"
import { faultsInto } from "./faults.ts"
import { ValuesInput } from "./price-schemas.ts"
import { ReckonedSku, skuTermsOf } from "./sku-schemas.ts"

const PreviewBody = z
  .strictObject({
    sku: ReckonedSku.optional(),
    sku_id: Id("SKU").optional().openapi({ example: "01944b1f-0000-7000-8000-000000000005" }),
    discount_bps: z.int().min(0).max(10_000).optional().openapi({
      description: "As of a subscription that gets so many basis points off; none by default.",
      example: 0,
    }),
    quantity: Quantity.optional().openapi({ description: "What to price.", example: "12000000" }),
    event_count: z.int().min(0).max(limits.previewEventCount).optional().openapi({
      description:
        "Percentage, beside the quantity: in how many events it was moved; one by default, none where nothing was. With a minimum or maximum per event, give the events instead.",
      example: 1,
    }),
    groups: z
      .array(z.strictObject({ values: ValuesInput, quantity: Quantity }).openapi("PreviewGroup"))
      .max(limits.meterGroups)
      .optional()
      .openapi({
        description: "Matrix, instead of a quantity: what each combination was used.",
        example: [{ values: { region: "eu" }, quantity: "1000" }],
      }),
    events: z
      .array(z.record(z.string(), z.unknown()))
      .max(limits.batchEvents)
      .optional()
      .openapi({
        description:
          "Instead of a quantity: the properties of events, in the order of their time, which the SKU's meter counts. Not for a WeightedSum or a window, which depend on when events happen.",
        example: [{ tokens: 1500 }, { tokens: 500 }],
      }),
  })
  .superRefine(
    faultsInto(({ sku, sku_id: id }) => {
      if ((sku === undefined) !== (id === undefined)) return []
      return [{ path: "sku", message: "Give either sku or sku_id." }]
    }),
  )
  .openapi("PricePreviewInput", {
    example: {
      sku: {
        pricing_model: "Graduated",
        currency: "USD",
        meter_event_type: "api.request",
        tiers: [
          { up_to: 1_000_000, unit_amount_nanos: "1000000" },
          { up_to: 10_000_000, unit_amount_nanos: "750000" },
          { up_to: null, unit_amount_nanos: "500000" },
        ],
      },
      quantity: "12000000",
    },
  })

const PartSchema = z
  .object({
    tier: z
      .int()
      .nullable()
      .openapi({ description: "Which of the tiers or combinations, from 0; else null.", example: 0 }),
    label: z.string().openapi({ example: "First 1000000" }),
    quantity: DecimalText.openapi({ example: "1000000" }),
    unit_amount_nanos: AmountNanos.openapi({ example: "1000000" }),
    flat_amount_nanos: AmountNanos.openapi({ example: "0" }),
    amount_nanos: AmountNanos.openapi({
      description: "quantity × unit + flat, to the nano at which the parts sum to the price.",
      example: "1000000000000",
    }),
  })
  .openapi("PricePart")

const PreviewSchema = z
  .object({
    pricing_model: z.enum(PRICING_MODELS).openapi({ example: "Graduated" }),
    currency: CurrencyText,
    quantity: DecimalText.openapi({ example: "12000000" }),
    event_count: z.int().optional().openapi({ description: "Only of a Percentage.", example: 1 }),
    transformed_quantity: DecimalText.openapi({
      description: "After quantity_transform: in units of sale.",
      example: "12000000",
    }),
    included_quantity: DecimalText.openapi({ description: "How much of that is free.", example: "0" }),
    billable_quantity: DecimalText.openapi({
      description: "The rest, which the pricing model prices.",
      example: "12000000",
    }),
    amount_nanos: AmountNanos.openapi({
      description: "Before it is rounded to the minor unit of the currency.",
      example: "8750000000000",
    }),
    rounded_nanos: AmountNanos.openapi({
      description: "What an invoice line takes: whole minor units, rounded once, half away from zero.",
      example: "8750000000000",
    }),
    tiers: z.array(PartSchema).openapi({
      description:
        "What the amount is made of, tier by tier or combination by combination; last parts bring it up to a minimum, or down to a maximum with an amount below zero, and take off a discount.",
    }),
  })
  .openapi("PricePreview")

const route = createRoute({
  method: "post",
  path: "/admin/v1/catalog/skus/preview",
  operationId: "previewPrice",
  tags: ["Catalog"],
  summary: "Preview a price",
  description:
    "What a SKU, made up here or stored, comes to for a quantity or for some events. Changes nothing.",
  ...writes("catalog:read"),
  request: body(PreviewBody),
  responses: { 200: json(PreviewSchema, "The price, tier by tier."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const input = previewFrom(c.req.valid("json"))
    return c.json(previewToApi(unwrap(await previewPrice(c.get("scope"), input))), 200)
  })
}

function previewFrom(input: z.output<typeof PreviewBody>): PreviewInput {
  const { sku, sku_id: id, discount_bps: discountBps = 0, quantity, event_count, groups, events } = input
  const usage = { discountBps, quantity, eventCount: event_count, groups, events }
  if (sku !== undefined) {
    return { sku: { currency: sku.currency, terms: skuTermsOf(sku, "Reckoned") }, ...usage }
  }
  assert(id !== undefined, "the schema passes only a body with one of sku and sku_id")
  return { sku: { id }, ...usage }
}

function previewToApi({ terms, currency, usage, rated }: Preview): z.infer<typeof PreviewSchema> {
  return {
    pricing_model: terms.price.model,
    currency,
    quantity: formatDecimal(usage.value),
    ...(terms.price.model === "Percentage" ? { event_count: usage.events } : {}),
    transformed_quantity: formatDecimal(rated.transformed),
    included_quantity: formatDecimal(rated.included),
    billable_quantity: formatDecimal(rated.billable),
    amount_nanos: formatNanos(ratioToNanos(rated.amount)),
    rounded_nanos: formatNanos(minorToNanos(roundToMinor(rated.amount, currency), currency)),
    tiers: partsToApi(rated.parts),
  }
}

/** Each part is shown as the difference of two rounded sums, so that what is shown sums to the amount as shown. */
function partsToApi(parts: readonly PricePart[]): z.infer<typeof PartSchema>[] {
  let exact = ZERO_RATIO
  let shown = ratioToNanos(exact)
  return parts.map((part) => {
    exact = addRatio(exact, part.amount)
    const before = shown
    shown = ratioToNanos(exact)
    return partToApi(part, nanos(shown - before))
  })
}

function partToApi(part: PricePart, amount: Nanos): z.infer<typeof PartSchema> {
  return {
    tier: part.tier,
    label: part.label,
    quantity: formatDecimal(part.quantity),
    unit_amount_nanos: formatNanos(part.unitAmount),
    flat_amount_nanos: formatNanos(part.flatAmount),
    amount_nanos: formatNanos(amount),
  }
}
