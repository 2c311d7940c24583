// What meters and budgets ask of each other. Amounts are whole nanos as decimal text.
// Law: worker and object versions roll out apart, so fields are only ever added, and a reader ignores what it doesn't know.

import type { BudgetTerms, Crossing } from "../domain/alert.ts"
import type { Instant } from "../domain/time.ts"

/** What a subscription has spent in one of its periods, and what its holds have set aside. */
export type PeriodUse = {
  readonly start: Instant
  readonly end: Instant
  readonly spend: string
  readonly held: string
}

/** A meter asks for more: an event, or a hold, would bring what the period has used beyond its lease. */
export type LeaseRequest = {
  /** The version of the budget in the meter's terms. */
  readonly version: number
  /** The budget of the meter's terms; given on the second call, when the budget answered `NeedTerms`. */
  readonly terms: BudgetTerms | null
  readonly subscriptionId: string
  /** By the tenant's clock. */
  readonly now: Instant
  /** Before the event. What the commit under way has accepted already is in it. */
  readonly use: PeriodUse
  /** Spend and holds together with the event. */
  readonly need: string
  /** The same with everything that waits: the lease is as much if it can be. At least `need`. */
  readonly want: string
  /** What of `need` is only set aside; absent: as much as before. */
  readonly needHeld?: string
}

/**
 * `turn` rises with every decision of the budget. `version` is that of the budget which decided.
 * Granted: spend and holds of the period may come to `amount`, before `until`. `beyond` is what the lowest HardLimit leaves
 * beyond that, as far as is known; null without one. `crossed`: SoftLimits to be told of by whoever next stores an event.
 * Refused: every event with its moment in [from, until) is, unless the alerts change. `left` is what others may still hold.
 * Held: it would fit but for what is set aside, or is itself a hold. It is refused, and what comes next is asked for again.
 * Busy: a meter that may have spent something could not be asked. Nothing is decided; the event may be sent again.
 */
export type LeaseReply =
  | { readonly kind: "NeedTerms" }
  | { readonly kind: "Busy" }
  | {
      readonly kind: "Granted"
      readonly turn: number
      readonly version: number
      readonly amount: string
      readonly until: Instant
      readonly beyond: string | null
      readonly crossed: readonly Crossing[]
    }
  | {
      readonly kind: "Refused"
      readonly turn: number
      readonly version: number
      readonly alertId: string
      readonly from: Instant
      readonly until: Instant
      readonly left: string
    }
  | { readonly kind: "Held"; readonly turn: number; readonly version: number; readonly left: string }

/** A budget asks a meter for what it does not use. Grants of this turn or an earlier one are void from then on. `since`: it wants to
 *  hear of every period from this one on that was used, leased or not; null or absent: only of those leased, and the running one. */
export type RecallRequest = {
  readonly budget: string
  readonly turn: number
  readonly now: Instant
  readonly since?: Instant | null
}

/** `Recalled`: the leases are lowered to these amounts, durably. `Unaware`: the meter's terms do not name this budget. */
export type RecallReply =
  | { readonly kind: "Recalled"; readonly uses: readonly PeriodUse[] }
  | { readonly kind: "Unaware" }
