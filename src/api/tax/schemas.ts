// How taxes look on the wire: a tenant's settings, tax rates, and what an invoice was taxed by.

import { z } from "@hono/zod-openapi"
import type { NewTaxRate } from "../../actions/create-tax-rate.ts"
import type { TaxRateRow } from "../../db/rows.ts"
import type { Decimal } from "../../domain/decimal.ts"
import { compare, decimalOf, isNegative } from "../../domain/decimal.ts"
import type { InvoiceTax, TaxSettings } from "../../domain/tax.ts"
import { TAX_EXEMPTIONS, TAX_MODES, taxNote } from "../../domain/tax.ts"
import { limits } from "../../limits.ts"
import { CountryCode, CountryText, exactText, Name, timestamp, TimestampText } from "../shared/fields.ts"

const MOST = decimalOf(String(limits.taxRateBps))

/** Real rates have three decimals of a percent: 9.975 %. */
const Bps = z
  .union([z.number(), z.string()])
  .transform((input, context) => {
    const text = exactText(input, isRate)
    if (text !== null) return text
    context.addIssue({
      code: "custom",
      message: `expected hundredths of a percent, from 0 to ${limits.taxRateBps}, with at most ${limits.taxRateDigits} digits after the point`,
    })
    return z.NEVER
  })
  .openapi({ description: "Hundredths of a percent, as number or text.", example: 850 })

function isRate(bps: Decimal): boolean {
  return !isNegative(bps) && compare(bps, MOST) <= 0 && bps.scale <= limits.taxRateDigits
}

/** Which fields each mode has; those that it must have are true. */
const FIELDS: Readonly<Record<TaxSettings["mode"], Readonly<Record<string, boolean>>>> = {
  PassThrough: {},
  FlatRate: { bps: true, name: false, inclusive: false },
  Rates: { country: true },
}

export const TaxSettingsInput = z
  .strictObject({
    mode: z.enum(TAX_MODES).openapi({
      description:
        "`PassThrough`: no tax. `FlatRate`: one rate on every line that is no tax, for every customer without a `tax_id`. `Rates`: the tax rates of the place where the customer is, with reverse charge for businesses in another country of the EU.",
      example: "FlatRate",
    }),
    bps: Bps.optional().openapi({
      description: "FlatRate: the rate in hundredths of a percent.",
      example: 850,
    }),
    name: Name.optional().openapi({
      description: "FlatRate: what it is called; `Tax` by default.",
      example: "Sales tax",
    }),
    inclusive: z.boolean().optional().openapi({
      description: "FlatRate: whether prices contain it already; false by default.",
      example: false,
    }),
    country: CountryCode.optional().openapi({
      type: "string",
      description: "Rates: where the seller is. In the EU it decides about reverse charge.",
    }),
  })
  .superRefine((input, context) => {
    for (const field of ["bps", "name", "inclusive", "country"] as const) {
      const isNeeded = FIELDS[input.mode][field]
      if (isNeeded === true && input[field] === undefined) {
        context.addIssue({ code: "custom", path: [field], message: `the mode ${input.mode} needs it` })
      }
      if (isNeeded === undefined && input[field] !== undefined) {
        context.addIssue({
          code: "custom",
          path: [field],
          message: `the mode ${input.mode} has no such field`,
        })
      }
    }
  })
  .openapi("TaxSettingsInput", { example: { mode: "FlatRate", bps: 850, name: "Sales tax" } })

export const TaxSettingsSchema = z
  .object({
    mode: z.enum(TAX_MODES).openapi({ example: "FlatRate" }),
    bps: z.number().optional().openapi({ example: 850 }),
    name: z.string().optional().openapi({ example: "Sales tax" }),
    inclusive: z.boolean().optional().openapi({ example: false }),
    country: CountryText.optional(),
  })
  .openapi("TaxSettings", { example: { mode: "FlatRate", bps: 850, name: "Sales tax", inclusive: false } })

