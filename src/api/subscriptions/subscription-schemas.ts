// How subscriptions look on the wire.

import { z } from "@hono/zod-openapi"
import type { NewSubscription } from "../../actions/subscribe.ts"
import type { SubscriptionRow } from "../../db/rows.ts"
import { SUBSCRIPTION_STATUSES } from "../../domain/subscription.ts"
import { isTimeZone } from "../../domain/time.ts"
import { limits } from "../../limits.ts"
import { CouponCode } from "../coupons/schemas.ts"
import {
  AmountNanos,
  CurrencyCode,
  CurrencyText,
  ExternalId,
  Id,
  MetadataSchema,
  PositiveNanos,
  Quantity,
  Timestamp,
  timestamp,
  TimestampText,
} from "../shared/fields.ts"
import { AnchorInput, anchorFromApi, AnchorSchema, anchorToApi } from "./anchor-schemas.ts"
import { OverridesInput, OverridesSchema, overridesToApi } from "./override-schemas.ts"

/** Shared with invoices by name and meaning. */
export const PaymentFields = {
  payment_method_id: Id("payment method").nullable().optional().openapi({
    description: "The customer's payment method that is charged, or paid out to; null: its default.",
    example: "01944b1f-0000-7000-8000-00000000000e",
  }),
  statement_descriptor: z
    .string()
    .regex(/^[\x20-\x7e]+$/, { error: "expected printable ASCII" })
    .max(limits.statementDescriptorLength)
    .nullable()
    .optional()
    .openapi({ description: "What charges are called on the statement of a card.", example: "ACME PRO" }),
}

export const SubscriptionInput = z
  .strictObject({
    customer_id: Id("customer"),
    plan_id: Id("plan").openapi({ example: "01944b1f-0000-7000-8000-000000000002" }),
    currency: CurrencyCode.optional().openapi({
      type: "string",
      description: "The currency of the customer and of the plan's prices; the customer's by default.",
      example: "USD",
    }),
    trial_days: z.number().int().min(0).max(limits.trialDays).optional().openapi({
      description:
        "Wins over the plan's. With a customer's token at most the plan's, or the tenant's `customer_trial_days_max` where the plan has none.",
      example: 14,
    }),
    quantity: Quantity.optional().openapi({
      description: "Seats, for every SKU that has no meter and is not Flat. One by default.",
      example: "10",
    }),
    quantities: z
      .record(z.string(), Quantity)
      .optional()
      .openapi({
        description: "Seats by SKU id, where they differ.",
        example: { "01944b1f-0000-7000-8000-000000000005": "25" },
      }),
    started_at: Timestamp.optional().openapi({
      type: "string",
      format: "date-time",
      description: "Now by default. Periods that have passed are billed one by one.",
      example: "2026-02-28T00:00:00Z",
    }),
    billing_anchor: AnchorInput.optional(),
    end_at: Timestamp.optional().openapi({
      type: "string",
      format: "date-time",
      description:
        "When it ends by itself and is Expired. Its last period ends then too. Open-ended by default.",
      example: "2027-02-28T00:00:00Z",
    }),
    timezone: z
      .string()
      .refine(isTimeZone, { error: "expected an IANA time zone, such as Europe/Berlin" })
      .optional()
      .openapi({
        description: "The IANA time zone in which periods begin and end; UTC by default.",
        example: "UTC",
      }),
    coupon: CouponCode.optional().openapi({
      type: "string",
      description: "The code of a coupon that reduces it from its first period on.",
      example: "LAUNCH20",
    }),
    overrides: OverridesInput.optional(),
    progressive_billing_threshold_nanos: PositiveNanos.optional().openapi({
      type: "string",
      description:
        "Bills at once whenever the usage of the running period that is not billed yet reaches this amount. Without it usage is billed when the period ends.",
      example: "100000000000000",
    }),
    ...PaymentFields,
    external_id: ExternalId.optional(),
    metadata: MetadataSchema.optional(),
  })
  .openapi("SubscriptionInput", {
    example: {
      customer_id: "01944b1f-0000-7000-8000-000000000001",
      plan_id: "01944b1f-0000-7000-8000-000000000002",
      currency: "USD",
      trial_days: 14,
    },
  })

export const SubscriptionUpdate = z.strictObject(PaymentFields).openapi("SubscriptionUpdate")

