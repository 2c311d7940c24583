// The total of a period or of one of its groups, in the making, by the meter's window.

import { decimalOfAmount, valueOf } from "../domain/accumulator.ts"
import { unreachable } from "../domain/assert.ts"
import { add, negate, subtract, ZERO, type Decimal } from "../domain/decimal.ts"
import type { Period } from "../domain/period.ts"
import type { MeterDefinition } from "../domain/terms.ts"
import type { Instant } from "../domain/time.ts"
import type { Measured } from "./compiled-terms.ts"
import type { LostTotal } from "./lost-total.ts"
import { addToTimeline } from "./timeline.ts"
import { SlotFold, type FoldedEvent, type Place } from "./slot-fold.ts"
import { memberScope, type Slot, type SlotSource } from "./slots.ts"

export interface TotalFold {
  add(measured: Measured, event: FoldedEvent): void
  /** Takes out an event that is in it. Not null: what it had been part of has to see the others. */
  remove(measured: Measured, event: FoldedEvent): LostTotal | null
  /** Adds the totals that changed to the list. */
  changed(seq: number, into: Slot[]): void
}

export function totalFold(
  source: SlotSource,
  definition: MeterDefinition,
  period: Period,
  kind: "Period" | "Group",
  group: string,
): TotalFold {
  const { start, end } = period
  const place: Place = { kind, meter: definition.key, start, group, periodStart: start, end }
  const window = definition.window ?? null
  if (window === null) return new WholePeriod(source, definition, place)
  switch (window.kind) {
    case "Tumbling":
      return new TumblingWindows(source, definition, place, window.sizeMs)
    case "Sliding":
      return new SlidingWindow(source, place, window.sizeMs)
    default:
      return unreachable(window.kind)
  }
}

class WholePeriod implements TotalFold {
  readonly #fold: SlotFold

  constructor(source: SlotSource, definition: MeterDefinition, place: Place) {
    this.#fold = new SlotFold(source, definition, place)
  }

  add(measured: Measured, event: FoldedEvent): void {
    this.#fold.add(measured, event)
  }

  remove(measured: Measured, event: FoldedEvent): LostTotal | null {
    return this.#fold.remove(measured, event)
  }

  changed(seq: number, into: Slot[]): void {
    into.push(this.#fold.slot(seq))
  }
}

/** A total that is no aggregation of its own events: what it was, and how many events there are. */
class DerivedTotal {
  readonly #place: Place
  readonly #count: number
  readonly value: Decimal

  constructor(source: SlotSource, place: Place) {
    const { kind, meter, start, group, periodStart, end } = place
    const before = source.slot(kind, meter, start, group, periodStart)
    this.#place = place
    this.#count = before?.count ?? 0
    this.value = before === null ? ZERO : valueOf(before.state, end)
  }

  slot(value: Decimal, added: number, seq: number): Slot {
    const state = { kind: "OfWindows", value } as const
    return { ...this.#place, count: this.#count + added, state, seq }
  }
}

class TumblingWindows implements TotalFold {
  readonly #source: SlotSource
  readonly #definition: MeterDefinition
  readonly #place: Place
  readonly #sizeMs: number
  readonly #total: DerivedTotal
  readonly #windows = new Map<Instant, SlotFold>()
  #last: SlotFold | null = null
  #added = 0

  constructor(source: SlotSource, definition: MeterDefinition, place: Place, sizeMs: number) {
    this.#source = source
    this.#definition = definition
    this.#place = place
    this.#sizeMs = sizeMs
    this.#total = new DerivedTotal(source, place)
  }

  add(measured: Measured, event: FoldedEvent): void {
    this.#added += 1
    this.#window(event.occurredAt).add(measured, event)
  }

  remove(measured: Measured, event: FoldedEvent): LostTotal | null {
    this.#added -= 1
    return this.#window(event.occurredAt).remove(measured, event)
  }

  /** The total follows each window from what it was to what it is. */
  changed(seq: number, into: Slot[]): void {
    let { value } = this.#total
    for (const window of this.#windows.values()) {
      const slot = window.slot(seq)
      const before = window.before === null ? ZERO : valueOf(window.before.state, slot.end)
      value = add(value, subtract(valueOf(slot.state, slot.end), before))
      into.push(slot)
    }
    into.push(this.#total.slot(value, this.#added, seq))
  }

  #window(at: Instant): SlotFold {
    const last = this.#last
    if (last !== null && last.place.start <= at && at < last.place.end) return last
    const { start: periodStart, end: periodEnd, meter, group } = this.#place
    const start = (at - ((at - periodStart) % this.#sizeMs)) as Instant
    let found = this.#windows.get(start)
    if (found === undefined) {
      const end = Math.min(start + this.#sizeMs, periodEnd) as Instant
      const place: Place = { kind: "Window", meter, start, group, periodStart, end }
      found = new SlotFold(this.#source, this.#definition, place)
      this.#windows.set(start, found)
    }
    this.#last = found
    return found
  }
}

/** The sum of the window (t − size, t] rises by an event's amount when t reaches the event, and falls by it `size` later: it is
 *  highest where these steps add up to the most. */
class SlidingWindow implements TotalFold {
  readonly #source: SlotSource
  readonly #place: Place
  readonly #sizeMs: number
  readonly #total: DerivedTotal
  readonly #steps = new Map<number, Decimal>()
  #added = 0

  constructor(source: SlotSource, place: Place, sizeMs: number) {
    this.#source = source
    this.#place = place
    this.#sizeMs = sizeMs
    this.#total = new DerivedTotal(source, place)
  }

  add({ amount }: Measured, { occurredAt }: FoldedEvent): void {
    this.#added += 1
    this.#rise(occurredAt, decimalOfAmount(amount))
  }

  remove({ amount }: Measured, { occurredAt }: FoldedEvent): null {
    this.#added -= 1
    this.#rise(occurredAt, negate(decimalOfAmount(amount)))
    return null
  }

  changed(seq: number, into: Slot[]): void {
    const { meter, kind, start, end, group } = this.#place
    const highest = addToTimeline(
      this.#source,
      { meter, scope: memberScope(kind, start, group), start, end },
      this.#steps,
    )
    into.push(this.#total.slot(highest, this.#added, seq))
  }

  #rise(at: number, value: Decimal): void {
    this.#step(at, value)
    this.#step(at + this.#sizeMs, negate(value))
  }

  /** Windows that end after the period are nobody's. */
  #step(at: number, value: Decimal): void {
    const { start, end } = this.#place
    if (at >= end) return
    const offset = at - start
    this.#steps.set(offset, add(this.#steps.get(offset) ?? ZERO, value))
  }
}
