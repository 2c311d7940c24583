// What is asked of a subscription's life, and what a preview of it says.

import { z } from "@hono/zod-openapi"
import type { Cancellation } from "../../actions/cancel-subscription.ts"
import type { ChangePreview } from "../../actions/change-state.ts"
import type { SubscriptionChange } from "../../actions/change-subscription.ts"
import { invalidFields } from "../../actions/refusal.ts"
import type { RatedLine } from "../../actions/rate-subscription.ts"
import type { Currency } from "../../domain/currency.ts"
import { formatDecimal } from "../../domain/decimal.ts"
import type { Minor } from "../../domain/money.ts"
import { formatNanos, minor, minorToNanos } from "../../domain/money.ts"
import { overridesFrom } from "../../domain/override-fields.ts"
import { err } from "../../domain/result.ts"
import { InvoiceLineSchema, InvoiceSchema, invoiceToApi } from "../invoices/schemas.ts"
import { AmountNanos, Id, Quantity, Timestamp, timestamp, TimestampText } from "../shared/fields.ts"
import { OverridesInput } from "./override-schemas.ts"
import { SubscriptionSchema, subscriptionToApi } from "./subscription-schemas.ts"

const AtSchema = z.enum(["Now", "PeriodEnd"])

export const ChangeInput = z
  .strictObject({
    plan_id: Id("plan").optional().openapi({
      description: "Another plan, or its own: that moves it to the newest version.",
      example: "01944b1f-0000-7000-8000-000000000002",
    }),
    quantity: Quantity.nullable()
      .optional()
      .openapi({ description: "Seats, of every SKU that has some.", example: "25" }),
    quantities: z
      .record(z.string(), Quantity)
      .optional()
      .openapi({
        description: "Seats by SKU id. Those of other SKUs stay; with another plan, none do.",
        example: { "01944b1f-0000-7000-8000-000000000005": "25" },
      }),
    overrides: OverridesInput.optional(),
    at: AtSchema.default("Now").openapi({
      description: "At once, which is the default, or where the running period ends.",
      example: "Now",
    }),
    prorate: z.boolean().default(true).openapi({
      description:
        "Whether the running period is charged by what was sold in each part of it. Without it, fees change with the next period.",
      example: true,
    }),
  })
  .openapi("ChangeInput", { example: { plan_id: "01944b1f-0000-7000-8000-000000000002", at: "Now" } })

export const CancelInput = z
  .strictObject({
    at: z.union([AtSchema, Timestamp]).openapi({
      type: "string",
      description:
        "`Now` ends it at once; `PeriodEnd` lets the running period end first; or an RFC 3339 time ahead of now.",
      example: "PeriodEnd",
    }),
    prorate: z.boolean().default(false).openapi({
      description: "Whether fees that were paid in advance are given back from the end on.",
      example: false,
    }),
    invoice_now: z.boolean().default(true).openapi({
      description:
        "Whether the end bills what is left. If not, it stays unbilled until you bill the subscription on demand.",
      example: true,
    }),
  })
  .openapi("CancelInput", { example: { at: "PeriodEnd" } })

export const PauseInput = z
  .strictObject({
    resume_at: Timestamp.optional().openapi({
      type: "string",
      format: "date-time",
      description: "When it is resumed by itself; else somebody does it.",
      example: "2026-04-01T00:00:00Z",
    }),
  })
  .openapi("PauseInput", { example: {} })

export const ResumeInput = z
  .strictObject({
    anchor: z.enum(["Keep", "Reset"]).default("Keep").openapi({
      description:
        "`Keep`: periods go on as they were. `Reset`: a new period begins now, and others from it.",
      example: "Keep",
    }),
  })
  .openapi("ResumeInput")

const ChangeLineSchema = InvoiceLineSchema.pick({
  description: true,
  quantity: true,
  unit_amount_nanos: true,
  amount_nanos: true,
  rated_amount_nanos: true,
  kind: true,
  subscription_id: true,
  sku_id: true,
  service_start: true,
  service_end: true,
}).openapi("ChangeLine")

export const ChangePreviewSchema = z
  .object({
    effective_at: TimestampText,
    subscription: SubscriptionSchema.openapi({ description: "As it would be." }),
    line_items: z.array(ChangeLineSchema).openapi({
      description:
        "What the change itself gives back (below zero) and charges; of one that ends the running period also what that bills, its usage too.",
    }),
    credit_nanos: AmountNanos.openapi({ description: "What it gives back.", example: "-16500000000000" }),
    charge_nanos: AmountNanos.openapi({ description: "What it charges.", example: "49500000000000" }),
    total_nanos: AmountNanos.openapi({ description: "Both together.", example: "33000000000000" }),
    invoiced: z.enum(["Now", "NextInvoice", "Never"]).openapi({
      description:
        "Whether an invoice is drafted at once. What comes to less than nothing comes off the next one.",
      example: "Now",
    }),
    // Not the registered schema itself: as a part of an allOf null would not be valid.
    invoice: z.object(InvoiceSchema.shape).nullable().openapi({
      description:
        "That invoice, whole, as it would be; its ids are of the preview. Of NextInvoice it is the one that the running period's end brings, with the usage until now.",
    }),
  })
  .openapi("ChangePreview")

export function changeFrom(input: z.output<typeof ChangeInput>): SubscriptionChange {
  const { overrides } = input
  return {
    planId: input.plan_id,
    quantity: input.quantity,
    quantities: input.quantities,
    overrides:
      overrides === undefined
        ? undefined
        : (skus) => {
            const made = overridesFrom(overrides, skus)
            return made.ok ? made : err(invalidFields(made.error))
          },
    at: input.at,
    prorate: input.prorate,
  }
}

export function cancellationFrom(input: z.output<typeof CancelInput>): Cancellation {
  return { at: input.at, prorate: input.prorate, invoice: input.invoice_now }
}

export function previewToApi(preview: ChangePreview): z.infer<typeof ChangePreviewSchema> {
  const { subscription, lines, invoice, isImmediate } = preview
  const { currency } = subscription
  const sum = (some: readonly RatedLine[]) =>
    minor(some.reduce((all, { amountMinor }) => all + amountMinor, 0n))
  const shown = (amount: Minor) => formatNanos(minorToNanos(amount, currency))
  return {
    effective_at: timestamp(preview.at),
    subscription: subscriptionToApi(subscription),
    line_items: lines.map((line) => lineToApi(line, currency)),
    credit_nanos: shown(sum(lines.filter(({ amountMinor }) => amountMinor < 0n))),
    charge_nanos: shown(sum(lines.filter(({ amountMinor }) => amountMinor > 0n))),
    total_nanos: shown(sum(lines)),
    invoiced: isImmediate ? "Now" : invoice === null ? "Never" : "NextInvoice",
    invoice: invoice === null ? null : invoiceToApi(invoice),
  }
}

function lineToApi(line: RatedLine, currency: Currency): z.infer<typeof ChangeLineSchema> {
  return {
    description: line.description,
    quantity: formatDecimal(line.quantity),
    unit_amount_nanos: line.unitAmountNanos,
    amount_nanos: formatNanos(minorToNanos(line.amountMinor, currency)),
    rated_amount_nanos: formatNanos(line.ratedNanos),
    kind: line.kind,
    subscription_id: line.subscriptionId,
    sku_id: line.skuId,
    service_start: timestamp(line.service.start),
    service_end: timestamp(line.service.end),
  }
}
