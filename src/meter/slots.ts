// Totals as a meter keeps them, and what the fold that adds to them needs to know of those that are stored.
// A slot is one total: of a period, of a group or a window of it, or of an hour (for charts).

import type { AccumulatorState } from "../domain/accumulator.ts"
import type { Instant } from "../domain/time.ts"

export type SlotKind = "Period" | "Group" | "Window" | "Hour"

export type Slot = {
  readonly kind: SlotKind
  /** The key of the meter definition. */
  readonly meter: string
  /** Of the period (also that of a group), the window or the hour. */
  readonly start: Instant
  /** "": all events. Else the JSON array of the values of the meter's `groupBy`, each a text or null. */
  readonly group: string
  /** An hour belongs to none: it may hold the end of one period and the start of the next. It has its own start here. */
  readonly periodStart: Instant
  readonly end: Instant
  /** How many events are in it. */
  readonly count: number
  readonly state: AccumulatorState
  /** That of its last change. */
  readonly seq: number
}

/** Which total it is. */
export type Place = Pick<Slot, "kind" | "meter" | "start" | "group" | "periodStart" | "end">

/** What a fold looks at of an event, beside what it measures. */
export type FoldedEvent = { readonly occurredAt: Instant; readonly id: string }

/** One entry of an index in time that a sliding window keeps: see `timeline.ts`, which gives `at` and `seq` their meaning. */
export type Point = { readonly at: Instant; readonly seq: number; readonly value: string }

export interface SlotSource {
  slot(kind: SlotKind, meter: string, start: Instant, group: string, periodStart: Instant): Slot | null
  /** How many different groups of the period are known, but for those of the fold that asks. */
  groupCount(meter: string, periodStart: Instant): number
  /** True when the scope did not have the member yet; it has it from now on. In the transaction that is running. */
  addMember(meter: string, scope: string, member: string): boolean
  /** The scope has the member no more. In the transaction that is running. */
  dropMember(meter: string, scope: string, member: string): void
  /** Replaces the point with the same `at` and `seq`, if there is one. In the transaction that is running. */
  addPoint(meter: string, scope: string, at: Instant, seq: number, value: string): void
  /** Those with from < at <= to, in the order of `at`, then `seq`. */
  pointsBetween(meter: string, scope: string, from: Instant, to: Instant): readonly Point[]
}

/** The scope under which the distinct values of a slot are remembered. Hours have no group. */
export function memberScope(kind: SlotKind, start: Instant, group: string): string {
  return `${kind}|${start}|${group}`
}
