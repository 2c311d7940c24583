// How invoices look on the wire.

import { z } from "@hono/zod-openapi"
import type { Draft } from "../../actions/draft-invoice.ts"
import type { InvoiceLineRow, InvoiceRow } from "../../db/rows.ts"
import { amountDue, INVOICE_STATUSES, INVOICE_TYPES, invoiceTotal, LINE_KINDS } from "../../domain/invoice.ts"
import { formatNanos, minor, minorToNanos } from "../../domain/money.ts"
import { taxOfLine } from "../../domain/tax.ts"
import {
  AmountNanos,
  CurrencyText,
  DecimalText,
  MetadataSchema,
  timestamp,
  TimestampText,
} from "../shared/fields.ts"
import { InvoiceTaxSchema, invoiceTaxToApi } from "../tax/schemas.ts"

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
    kind: z.enum(LINE_KINDS).openapi({
      description:
        "Charge: a price of a subscription. Manual: written by hand. Minimum, Commitment, Discount: what adjusts charges. Credit: of a credit note.",
      example: "Charge",
    }),
    source_id: z.string().nullable().openapi({
      description: "What it comes from that is no SKU: of a Credit the line that is given back.",
      example: null,
    }),
    is_tax: z.boolean().openapi({ example: false }),
    is_included: z.boolean().openapi({
      description: "A tax that the prices contain already: it adds nothing to the total.",
      example: false,
    }),
    tax_amount_nanos: AmountNanos.openapi({
      description: "The line's share of the invoice's taxes, those that its price contains among them.",
      example: "1900000000000",
    }),
    customer_id: z.string().nullable().openapi({
      description: "Whose line it is, on an invoice that has lines of several customers.",
      example: null,
    }),
    subscription_id: z.string().nullable().openapi({ example: "01944b1f-0000-7000-8000-000000000003" }),
    sku_id: z.string().nullable().openapi({ example: "01944b1f-0000-7000-8000-000000000005" }),
    service_start: TimestampText.nullable(),
    service_end: TimestampText.nullable().openapi({ example: "2026-03-28T00:00:00Z" }),
  })
  .openapi("InvoiceLine")

const SectionSchema = z
  .object({
    customer_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    display_name: z.string().openapi({ example: "Acme Europe" }),
    subtotal_nanos: AmountNanos.openapi({ description: "The sum of its lines, without taxes." }),
    line_ids: z.array(z.string()).openapi({ example: ["01944b1f-0000-7000-8000-000000000006"] }),
  })
  .openapi("InvoiceSection")

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
    invoice_number: z.string().nullable().openapi({
      description:
        "Given at finalization, without a gap. Credit notes are counted for each invoice: `INV-000001-CN-01`.",
      example: "INV-000001",
    }),
    status: z.enum(INVOICE_STATUSES).openapi({ example: "Open" }),
    invoice_type: z.enum(INVOICE_TYPES).openapi({
      description: "The amounts of a CreditNote are what is given back, and positive.",
      example: "Standard",
    }),
    customer_id: z
      .string()
      .openapi({ description: "Who receives it.", example: "01944b1f-0000-7000-8000-000000000001" }),
    subscription_id: z.string().nullable().openapi({ example: "01944b1f-0000-7000-8000-000000000003" }),
    currency: CurrencyText,
    subtotal_nanos: AmountNanos.openapi({ description: "The total without tax.", example: "10000000000" }),
    tax_nanos: AmountNanos.openapi({
      description: "The tax in the total, also that which the prices contain.",
      example: "0",
    }),
    total_nanos: AmountNanos.openapi({
      description: "The sum of the lines' amounts, but for taxes that the prices contain.",
      example: "10000000000",
    }),
    credited_nanos: AmountNanos.openapi({
      description: "What credit notes gave back of it.",
      example: "0",
    }),
    paid_nanos: AmountNanos.openapi({
      description: "What payments settled of it. What was refunded since is not taken off.",
      example: "0",
    }),
    drawn_nanos: AmountNanos.openapi({
      description: "What credit of the customer's wallets paid of it, but for what went back to them.",
      example: "0",
    }),
    payment_pending_nanos: AmountNanos.openapi({
      description: "What payments are under way for: it is due until they succeed, and not asked for again.",
      example: "0",
    }),
    amount_due_nanos: AmountNanos.openapi({
      description: "What is still to be paid: nothing unless it is a Draft or Open.",
      example: "10000000000",
    }),
    tax: InvoiceTaxSchema.nullable().openapi({ description: "How it was taxed; frozen at finalization." }),
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
    memo: z.string().nullable().openapi({
      description: "A word to who reads it; of a credit note the reason.",
      example: null,
    }),
    applies_to_invoice_id: z.string().nullable().openapi({
      description: "Of a credit note: the invoice that it gives back.",
      example: null,
    }),
    replaces_invoice_id: z.string().nullable().openapi({
      description: "The void invoice in whose place it stands.",
      example: null,
    }),
    replaced_by_invoice_id: z.string().nullable().openapi({
      description: "Of a void invoice: the one that stands in its place.",
      example: null,
    }),
    is_payout: z.boolean().openapi({
      description:
        "Whether it is owed to the customer and paid out: then its total is below zero, and it is Paid when the money has arrived.",
      example: false,
    }),
    payment_method_id: z.string().nullable().openapi({
      description:
        "What is charged, or paid out to; null: as its subscription says, or the customer's default.",
      example: null,
    }),
    statement_descriptor: z.string().nullable().openapi({ example: null }),
    external_id: z.string().nullable().openapi({ example: "crm-4711" }),
    metadata: MetadataSchema,
    created_at: TimestampText,
    sections: z.array(SectionSchema).openapi({
      description: "Whose lines it has, where that is not its customer alone. Taxes are outside of them.",
      example: [],
    }),
    line_items: z.array(InvoiceLineSchema),
  })
  .openapi("Invoice")

