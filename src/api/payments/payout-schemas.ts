// How payouts look on the wire.

import { z } from "@hono/zod-openapi"
import type { WantedPayout } from "../../actions/request-payout.ts"
import type { PayoutRow } from "../../db/rows.ts"
import { formatNanos, minorToNanos } from "../../domain/money.ts"
import { PAYOUT_STATUSES } from "../../domain/payout.ts"
import {
  AmountNanos,
  CurrencyCode,
  CurrencyText,
  Id,
  PositiveNanos,
  timestamp,
  TimestampText,
} from "../shared/fields.ts"

const Method = Id("payment method").openapi({
  description: "The customer's payment method that it goes to.",
  example: "01944b1f-0000-7000-8000-00000000000e",
})

export const PayoutInput = z
  .strictObject({
    amount_nanos: PositiveNanos.optional().openapi({
      description:
        "Whole minor units of the currency; all that is owed and that no invoice waits for, where it is left out.",
      example: "25000000000000",
    }),
    currency: CurrencyCode.optional().openapi({
      type: "string",
      description: "The customer's by default.",
      example: "USD",
    }),
    payment_method_id: Method.optional(),
    invoice_id: Id("invoice").optional().openapi({
      description: "Pays out this invoice, in full: one that is_payout and Open.",
      example: "01944b1f-0000-7000-8000-000000000004",
    }),
  })
  .refine(({ invoice_id: id, amount_nanos: amount }) => id === undefined || amount === undefined, {
    path: ["amount_nanos"],
    error: "an invoice is paid out in full",
  })
  .refine(({ invoice_id: id, currency }) => id === undefined || currency === undefined, {
    path: ["currency"],
    error: "an invoice has its currency",
  })
  .openapi("PayoutInput", { example: { amount_nanos: "25000000000000" } })

export const PayoutRetryInput = z
  .strictObject({
    payment_method_id: Method.optional().openapi({
      description:
        "Another method of the customer's; without it the one that was asked for before, or else where its invoice says, or the default.",
    }),
  })
  .openapi("PayoutRetryInput", { example: {} })

export function wantedPayoutFrom(input: z.output<typeof PayoutInput>): WantedPayout {
  return {
    amountNanos: input.amount_nanos ?? null,
    currency: input.currency ?? null,
    methodId: input.payment_method_id ?? null,
    invoiceId: input.invoice_id ?? null,
  }
}

const FailureSchema = z.object({
  at: TimestampText,
  code: z.string().openapi({ example: "insufficient_funds" }),
  message: z.string().openapi({ example: "The account can't be paid to." }),
  processor_reference: z.string().nullable().openapi({ example: "po_0001" }),
})

export const PayoutSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000010" }),
    customer_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    invoice_id: z.string().nullable().openapi({
      description: "The invoice that it pays out; null: what was owed otherwise.",
      example: null,
    }),
    status: z.enum(PAYOUT_STATUSES).openapi({
      description:
        "Processing: the processor's answer is not known yet, and is asked for until it is. Pending: it arrives later. Failed: it was declined, and is tried again at `retry_at`; or it came back. Cancelled: it is tried no more.",
      example: "Succeeded",
    }),
    currency: CurrencyText,
    amount_nanos: AmountNanos.openapi({ example: "25000000000000" }),
    payment_method_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000e" }),
    processor: z.string().openapi({ example: "sandbox" }),
    processor_reference: z.string().nullable().openapi({
      description: "What the processor calls it.",
      example: "po_0001",
    }),
    attempt_count: z.int().openapi({ description: "How often it was sent.", example: 1 }),
    failures: z
      .array(FailureSchema)
      .openapi({ description: "The tries that failed, oldest first.", example: [] }),
    retry_at: TimestampText.nullable().openapi({
      description:
        "When it is tried again by itself: by the days that the tenant has for payments that fail.",
      example: null,
    }),
    settled_at: TimestampText.nullable().openapi({
      description: "When it succeeded, failed or was cancelled.",
    }),
    returned_at: TimestampText.nullable().openapi({
      description: "When it came back after it had succeeded: it is owed again.",
      example: null,
    }),
    created_at: TimestampText,
  })
  .openapi("Payout")

export function payoutToApi(row: PayoutRow): z.infer<typeof PayoutSchema> {
  return {
    id: row.id,
    customer_id: row.customerId,
    invoice_id: row.invoiceId,
    status: row.status,
    currency: row.currency,
    amount_nanos: formatNanos(minorToNanos(row.amountMinor, row.currency)),
    payment_method_id: row.methodId,
    processor: row.processor,
    processor_reference: row.payoutRef,
    attempt_count: row.tries + 1,
    failures: row.failures.map(({ at, code, message, ref }) => ({
      at: timestamp(at),
      code,
      message,
      processor_reference: ref,
    })),
    retry_at: timestamp(row.retryAt),
    settled_at: timestamp(row.settledAt),
    returned_at: timestamp(row.returnedAt),
    created_at: timestamp(row.createdAt),
  }
}
