// How the meter of a SKU looks on the wire: which events it counts, and what it makes of them. null says "none".

import { z } from "@hono/zod-openapi"
import { AGGREGATIONS } from "../../domain/terms.ts"
import { fixedLengthMs, parseDuration } from "../../domain/time.ts"
import { limits } from "../../limits.ts"

export const AggregationSchema = z.enum(AGGREGATIONS)

const PropertyName = z.string().min(1).max(limits.propertyNameLength)
const FilterValueInput = z.union([z.string().max(limits.filterValueLength), z.number(), z.boolean()])

const AGGREGATION =
  "Count: events. Sum, Max, Latest: of a number in each event. UniqueCount: different values of a property. WeightedSum: each event " +
  "changes a level by its number, and counts until the period ends, in hours (10 for 3 hours are 30). Sum with a meter_property, " +
  "Count without one, by default."
const FILTERS =
  "Counts only events whose properties have one of these values each; all properties listed must match. Numbers and booleans are compared by " +
  "their JSON text."
const GROUP_BY =
  `Totals are kept for each combination of these properties too. An event that would make more than ${limits.meterGroups} of ` +
  "them in a period is refused."
const WINDOW =
  "BillingPeriod, the default: one total. Tumbling: a total for each window of this size from the start of the period, added up. Sliding: that of the highest " +
  "window of this size within the period."

function isWindowSize(text: string): boolean {
  const duration = parseDuration(text)
  const sizeMs = duration.ok ? fixedLengthMs(duration.value) : null
  return sizeMs !== null && sizeMs >= limits.shortestWindowMs && sizeMs <= limits.longestWindowMs
}

const WindowObject = z.strictObject({
  type: z.enum(["BillingPeriod", "Tumbling", "Sliding"]).openapi({ example: "Tumbling" }),
  size: z
    .string()
    .refine(isWindowSize, {
      error:
        "expected an ISO 8601 duration of a minute to 366 days without months and years, such as PT1H or P1D",
    })
    .optional()
    .openapi({ description: "ISO 8601, without months and years; P1D is 24 hours.", example: "P1D" }),
})

export const MeterInput = {
  meter_event_type: z.string().min(1).max(limits.eventTypeLength).nullable().optional().openapi({
    description:
      "The events that it counts. Without one it is priced on the subscription's quantity (seats).",
    example: "api.request",
  }),
  meter_aggregation: AggregationSchema.nullable()
    .optional()
    .openapi({ description: AGGREGATION, example: "Count" }),
  meter_property: PropertyName.nullable().optional().openapi({
    description: "The property of an event that is aggregated; none with Count.",
    example: null,
  }),
  filters: z
    .record(
      PropertyName,
      z.union([FilterValueInput, z.array(FilterValueInput).min(1).max(limits.meterFilterValues)], {
        error: `expected a text, a number, a boolean or a list of 1 to ${limits.meterFilterValues} of them`,
      }),
    )
    .refine((filters) => Object.keys(filters).length <= limits.meterFilters, {
      error: `expected at most ${limits.meterFilters} properties`,
    })
    .nullable()
    .optional()
    .openapi({ description: FILTERS, example: { model: ["large", "huge"] } }),
  group_by: z
    .array(PropertyName)
    .max(limits.meterGroupBy)
    .nullable()
    .optional()
    .openapi({ description: GROUP_BY, example: ["region"] }),
  window: z
    .union([WindowObject, z.literal("BillingPeriod")], {
      error:
        "expected BillingPeriod, or an object with the type BillingPeriod, Tumbling or Sliding and a size",
    })
    .nullable()
    .optional()
    .openapi({ description: WINDOW, example: { type: "BillingPeriod" } }),
}

export const MeterOutput = {
  meter_event_type: z.string().nullable().openapi({ example: "api.request" }),
  meter_aggregation: AggregationSchema.nullable().openapi({ example: "Count" }),
  meter_property: z.string().nullable().openapi({ example: null }),
  filters: z
    .record(z.string(), z.array(z.string()))
    .optional()
    .openapi({ description: FILTERS, example: { model: ["large", "huge"] } }),
  group_by: z
    .array(z.string())
    .optional()
    .openapi({ description: GROUP_BY, example: ["region"] }),
  window: z
    .object({
      type: z.enum(["Tumbling", "Sliding"]).openapi({ example: "Tumbling" }),
      size: z.string().openapi({ example: "P1D" }),
    })
    .optional()
    .openapi({ description: `${WINDOW} Only where it isn't the default.` }),
}
