// The terms that a meter counts by: a frozen snapshot of a subscription, with a version.
// Law: D1 owns the terms, the meter keeps one snapshot of them, and a higher version always wins.

import type { BudgetTerms } from "./alert.ts"
import { assert } from "./assert.ts"
import type { Schedule } from "./period.ts"
import type { PricingTerms } from "./price-terms.ts"
import type { Instant } from "./time.ts"

export const AGGREGATIONS = ["Count", "Sum", "Max", "UniqueCount", "Latest", "WeightedSum"] as const
export type Aggregation = (typeof AGGREGATIONS)[number]

/** Only events whose property is one of the values, as text (see `textOf` in measure.ts). */
export type PropertyFilter = { readonly property: string; readonly values: readonly string[] }

/** Tumbling: the windows tile the period from its start on, and its total is the sum of theirs.
 *  Sliding: its total is that of the highest window (t − size, t]. */
export type MeterWindow = { readonly kind: "Tumbling" | "Sliding"; readonly sizeMs: number }

/** One thing that is counted. Two SKUs with the same definition share one meter. What older code stored lacks the last three
 *  fields, as does every definition that has none of them. */
export type MeterDefinition = {
  readonly key: string
  readonly eventType: string
  readonly aggregation: Aggregation
  readonly property: string | null
  /** All of them must match. Sorted by property, each one's values sorted. */
  readonly filters?: readonly PropertyFilter[]
  /** Totals are kept for each combination of these properties too. Sorted. */
  readonly groupBy?: readonly string[]
  /** Null: the billing period. */
  readonly window?: MeterWindow | null
}

export type MeterTerms = {
  readonly version: number
  readonly tenantId: string
  readonly subscriptionId: string
  readonly customerId: string
  readonly startedAt: Instant
  /** The first instant that is not served any more, when the subscription has ended. */
  readonly endsAt: Instant | null
  /** Events of periods that start before it are refused; null or absent: none are. */
  readonly closedBefore?: Instant | null
  readonly schedule: Schedule
  readonly meters: readonly MeterDefinition[]
  /** What limits the customer's spend, and the prices that it is rated by. Absent where nothing limits it, so that it costs nothing. */
  readonly budgets?: readonly BudgetTerms[]
  readonly prices?: readonly MeteredPrice[]
}

/** What a metered SKU costs: which meter's total is priced, and how. */
export type MeteredPrice = {
  readonly skuId: string
  readonly meterKey: string
  readonly pricing: PricingTerms
}

/** What a definition may have beyond what all have. */
export type MeterRest = Pick<MeterDefinition, "filters" | "groupBy" | "window">

/** The key names what is counted, so that it is the same in every version of the terms: a JSON array, longer than three only
 *  where a definition has more, so that keys that are stored stay what they are. */
export function meterKey(
  eventType: string,
  aggregation: Aggregation,
  property: string | null,
  rest: MeterRest = {},
): string {
  const { filters = [], groupBy = [], window = null } = canonicalRest(rest)
  const base = [eventType, aggregation, property]
  if (filters.length === 0 && groupBy.length === 0 && window === null) return JSON.stringify(base)
  return JSON.stringify([
    ...base,
    filters.map((filter) => [filter.property, filter.values]),
    groupBy,
    window === null ? null : [window.kind, window.sizeMs],
  ])
}

export function aggregationOfKey(key: string): Aggregation {
  const parts: readonly unknown[] = JSON.parse(key)
  const found = AGGREGATIONS.find((aggregation) => aggregation === parts[1])
  assert(found !== undefined, "the key of a meter names its aggregation", { key })
  return found
}

export function meterDefinition(
  eventType: string,
  aggregation: Aggregation,
  property: string | null,
  rest: MeterRest = {},
): MeterDefinition {
  const key = meterKey(eventType, aggregation, property, rest)
  return { key, eventType, aggregation, property, ...canonicalRest(rest) }
}

/** One order for what has none, and no field that says nothing. */
function canonicalRest({ filters = [], groupBy = [], window = null }: MeterRest): MeterRest {
  const sorted = filters
    .map(({ property, values }) => ({ property, values: sortedSet(values) }))
    .toSorted((a, b) => byCodeUnits(a.property, b.property))
  return {
    ...(sorted.length === 0 ? {} : { filters: sorted }),
    ...(groupBy.length === 0 ? {} : { groupBy: sortedSet(groupBy) }),
    ...(window === null ? {} : { window }),
  }
}

function sortedSet(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted(byCodeUnits)
}

/** The order that is the same everywhere, whatever the language. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
