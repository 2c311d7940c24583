// What a meter has counted in one service period, as prices look at it.

import type { Decimal } from "./decimal.ts"
import { ZERO } from "./decimal.ts"

export type UsageGroup = {
  /** By the meter's `groupBy`, in its order; null where an event has no such property. */
  readonly values: readonly (string | null)[]
  readonly value: Decimal
  readonly events: number
}

export type UsageTotal = {
  readonly value: Decimal
  readonly events: number
  /** Only of a meter that groups. */
  readonly groups: readonly UsageGroup[]
  /** What the fees of the events come to, in nanos; only of a meter that adds them up. */
  readonly fees?: Decimal
}

export const NO_USAGE: UsageTotal = { value: ZERO, events: 0, groups: [] }

/** A quantity that no meter counted: seats, or a number in a price calculator. */
export function usageOfQuantity(value: Decimal): UsageTotal {
  return { value, events: 0, groups: [] }
}

/** Totals of a subscription's meters by `usageKey`; what is absent is `NO_USAGE`. */
export type Usage = ReadonlyMap<string, UsageTotal>
