// How payments and refunds look on the wire.

import { z } from "@hono/zod-openapi"
import type { NewPayment } from "../../actions/pay-invoice.ts"
import type { NewRefund } from "../../actions/refund-payment.ts"
import type { PaymentRow, RefundRow } from "../../db/rows.ts"
import { formatNanos, minorToNanos } from "../../domain/money.ts"
import type { Minor } from "../../domain/money.ts"
import {
  DISPUTE_STATUSES,
  PAYMENT_KINDS,
  PAYMENT_STATUSES,
  REFUND_SOURCES,
  REFUND_STATUSES,
} from "../../domain/payment.ts"
import {
  AmountNanos,
  CurrencyText,
  Id,
  Name,
  PositiveNanos,
  Text,
  timestamp,
  TimestampText,
} from "../shared/fields.ts"

type Charged = {
  readonly method?: "Manual" | "Default" | undefined
  readonly payment_method_id?: string | undefined
}

function isCharge({ method, payment_method_id: id }: Charged): boolean {
  return method === "Default" || id !== undefined
}

export const PaymentInput = z
  .strictObject({
    method: z.enum(["Manual", "Default"]).optional().openapi({
      description:
        "Manual, the default: records a payment that was received elsewhere. Default: charges a payment method now, the invoice's, its subscription's, or else the customer's default.",
      example: "Manual",
    }),
    amount_nanos: PositiveNanos.optional().openapi({
      description:
        "Whole minor units of the invoice's currency; all that is due where it is left out. What a Manual payment is beyond that becomes credit of the customer.",
      example: "100000000000000",
    }),
    payment_method_id: Id("payment method").optional().openapi({
      description: "Charges this method of the customer's instead.",
    }),
    reference: Name.optional().openapi({
      description: "What the payer or the bank calls a Manual payment.",
      example: "WIRE-2026-0042",
    }),
  })
  .refine((input) => !isCharge(input) || input.reference === undefined, {
    path: ["reference"],
    error: "a reference is of a Manual payment",
  })
  .refine(({ method, payment_method_id: id }) => method !== "Manual" || id === undefined, {
    path: ["payment_method_id"],
    error: "a Manual payment was received elsewhere, and charges no method",
  })
  .openapi("PaymentInput", {
    example: { method: "Manual", amount_nanos: "100000000000000", reference: "WIRE-2026-0042" },
  })

export function newPaymentFrom(input: z.infer<typeof PaymentInput>): NewPayment {
  const { amount_nanos: amountNanos, reference, payment_method_id: methodId } = input
  return {
    method: isCharge(input) ? "Default" : "Manual",
    amountNanos: amountNanos ?? null,
    reference: reference ?? null,
    methodId: methodId ?? null,
  }
}

export const RefundInput = z
  .strictObject({
    amount_nanos: PositiveNanos.optional().openapi({
      description:
        "Whole minor units of the currency; what is left of the credit note, or else of what was paid, where it is left out.",
      example: "25000000000000",
    }),
    reason: Text.min(1).optional().openapi({ example: "Service outage" }),
    credit_note_id: Id("credit note").optional().openapi({
      description: "The credit note that is paid out.",
    }),
  })
  .openapi("RefundInput", { example: { amount_nanos: "25000000000000", reason: "Service outage" } })

export function newRefundFrom(input: z.infer<typeof RefundInput>): NewRefund {
  const { amount_nanos: amountNanos, reason, credit_note_id: creditNoteId } = input
  return { amountNanos: amountNanos ?? null, reason: reason ?? null, creditNoteId: creditNoteId ?? null }
}

