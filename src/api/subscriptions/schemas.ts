// How the usage of a subscription looks on the wire.

import { z } from "@hono/zod-openapi"
import type { MeterSeries } from "../../actions/read-series.ts"
import type { MeterUsage, UsageSummary } from "../../actions/read-usage.ts"
import type { SkuMeter } from "../../domain/catalog.ts"
import { meterFieldsOf } from "../../domain/meter-fields.ts"
import { formatNanos, ratioToNanos } from "../../domain/money.ts"
import { AGGREGATIONS } from "../../domain/terms.ts"
import { MeterOutput } from "../catalog/meter-schemas.ts"
import { LimitRemaining } from "../events/schemas.ts"
import { AmountNanos, DecimalText, timestamp, TimestampText } from "../shared/fields.ts"

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
    service_start: TimestampText.optional().openapi({
      description:
        "Where the part of the period begins whose total it is, if other prices divide the period.",
    }),
    service_end: TimestampText.optional().openapi({ example: "2026-03-15T00:00:00Z" }),
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

function meterToApi(usage: MeterUsage): z.infer<typeof MeterSchema> {
  const { meter, definition, part, value, groups, skuIds } = usage
  const { groupBy } = definition
  return {
    ...countedToApi(meter),
    ...(part === null ? {} : { service_start: timestamp(part.start), service_end: timestamp(part.end) }),
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
