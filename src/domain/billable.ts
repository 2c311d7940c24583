// A subscription as the rating engine sees it, and what a bill looks at.

import type { RatedSku } from "./catalog.ts"
import type { Currency } from "./currency.ts"
import type { Schedule } from "./period.ts"
import type { Instant } from "./time.ts"
import type { Pause, Segment } from "./timeline.ts"

/** By exact time, or by whole days of the calendar. */
export type Proration = "Time" | "Day"

/** A segment with what its plan sells. */
export type SoldSegment = {
  readonly segment: Segment
  readonly proration: Proration
  /** What a period comes to at least, in nanos. */
  readonly minimumNanos: string | null
  readonly skus: readonly RatedSku[]
}

export type Billable = {
  readonly subscriptionId: string
  readonly currency: Currency
  readonly schedule: Schedule
  readonly trialEndsAt: Instant | null
  /** Where service ends or will. `prorated`: fees paid in advance are owed up to there only. */
  readonly end: { readonly at: Instant; readonly prorated: boolean } | null
  readonly pauses: readonly Pause[]
  /** Whether its prices are owed to the customer: then every charge is below zero. */
  readonly paysOut?: boolean
  /** In order of time; at least one. */
  readonly segments: readonly SoldSegment[]
}

export type ChargeScope = {
  /** Periods to look at, in order. */
  readonly indices: readonly number[]
  readonly asOf: Instant
  /** Whether what the running period has accrued so far counts, or only ended periods do. */
  readonly running: boolean
}
