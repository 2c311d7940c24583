// Which changes of a meter a line bills, by their numbers. The changes follow "billed = should − was" as the amounts do: a line has
// every change up to the one that the meter was read at, less those that other lines of its charge have.
// Law: the lines of a charge share no change, and together they have all that were read. Pure.

import { assert } from "./assert.ts"

/** The changes after the first number up to the second. */
export type SeqRange = readonly [after: number, upTo: number]

/** Every change up to `upTo` that isn't in `taken`, in order; neighbours are one range. */
export function rangesUpTo(upTo: number, taken: readonly SeqRange[]): SeqRange[] {
  const free: SeqRange[] = []
  let after = 0
  for (const [from, to] of taken.toSorted(([a], [b]) => a - b)) {
    assert(from <= to, "a range does not end before it begins", { from, to })
    const end = Math.min(from, upTo)
    if (end > after) free.push([after, end])
    after = Math.max(after, to)
  }
  if (upTo > after) free.push([after, upTo])
  return free
}
