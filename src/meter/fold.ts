// Adds events to totals and takes them out again: those of the period, of its groups and windows, and of the hour. The order of the events is irrelevant,
// and so is how they are spread over folds.
// Totals are read once and written once, however many events there are between; what lies between is kept as plain numbers.

import type { MeasureProblem } from "../domain/measure.ts"
import type { Period } from "../domain/period.ts"
import type { Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { CompiledMeter, Measured } from "./compiled-terms.ts"
import type { LostTotal } from "./lost-total.ts"
import { SlotFold, type FoldedEvent } from "./slot-fold.ts"
import type { Slot, SlotSource } from "./slots.ts"
import { totalFold, type TotalFold } from "./total-fold.ts"

export type { Measured } from "./compiled-terms.ts"

export class Fold {
  readonly #source: SlotSource
  readonly #meters = new Map<string, MeterFold>()
  /** Events of one type come in runs, and the same few meters count them: the first one is found at once. */
  #last: MeterFold | null = null

  constructor(source: SlotSource) {
    this.#source = source
  }

  /** Why the event can't be counted; it has not been yet. */
  check(period: Period, measured: Measured): MeasureProblem | null {
    if (measured.group === "") return null
    const totals = this.#of(measured.meter).totals(period)
    return totals.hasRoomFor(measured.group) ? null : "too_many_groups"
  }

  add(period: Period, measured: Measured, event: FoldedEvent): void {
    this.#of(measured.meter).add(period, measured, event)
  }

  /** Takes out an event that was added once. The totals that are told have to see the others before they are right again. */
  remove(period: Period, measured: Measured, event: FoldedEvent): LostTotal[] {
    return this.#of(measured.meter).remove(period, measured, event)
  }

  /** Without its hour, which has it already. */
  addToPeriod(period: Period, measured: Measured, event: FoldedEvent): void {
    this.#of(measured.meter).totals(period).add(measured, event)
  }

  /** Without its hour, which goes on having it. */
  removeFromPeriod(period: Period, measured: Measured, event: FoldedEvent): LostTotal[] {
    return this.#of(measured.meter).totals(period).remove(measured, event)
  }

  /** Without its period. */
  addToHour(measured: Measured, event: FoldedEvent): void {
    this.#of(measured.meter).addToHour(measured, event)
  }

  /** The totals that changed, as of the change `seq`. Called once, in the transaction that stores them. */
  changed(seq: number): Slot[] {
    const slots: Slot[] = []
    for (const meter of this.#meters.values()) meter.changed(seq, slots)
    return slots
  }

  #of(meter: CompiledMeter): MeterFold {
    const { key } = meter.definition
    if (this.#last?.key === key) return this.#last
    let found = this.#meters.get(key)
    if (found === undefined) {
      found = new MeterFold(this.#source, meter)
      this.#meters.set(key, found)
    }
    this.#last = found
    return found
  }
}

class MeterFold {
  readonly key: string
  readonly #source: SlotSource
  readonly #meter: CompiledMeter
  readonly #periods = new Map<Instant, PeriodTotals>()
  readonly #hours = new Map<Instant, SlotFold>()
  #lastPeriod: PeriodTotals | null = null
  #lastHour: SlotFold | null = null

  constructor(source: SlotSource, meter: CompiledMeter) {
    this.key = meter.definition.key
    this.#source = source
    this.#meter = meter
  }

  totals(period: Period): PeriodTotals {
    if (this.#lastPeriod?.start === period.start) return this.#lastPeriod
    let found = this.#periods.get(period.start)
    if (found === undefined) {
      found = new PeriodTotals(this.#source, this.#meter, period)
      this.#periods.set(period.start, found)
    }
    this.#lastPeriod = found
    return found
  }

  add(period: Period, measured: Measured, event: FoldedEvent): void {
    this.totals(period).add(measured, event)
    this.addToHour(measured, event)
  }

  addToHour(measured: Measured, event: FoldedEvent): void {
    this.#hour(event.occurredAt).add(measured, event)
  }

  remove(period: Period, measured: Measured, event: FoldedEvent): LostTotal[] {
    const hour = this.#hour(event.occurredAt)
    // A meter that was counted anew after its first periods had gone to the archive lacks the hour in which they ended.
    const lost = hour.before === null ? null : hour.remove(measured, event)
    return [...this.totals(period).remove(measured, event), ...(lost === null ? [] : [lost])]
  }

  changed(seq: number, into: Slot[]): void {
    for (const period of this.#periods.values()) period.changed(seq, into)
    for (const hour of this.#hours.values()) into.push(hour.slot(seq))
  }

  #hour(at: Instant): SlotFold {
    const last = this.#lastHour
    if (last !== null && last.place.start <= at && at < last.place.end) return last
    const { definition, hours } = this.#meter
    const { start, end } = hours.containing(at)
    let found = this.#hours.get(start)
    if (found === undefined) {
      const place = { kind: "Hour", meter: this.key, start, group: "", periodStart: start, end } as const
      found = new SlotFold(this.#source, definition, place)
      this.#hours.set(start, found)
    }
    this.#lastHour = found
    return found
  }
}

/** The total of a period and those of its groups. */
class PeriodTotals {
  readonly start: Instant
  readonly #source: SlotSource
  readonly #meter: CompiledMeter
  readonly #period: Period
  readonly #groups = new Map<string, TotalFold>()
  #total: TotalFold | null = null
  #known: number | null = null

  constructor(source: SlotSource, meter: CompiledMeter, period: Period) {
    this.start = period.start
    this.#source = source
    this.#meter = meter
    this.#period = period
  }

  hasRoomFor(group: string): boolean {
    return this.#groups.has(group) || this.#isStored(group) || this.#count() < limits.meterGroups
  }

  /** A meter that is counted anew can meet more groups than there is room for, since the events were accepted before there were
   *  any. Its total has them all; the groups are the first ones. */
  add(measured: Measured, event: FoldedEvent): void {
    this.#total ??= this.#open("Period", "")
    this.#total.add(measured, event)
    const { group } = measured
    if (group === "") return
    let total = this.#groups.get(group)
    if (total === undefined) {
      const isNew = !this.#isStored(group)
      if (isNew && this.#count() >= limits.meterGroups) return
      if (isNew) this.#known = this.#count() + 1
      total = this.#open("Group", group)
      this.#groups.set(group, total)
    }
    total.add(measured, event)
  }

  /** A group that had no room when the meter was counted anew has no total to take from. One that lost its last event keeps its
   *  place: whoever billed it has to see that it is empty. */
  remove(measured: Measured, event: FoldedEvent): LostTotal[] {
    this.#total ??= this.#open("Period", "")
    const { group } = measured
    if (group !== "" && !this.#groups.has(group) && this.#isStored(group)) {
      this.#groups.set(group, this.#open("Group", group))
    }
    const lost = [this.#total.remove(measured, event), this.#groups.get(group)?.remove(measured, event)]
    return lost.filter((total) => total !== null && total !== undefined)
  }

  changed(seq: number, into: Slot[]): void {
    this.#total?.changed(seq, into)
    for (const total of this.#groups.values()) total.changed(seq, into)
  }

  /** How many groups there are, those of this fold among them. */
  #count(): number {
    this.#known ??= this.#source.groupCount(this.#meter.definition.key, this.start)
    return this.#known
  }

  #isStored(group: string): boolean {
    const { key } = this.#meter.definition
    return this.#source.slot("Group", key, this.start, group, this.start) !== null
  }

  #open(kind: "Period" | "Group", group: string): TotalFold {
    return totalFold(this.#source, this.#meter.definition, this.#period, kind, group)
  }
}
