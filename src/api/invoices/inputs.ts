// What one sends to make and change invoices.

import { z } from "@hono/zod-openapi"
import type { CreditNoteLine } from "../../actions/create-credit-note.ts"
import type { ManualLine } from "../../actions/manual-line.ts"
import type { Fault } from "../../actions/refusal.ts"
import { limits } from "../../limits.ts"
import { faultsInto } from "../catalog/faults.ts"
import {
  CurrencyCode,
  ExternalId,
  Id,
  MetadataSchema,
  PositiveQuantity,
  PriceNanos,
  Timestamp,
} from "../shared/fields.ts"
import { PaymentFields } from "../subscriptions/subscription-schemas.ts"

const Line = {
  description: z.string().trim().min(1).max(limits.textLength).openapi({ example: "Onboarding workshop" }),
  quantity: PositiveQuantity.optional().openapi({ description: "One by default.", example: "2" }),
  service_start: Timestamp.optional().openapi({
    type: "string",
    format: "date-time",
    description: "What time the line is for, with `service_end`.",
    example: "2026-02-01T00:00:00Z",
  }),
  service_end: Timestamp.optional().openapi({
    type: "string",
    format: "date-time",
    description: "After `service_start`.",
    example: "2026-03-01T00:00:00Z",
  }),
}

const SignedNanos = z
  .string()
  .regex(/^(0|-?[1-9]\d{0,24})$/, {
    error: "expected a whole number at scale 12 of at most 25 digits, as a string",
  })
  .openapi({
    description: "Scale 12; below zero for an adjustment in the customer's favour.",
    example: "-5000000000000",
  })

const PositiveNanos = z
  .string()
  .regex(/^[1-9]\d{0,24}$/, {
    error: "expected a whole number above zero at scale 12 of at most 25 digits, as a string",
  })
  .openapi({ description: "Whole minor units of the currency, at scale 12.", example: "5000000000000" })

const Memo = z
  .string()
  .trim()
  .min(1)
  .max(limits.textLength)
  .openapi({ description: "A word to who reads the invoice.", example: "As agreed on the phone." })

const Reason = z
  .string()
  .trim()
  .min(1)
  .max(limits.textLength)
  .openapi({ example: "Sent to the wrong customer" })

type LineTimes = {
  readonly service_start?: number | undefined
  readonly service_end?: number | undefined
}

function timeFaults({ service_start: start, service_end: end }: LineTimes): Fault[] {
  if (start === undefined && end === undefined) return []
  if (start === undefined || end === undefined) {
    return [{ path: start === undefined ? "service_start" : "service_end", message: "Give both or neither." }]
  }
  return start < end ? [] : [{ path: "service_end", message: "It ends after service_start." }]
}

const withTimes = faultsInto(timeFaults)

export const InvoiceInput = z
  .strictObject({
    customer_id: Id("customer"),
    currency: CurrencyCode.optional().openapi({ type: "string", example: "USD" }),
    invoice_type: z.enum(["Standard", "ProForma"]).optional().openapi({
      description: "A ProForma is an offer: never numbered, never posted, never due.",
      example: "Standard",
    }),
    lines: z
      .array(
        z
          .strictObject({ ...Line, unit_amount_nanos: PriceNanos.openapi({ example: "250000000000000" }) })
          .superRefine(withTimes),
      )
      .min(1)
      .max(limits.invoiceLines),
    memo: Memo.optional(),
    ...PaymentFields,
    external_id: ExternalId.optional(),
    metadata: MetadataSchema.optional(),
  })
  .openapi("InvoiceInput", {
    example: {
      customer_id: "01944b1f-0000-7000-8000-000000000001",
      lines: [
        {
          description: "Onboarding workshop",
          quantity: "2",
          unit_amount_nanos: "250000000000000",
          service_start: "2026-02-01T00:00:00Z",
          service_end: "2026-03-01T00:00:00Z",
        },
      ],
      memo: "As agreed on the phone.",
    },
  })

export const ProFormaInput = z.strictObject({ memo: Memo.optional() }).openapi("ProFormaInput")

export const InvoiceUpdate = z
  .strictObject({
    memo: Memo.nullable().optional(),
    ...PaymentFields,
    external_id: ExternalId.nullable().optional(),
    metadata: MetadataSchema.optional(),
  })
  .openapi("InvoiceUpdate", { example: { memo: "As agreed on the phone.", metadata: { team: "growth" } } })

