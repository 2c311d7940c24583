// Counts meters anew in some periods and hours, from the events that stand in their time.

import { emptyState } from "../domain/accumulator.ts"
import { ZERO } from "../domain/decimal.ts"
import { periodContaining } from "../domain/period.ts"
import type { Interval } from "../domain/proration.ts"
import type { Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { eventsStandingIn } from "./effective.ts"
import { Fold } from "./fold.ts"
import type { LoggedEvent } from "./event-log.ts"
import type { Retimed } from "./resize.ts"
import type { Slot } from "./slots.ts"
import type { MeterState } from "./state.ts"
import type { MeterStore } from "./store/meter-store.ts"

export type Counted = {
  /** Whole periods, by the terms before and after. */
  readonly periods: Interval
  /** Whole hours; null: they stay as they are. */
  readonly hours: Interval | null
  /** What begins before it stays as it is. */
  readonly from: Instant
}

/** By the terms after. In a transaction. */
export function countInPeriods(
  meters: readonly Retimed[],
  counted: Counted,
  seq: number,
  state: MeterState,
  store: MeterStore,
): void {
  const { periods } = counted
  const hours = hoursFrom(counted)
  state.slots.flush()
  const dropped = meters.flatMap((meter) => {
    const { key } = meter.definition
    const totals = state.slots.startingIn("Period", key, periods.start, periods.end)
    state.slots.dropPeriods(key, periods.start, periods.end)
    if (hours !== null) state.slots.dropHours(key, hours.start, hours.end)
    return totals.filter(({ count }) => count > 0).map((total) => ({ meter, total }))
  })
  const start = hours !== null && hours.start < periods.start ? hours.start : periods.start
  const end = hours !== null && hours.end > periods.end ? hours.end : periods.end
  for (const row of eventsStandingIn(start, end, state, store)) {
    const fold = new Fold(state.slots)
    for (const event of row) for (const meter of meters) count(fold, meter, event, periods, hours)
    state.slots.adopt(fold.changed(seq))
    if (state.slots.dirtyCount >= limits.meterTailSlots) state.slots.flush()
  }
  for (const { meter, total } of dropped) keepPlace(meter, total, seq, state)
}

/** The hour in which an archived period ended has events that are here no more. */
function hoursFrom({ hours, from }: Counted): Interval | null {
  if (hours === null || hours.start >= from) return hours
  const start = (hours.start + Math.ceil((from - hours.start) / HOUR_MS) * HOUR_MS) as Instant
  return start < hours.end ? { start, end: hours.end } : null
}

const HOUR_MS = 3_600_000

function count(
  fold: Fold,
  { after }: Retimed,
  event: LoggedEvent,
  periods: Interval,
  hours: Interval | null,
): void {
  const { occurredAt, eventType, properties } = event
  const period = after.countedPeriod(occurredAt)
  if (period === null) return
  const measures = after.measure(eventType, properties)
  if (!measures.ok) return
  for (const measured of measures.value) {
    if (holds(periods, period.start)) fold.addToPeriod(period, measured, event)
    if (hours !== null && holds(hours, occurredAt)) fold.addToHour(measured, event)
  }
}

function holds({ start, end }: Interval, at: Instant): boolean {
  return start <= at && at < end
}

/** A total that lost all of its events goes on as an empty one: whoever billed it has to see that. */
function keepPlace({ definition, after }: Retimed, total: Slot, seq: number, { slots }: MeterState): void {
  const { key, aggregation, fee = null, window = null } = definition
  const period = periodContaining(after.terms.schedule, total.start)
  const { start, end } = period ?? total
  if (slots.slot("Period", key, start, "") !== null) return
  const state =
    window === null ? emptyState(aggregation, end, fee) : ({ kind: "OfWindows", value: ZERO } as const)
  slots.adopt([{ ...total, start, periodStart: start, end, count: 0, state, seq }])
}