/** Lists leave the lines out. */
export const InvoiceSummarySchema = InvoiceSchema.omit({ sections: true, line_items: true }).openapi(
  "InvoiceSummary",
)

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
    subtotal_nanos: formatNanos(minorToNanos(minor(row.totalMinor - row.taxMinor), row.currency)),
    tax_nanos: formatNanos(minorToNanos(row.taxMinor, row.currency)),
    total_nanos: formatNanos(minorToNanos(row.totalMinor, row.currency)),
    credited_nanos: formatNanos(minorToNanos(row.creditedMinor ?? minor(0n), row.currency)),
    paid_nanos: formatNanos(minorToNanos(row.paidMinor, row.currency)),
    drawn_nanos: formatNanos(minorToNanos(row.drawnMinor, row.currency)),
    payment_pending_nanos: formatNanos(minorToNanos(row.pendingMinor, row.currency)),
    amount_due_nanos: formatNanos(minorToNanos(amountDue(row), row.currency)),
    tax: row.tax === null ? null : invoiceTaxToApi(row.tax),
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
    memo: row.memo,
    applies_to_invoice_id: row.appliesToInvoiceId,
    replaces_invoice_id: row.replacesInvoiceId,
    replaced_by_invoice_id: row.replacedByInvoiceId,
    is_payout: row.payout === true,
    payment_method_id: row.paymentMethodId,
    statement_descriptor: row.statementDescriptor,
    external_id: row.externalId,
    metadata: { ...row.metadata },
    created_at: timestamp(row.createdAt),
  }
}

export function invoiceToApi({ invoice, lines }: Draft): z.infer<typeof InvoiceSchema> {
  return {
    ...invoiceSummaryToApi(invoice),
    sections: sectionsOf({ invoice, lines }),
    line_items: lines.map((line) => lineToApi(line, invoice)),
  }
}

/** Those who have lines, in the order in which they came. */
function sectionsOf({ invoice, lines }: Draft): z.infer<typeof SectionSchema>[] {
  const sold = lines.filter((line) => !line.isTax)
  const byCustomer = Map.groupBy(sold, (line) => line.customerId ?? invoice.customerId)
  return (invoice.sections ?? []).flatMap(({ customerId, displayName }) => {
    const own = byCustomer.get(customerId) ?? []
    if (own.length === 0) return []
    const subtotal = minorToNanos(invoiceTotal(own), invoice.currency)
    return {
      customer_id: customerId,
      display_name: displayName,
      subtotal_nanos: formatNanos(subtotal),
      line_ids: own.map(({ id }) => id),
    }
  })
}

export function lineToApi(line: InvoiceLineRow, { currency }: InvoiceRow): z.infer<typeof InvoiceLineSchema> {
  return {
    id: line.id,
    invoice_id: line.invoiceId,
    description: line.description,
    quantity: line.quantity,
    unit_amount_nanos: line.unitAmountNanos,
    amount_nanos: formatNanos(minorToNanos(line.amountMinor, currency)),
    rated_amount_nanos: line.ratedNanos,
    currency,
    kind: line.kind ?? "Charge",
    source_id: line.sourceId,
    is_tax: line.isTax,
    is_included: line.isIncluded === true,
    tax_amount_nanos: formatNanos(minorToNanos(taxOfLine(line), currency)),
    customer_id: line.customerId,
    subscription_id: line.subscriptionId,
    sku_id: line.skuId,
    service_start: timestamp(line.serviceStart),
    service_end: timestamp(line.serviceEnd),
  }
}
