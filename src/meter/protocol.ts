// What can be asked of a meter and what it answers: the types that actions use.
// Law: worker and object versions roll out apart, so fields are only ever added, and a reader ignores what it doesn't know.

import type { PeriodUse } from "../budget/protocol.ts"
import type { Archive, ArchivedEvent } from "../domain/archive.ts"
import type { Period } from "../domain/period.ts"
import type { SeqRange } from "../domain/seq-ranges.ts"
import type { MeterDefinition, MeterPrices, MeterTerms } from "../domain/terms.ts"
import type { Instant } from "../domain/time.ts"
import type { Pause } from "../domain/timeline.ts"

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
  | "too_many_groups"
  | "period_finalized"
  | "spend_limit_reached"

/** `billable`: the event is in some total. */
export type EventResult =
  | {
      readonly accepted: true
      readonly duplicate: boolean
      readonly billable: boolean
      /** What is left of the lowest limit after it, and what came with it; absent where there is none. */
      readonly leftNanos?: string
    }
  /** `by`: of `spend_limit_reached`, which limit of a wallet it is, where one refuses all. */
  | { readonly accepted: false; readonly code: RejectionCode; readonly by?: string }

export type RecordReply =
  | { readonly kind: "NeedTerms" }
  | { readonly kind: "NotFound" }
  | { readonly kind: "KeyReused" }
  | { readonly kind: "Busy" }
  | {
      readonly kind: "Recorded"
      readonly replayed: boolean
      readonly results: readonly EventResult[]
    }

export type UsageRequest = {
  /** As in `RecordRequest`. */
  readonly customerId: string | null
  /** Totals of the periods that start in [from, to); null for none. */
  readonly periods: { readonly from: Instant; readonly to: Instant } | null
  /** Also the totals of every period that changed after this `seq`; null for none. */
  readonly changedSince: number | null
  /** The terms that the reader rates with, or null. Newer ones than the meter's are taken over before it answers. */
  readonly terms: MeterTerms | null
  /** What is weighted by time is told as of this time, or of its period's end if that is earlier. */
  readonly asOf: Instant
}

/** The value for one combination of a meter's `groupBy` properties, in their order; null where an event lacked one. */
export type UsageGroup = {
  readonly values: readonly (string | null)[]
  readonly value: string
  readonly count: number
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
  /** Of a meter with `groupBy`. */
  readonly groups?: readonly UsageGroup[]
  /** What the fees of the events come to, in nanos, of a meter that adds them up: an exact decimal. */
  readonly fees?: string
}

/** `seq` rises with every change of a total or an event; 0: nothing was ever recorded. */
export type UsageReply =
  | { readonly kind: "NotFound" }
  | {
      readonly kind: "Usage"
      readonly seq: number
      readonly termsVersion: number | null
      readonly totals: readonly UsageTotal[]
      /** What is left of the lowest limit in the period that runs at `asOf`, in nanos; absent where none is known. */
      readonly left?: string
      /** What of the usage of the period that runs at `asOf` is not billed yet, in nanos, where there is a threshold. */
      readonly unbilled?: string
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
  readonly properties: Readonly<Record<string, unknown>>
  readonly billable: boolean
  /** Absent from an older object: `Recorded`. */
  readonly status?: EventStatus
}

/** `Amended`: told as it was amended last. `Voided`: taken back, and told as it stood last. */
export type EventStatus = "Recorded" | "Amended" | "Voided"

/** Newest first. `next` is null at the end; a page may hold fewer than `limit` events and still have a next one. */
export type EventsReply =
  | { readonly kind: "NotFound" }
  | {
      readonly kind: "Events"
      readonly events: readonly StoredEvent[]
      readonly next: number | null
      /** The events before `next` that come first are in this archive; the meter has those before it. */
      readonly archive?: Archive
    }

export type EventRequest = { readonly customerId: string | null; readonly eventId: string }

/** One thing that happened to an event. The first is that it was recorded. */
export type EventChange = {
  readonly kind: EventStatus
  readonly at: Instant
  /** As the event was from then on; null when it was taken back. */
  readonly content: {
    readonly timestamp: Instant
    readonly properties: Readonly<Record<string, unknown>>
  } | null
  readonly reason: string | null
}

/** An event as it stands, and how it came to it, oldest first. */
export type EventHistory = { readonly event: StoredEvent; readonly history: readonly EventChange[] }

