// Gives a period another end, with its groups and windows, when all of its events stay in it.
// Law: its totals are then those of a period that always had this end. Only a level that is weighted by time depends on it, and a
// sliding window, whose sum falls within the period or after it; for that the events of one window before the ends are read.

import type { AccumulatorState } from "../domain/accumulator.ts"
import { decimalOfAmount } from "../domain/accumulator.ts"
import { add, decimal, multiply, negate, ZERO, type Decimal } from "../domain/decimal.ts"
import type { Span } from "../domain/leases.ts"
import type { MeterDefinition } from "../domain/terms.ts"
import { instant, type Instant } from "../domain/time.ts"
import type { CompiledTerms } from "./compiled-terms.ts"
import { eventsStandingIn } from "./effective.ts"
import { memberScope, type Slot } from "./slots.ts"
import type { MeterState } from "./state.ts"
import type { MeterStore } from "./store/meter-store.ts"
import { addToTimeline } from "./timeline.ts"

/** One meter, by the terms before and after. */
export type Retimed = {
  readonly definition: MeterDefinition
  readonly before: CompiledTerms
  readonly after: CompiledTerms
}

/** `seq`: of the change. In a transaction. */
export function resize(
  meter: Retimed,
  period: Span,
  end: Instant,
  seq: number,
  state: MeterState,
  store: MeterStore,
): void {
  const { key, window = null } = meter.definition
  const { slots } = state
  const of = (kind: "Period" | "Group") =>
    slots.startingIn(kind, key, period.start, instant(period.start + 1))
  const totals = [...of("Period"), ...of("Group")]
  if (window === null) return void slots.adopt(totals.map((slot) => withEnd(slot, end, seq)))
  if (window.kind === "Tumbling") {
    const last = end > period.end ? end : period.end
    const windows = slots
      .startingIn("Window", key, period.start, last)
      .filter(({ periodStart }) => periodStart === period.start)
      .map((slot) => ({ ...slot, end: instant(Math.min(slot.start + window.sizeMs, end)), seq }))
    return void slots.adopt([...totals.map((slot) => ({ ...slot, end, seq })), ...windows])
  }
  const falls = fallsBetween(meter, period, end, window.sizeMs, state, store)
  slots.adopt(totals.map((slot) => slid(slot, falls.get(slot.group), end, seq, state)))
}

function withEnd(slot: Slot, end: Instant, seq: number): Slot {
  return { ...slot, end, seq, state: weighedTo(slot.state, end) }
}

/** Each change of the level counts from its time to the end: all of them for so much longer, or shorter. */
function weighedTo(state: AccumulatorState, end: Instant): AccumulatorState {
  if (state.kind !== "WeightedSum") return state
  const more = multiply(state.sum, decimal(BigInt(end - state.end), 0))
  return { ...state, end, moment: add(state.moment, more) }
}

/** By milliseconds from the start of the period. */
type Steps = Map<number, Decimal>

/** What events lower the sum of their window by, where that is between the two ends, for each group and for all ("") of them. */
function fallsBetween(
  { before, after }: Retimed,
  { start, end: oldEnd }: Span,
  end: Instant,
  sizeMs: number,
  state: MeterState,
  store: MeterStore,
): ReadonlyMap<string, Steps> {
  const [first, last] = oldEnd < end ? [oldEnd, end] : [end, oldEnd]
  const falls = new Map<string, Steps>()
  const from = Math.max(start, first - sizeMs) as Instant
  const to = Math.min(first, last - sizeMs) as Instant
  if (from >= to) return falls
  for (const events of eventsStandingIn(from, to, state, store)) {
    for (const { eventType, occurredAt, properties } of events) {
      if (before.countedPeriod(occurredAt)?.start !== start) continue
      if (after.countedPeriod(occurredAt)?.start !== start) continue
      const measures = after.measure(eventType, properties)
      if (!measures.ok) continue
      for (const { amount, group } of measures.value) {
        const fall = negate(decimalOfAmount(amount))
        for (const one of new Set(["", group])) addStep(falls, one, occurredAt + sizeMs - start, fall)
      }
    }
  }
  return falls
}

function addStep(falls: Map<string, Steps>, group: string, offset: number, fall: Decimal): void {
  const steps: Steps = falls.get(group) ?? new Map<number, Decimal>()
  steps.set(offset, add(steps.get(offset) ?? ZERO, fall))
  falls.set(group, steps)
}

/** A period that ends later has further falls; one that ends earlier has them no more. A step of nothing at the start brings what
 *  the lower levels of the timeline say to its top, which is another one where the length is. */
function slid(slot: Slot, falls: Steps | undefined, end: Instant, seq: number, { slots }: MeterState): Slot {
  const { kind, meter, start, group } = slot
  const timeline = { meter, scope: memberScope(kind, start, group), start, end }
  const steps: Steps = new Map(falls)
  if (end < slot.end) {
    const undone = new Map(Array.from(steps, ([offset, fall]) => [offset, negate(fall)]))
    addToTimeline(slots, { ...timeline, end: slot.end }, undone)
    steps.clear()
  }
  if (!steps.has(0)) steps.set(0, ZERO)
  const value = addToTimeline(slots, timeline, steps)
  return { ...slot, end, seq, state: { kind: "OfWindows", value } }
}
