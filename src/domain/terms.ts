// The terms that a meter counts by: a frozen snapshot of a subscription, with a version.
// Law: D1 owns the terms, the meter keeps one snapshot of them, and a higher version always wins.

import type { BudgetTerms } from "./alert.ts"
import { assert } from "./assert.ts"
import type { EventFee } from "./event-fee.ts"
import type { Schedule } from "./period.ts"
import type { PricingTerms } from "./price-terms.ts"
import { EARLIEST, type Instant } from "./time.ts"
import type { Pause } from "./timeline.ts"

export const AGGREGATIONS = ["Count", "Sum", "Max", "UniqueCount", "Latest", "WeightedSum"] as const
export type Aggregation = (typeof AGGREGATIONS)[number]

/** Only events whose property is one of the values, as text (see `textOf` in measure.ts). */
export type PropertyFilter = { readonly property: string; readonly values: readonly string[] }

/** Tumbling: the windows tile the period from its start on, and its total is the sum of theirs.
 *  Sliding: its total is that of the highest window (t − size, t]. */
export type MeterWindow = { readonly kind: "Tumbling" | "Sliding"; readonly sizeMs: number }

/** One thing that is counted. Two SKUs with the same definition share one meter. What older code stored lacks the last four
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
  /** A Sum that adds up the fee of each event too. */
  readonly fee?: EventFee
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
  /** The periods of usage: billing periods, divided where other prices begin. */
  readonly schedule: Schedule
  /** The billing periods, where `schedule` divides some; absent: they are its periods. */
  readonly billing?: Schedule
  /** Events within are kept and counted nowhere. In order; absent: there are none. */
  readonly pauses?: readonly Pause[]
  /** What any of the subscription's segments counts. */
  readonly meters: readonly MeterDefinition[]
  /** What limits the customer's spend, and the prices that it is rated by. Absent where nothing limits it, so that it costs nothing. */
  readonly budgets?: readonly BudgetTerms[]
  readonly prices?: MeterPrices
  readonly threshold?: ThresholdTerms
}

/** One price list for all of the time, or several, each from an instant on: the first also before it. */
export type MeterPrices = readonly MeteredPrice[] | readonly PriceList[]
export type PriceList = { readonly from: Instant; readonly prices: readonly MeteredPrice[] }

/** The usage of a billing period that is not billed yet is billed when it reaches `amountNanos`. */
export type ThresholdTerms = {
  readonly amountNanos: string
  /** What invoices that are not void took for usage, by where its period, or part of one, begins. */
  readonly billed: readonly BilledUsage[]
}

export type BilledUsage = { readonly from: Instant; readonly meterKey: string; readonly nanos: string }

/** What a metered SKU costs: which meter's total is priced, and how. */
export type MeteredPrice = {
  readonly skuId: string
  readonly meterKey: string
  readonly pricing: PricingTerms
}

export function priceListsOf(prices: MeterPrices): readonly PriceList[] {
  const lists = prices.flatMap((price) => ("skuId" in price ? [] : [price]))
  if (lists.length > 0) return lists
  return [{ from: EARLIEST, prices: prices.flatMap((price) => ("skuId" in price ? [price] : [])) }]
}

/** What a definition may have beyond what all have. */
export type MeterRest = Pick<MeterDefinition, "filters" | "groupBy" | "window" | "fee">

/** The key names what is counted, so that it is the same in every version of the terms: a JSON array, longer than three only
 *  where a definition has more, so that keys that are stored stay what they are. */
export function meterKey(
  eventType: string,
  aggregation: Aggregation,
  property: string | null,
  rest: MeterRest = {},
): string {
  const { filters = [], groupBy = [], window = null, fee } = canonicalRest(rest)
  const base = [eventType, aggregation, property]
  const isPlain = filters.length === 0 && groupBy.length === 0 && window === null && fee === undefined
  if (isPlain) return JSON.stringify(base)
  return JSON.stringify([
    ...base,
    filters.map((filter) => [filter.property, filter.values]),
    groupBy,
    window === null ? null : [window.kind, window.sizeMs],
    ...(fee === undefined ? [] : [[fee.rateBps, fee.fixedNanos, fee.minimumNanos, fee.maximumNanos]]),
  ])
}

export function aggregationOfKey(key: string): Aggregation {
  const parts: readonly unknown[] = JSON.parse(key)
  const found = AGGREGATIONS.find((aggregation) => aggregation === parts[1])
  assert(found !== undefined, "the key of a meter names its aggregation", { key })
  return found
}

/** Whether the meter of this key keeps totals by group, also where no terms have it any more. */
export function groupsByKey(key: string): boolean {
  const parts: readonly unknown[] = JSON.parse(key)
  return Array.isArray(parts[4]) && parts[4].length > 0
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
function canonicalRest({ filters = [], groupBy = [], window = null, fee }: MeterRest): MeterRest {
  const sorted = filters
    .map(({ property, values }) => ({ property, values: sortedSet(values) }))
    .toSorted((a, b) => byCodeUnits(a.property, b.property))
  return {
    ...(sorted.length === 0 ? {} : { filters: sorted }),
    ...(groupBy.length === 0 ? {} : { groupBy: sortedSet(groupBy) }),
    ...(window === null ? {} : { window }),
    ...(fee === undefined ? {} : { fee }),
  }
}

function sortedSet(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)].toSorted(byCodeUnits)
}

/** The order that is the same everywhere, whatever the language. */
export function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