const AddedLine = { ...Line, unit_amount_nanos: SignedNanos }

export const InvoiceLinesInput = z
  .strictObject({
    lines: z
      .array(z.strictObject(AddedLine).superRefine(withTimes))
      .min(1)
      .max(limits.invoiceLines)
      .optional()
      .openapi({ description: "Several lines, in the place of the fields of one." }),
    description: Line.description.optional(),
    quantity: Line.quantity,
    unit_amount_nanos: SignedNanos.optional(),
    service_start: Line.service_start,
    service_end: Line.service_end,
  })
  .superRefine(
    faultsInto((input) => {
      const { lines, ...line } = input
      const named = Object.entries(line).filter(([, value]) => value !== undefined)
      if (lines !== undefined) {
        return named.map(([path]) => ({ path, message: "Give either lines or the fields of one line." }))
      }
      const missing = (["description", "unit_amount_nanos"] as const).filter(
        (path) => line[path] === undefined,
      )
      return [...missing.map((path) => ({ path, message: "A line needs it." })), ...timeFaults(line)]
    }),
  )
  .openapi("InvoiceLinesInput", {
    example: { description: "Goodwill", quantity: "1", unit_amount_nanos: "-5000000000000" },
  })

export const VoidInput = z.strictObject({ reason: Reason }).openapi("VoidInput")

export const ReissueInput = z
  .strictObject({
    reason: Reason.optional().openapi({
      description: "Needed for an Open invoice, which is voided by this.",
      example: "Wrong purchase order",
    }),
  })
  .openapi("ReissueInput")

const CreditLine = z
  .strictObject({
    line_id: Id("line").openapi({ example: "01944b1f-0000-7000-8000-000000000006" }),
    amount_nanos: PositiveNanos.optional().openapi({
      description: "Before the taxes that come on top; those are given back in proportion.",
      example: "5000000000000",
    }),
    quantity: PositiveQuantity.optional().openapi({
      description: "Units of the line, instead of an amount.",
      example: "1",
    }),
  })
  .superRefine(
    faultsInto(({ amount_nanos: amount, quantity }) =>
      amount === undefined || quantity === undefined
        ? []
        : [{ path: "quantity", message: "Give either amount_nanos or quantity." }],
    ),
  )

export const CreditNoteInput = z
  .strictObject({
    reason: Reason.openapi({ example: "Service was down for a day" }),
    lines: z
      .array(CreditLine)
      .min(1)
      .max(limits.invoiceLines)
      .optional()
      .openapi({ description: "Lines to give back; one without amount and quantity as far as it is left." }),
    amount_nanos: PositiveNanos.optional().openapi({
      description: "An amount with its taxes, spread over all lines in proportion to what is left of them.",
      example: "5000000000000",
    }),
  })
  .superRefine(
    faultsInto(({ lines, amount_nanos: amount }) =>
      lines === undefined || amount === undefined
        ? []
        : [{ path: "amount_nanos", message: "Give either lines or amount_nanos." }],
    ),
  )
  .openapi("CreditNoteInput", {
    example: { reason: "Service was down for a day", amount_nanos: "5000000000000" },
  })

type LineInput = z.output<typeof InvoiceInput>["lines"][number]

export function manualLineFrom(line: LineInput, path: string): ManualLine {
  return {
    path,
    description: line.description,
    quantity: line.quantity ?? "1",
    unitAmountNanos: line.unit_amount_nanos,
    serviceStart: line.service_start ?? null,
    serviceEnd: line.service_end ?? null,
  }
}

/** The lines of either form. */
export function manualLinesFrom({ lines, ...one }: z.output<typeof InvoiceLinesInput>): ManualLine[] {
  if (lines !== undefined) return lines.map((line, at) => manualLineFrom(line, `lines.${at}`))
  const { description, unit_amount_nanos: amount, ...rest } = one
  return [
    manualLineFrom(
      { ...rest, description: description ?? "", unit_amount_nanos: amount ?? "0" },
      "unit_amount_nanos",
    ),
  ]
}

export function creditLineFrom(line: z.output<typeof CreditLine>): CreditNoteLine {
  return {
    lineId: line.line_id,
    amountNanos: line.amount_nanos ?? null,
    quantity: line.quantity ?? null,
  }
}
