// What a billing period has spent: the totals of its parts, each rated by the prices of its time, added up and then rounded.
// It reads and writes nothing else.

import { feesOf, valueOf } from "../domain/accumulator.ts"
import type { Span } from "../domain/leases.ts"
import { nanos, type Nanos } from "../domain/money.ts"
import { addRatio, ratio, subtractRatio, ZERO_RATIO, type Ratio } from "../domain/ratio.ts"
import { exactSpendOf, wholeNanos, type PriceLists, type TotalOf } from "../domain/spend.ts"
import type { ThresholdTerms } from "../domain/terms.ts"
import { instant, type Instant } from "../domain/time.ts"
import type { UsageGroup } from "../domain/usage.ts"
import type { Slot } from "./slots.ts"
import type { SlotBook } from "./slot-book.ts"

export type Rated = {
  readonly prices: PriceLists
  readonly slots: SlotBook
  /** Where the parts of a billing period begin. */
  readonly partsOf: (period: Span) => readonly Instant[]
}

/** In whole nanos, with these changes of its totals. */
export function spendIn(rated: Rated, period: Span, changed: readonly Slot[]): Nanos {
  return wholeNanos(exactSpendIn(rated, period, changed, null))
}

/** What of a period's usage is not billed yet as of a time, in whole nanos, rounded down: what is reached is reached whole. A price
 *  counts from the first event of its meter on, and so does what was billed for it before. */
export function unbilledIn(rated: Rated, period: Span, { billed }: ThresholdTerms, asOf: Instant): Nanos {
  let sum = exactSpendIn(rated, period, [], asOf)
  const used = new Set<string>()
  for (const part of rated.partsOf(period)) {
    for (const key of rated.prices.at(part).meters()) {
      if ((rated.slots.slot("Period", key, part, "")?.count ?? 0) > 0) used.add(key)
    }
  }
  for (const { from, meterKey, nanos: taken } of billed) {
    if (from < period.start || from >= period.end || !used.has(meterKey)) continue
    sum = subtractRatio(sum, ratio(BigInt(taken)))
  }
  return nanos(sum.num < 0n ? 0n : sum.num / sum.den)
}

/** `asOf` null: a level that is weighted by time counts as if it lasted until its part ends. */
function exactSpendIn(rated: Rated, period: Span, changed: readonly Slot[], asOf: Instant | null): Ratio {
  let sum = ZERO_RATIO
  for (const part of rated.partsOf(period)) {
    const prices = rated.prices.at(part)
    sum = addRatio(sum, exactSpendOf(prices, totalsOf(rated, part, changed, asOf)))
  }
  return sum
}

function totalsOf(
  { prices, slots }: Rated,
  start: Instant,
  changed: readonly Slot[],
  asOf: Instant | null,
): TotalOf {
  const byMeter = new Map<string, Slot>()
  for (const slot of changed) {
    if (slot.kind === "Period" && slot.start === start) byMeter.set(slot.meter, slot)
  }
  return (key) => {
    const slot = byMeter.get(key) ?? slots.slot("Period", key, start, "")
    if (slot === null || slot.count === 0) return null
    const groups = prices.at(start).looksAtGroups(key) ? groupsIn(slots, key, start, changed) : []
    const fees = feesOf(slot.state)
    const total = {
      value: valueAt(slot, asOf),
      events: slot.count,
      groups: groups.map((group) => toGroup(group, asOf)),
    }
    return fees === null ? total : { ...total, fees }
  }
}

function valueAt({ state, end }: Slot, asOf: Instant | null) {
  return valueOf(state, asOf ?? end)
}

function toGroup(slot: Slot, asOf: Instant | null): UsageGroup {
  const values: UsageGroup["values"] = JSON.parse(slot.group)
  return { values, value: valueAt(slot, asOf), events: slot.count }
}

/** The totals of the groups of a meter in a part, with these changes. */
function groupsIn(slots: SlotBook, key: string, start: Instant, changed: readonly Slot[]): Slot[] {
  const stored = slots.startingIn("Group", key, start, instant(start + 1))
  const byGroup = new Map(stored.map((slot) => [slot.group, slot]))
  for (const slot of changed) {
    if (slot.kind === "Group" && slot.meter === key && slot.start === start) byGroup.set(slot.group, slot)
  }
  return [...byGroup.values()].filter(({ count }) => count > 0)
}