export const PaymentSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000c" }),
    customer_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    invoice_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000004" }),
    kind: z.enum(PAYMENT_KINDS).openapi({
      description: "Processor: charged to a payment method. Manual: received elsewhere.",
      example: "Processor",
    }),
    status: z.enum(PAYMENT_STATUSES).openapi({
      description:
        "Processing: the processor's answer is not known yet, and is asked for until it is. Pending: it settles later. RequiresAction: the customer has to do something, at `action_url`.",
      example: "Succeeded",
    }),
    currency: CurrencyText,
    amount_nanos: AmountNanos.openapi({ example: "100000000000000" }),
    applied_nanos: AmountNanos.openapi({
      description: "What of it settled the invoice. The rest came beyond what was due.",
      example: "100000000000000",
    }),
    credited_nanos: AmountNanos.openapi({
      description: "What of the rest became credit of the customer. What is neither is owed back.",
      example: "0",
    }),
    refunded_nanos: AmountNanos.openapi({
      description: "What was given back of it, or is on its way back.",
      example: "0",
    }),
    processor: z.string().nullable().openapi({ example: "sandbox" }),
    processor_reference: z.string().nullable().openapi({
      description: "What the processor calls it.",
      example: "ch_0001",
    }),
    payment_method_id: z.string().nullable().openapi({ example: "01944b1f-0000-7000-8000-00000000000e" }),
    action_url: z.string().nullable().openapi({ example: null }),
    failure_code: z.string().nullable().openapi({ example: null }),
    failure_message: z.string().nullable().openapi({ example: null }),
    reference: z.string().nullable().openapi({ example: null }),
    dispute_status: z.enum(DISPUTE_STATUSES).nullable().openapi({ example: null }),
    disputed_nanos: AmountNanos.openapi({ example: "0" }),
    settled_at: TimestampText.nullable().openapi({ description: "When it succeeded or failed." }),
    created_at: TimestampText,
  })
  .openapi("Payment")

export function paymentToApi(row: PaymentRow): z.infer<typeof PaymentSchema> {
  const amount = (minor: Minor) => formatNanos(minorToNanos(minor, row.currency))
  return {
    id: row.id,
    customer_id: row.customerId,
    invoice_id: row.invoiceId,
    kind: row.kind,
    status: row.status,
    currency: row.currency,
    amount_nanos: amount(row.amountMinor),
    applied_nanos: amount(row.appliedMinor),
    credited_nanos: amount(row.creditedMinor),
    refunded_nanos: amount(row.refundedMinor),
    processor: row.processor,
    processor_reference: row.chargeRef,
    payment_method_id: row.methodId,
    action_url: row.actionUrl,
    failure_code: row.failureCode,
    failure_message: row.failureMessage,
    reference: row.reference,
    dispute_status: row.disputeStatus,
    disputed_nanos: amount(row.disputedMinor),
    settled_at: timestamp(row.settledAt),
    created_at: timestamp(row.createdAt),
  }
}

export const RefundSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000f" }),
    payment_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000c" }),
    invoice_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000004" }),
    customer_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    credit_note_id: z.string().nullable().openapi({ example: null }),
    status: z.enum(REFUND_STATUSES).openapi({
      description: "Processing: the processor's answer is not known yet, and is asked for until it is.",
      example: "Succeeded",
    }),
    currency: CurrencyText,
    amount_nanos: AmountNanos.openapi({ example: "25000000000000" }),
    source: z.enum(REFUND_SOURCES).openapi({
      description: "Requested: asked for here. Processor: given back at the processor's own site.",
      example: "Requested",
    }),
    reason: z.string().nullable().openapi({ example: "Service outage" }),
    processor_reference: z.string().nullable().openapi({ example: "re_0001" }),
    failure_code: z.string().nullable().openapi({ example: null }),
    failure_message: z.string().nullable().openapi({ example: null }),
    settled_at: TimestampText.nullable(),
    created_at: TimestampText,
  })
  .openapi("Refund")

export function refundToApi(row: RefundRow): z.infer<typeof RefundSchema> {
  return {
    id: row.id,
    payment_id: row.paymentId,
    invoice_id: row.invoiceId,
    customer_id: row.customerId,
    credit_note_id: row.creditNoteId,
    status: row.status,
    currency: row.currency,
    amount_nanos: formatNanos(minorToNanos(row.amountMinor, row.currency)),
    source: row.source ?? "Requested",
    reason: row.reason,
    processor_reference: row.refundRef,
    failure_code: row.failureCode,
    failure_message: row.failureMessage,
    settled_at: timestamp(row.settledAt),
    created_at: timestamp(row.createdAt),
  }
}
