// How invoices look on the wire.

import { z } from "@hono/zod-openapi"
import type { Draft } from "../../actions/draft-invoice.ts"
import type { InvoiceLineRow, InvoiceRow } from "../../db/rows.ts"
import { INVOICE_STATUSES } from "../../domain/invoice.ts"
import { formatNanos, minorToNanos } from "../../domain/money.ts"
import { limits } from "../../limits.ts"
import {
  AmountNanos,
  CurrencyCode,
  CurrencyText,
  DecimalText,
  ExternalId,
  Id,
  MetadataSchema,
  PositiveQuantity,
  PriceNanos,
  timestamp,
  TimestampText,
} from "../shared/fields.ts"

export const InvoiceLineSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000006" }),
    invoice_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000004" }),
    description: z.string().openapi({ example: "API Requests" }),
    quantity: DecimalText,
    unit_amount_nanos: AmountNanos.nullable().openapi({
      description: "The price of a unit; null where several prices apply.",
      example: "1000000",
    }),
    amount_nanos: AmountNanos.openapi({
      description: "What the line takes: whole minor units of the currency.",
      example: "10000000000",
    }),
    rated_amount_nanos: AmountNanos.openapi({
      description: "What the line comes to before it is rounded to the minor unit.",
      example: "9900000000",
    }),
    currency: CurrencyText,
    is_tax: z.boolean().openapi({ example: false }),
    subscription_id: z.string().nullable().openapi({ example: "01944b1f-0000-7000-8000-000000000003" }),
    sku_id: z.string().nullable().openapi({ example: "01944b1f-0000-7000-8000-000000000005" }),
    service_start: TimestampText.nullable(),
    service_end: TimestampText.nullable().openapi({ example: "2026-03-28T00:00:00Z" }),
  })
  .openapi("InvoiceLine")

const RecipientSchema = z
  .object({
    display_name: z.string().openapi({ example: "Acme Corp" }),
    legal_name: z.string().nullable().openapi({ example: "Acme Corporation" }),
    email: z.string().openapi({ example: "billing@acmecorp.com" }),
    tax_id: z.string().nullable().openapi({ example: "DE123456789" }),
    payment_terms_days: z.int().openapi({ example: 30 }),
    issuer_name: z.string().nullable().openapi({ example: "Example Inc." }),
    issuer_address: z.string().nullable().openapi({ example: "1 Example Street, Berlin" }),
  })
  .openapi("InvoiceRecipient")

export const InvoiceSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000004" }),
    invoice_number: z
      .string()
      .nullable()
      .openapi({ description: "Given at finalization, without a gap.", example: "INV-000001" }),
    status: z.enum(INVOICE_STATUSES).openapi({ example: "Open" }),
    invoice_type: z.enum(["Standard"]).openapi({ example: "Standard" }),
    customer_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    subscription_id: z.string().nullable().openapi({ example: "01944b1f-0000-7000-8000-000000000003" }),
    currency: CurrencyText,
    total_nanos: AmountNanos.openapi({
      description: "The sum of the lines' amounts.",
      example: "10000000000",
    }),
    period_start: TimestampText.nullable(),
    period_end: TimestampText.nullable().openapi({ example: "2026-03-28T00:00:00Z" }),
    due_date: z.string().nullable().openapi({
      format: "date",
      description: "Finalization plus the customer's payment terms.",
      example: "2026-04-27",
    }),
    finalized_at: TimestampText.nullable(),
    paid_at: TimestampText.nullable(),
    voided_at: TimestampText.nullable(),
    voided_reason: z.string().nullable().openapi({ example: "Sent to the wrong customer" }),
    recipient: RecipientSchema.nullable().openapi({ description: "Frozen at finalization." }),
    external_id: z.string().nullable().openapi({ example: "crm-4711" }),
    metadata: MetadataSchema,
    created_at: TimestampText,
    line_items: z.array(InvoiceLineSchema),
  })
  .openapi("Invoice")

/** Lists leave the lines out. */
export const InvoiceSummarySchema = InvoiceSchema.omit({ line_items: true }).openapi("InvoiceSummary")

export const InvoiceInput = z
  .strictObject({
    customer_id: Id("customer"),
    currency: CurrencyCode.optional().openapi({ type: "string", example: "USD" }),
    lines: z
      .array(
        z.strictObject({
          description: z
            .string()
            .trim()
            .min(1)
            .max(limits.textLength)
            .openapi({ example: "Onboarding workshop" }),
          quantity: PositiveQuantity.optional().openapi({ description: "One by default.", example: "2" }),
          unit_amount_nanos: PriceNanos.openapi({ example: "250000000000000" }),
        }),
      )
      .min(1)
      .max(limits.invoiceLines),
    external_id: ExternalId.optional(),
    metadata: MetadataSchema.optional(),
  })
  .openapi("InvoiceInput")

export const VoidInput = z
  .strictObject({
    reason: z
      .string()
      .trim()
      .min(1)
      .max(limits.textLength)
      .openapi({ example: "Sent to the wrong customer" }),
  })
  .openapi("VoidInput")

const DATE_LENGTH = "2026-04-27".length

export function invoiceSummaryToApi(row: InvoiceRow): z.infer<typeof InvoiceSummarySchema> {
  const { recipient } = row
  return {
    id: row.id,
    invoice_number: row.number,
    status: row.status,
    invoice_type: row.type,
    customer_id: row.customerId,
    subscription_id: row.subscriptionId,
    currency: row.currency,
    total_nanos: formatNanos(minorToNanos(row.totalMinor, row.currency)),
    period_start: timestamp(row.periodStart),
    period_end: timestamp(row.periodEnd),
    due_date: timestamp(row.dueAt)?.slice(0, DATE_LENGTH) ?? null,
    finalized_at: timestamp(row.finalizedAt),
    paid_at: timestamp(row.paidAt),
    voided_at: timestamp(row.voidedAt),
    voided_reason: row.voidedReason,
    recipient:
      recipient === null
        ? null
        : {
            display_name: recipient.displayName,
            legal_name: recipient.legalName,
            email: recipient.email,
            tax_id: recipient.taxId,
            payment_terms_days: recipient.paymentTermsDays,
            issuer_name: recipient.issuerName,
            issuer_address: recipient.issuerAddress,
          },
    external_id: row.externalId,
    metadata: { ...row.metadata },
    created_at: timestamp(row.createdAt),
  }
}

export function invoiceToApi({ invoice, lines }: Draft): z.infer<typeof InvoiceSchema> {
  return {
    ...invoiceSummaryToApi(invoice),
    line_items: lines.map((line) => lineToApi(line, invoice)),
  }
}

function lineToApi(line: InvoiceLineRow, { currency }: InvoiceRow): z.infer<typeof InvoiceLineSchema> {
  return {
    id: line.id,
    invoice_id: line.invoiceId,
    description: line.description,
    quantity: line.quantity,
    unit_amount_nanos: line.unitAmountNanos,
    amount_nanos: formatNanos(minorToNanos(line.amountMinor, currency)),
    rated_amount_nanos: line.ratedNanos,
    currency,
    is_tax: line.isTax,
    subscription_id: line.subscriptionId,
    sku_id: line.skuId,
    service_start: timestamp(line.serviceStart),
    service_end: timestamp(line.serviceEnd),
  }
}
