// How subscriptions and their usage look on the wire.

import { z } from "@hono/zod-openapi"
import type { MeterSeries } from "../../actions/read-series.ts"
import type { MeterUsage, UsageSummary } from "../../actions/read-usage.ts"
import type { NewSubscription } from "../../actions/subscribe.ts"
import type { SubscriptionRow } from "../../db/rows.ts"
import type { SkuMeter } from "../../domain/catalog.ts"
import { meterFieldsOf } from "../../domain/meter-fields.ts"
import type { Period } from "../../domain/period.ts"
import { formatNanos, ratioToNanos } from "../../domain/money.ts"
import { SUBSCRIPTION_STATUSES } from "../../domain/subscription.ts"
import { AGGREGATIONS } from "../../domain/terms.ts"
import { isTimeZone } from "../../domain/time.ts"
import { limits } from "../../limits.ts"
import { MeterOutput } from "../catalog/meter-schemas.ts"
import { LimitRemaining } from "../events/schemas.ts"
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

const MeterFields = {
  event_type: z.string().openapi({ example: "api.request" }),
  aggregation: z.enum(AGGREGATIONS).openapi({ example: "Count" }),
  property: z.string().nullable().openapi({ example: "tokens" }),
  filters: MeterOutput.filters,
  group_by: MeterOutput.group_by,
  window: MeterOutput.window,
}

const GroupSchema = z
  .object({
    values: z.record(z.string(), z.string().nullable()).openapi({
      description: "null where an event has no such property.",
      example: { region: "us-east-1" },
    }),
    value: DecimalText,
    count: z.int().openapi({ description: "Events.", example: 15 }),
  })
  .openapi("UsageGroup")

export const MeterSchema = z
  .object({
    ...MeterFields,
    value: DecimalText,
    groups: z
      .array(GroupSchema)
      .optional()
      .openapi({ description: "The value for each combination of `group_by`, where the meter has one." }),
    skus: z.array(z.string()).openapi({ example: ["01944b1f-0000-7000-8000-000000000004"] }),
  })
  .openapi("MeterUsage")

const PointSchema = z
  .object({
    start: TimestampText,
    end: TimestampText.openapi({ example: "2026-03-01T00:00:00Z" }),
    value: DecimalText,
    count: z.int().openapi({ description: "Events.", example: 15 }),
  })
  .openapi("UsagePoint")

const MeterSeriesSchema = z
  .object({
    ...MeterFields,
    points: z.array(PointSchema).openapi({ description: "Every hour or day, also those without events." }),
  })
  .openapi("MeterSeries")

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
    limit_remaining_nanos: LimitRemaining,
    meters: z.array(MeterSchema),
    series: z
      .array(MeterSeriesSchema)
      .optional()
      .openapi({ description: "Only where a `window` was asked for." }),
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
    ...(usage.left === null ? {} : { limit_remaining_nanos: usage.left }),
    meters: usage.meters.map(meterToApi),
  }
}

function meterToApi({ meter, definition, value, groups, skuIds }: MeterUsage): z.infer<typeof MeterSchema> {
  const { groupBy } = definition
  return {
    ...countedToApi(meter),
    value,
    ...(groupBy === undefined ? {} : { groups: groups.map((group) => groupToApi(groupBy, group)) }),
    skus: [...skuIds],
  }
}

/** What a meter counts, as its SKUs say it. */
function countedToApi(meter: SkuMeter) {
  const { meter_event_type: _, meter_aggregation: __, meter_property: ___, ...rest } = meterFieldsOf(meter)
  return { event_type: meter.eventType, aggregation: meter.aggregation, property: meter.property, ...rest }
}

function groupToApi(
  groupBy: readonly string[],
  { values, value, count }: MeterUsage["groups"][number],
): z.infer<typeof GroupSchema> {
  return { values: Object.fromEntries(groupBy.map((name, at) => [name, values[at] ?? null])), value, count }
}

export function seriesToApi({ meter, points }: MeterSeries): z.infer<typeof MeterSeriesSchema> {
  return {
    ...countedToApi(meter),
    points: points.map(({ start, end, value, count }) => {
      return { start: timestamp(start), end: timestamp(end), value, count }
    }),
  }
}
