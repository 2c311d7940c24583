// How subscriptions and their usage look on the wire.

import { z } from "@hono/zod-openapi"
import type { UsageSummary } from "../../actions/read-usage.ts"
import type { NewSubscription } from "../../actions/subscribe.ts"
import type { SubscriptionRow } from "../../db/rows.ts"
import type { Period } from "../../domain/period.ts"
import { formatNanos, ratioToNanos } from "../../domain/money.ts"
import { SUBSCRIPTION_STATUSES } from "../../domain/subscription.ts"
import { isTimeZone } from "../../domain/time.ts"
import { limits } from "../../limits.ts"
import {
  AmountNanos,
  CurrencyCode,
  CurrencyText,
  DecimalText,
  ExternalId,
  Id,
  MetadataSchema,
  Quantity,
  Timestamp,
  timestamp,
  TimestampText,
} from "../shared/fields.ts"

export const SubscriptionInput = z
  .strictObject({
    customer_id: Id("customer"),
    plan_id: Id("plan").openapi({ example: "01944b1f-0000-7000-8000-000000000002" }),
    currency: CurrencyCode.optional().openapi({
      type: "string",
      description: "The currency of the customer and of the plan's prices; the customer's by default.",
      example: "USD",
    }),
    trial_days: z
      .number()
      .int()
      .min(0)
      .max(limits.trialDays)
      .optional()
      .openapi({ description: "Wins over the plan's.", example: 14 }),
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
    timezone: z
      .string()
      .refine(isTimeZone, { error: "expected an IANA time zone, such as Europe/Berlin" })
      .optional()
      .openapi({
        description: "The IANA time zone in which periods begin and end; UTC by default.",
        example: "UTC",
      }),
    external_id: ExternalId.optional(),
    metadata: MetadataSchema.optional(),
  })
  .openapi("SubscriptionInput")

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
    trial_end: TimestampText.nullable().openapi({ example: "2026-03-14T00:00:00Z" }),
    timezone: z.string().openapi({ example: "UTC" }),
    quantity: z.string().nullable().openapi({ example: "10" }),
    quantities: z
      .record(z.string(), z.string())
      .openapi({ example: { "01944b1f-0000-7000-8000-000000000005": "25" } }),
    cancel_at: TimestampText.nullable().openapi({
      description: "When it ends or ended, if it is cancelled.",
    }),
    cancelled_at: TimestampText.nullable().openapi({ description: "When the cancellation was asked for." }),
    ended_at: TimestampText.nullable(),
    external_id: z.string().nullable().openapi({ example: "crm-4711" }),
    metadata: MetadataSchema,
    created_at: TimestampText,
  })
  .openapi("Subscription")

export const CancelInput = z
  .strictObject({
    at: z.enum(["Now", "PeriodEnd"]).openapi({
      description:
        "`Now` ends it at once and bills what was used; `PeriodEnd` lets the running period end first.",
      example: "PeriodEnd",
    }),
  })
  .openapi("CancelInput")

export const PeriodSchema = z
  .object({
    index: z.int().openapi({ description: "Counts the periods from 0.", example: 0 }),
    period_start: TimestampText,
    period_end: TimestampText.openapi({ example: "2026-03-28T00:00:00Z" }),
  })
  .openapi("Period")

export const MeterSchema = z
  .object({
    event_type: z.string().openapi({ example: "api.request" }),
    aggregation: z.enum(["Count", "Sum"]).openapi({ example: "Count" }),
    property: z.string().nullable().openapi({ example: "tokens" }),
    value: DecimalText,
    skus: z.array(z.string()).openapi({ example: ["01944b1f-0000-7000-8000-000000000004"] }),
  })
  .openapi("MeterUsage")

export const UsageSchema = z
  .object({
    subscription_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000003" }),
    period_start: TimestampText,
    period_end: TimestampText.openapi({ example: "2026-03-28T00:00:00Z" }),
    as_of: TimestampText,
    amount_nanos: AmountNanos.openapi({
      description: "What the usage of the period comes to so far, before rounding.",
      example: "1500000000",
    }),
    meters: z.array(MeterSchema),
  })
  .openapi("Usage")

export function subscriptionFrom(input: z.output<typeof SubscriptionInput>): NewSubscription {
  return {
    customerId: input.customer_id,
    planId: input.plan_id,
    currency: input.currency ?? null,
    trialDays: input.trial_days ?? null,
    quantities: { all: input.quantity ?? null, bySku: input.quantities ?? {} },
    startedAt: input.started_at ?? null,
    timeZone: input.timezone ?? "UTC",
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
    trial_end: timestamp(row.trialEndsAt),
    timezone: row.schedule.timeZone,
    quantity: row.quantities.all,
    quantities: { ...row.quantities.bySku },
    cancel_at: timestamp(row.cancelAt),
    cancelled_at: timestamp(row.cancelledAt),
    ended_at: timestamp(row.endedAt),
    external_id: row.externalId,
    metadata: { ...row.metadata },
    created_at: timestamp(row.createdAt),
  }
}

export function periodToApi(period: Period): z.infer<typeof PeriodSchema> {
  return { index: period.index, period_start: timestamp(period.start), period_end: timestamp(period.end) }
}

export function usageToApi(usage: UsageSummary): z.infer<typeof UsageSchema> {
  return {
    subscription_id: usage.subscriptionId,
    period_start: timestamp(usage.period.start),
    period_end: timestamp(usage.period.end),
    as_of: timestamp(usage.asOf),
    amount_nanos: formatNanos(ratioToNanos(usage.amount)),
    meters: usage.meters.map(({ definition, value, skuIds }) => ({
      event_type: definition.eventType,
      aggregation: definition.aggregation,
      property: definition.property,
      value,
      skus: [...skuIds],
    })),
  }
}
