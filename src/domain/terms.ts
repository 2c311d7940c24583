// The terms that a meter counts by: a frozen snapshot of a subscription, with a version.
// Law: D1 owns the terms, the meter keeps one snapshot of them, and a higher version always wins.

import type { Schedule } from "./period.ts"
import type { Instant } from "./time.ts"

export type Aggregation = "Count" | "Sum"

/** One thing that is counted. Two SKUs with the same definition share one meter. */
export type MeterDefinition = {
  readonly key: string
  readonly eventType: string
  readonly aggregation: Aggregation
  readonly property: string | null
}

export type MeterTerms = {
  readonly version: number
  readonly tenantId: string
  readonly subscriptionId: string
  readonly customerId: string
  readonly startedAt: Instant
  /** The first instant that is not served any more, when the subscription has ended. */
  readonly endsAt: Instant | null
  readonly schedule: Schedule
  readonly meters: readonly MeterDefinition[]
}

/** The key names what is counted, so that it is the same in every version of the terms. */
export function meterKey(eventType: string, aggregation: Aggregation, property: string | null): string {
  return JSON.stringify([eventType, aggregation, property])
}

export function meterDefinition(
  eventType: string,
  aggregation: Aggregation,
  property: string | null,
): MeterDefinition {
  return { key: meterKey(eventType, aggregation, property), eventType, aggregation, property }
}
