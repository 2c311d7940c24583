// Usage events that left their meter for an archive, and where they are.

import type { Properties } from "./measure.ts"
import type { Instant } from "./time.ts"

/** What was said of an event after it had been accepted. */
export type ArchivedCorrection = {
  readonly seq: number
  /** That of its entry in the audit trail. */
  readonly id: string
  readonly madeAt: Instant
  readonly reason: string | null
} & (
  | { readonly kind: "Void" }
  | { readonly kind: "Amend"; readonly occurredAt: Instant; readonly properties: Properties }
)

/** An event as it was accepted, and its corrections, oldest first. */
export type ArchivedEvent = {
  readonly seq: number
  readonly id: string
  readonly eventType: string
  readonly occurredAt: Instant
  readonly receivedAt: Instant
  readonly properties: Properties
  /** Whether it is in some total, as it stands after its corrections. An archived event's totals are settled, and so is this. */
  readonly billable: boolean
  readonly corrections: readonly ArchivedCorrection[]
}

/** One object of an archive: the events of a subscription from `first` to `last` that were not archived before. */
export type Archive = {
  readonly first: number
  readonly last: number
  readonly count: number
  /** The earliest and the latest time of its events, as they were accepted or amended. */
  readonly fromAt: Instant
  readonly toAt: Instant
  readonly key: string
  /** Of the object as it is stored, in hex, and its length. */
  readonly sha256: string
  readonly bytes: number
}