export const SubscriptionSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000003" }),
    customer_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    plan_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000002" }),
    plan_version: z.int().openapi({ description: "The version of the plan that it runs on.", example: 1 }),
    status: z.enum(SUBSCRIPTION_STATUSES).openapi({ example: "Trialing" }),
    currency: CurrencyText,
    period_start: TimestampText,
    period_end: TimestampText.openapi({ example: "2026-03-28T00:00:00Z" }),
    started_at: TimestampText,
    billing_anchor: AnchorSchema,
    end_at: TimestampText.nullable().openapi({
      description: "When it ends by itself, if that was agreed.",
      example: null,
    }),
    trial_end: TimestampText.nullable().openapi({ example: "2026-03-14T00:00:00Z" }),
    timezone: z.string().openapi({ example: "UTC" }),
    quantity: z.string().nullable().openapi({ example: "10" }),
    quantities: z
      .record(z.string(), z.string())
      .openapi({ example: { "01944b1f-0000-7000-8000-000000000005": "25" } }),
    overrides: OverridesSchema,
    paused_at: TimestampText.nullable().openapi({ description: "Since when it is paused." }),
    resume_at: TimestampText.nullable().openapi({
      description: "When a pause ends by itself; null where somebody resumes it.",
    }),
    cancel_at: TimestampText.nullable().openapi({
      description: "When it ends or ended, if it is cancelled.",
    }),
    cancelled_at: TimestampText.nullable().openapi({ description: "When the cancellation was asked for." }),
    ended_at: TimestampText.nullable(),
    progressive_billing_threshold_nanos: AmountNanos.nullable().openapi({ example: null }),
    is_payout: z.boolean().openapi({
      description: "Whether its plan pays out: then its invoices are owed to the customer.",
      example: false,
    }),
    payment_method_id: z.string().nullable().openapi({
      description: "What is charged, or paid out to; null: the customer's default method.",
      example: null,
    }),
    statement_descriptor: z.string().nullable().openapi({ example: null }),
    external_id: z.string().nullable().openapi({ example: "crm-4711" }),
    metadata: MetadataSchema,
    created_at: TimestampText,
  })
  .openapi("Subscription")

export function subscriptionFrom(input: z.output<typeof SubscriptionInput>): NewSubscription {
  return {
    customerId: input.customer_id,
    planId: input.plan_id,
    currency: input.currency ?? null,
    trialDays: input.trial_days ?? null,
    quantities: { all: input.quantity ?? null, bySku: input.quantities ?? {} },
    startedAt: input.started_at ?? null,
    billingAnchor: input.billing_anchor === undefined ? null : anchorFromApi(input.billing_anchor),
    endAt: input.end_at ?? null,
    timeZone: input.timezone ?? "UTC",
    coupon: input.coupon ?? null,
    overrides: input.overrides ?? [],
    thresholdNanos: input.progressive_billing_threshold_nanos ?? null,
    paymentMethodId: input.payment_method_id ?? null,
    statementDescriptor: input.statement_descriptor ?? null,
    externalId: input.external_id ?? null,
    metadata: input.metadata ?? {},
  }
}

export function subscriptionToApi(row: SubscriptionRow): z.infer<typeof SubscriptionSchema> {
  return {
    id: row.id,
    customer_id: row.customerId,
    plan_id: row.planId,
    plan_version: row.planVersion,
    status: row.status,
    currency: row.currency,
    period_start: timestamp(row.periodStart),
    period_end: timestamp(row.periodEnd),
    started_at: timestamp(row.startedAt),
    billing_anchor: anchorToApi(row.billingAnchor),
    end_at: timestamp(row.endAt),
    trial_end: timestamp(row.trialEndsAt),
    timezone: row.schedule.timeZone,
    quantity: row.quantities.all,
    quantities: { ...row.quantities.bySku },
    overrides: overridesToApi(row),
    ...pauseToApi(row),
    cancel_at: timestamp(row.cancelAt),
    cancelled_at: timestamp(row.cancelledAt),
    ended_at: timestamp(row.endedAt),
    progressive_billing_threshold_nanos: row.thresholdNanos,
    is_payout: row.payout === true,
    payment_method_id: row.paymentMethodId,
    statement_descriptor: row.statementDescriptor,
    external_id: row.externalId,
    metadata: { ...row.metadata },
    created_at: timestamp(row.createdAt),
  }
}

function pauseToApi({ status, pauses }: SubscriptionRow) {
  const pause = status === "Paused" ? pauses?.at(-1) : undefined
  return { paused_at: timestamp(pause?.from ?? null), resume_at: timestamp(pause?.to ?? null) }
}
