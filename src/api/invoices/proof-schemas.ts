// How the proof of an invoice looks on the wire. docs/proof.md says how each value comes about.

import { z } from "@hono/zod-openapi"
import { INVOICE_STATUSES, INVOICE_TYPES, LINE_KINDS } from "../../domain/invoice.ts"
import { TAX_EXEMPTIONS, TAX_MODES } from "../../domain/tax.ts"
import { AmountNanos, CurrencyText, DecimalText, TimestampText } from "../shared/fields.ts"

const FractionSchema = z
  .object({
    numerator: z.string().openapi({ example: "4130000000000000" }),
    denominator: z.string().openapi({ example: "31" }),
  })
  .openapi("Fraction", { description: "An exact value, in lowest terms." })

const OriginSchema = z
  .looseObject({ kind: z.enum(["Price", "Minimum", "Discount", "Commitment"]).openapi({ example: "Price" }) })
  .openapi("LineOrigin", {
    description:
      "What the charge was computed from. A Price has `pricing`, the whole total `usage`, the `share` of the period and the `meter` that counted. The others have " +
      "the billing `period` with all its charges, and the `minimum`, the `redemptions` or the `commitments`.",
    example: {
      kind: "Price",
      pricing: { price: { model: "PerUnit", unit_amount_nanos: "10000000000" } },
      usage: { value: "413", events: 413, groups: [] },
      share: { numerator: "1", denominator: "1" },
      meter: {
        key: '["api.request","Count",null]',
        event_type: "api.request",
        aggregation: "Count",
        property: null,
      },
    },
  })

const BasisSchema = z
  .object({
    should: FractionSchema.openapi({ description: "What the whole charge comes to, in nanos." }),
    was: z
      .object({
        quantity: DecimalText,
        rated_nanos: AmountNanos,
        amount_minor: z.string().openapi({ description: "In minor units.", example: "0" }),
      })
      .openapi({ description: "What earlier lines of the same charge took." }),
    from: OriginSchema.nullable().openapi({ description: "Null: it was agreed, not computed." }),
  })
  .openapi("LineBasis")

const MarkSchema = z.object({
  id: z.string().openapi({ example: "evt-acme-2026-02-28-001" }),
  timestamp: TimestampText,
})

const EventsProofSchema = z
  .object({
    count: z.int().openapi({ example: 413 }),
    digest: z.string().openapi({
      description: "A chain of SHA-256 over the events, the newest first; empty without events.",
      example: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    }),
    first: MarkSchema.nullable().openapi({
      description: "The oldest of those that this answer went through.",
    }),
    last: MarkSchema.nullable().openapi({ description: "The newest of them." }),
    is_whole: z.boolean().openapi({
      description: "Whether they are all events of the charge, and not those of one of several bills.",
      example: true,
    }),
    next: z.string().nullable().openapi({
      description: "There are more than one answer goes through: give it as `cursor` to go on.",
      example: null,
    }),
  })
  .openapi("LineEventsProof")

const ProofLineSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000006" }),
    line_key: z.string().openapi({
      description: "Names the charge: lines of one charge on several invoices have the same.",
      example:
        "01944b1f-0000-7000-8000-000000000003:01944b1f-0000-7000-8000-000000000005:2026-02-28T00:00:00Z",
    }),
    kind: z.enum(LINE_KINDS).openapi({ example: "Charge" }),
    source_id: z.string().nullable().openapi({ example: null }),
    subscription_id: z.string().nullable().openapi({ example: "01944b1f-0000-7000-8000-000000000003" }),
    sku_id: z.string().nullable().openapi({ example: "01944b1f-0000-7000-8000-000000000005" }),
    description: z.string().openapi({ example: "API Requests" }),
    quantity: DecimalText,
    unit_amount_nanos: AmountNanos.nullable().openapi({ example: "10000000000" }),
    rated_amount_nanos: AmountNanos,
    amount_nanos: AmountNanos,
    is_tax: z.boolean().openapi({ example: false }),
    is_included: z.boolean().openapi({ example: false }),
    taxes: z.array(
      z.object({
        rate_id: z.string().nullable().openapi({ example: "01944b1f-0000-7000-8000-00000000000e" }),
        amount_nanos: AmountNanos,
      }),
    ),
    service_start: TimestampText.nullable(),
    service_end: TimestampText.nullable(),
    basis: BasisSchema.nullable().openapi({
      description: "Null on what somebody wrote, on taxes, and on lines from before it was kept.",
    }),
    events: EventsProofSchema.nullable().openapi({ description: "Null where no meter counted." }),
  })
  .openapi("ProofLine")

export const InvoiceProofSchema = z
  .object({
    proof_version: z.literal(1).openapi({ example: 1 }),
    invoice_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000004" }),
    invoice_number: z.string().nullable().openapi({ example: "INV-000001" }),
    invoice_type: z.enum(INVOICE_TYPES).openapi({ example: "Standard" }),
    status: z.enum(INVOICE_STATUSES).openapi({ example: "Open" }),
    currency: CurrencyText,
    total_nanos: AmountNanos,
    tax_nanos: AmountNanos,
    tax: z
      .object({
        mode: z.enum(TAX_MODES).openapi({ example: "FlatRate" }),
        country: z.string().nullable().openapi({ example: "DE" }),
        region: z.string().nullable().openapi({ example: null }),
        tax_id: z.string().nullable().openapi({ example: null }),
        exemption: z.enum(TAX_EXEMPTIONS).nullable().openapi({ example: null }),
        rates: z.array(
          z.object({
            rate_id: z.string().nullable().openapi({ example: "01944b1f-0000-7000-8000-00000000000e" }),
            name: z.string().openapi({ example: "VAT" }),
            rate_bps: z.string().openapi({ description: "Hundredths of a percent.", example: "1900" }),
            is_inclusive: z.boolean().openapi({ example: false }),
          }),
        ),
      })
      .nullable(),
    lines: z.array(ProofLineSchema).openapi({ description: "In the order of the invoice." }),
  })
  .openapi("InvoiceProof")
