// The meter of a SKU as flat fields, under the names that the API gives them, to terms and back.
// Law: what a meter doesn't look at is refused, never ignored, and so is what has no meaning together.

import type { FieldFault, SkuMeter, WindowTerms } from "./catalog.ts"
import type { Aggregation, PropertyFilter } from "./terms.ts"

export type FilterValue = string | number | boolean

export type WindowFields = {
  readonly type: "BillingPeriod" | "Tumbling" | "Sliding"
  /** An ISO 8601 duration that always is as long: see `fixedLengthMs`. */
  readonly size?: string | undefined
}

/** Null says "none", in a change too, where what is not given stays. */
export type MeterFields = {
  readonly meter_event_type?: string | null | undefined
  readonly meter_aggregation?: Aggregation | null | undefined
  readonly meter_property?: string | null | undefined
  readonly filters?: Readonly<Record<string, FilterValue | readonly FilterValue[]>> | null | undefined
  readonly group_by?: readonly string[] | null | undefined
  readonly window?: WindowFields | WindowFields["type"] | null | undefined
}

/** Every window that makes sense; without one they all do. */
const WITHIN: Readonly<Record<WindowTerms["kind"], readonly Aggregation[]>> = {
  Tumbling: ["Count", "Sum", "Max", "UniqueCount", "Latest"],
  Sliding: ["Count", "Sum"],
}

export function meterFaults(fields: MeterFields): FieldFault[] {
  const meter = meterFrom(fields)
  if (meter === null) return withoutMeter(fields)
  const faults: FieldFault[] = []
  const { aggregation, property, groupBy = [] } = meter
  if (aggregation === "Count" && property !== null) {
    faults.push({ path: "meter_property", message: "Count counts events and takes no property." })
  }
  if (aggregation !== "Count" && property === null) {
    faults.push({ path: "meter_property", message: `${aggregation} needs the property that it looks at.` })
  }
  if (new Set(groupBy).size < groupBy.length) {
    faults.push({ path: "group_by", message: "Names each property once." })
  }
  return [...faults, ...windowFaults(fields, aggregation)]
}

function withoutMeter(fields: MeterFields): FieldFault[] {
  const paths = ["meter_aggregation", "meter_property", "filters", "group_by", "window"] as const
  return paths
    .filter((path) => (fields[path] ?? null) !== null)
    .map((path) => ({ path, message: "Takes a meter_event_type beside it." }))
}

function windowFaults(fields: MeterFields, aggregation: Aggregation): FieldFault[] {
  const window = windowOf(fields)
  if (window === null) return []
  const { type, size } = window
  if (type === "BillingPeriod") {
    return size === undefined
      ? []
      : [{ path: "window.size", message: "A billing period has its own length." }]
  }
  if (size === undefined) return [{ path: "window.size", message: `${type} needs the size of a window.` }]
  if (WITHIN[type].includes(aggregation)) return []
  const message = `${type} takes ${WITHIN[type].join(", ")}; ${aggregation} takes the billing period.`
  return [{ path: "window", message }]
}

function windowOf({ window = null }: MeterFields): WindowFields | null {
  return typeof window === "string" ? { type: window } : window
}

/** Null without an event type. Called also while there may be faults, which are not asked for here. */
export function meterFrom(fields: MeterFields): SkuMeter | null {
  const eventType = fields.meter_event_type ?? null
  if (eventType === null) return null
  const property = fields.meter_property ?? null
  const filters = Object.entries(fields.filters ?? {})
  const groupBy = fields.group_by ?? []
  const window = windowTermsOf(fields)
  return {
    eventType,
    aggregation: fields.meter_aggregation ?? (property === null ? "Count" : "Sum"),
    property,
    ...(filters.length === 0 ? {} : { filters: filters.map(([name, given]) => filterOf(name, given)) }),
    ...(groupBy.length === 0 ? {} : { groupBy }),
    ...(window === null ? {} : { window }),
  }
}

function windowTermsOf(fields: MeterFields): WindowTerms | null {
  const { type = "BillingPeriod", size } = windowOf(fields) ?? {}
  return type === "BillingPeriod" || size === undefined ? null : { kind: type, size }
}

/** A value that is no text is compared by its JSON. */
function filterOf(property: string, given: FilterValue | readonly FilterValue[]): PropertyFilter {
  const values = isList(given) ? given : [given]
  return { property, values: [...new Set(values.map((value) => `${value}`))] }
}

function isList(given: FilterValue | readonly FilterValue[]): given is readonly FilterValue[] {
  return Array.isArray(given)
}

/** The first three always, null where there is no meter; of the others those that it has. */
export function meterFieldsOf(meter: SkuMeter | null) {
  return {
    meter_event_type: meter?.eventType ?? null,
    meter_aggregation: meter?.aggregation ?? null,
    meter_property: meter?.property ?? null,
    ...(meter?.filters === undefined ? {} : { filters: filterFieldsOf(meter.filters) }),
    ...(meter?.groupBy === undefined ? {} : { group_by: [...meter.groupBy] }),
    ...(meter?.window === undefined ? {} : { window: { type: meter.window.kind, size: meter.window.size } }),
  }
}

function filterFieldsOf(filters: readonly PropertyFilter[]): Record<string, string[]> {
  return Object.fromEntries(filters.map(({ property, values }) => [property, [...values]]))
}

/** Without an event type there is no meter. A Count that is asked for drops the property of the aggregation before it, and a
 *  property that is asked for ends a Count; no property makes it one. */
export function changedMeter(current: MeterFields, changes: MeterFields): MeterFields {
  const eventType =
    changes.meter_event_type === undefined ? current.meter_event_type : changes.meter_event_type
  const { meter_aggregation: aggregation, meter_property: property } = changes
  const before: MeterFields = eventType === null ? {} : current
  const goesOn = property === undefined || (property !== null && before.meter_aggregation !== "Count")
  return {
    meter_event_type: eventType,
    meter_aggregation: aggregation ?? (goesOn ? before.meter_aggregation : undefined),
    meter_property: property === undefined && aggregation !== "Count" ? before.meter_property : property,
    filters: changes.filters === undefined ? before.filters : changes.filters,
    group_by: changes.group_by === undefined ? before.group_by : changes.group_by,
    window: changes.window === undefined ? before.window : changes.window,
  }
}
