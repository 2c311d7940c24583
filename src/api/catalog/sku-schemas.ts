// How SKUs look on the wire: one flat object for all pricing models, which takes the fields of its model and no others.

import { z } from "@hono/zod-openapi"
import { skuState } from "../../actions/create-sku.ts"
import type { SkuChanges } from "../../actions/update-sku.ts"
import type { SkuRow } from "../../db/rows.ts"
import { assert } from "../../domain/assert.ts"
import type { FieldFault, SkuTerms } from "../../domain/catalog.ts"
import { PRICING_MODELS } from "../../domain/catalog.ts"
import type { SkuFields, SkuUse } from "../../domain/sku-fields.ts"
import { skuTermsFrom } from "../../domain/sku-fields.ts"
import { CurrencyCode, CurrencyText, Id, Name, timestamp, TimestampText } from "../shared/fields.ts"
import { faultsInto } from "./faults.ts"
import { MeterInput, MeterOutput } from "./meter-schemas.ts"
import { ModifierInput, ModifierOutput } from "./modifier-schemas.ts"
import { ModelInput, ModelOutput, priceToApi } from "./price-schemas.ts"

export { ModelInput, ModelOutput, priceToApi } from "./price-schemas.ts"
export { tierToApi } from "./tier-schemas.ts"

const PricingModelSchema = z.enum(PRICING_MODELS)
const TimingSchema = z.enum(["InArrears", "InAdvance"])

/** What prices usage, but for the model and the currency. */
const PriceInput = {
  billing_timing: TimingSchema.optional().openapi({
    description: "When a fee is billed; InArrears by default. Usage always is.",
    example: "InArrears",
  }),
  ...MeterInput,
  ...ModelInput,
  ...ModifierInput,
}

const Model = PricingModelSchema.openapi({ description: "How the quantity is priced.", example: "PerUnit" })
const SkuName = Name.openapi({ description: "Stands on invoice lines.", example: "API Requests" })
const Currency = CurrencyCode.openapi({
  type: "string",
  description: "ISO 4217; the same for all SKUs of a plan.",
  example: "USD",
})

const PRICE_EXAMPLE = {
  pricing_model: "PerUnit",
  unit_amount_nanos: "1000000",
  meter_event_type: "api.request",
  currency: "USD",
}

const ruled = faultsInto((fields: SkuFields) => faultsOf(fields, "Sold"))

export const SkuInput = z
  .strictObject({
    plan_id: Id("plan").openapi({ example: "01944b1f-0000-7000-8000-000000000002" }),
    name: SkuName,
    pricing_model: Model,
    currency: Currency,
    ...PriceInput,
  })
  .superRefine(ruled)
  .openapi("SkuInput", {
    example: { plan_id: "01944b1f-0000-7000-8000-000000000002", name: "API Requests", ...PRICE_EXAMPLE },
  })

const Inline = z.strictObject({
  plan_id: Id("plan").optional().openapi({ description: "Has no effect here." }),
  name: Name.optional().openapi({ description: "Stands on the lines of a simulation." }),
  pricing_model: Model,
  currency: Currency,
  ...PriceInput,
})

/** A price that belongs to no plan. */
export const InlineSku = Inline.superRefine(ruled).openapi("InlineSku", { example: PRICE_EXAMPLE })

/** And one that is only reckoned with: what prices usage needs no meter where the quantity is given. */
export const ReckonedSku = Inline.superRefine(
  faultsInto((fields: SkuFields) => faultsOf(fields, "Reckoned")),
).openapi("ReckonedSku", {
  description: "As a SKU is made, but that it needs a meter only to count events.",
  example: PRICE_EXAMPLE,
})

export const SkuUpdate = z
  .strictObject({
    name: SkuName.optional(),
    pricing_model: Model.optional(),
    currency: Currency.optional(),
    ...PriceInput,
  })
  .openapi("SkuUpdate", { example: { name: "API Requests", unit_amount_nanos: "900000" } })

export const SkuSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000005" }),
    plan_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000002" }),
    plan_version: z
      .int()
      .openapi({ description: "The version of the plan that these terms began with.", example: 1 }),
    name: z.string().openapi({ example: "API Requests" }),
    pricing_model: PricingModelSchema.openapi({ example: "PerUnit" }),
    currency: CurrencyText,
    billing_timing: TimingSchema.openapi({ example: "InArrears" }),
    ...MeterOutput,
    ...ModelOutput,
    ...ModifierOutput,
    archived_at: TimestampText.optional().openapi({ description: "Only on archived SKUs." }),
    created_at: TimestampText,
  })
  .openapi("Sku", {
    description:
      "Of the price fields it has those of its pricing model; of modifiers, filters, group_by and window those that it was given.",
    example: {
      id: "01944b1f-0000-7000-8000-000000000005",
      plan_id: "01944b1f-0000-7000-8000-000000000002",
      plan_version: 1,
      name: "API Requests",
      ...PRICE_EXAMPLE,
      billing_timing: "InArrears",
      meter_aggregation: "Count",
      meter_property: null,
      created_at: "2026-02-28T00:00:00Z",
    },
  })

function faultsOf(fields: SkuFields, use: SkuUse): readonly FieldFault[] {
  const terms = skuTermsFrom(fields, use)
  return terms.ok ? [] : terms.error
}

/** The terms of an input that its schema has passed. */
export function skuTermsOf(fields: SkuFields, use: SkuUse = "Sold"): SkuTerms {
  const terms = skuTermsFrom(fields, use)
  assert(terms.ok, "the schema passes only fields that go together")
  return terms.value
}

export function skuChangesFrom(input: z.output<typeof SkuUpdate>): SkuChanges {
  const { name, currency, ...fields } = input
  return { name, currency, fields }
}

export function skuToApi(row: SkuRow): z.infer<typeof SkuSchema> {
  const { tiers, rate_bps, matrix, ...state } = skuState(row)
  return {
    id: row.id,
    ...state,
    ...priceToApi({ tiers, rate_bps, matrix }),
    ...(row.archivedAt === null ? {} : { archived_at: timestamp(row.archivedAt) }),
    created_at: timestamp(row.createdAt),
  }
}