/** `Archived`: its content is in this archive, and only there. */
export type EventReply =
  | { readonly kind: "NotFound" }
  | { readonly kind: "Archived"; readonly archive: Archive; readonly seq: number }
  | ({ readonly kind: "Event" } & EventHistory)

/** What is said of an event after it was accepted. What an amendment leaves null stays as it is. */
export type CorrectRequest = {
  readonly eventId: string
  readonly change:
    | { readonly kind: "Void" }
    | {
        readonly kind: "Amend"
        readonly timestamp: Instant | null
        readonly properties: Readonly<Record<string, unknown>> | null
      }
  readonly reason: string | null
  /** The id that the correction has if it is a new one. */
  readonly correctionId: string
  readonly madeAt: Instant
  /** Of amendments: as in `RecordRequest`. */
  readonly futureLimit: Instant
  /** As in `UsageRequest`. */
  readonly terms: MeterTerms
}

/** `correctionId`: the correction that made the event what it is now, which a repeat didn't make again; null: there is none, since
 *  the event came so. `Voided`: an event that was taken back is amended no more. `TooMany`: nor is one that often was.
 *  `Archived`: what the correction needs to know is in an archive, and only there. */
export type CorrectReply =
  | { readonly kind: "NotFound" | "Voided" | "TooMany" | "Archived" }
  | { readonly kind: "Rejected"; readonly code: RejectionCode }
  | ({ readonly kind: "Corrected"; readonly correctionId: string | null } & EventHistory)

export type SeriesRequest = {
  readonly customerId: string | null
  /** The keys of the meters that are asked for. */
  readonly meters: readonly string[]
  /** Rising; a window is from one to the next. Hours of the subscription's zone begin at each. */
  readonly boundaries: readonly Instant[]
  /** As in `UsageRequest`. */
  readonly terms: MeterTerms | null
}

/** `index` is that of the window. */
export type SeriesPoint = { readonly index: number; readonly value: string; readonly count: number }

/** Windows without events have no point. `TooMany`: the distinct values of so much time are too many to be counted at once. */
export type SeriesReply =
  | { readonly kind: "NotFound" }
  | { readonly kind: "TooMany" }
  | {
      readonly kind: "Series"
      readonly seq: number
      readonly meters: readonly { readonly key: string; readonly points: readonly SeriesPoint[] }[]
    }

/** What the asker knows of the meter, as `UsageReply` says it, and how long it will wait to hear of more. */
export type ChangeRequest = {
  readonly customerId: string | null
  readonly seq: number
  readonly termsVersion: number | null
  /** What was told to be left of a limit then. Without it a change of only that is no news. */
  readonly limit?: { readonly asOf: Instant; readonly left: string | null }
  readonly waitMs: number
}

/** `Busy`: too many are waiting. */
export type ChangeReply = { readonly kind: "NotFound" | "Changed" | "Unchanged" | "Busy" }

export type LineEventsRequest = {
  readonly customerId: string | null
  /** What the line's SKU counts. */
  readonly meter: MeterDefinition
  /** The time whose events the line bills. */
  readonly from: Instant
  readonly to: Instant
  /** Times within that count nowhere; absent: there are none. */
  readonly pauses?: readonly Pause[]
  /** The changes that the line bills; null: all of them. */
  readonly ranges: readonly SeqRange[] | null
  readonly limit: number
  readonly before: number | null
  /** Events as they stood when the line was billed, not as they stand now. */
  readonly asBilled?: boolean
}

export type ArchivableRequest = {
  /** Only events of before this time, where a settled period ended. */
  readonly before: Instant
  /** Only events that were received by then, and whose corrections were made by then. */
  readonly receivedBefore: Instant
}

/** Rows of the log as they are stored, in order, with the terms by which they count and their corrections as JSON. */
export type ArchivablePage = {
  readonly terms: MeterTerms
  readonly rows: readonly { readonly first: number; readonly last: number; readonly events: string }[]
  readonly corrections: string
}

/** What goes into an archive, and what the meter will want of it to seal it. */
export type ArchiveSource = {
  readonly events: readonly ArchivedEvent[]
  readonly digests: Uint8Array
  /** The `seq` of the last of their corrections; 0 when there is none. */
  readonly lastCorrection: number
}