export const TaxRateInput = z
  .strictObject({
    name: Name.openapi({ description: "As invoices show it.", example: "GST" }),
    country: CountryCode.openapi({ type: "string", example: "CA" }),
    region: Name.refine((region) => region.split("/").every((part) => part.trim() !== ""), {
      error: "expected a region such as NY, or a part of one such as NY/New York City",
    })
      .nullable()
      .optional()
      .openapi({
        description:
          "The state, province or region as billing addresses name it, or a city of it: `NY`, `NY/New York City`. Without one the rate is the whole country's.",
        example: null,
      }),
    rate_bps: Bps.openapi({ description: "Hundredths of a percent: 500 are 5 %.", example: 500 }),
    inclusive: z.boolean().optional().openapi({
      description: "Whether prices contain it already; false by default.",
      example: false,
    }),
  })
  .openapi("TaxRateInput")

export const TaxRateSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000e" }),
    name: z.string().openapi({ example: "GST" }),
    country: CountryText.openapi({ example: "CA" }),
    region: z.string().nullable().openapi({ example: null }),
    rate_bps: z.number().openapi({ example: 500 }),
    inclusive: z.boolean().openapi({ example: false }),
    archived_at: TimestampText.nullable().openapi({ example: null }),
    created_at: TimestampText,
  })
  .openapi("TaxRate")

export const InvoiceTaxSchema = z
  .object({
    mode: z.enum(TAX_MODES).openapi({ example: "Rates" }),
    country: CountryText.nullable().openapi({ description: "Where the customer is.", example: "CA" }),
    region: z.string().nullable().openapi({ example: "QC" }),
    tax_id: z.string().nullable().openapi({ description: "The customer's.", example: null }),
    exemption: z.enum(TAX_EXEMPTIONS).nullable().openapi({
      description: "`TaxId`: no flat rate with a tax id. `ReverseCharge`: the customer accounts for the VAT.",
      example: null,
    }),
    note: z.string().nullable().openapi({ description: "What the invoice must say of it.", example: null }),
    rates: z.array(
      z.object({
        tax_rate_id: z
          .string()
          .nullable()
          .openapi({ description: "Null: the flat rate.", example: "01944b1f-0000-7000-8000-00000000000e" }),
        name: z.string().openapi({ example: "GST" }),
        rate_bps: z.number().openapi({ example: 500 }),
        inclusive: z.boolean().openapi({ example: false }),
      }),
    ),
  })
  .openapi("InvoiceTax")

const DEFAULT_NAME = "Tax"

export function taxSettingsFrom(input: z.output<typeof TaxSettingsInput>): TaxSettings {
  const { mode, bps = "0", name = DEFAULT_NAME, inclusive = false, country = "" } = input
  switch (mode) {
    case "PassThrough":
      return { mode }
    case "FlatRate":
      return { mode, bps, name, isInclusive: inclusive }
    case "Rates":
      return { mode, country }
  }
}

export function taxSettingsToApi(settings: TaxSettings): z.infer<typeof TaxSettingsSchema> {
  if (settings.mode !== "FlatRate") return settings
  const { mode, bps, name, isInclusive } = settings
  return { mode, bps: Number(bps), name, inclusive: isInclusive }
}

export function taxRateFrom(input: z.output<typeof TaxRateInput>): NewTaxRate {
  return {
    name: input.name,
    country: input.country,
    region: input.region ?? null,
    rateBps: input.rate_bps,
    isInclusive: input.inclusive ?? false,
  }
}

export function taxRateToApi(row: TaxRateRow): z.infer<typeof TaxRateSchema> {
  return {
    id: row.id,
    name: row.name,
    country: row.country,
    region: row.region,
    rate_bps: Number(row.rateBps),
    inclusive: row.isInclusive,
    archived_at: timestamp(row.archivedAt),
    created_at: timestamp(row.createdAt),
  }
}

export function invoiceTaxToApi(tax: InvoiceTax): z.infer<typeof InvoiceTaxSchema> {
  return {
    mode: tax.mode,
    country: tax.country,
    region: tax.region,
    tax_id: tax.taxId,
    exemption: tax.exemption,
    note: taxNote(tax),
    rates: tax.rates.map(({ rateId, name, rateBps, isInclusive }) => ({
      tax_rate_id: rateId,
      name,
      rate_bps: Number(rateBps),
      inclusive: isInclusive,
    })),
  }
}
