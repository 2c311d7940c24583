// The windows of a chart: whole hours or days of a time zone. A day has as many hours as its clock gives it.
// Law: the windows tile the time that they cover, and an hour is in one day only. Pure.

import { assert, unreachable } from "./assert.ts"
import { Hours } from "./hours.ts"
import type { Instant } from "./time.ts"
import { dayContaining } from "./time.ts"

export const CHART_WINDOWS = ["Hour", "Day"] as const
export type ChartWindow = (typeof CHART_WINDOWS)[number]

/** The boundaries of the windows that have some of [from, to), in order: a window is from one to the next. Null when there are more
 *  than `most` windows. */
export function chartBoundaries(
  window: ChartWindow,
  from: Instant,
  to: Instant,
  timeZone: string,
  most: number,
): Instant[] | null {
  assert(from < to, "a chart has some time", { from, to })
  const containing = windowsOf(window, timeZone)
  const first = containing(from)
  const boundaries = [first.start]
  for (let end = first.end; ; { end } = containing(end)) {
    if (boundaries.length > most) return null
    boundaries.push(end)
    if (end >= to) return boundaries
  }
}

type Window = { readonly start: Instant; readonly end: Instant }

function windowsOf(window: ChartWindow, timeZone: string): (at: Instant) => Window {
  switch (window) {
    case "Hour": {
      const hours = new Hours(timeZone)
      return (at) => hours.containing(at)
    }
    case "Day":
      return (at) => dayContaining(at, timeZone)
    default:
      return unreachable(window)
  }
}
