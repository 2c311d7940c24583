// Totals along time, for charts: from the totals of the hours, never from events. It reads and writes nothing else.
// Law: a window's value is what its events come to by the meter's aggregation, whatever window or groups the meter has. Only of a
// level that is weighted by time it is the change of the level: what the level was before is no matter of the window's events.

import { valueOf, type AccumulatorState } from "../domain/accumulator.ts"
import { assert, unreachable } from "../domain/assert.ts"
import { add, formatDecimal, max, ZERO, type Decimal } from "../domain/decimal.ts"
import { EARLIEST, type Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { SeriesPoint, SeriesReply, SeriesRequest } from "./protocol.ts"
import { isForeign } from "./read.ts"
import type { SlotBook } from "./slot-book.ts"
import { memberScope, type Slot } from "./slots.ts"
import type { MeterState } from "./state.ts"

export function readSeries(request: SeriesRequest, { terms, slots, seq }: MeterState): SeriesReply {
  if (terms === null) return { kind: "Series", seq: 0, meters: [] }
  if (isForeign(request.customerId, terms)) return { kind: "NotFound" }
  const { boundaries } = request
  const [from, to] = [boundaries[0], boundaries.at(-1)]
  assert(from !== undefined && to !== undefined, "a series has a beginning and an end")
  const meters = request.meters.map((key) => ({ key, hours: slots.startingIn("Hour", key, from, to) }))
  const members = meters.flatMap(({ hours }) => hours).reduce((sum, hour) => sum + membersIn(hour), 0)
  if (members > limits.seriesMembers) return { kind: "TooMany" }
  return {
    kind: "Series",
    seq,
    meters: meters.map(({ key, hours }) => ({
      key,
      points: inWindows(hours.filter(hasEvents), boundaries).map((window) => pointOf(key, window, slots)),
    })),
  }
}

/** An hour whose events were all taken back has none. */
function hasEvents({ count }: Slot): boolean {
  return count > 0
}

/** The distinct values that have to be looked through for an hour. */
function membersIn({ state }: Slot): number {
  return state.kind === "UniqueCount" ? state.count : 0
}

type Window = { readonly index: number; readonly hours: Slot[] }

/** The windows that have hours, in order. Both lists rise. */
function inWindows(hours: readonly Slot[], boundaries: readonly Instant[]): Window[] {
  const windows: Window[] = []
  let index = 0
  for (const hour of hours) {
    while ((boundaries[index + 1] ?? Infinity) <= hour.start) index += 1
    const last = windows.at(-1)
    if (last?.index === index) last.hours.push(hour)
    else windows.push({ index, hours: [hour] })
  }
  return windows
}

function pointOf(key: string, { index, hours }: Window, slots: SlotBook): SeriesPoint {
  const count = hours.reduce((sum, hour) => sum + hour.count, 0)
  return { index, value: formatDecimal(valueOfAll(key, hours, slots)), count }
}

/** Of hours that follow each other. */
function valueOfAll(key: string, hours: readonly Slot[], slots: SlotBook): Decimal {
  const [first] = hours
  assert(first !== undefined, "a window of a series has an hour")
  const states = hours.map(({ state }) => state)
  switch (first.state.kind) {
    case "UniqueCount": {
      if (hours.length === 1) return total(first.state)
      const scopes = hours.map((hour) => memberScope("Hour", hour.start, ""))
      return total({ kind: "UniqueCount", count: slots.distinctMembers(key, scopes) })
    }
    case "Count":
    case "Sum":
    case "Fees":
    case "WeightedSum":
      return states.map(total).reduce(add, ZERO)
    case "Max":
      return states.map(total).reduce((highest, value) => max(highest, value))
    case "Latest":
      return total(states.at(-1) ?? first.state)
    case "OfWindows":
      throw new Error("An hour is an aggregation of its own events.")
    default:
      return unreachable(first.state)
  }
}

function total(state: AccumulatorState): Decimal {
  return state.kind === "WeightedSum" ? state.sum : valueOf(state, EARLIEST)
}