export type SealRequest = Pick<ArchivableRequest, "before"> &
  Omit<ArchiveSource, "events"> & {
    readonly archive: Archive
    readonly sealedAt: Instant
    /** By the clock of idempotency keys. */
    readonly wallNow: number
  }

/** `Changed`: these are not the events that the meter has, or not as it has them now. Nothing was sealed. */
export type SealReply = { readonly kind: "Sealed" | "Changed" }

export type ArchivesRequest = { readonly before: number | null; readonly limit: number }

export type ArchivesReply = { readonly archives: readonly Archive[] }

/** Totals of meters that the subscription may not have, as they would be if events of before `startedAt` counted for nothing. */
export type Measured = { readonly definitions: readonly MeterDefinition[]; readonly startedAt: Instant }

export type MeasureRequest = {
  readonly wanted: readonly Measured[]
  /** In order. */
  readonly periods: readonly Period[]
  /** As in `UsageRequest`. */
  readonly terms: MeterTerms
  readonly asOf: Instant
}

/** `TooMany`: counting would take more events than one request may look at. `Archived`: events that it takes are in an archive. */
export type MeasureReply =
  | { readonly kind: "TooMany"; readonly events: number }
  | { readonly kind: "Archived"; readonly until: Instant }
  /** For each that is wanted, in order. */
  | { readonly kind: "Measured"; readonly usages: readonly Extract<UsageReply, { kind: "Usage" }>[] }

/** What the billing period of `now` and all that begin at `since` or later have used, by prices that the meter may not have, since its
 *  own terms have them only where something limits. */
export type SpendRequest = {
  /** As in `UsageRequest`. */
  readonly terms: MeterTerms
  readonly prices: MeterPrices
  readonly since: Instant
  readonly now: Instant
}

export type SpendReply = { readonly uses: readonly PeriodUse[] }

/** `stored` is false when the meter has these terms or newer ones. */
export type TermsReply = { readonly stored: boolean; readonly version: number }

/** What is set aside; amounts in nanos. `expiresAt` is by the machine's clock. */
export type HeldAmount = {
  readonly id: string
  readonly periodStart: Instant
  readonly periodEnd: Instant
  readonly amount: string
  readonly createdAt: Instant
  readonly expiresAt: Instant
}

/** Sets aside `amount`, or what `events` would cost now: exactly one of the two. */
export type HoldRequest = {
  readonly terms: MeterTerms
  readonly customerId: string | null
  readonly holdId: string
  readonly amount: string | null
  /** A request as wire.ts encodes it. */
  readonly events: string | null
  /** What the subscription's meters cost: the terms have prices only where something limits. */
  readonly prices: MeterPrices
  readonly ttlMs: number
  /** By the tenant's clock. */
  readonly now: Instant
}

/** `NotRunning`: the subscription has no period now. `OtherPeriod`: an event would count in another one. `Rejected`: the event at
 *  this position would not be accepted. */
export type HoldReply =
  | { readonly kind: "NotFound" | "Busy" | "NotRunning" | "OtherPeriod" | "TooMany" }
  | { readonly kind: "Refused"; readonly left: string }
  | { readonly kind: "Rejected"; readonly index: number; readonly code: RejectionCode }
  | { readonly kind: "Held"; readonly hold: HeldAmount; readonly left?: string }

/** Records events against a hold, all or none. `keepRest`: what they leave of it stays set aside. */
export type CaptureRequest = {
  readonly customerId: string | null
  readonly holdId: string
  /** A request as wire.ts encodes it. */
  readonly events: string
  readonly keepRest: boolean
  /** Null at first; given on the second call, when the meter answered `NeedPrices`. */
  readonly prices: MeterPrices | null
}

export type CaptureReply =
  | { readonly kind: "NotFound" | "Busy" | "NeedPrices" }
  | { readonly kind: "Refused"; readonly left: string }
  | { readonly kind: "Rejected"; readonly index: number; readonly code: RejectionCode }
  | {
      readonly kind: "Captured"
      readonly results: readonly EventResult[]
      readonly rest: HeldAmount | null
      readonly left?: string
    }

export type ReleaseRequest = { readonly customerId: string | null; readonly holdId: string }
export type ReleaseReply =
  | { readonly kind: "NotFound" }
  | { readonly kind: "Released"; readonly hold: HeldAmount }

export type HoldsReply =
  | { readonly kind: "NotFound" }
  | { readonly kind: "Holds"; readonly holds: readonly HeldAmount[] }
