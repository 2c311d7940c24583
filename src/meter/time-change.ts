// What newer terms change about time: where the periods are other ones from, and which times count that did not, or no more.
// Pure.

import type { Interval } from "../domain/proration.ts"
import { startOf, type Cut, type Rule } from "../domain/period.ts"
import type { MeterTerms } from "../domain/terms.ts"
import { LATEST, sameDuration, type Instant } from "../domain/time.ts"
import { isPausedAt } from "../domain/timeline.ts"

/** A time that `counts` by the new terms and did not by the old ones, or the other way round. */
export type Flip = Interval & { readonly counts: boolean }

export type TimeChange = {
  /** Periods that end before it are the same; null: all are. */
  readonly divergeAt: Instant | null
  /** In order. */
  readonly flips: readonly Flip[]
}

/** `Everything`: no period is sure to be the same. Null: nothing changes. */
export function timeChange(before: MeterTerms, after: MeterTerms): TimeChange | "Everything" | null {
  const [a, b] = [before.schedule, after.schedule]
  if (!sameRule(a, b) || startOf(a) !== startOf(b)) return "Everything"
  const change = { divergeAt: divergence(a.cuts ?? [], b.cuts ?? []), flips: flipsOf(before, after) }
  return change.divergeAt === null && change.flips.length === 0 ? null : change
}

function sameRule(a: Rule, b: Rule): boolean {
  return a.anchor === b.anchor && a.timeZone === b.timeZone && sameDuration(a.every, b.every)
}

function divergence(a: readonly Cut[], b: readonly Cut[]): Instant | null {
  const longer = a.length > b.length ? a : b
  const first = longer.findIndex((_, at) => !sameCut(a[at], b[at]))
  if (first < 0) return null
  const [x, y] = [a[first]?.at ?? LATEST, b[first]?.at ?? LATEST]
  return x < y ? x : y
}

/** What a cut means for fees is no matter here. */
function sameCut(a: Cut | undefined, b: Cut | undefined): boolean {
  if (a === undefined || b === undefined || a.at !== b.at) return false
  return a.rule === null || b.rule === null ? a.rule === b.rule : sameRule(a.rule, b.rule)
}

function flipsOf(before: MeterTerms, after: MeterTerms): Flip[] {
  const edges = [before, after].flatMap(({ startedAt, schedule, pauses = [] }) => {
    return [
      startedAt,
      startOf(schedule),
      ...pauses.flatMap(({ from, to }) => (to === null ? [from] : [from, to])),
    ]
  })
  const sorted = [...new Set(edges)].toSorted((a, b) => a - b)
  return sorted.flatMap((start, at): Flip[] => {
    const counts = isCounted(after, start)
    return counts === isCounted(before, start) ? [] : [{ start, end: sorted[at + 1] ?? LATEST, counts }]
  })
}

function isCounted({ startedAt, schedule, pauses = [] }: MeterTerms, at: Instant): boolean {
  return at >= startedAt && at >= startOf(schedule) && !isPausedAt(pauses, at)
}
