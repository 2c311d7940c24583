// Proration by exact time share, or by whole days. Law: the shares of the parts of a period sum to one, because nothing is
// rounded here.

import { assert } from "./assert.ts"
import { ratio, ZERO_RATIO, type Ratio } from "./ratio.ts"
import type { Instant } from "./time.ts"
import { localDaysBetween } from "./time.ts"

/** Half-open [start, end). A `Period` is one. */
export type Interval = { readonly start: Instant; readonly end: Instant }

/** What two intervals have in common, or null if that is nothing. */
export function overlap(a: Interval, b: Interval): Interval | null {
  const start = a.start > b.start ? a.start : b.start
  const end = a.end < b.end ? a.end : b.end
  return start < end ? { start, end } : null
}

/** The share of `whole` that `part` takes, 0 to 1; `part` lies inside it (see `overlap`), null takes none of it. */
export function shareOf(part: Interval | null, whole: Interval): Ratio {
  assert(whole.start < whole.end, "a share is taken of something", { whole })
  if (part === null) return ZERO_RATIO
  const inside = whole.start <= part.start && part.start <= part.end && part.end <= whole.end
  assert(inside, "a part lies inside its whole", { part, whole })
  return ratio(BigInt(part.end - part.start), BigInt(whole.end - whole.start))
}

/** The share of `whole` that `part` takes when days of a zone's calendar are counted: a day belongs to the part that begins on
 *  it. Of a whole in which no day begins, hours long, it is the exact share. */
export function dayShareOf(part: Interval | null, whole: Interval, timeZone: string): Ratio {
  const exact = shareOf(part, whole)
  const days = localDaysBetween(whole.start, whole.end, timeZone)
  if (part === null || days === 0) return exact
  return ratio(BigInt(localDaysBetween(part.start, part.end, timeZone)), BigInt(days))
}
