// What can be asked of a meter and what it answers: the types that actions use.
// Law: worker and object versions roll out apart, so fields are only ever added, and a reader ignores what it doesn't know.

import type { MeterTerms } from "../domain/terms.ts"
import type { Instant } from "../domain/time.ts"

/** One usage event, already checked for shape and size at the door. `customerId` null: the event didn't name its customer. */
export type EventInput = {
  readonly id: string
  readonly eventType: string
  readonly timestamp: Instant
  readonly customerId: string | null
  readonly properties: Readonly<Record<string, unknown>>
}

/** `now` and `expiresAt` are times of one clock, the door's; the key holds while `now` is before `expiresAt`. */
export type IdempotencyKey = { readonly key: string; readonly now: number; readonly expiresAt: number }

export type RecordRequest = {
  /** Null at first; given on the second call, when the meter answered `NeedTerms`. */
  readonly terms: MeterTerms | null
  /** The customer that the credentials belong to, or null when they reach every customer of the tenant. */
  readonly customerId: string | null
  /** Events later than this are rejected. */
  readonly futureLimit: Instant
  readonly receivedAt: Instant
  /** Only with exactly one event: its answer is stored under the key. */
  readonly idempotency: IdempotencyKey | null
  readonly events: readonly EventInput[]
}

export type RejectionCode =
  | "event_id_conflict"
  | "timestamp_in_future"
  | "subscription_ended"
  | "property_missing"
  | "property_not_a_number"
  | "customer_mismatch"

/** `billable`: the event is in some total. */
export type EventResult =
  | { readonly accepted: true; readonly duplicate: boolean; readonly billable: boolean }
  | { readonly accepted: false; readonly code: RejectionCode }

export type RecordReply =
  | { readonly kind: "NeedTerms" }
  | { readonly kind: "NotFound" }
  | { readonly kind: "KeyReused" }
  | { readonly kind: "Busy" }
  | { readonly kind: "Recorded"; readonly replayed: boolean; readonly results: readonly EventResult[] }

export type UsageRequest = {
  /** As in `RecordRequest`. */
  readonly customerId: string | null
  /** Totals of the periods that start in [from, to); null for none. */
  readonly periods: { readonly from: Instant; readonly to: Instant } | null
  /** Also the totals of every period that changed after this `seq`; null for none. */
  readonly changedSince: number | null
  /** The terms that the reader rates with, or null. Newer ones than the meter's are taken over before it answers. */
  readonly terms: MeterTerms | null
}

export type UsageTotal = {
  readonly periodStart: Instant
  readonly periodEnd: Instant
  /** The `key` of the meter definition. */
  readonly key: string
  /** An exact decimal. */
  readonly value: string
  /** How many events are in it. */
  readonly count: number
}

/** `seq` rises with every change of a total or an event; 0: nothing was ever recorded. */
export type UsageReply =
  | { readonly kind: "NotFound" }
  | {
      readonly kind: "Usage"
      readonly seq: number
      readonly termsVersion: number | null
      readonly totals: readonly UsageTotal[]
    }

export type EventsRequest = {
  readonly customerId: string | null
  readonly limit: number
  /** Events with a smaller `seq`: the `next` of the page before. */
  readonly before: number | null
  readonly eventType: string | null
}

export type StoredEvent = {
  readonly seq: number
  readonly id: string
  readonly eventType: string
  readonly timestamp: Instant
  readonly receivedAt: Instant
  readonly customerId: string
  /** A JSON object, keys sorted. */
  readonly properties: string
  readonly billable: boolean
}

/** Newest first. `next` is null at the end; a page may hold fewer than `limit` events and still have a next one. */
export type EventsReply =
  | { readonly kind: "NotFound" }
  | { readonly kind: "Events"; readonly events: readonly StoredEvent[]; readonly next: number | null }

/** `stored` is false when the meter has these terms or newer ones. */
export type TermsReply = { readonly stored: boolean; readonly version: number }
