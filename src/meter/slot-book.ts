// The totals of a meter: in memory what changed since the last checkpoint and what was asked for lately, in tables the rest.
// Each commit stores what it changed as a text in its row of the log, so that a commit writes one row however many totals it
// touches; a checkpoint turns what has gathered into rows of their own.
// Law: memory over table; of two versions of a total the one with the greater `seq` holds.

import { decodeState, encodeState } from "../domain/accumulator.ts"
import { assert } from "../domain/assert.ts"
import type { Aggregation } from "../domain/terms.ts"
import { aggregationOfKey } from "../domain/terms.ts"
import type { Instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { Slot, SlotKind, SlotSource } from "./slots.ts"
import type { MemberTable, Point } from "./store/member-table.ts"
import type { MeterNames } from "./store/meter-names.ts"
import { kindNumber, kindOf, type SlotRow, type SlotTable } from "./store/slot-table.ts"

type Tables = {
  readonly slots: SlotTable
  readonly members: MemberTable
  readonly names: MeterNames
}

/** A changed total in a row of the log. */
type Change = readonly [
  kind: number,
  meter: number,
  start: Instant,
  group: string,
  periodStart: Instant,
  end: Instant,
  count: number,
  state: string,
]

export class SlotBook implements SlotSource {
  readonly #tables: Tables
  /** Not in the table yet. */
  readonly #dirty = new Map<string, Slot>()
  /** As in the table; null: it isn't there. */
  readonly #known = new Map<string, Slot | null>()
  readonly #groups = new Map<string, number>()
  readonly #aggregations = new Map<string, Aggregation>()

  /** Whether there are tables yet: an object that was never used has none. */
  #open: boolean

  constructor(tables: Tables, open: boolean) {
    this.#tables = tables
    this.#open = open
  }

  /** The tables were made. */
  opened(): void {
    this.#open = true
  }

  get dirtyCount(): number {
    return this.#dirty.size
  }

  slot(kind: SlotKind, meter: string, start: Instant, group: string): Slot | null {
    const name = nameOf(kind, meter, start, group)
    const dirty = this.#dirty.get(name)
    if (dirty !== undefined) return dirty
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const number = this.#numberOf(meter)
    const row = number === null ? null : this.#tables.slots.read(kind, number, start, group)
    const slot = row === null ? null : this.#fromRow(row)
    this.#remember(name, slot)
    return slot
  }

  groupCount(meter: string, periodStart: Instant): number {
    const name = `${meter}|${periodStart}`
    const known = this.#groups.get(name)
    if (known !== undefined) return known
    const number = this.#numberOf(meter)
    let count = number === null ? 0 : this.#tables.slots.groupCount(number, periodStart)
    for (const slot of this.#dirty.values()) {
      if (slot.kind !== "Group" || slot.meter !== meter || slot.start !== periodStart) continue
      if (number === null || this.#tables.slots.read("Group", number, periodStart, slot.group) === null) {
        count += 1
      }
    }
    this.#groups.set(name, count)
    return count
  }

  addMember(meter: string, scope: string, member: string): boolean {
    return this.#tables.members.add(this.#tables.names.numberOf(meter), scope, member)
  }

  dropMember(meter: string, scope: string, member: string): void {
    this.#tables.members.drop(this.#tables.names.numberOf(meter), scope, member)
  }

  distinctMembers(meter: string, scopes: readonly string[]): number {
    const number = this.#numberOf(meter)
    return number === null ? 0 : this.#tables.members.distinct(number, scopes)
  }

  addPoint(meter: string, scope: string, at: Instant, seq: number, value: string): void {
    this.#tables.members.addPoint(this.#tables.names.numberOf(meter), scope, { at, seq, value })
  }

  /** Those with from < at <= to. */
  pointsBetween(meter: string, scope: string, from: Instant, to: Instant): readonly Point[] {
    const number = this.#numberOf(meter)
    return number === null ? [] : this.#tables.members.pointsBetween(number, scope, from, to)
  }

  /** Takes in what a commit changed, and says it as the text that the commit stores. */
  adopt(changed: readonly Slot[]): string {
    const changes = changed.map((slot): Change => {
      this.#setDirty(slot)
      const { start, group, periodStart, end, count } = slot
      const meter = this.#tables.names.numberOf(slot.meter)
      return [kindNumber(slot.kind), meter, start, group, periodStart, end, count, encodeState(slot.state)]
    })
    return JSON.stringify(changes)
  }

  /** What a commit after the last checkpoint had changed, as `adopt` said it. In the order of the commits. */
  replay(changes: string, seq: number): void {
    const read: readonly Change[] = JSON.parse(changes)
    for (const [kind, meter, start, group, periodStart, end, count, state] of read) {
      const row = { kind: kindOf(kind), meter, start, group, periodStart, end, count, state, seq }
      this.#setDirty(this.#fromRow(row))
    }
  }

  /** Writes what isn't in the table yet. */
  flush(): void {
    for (const [name, slot] of this.#dirty) {
      this.#tables.slots.put(this.#toRow(slot))
      this.#remember(name, slot)
    }
    this.#dirty.clear()
  }

  /** All of one kind and meter that start in [from, to), in order. */
  startingIn(kind: SlotKind, meter: string, from: Instant, to: Instant): Slot[] {
    const number = this.#numberOf(meter)
    const found = new Map<string, Slot>()
    if (number !== null) {
      for (const row of this.#tables.slots.startingIn(kind, number, from, to)) {
        const slot = this.#fromRow(row)
        found.set(nameOf(kind, meter, slot.start, slot.group), slot)
      }
    }
    for (const [name, slot] of this.#dirty) {
      if (slot.kind === kind && slot.meter === meter && slot.start >= from && slot.start < to) {
        found.set(name, slot)
      }
    }
    return [...found.values()].toSorted((a, b) => a.start - b.start)
  }

  /** The totals of all meters of the periods that start in [from, to), also of those that are counted no more. */
  periodsStartingIn(from: Instant, to: Instant): Slot[] {
    return this.#tables.names
      .all()
      .flatMap((number) => this.startingIn("Period", this.#tables.names.keyOf(number), from, to))
  }

  /** All totals of the periods of which one changed after `seq`. */
  changedSince(seq: number): Slot[] {
    const starts = new Set(this.#tables.slots.periodsChangedSince(seq))
    for (const slot of this.#dirty.values()) {
      if (slot.kind === "Period" && slot.seq > seq) starts.add(slot.start)
    }
    return [...starts].flatMap((start) => this.periodsStartingIn(start, (start + 1) as Instant))
  }

  /** Forgets what was counted for a meter in all that begins at `from` or later, in memory and in the tables. Only after `flush`. */
  dropMeter(meter: string, from: Instant): void {
    this.#drop(meter, (number) => {
      this.#tables.slots.dropMeter(number, from)
      this.#tables.members.dropMeter(number, from)
    })
  }

  /** The same of its periods that begin in [from, to), with their groups and windows. */
  dropPeriods(meter: string, from: Instant, to: Instant): void {
    this.#drop(meter, (number) => {
      this.#tables.slots.dropPeriods(number, from, to)
      this.#tables.members.dropPeriods(number, from, to)
    })
  }

  /** The same of its hours. */
  dropHours(meter: string, from: Instant, to: Instant): void {
    this.#drop(meter, (number) => {
      this.#tables.slots.dropHours(number, from, to)
      this.#tables.members.dropHours(number, from, to)
    })
  }

  #drop(meter: string, drop: (number: number) => void): void {
    assert(this.#dirty.size === 0, "totals are flushed before some are dropped")
    const number = this.#numberOf(meter)
    if (number === null) return
    drop(number)
    this.#known.clear()
    this.#groups.clear()
  }

  #numberOf(meter: string): number | null {
    return this.#open ? this.#tables.names.find(meter) : null
  }

  #setDirty(slot: Slot): void {
    const name = nameOf(slot.kind, slot.meter, slot.start, slot.group)
    if (slot.kind === "Group") {
      const groups = `${slot.meter}|${slot.periodStart}`
      const count = this.#groups.get(groups)
      if (count !== undefined && this.#isNewGroup(name, slot)) this.#groups.set(groups, count + 1)
    }
    this.#known.delete(name)
    this.#dirty.set(name, slot)
  }

  #isNewGroup(name: string, slot: Slot): boolean {
    return !this.#dirty.has(name) && this.slot("Group", slot.meter, slot.start, slot.group) === null
  }

  #remember(name: string, slot: Slot | null): void {
    if (this.#known.size >= limits.meterSlots) this.#known.clear()
    this.#known.set(name, slot)
  }

  #aggregationOf(meter: string): Aggregation {
    const known = this.#aggregations.get(meter)
    if (known !== undefined) return known
    const aggregation = aggregationOfKey(meter)
    this.#aggregations.set(meter, aggregation)
    return aggregation
  }

  #fromRow(row: SlotRow): Slot {
    const { kind, start, group, periodStart, end, count, seq } = row
    const meter = this.#tables.names.keyOf(row.meter)
    const state = decodeState(this.#aggregationOf(meter), row.state)
    return { kind, meter, start, group, periodStart, end, count, state, seq }
  }

  #toRow(slot: Slot): SlotRow {
    const { kind, start, group, periodStart, end, count, seq } = slot
    const meter = this.#tables.names.numberOf(slot.meter)
    return { kind, meter, start, group, periodStart, end, count, state: encodeState(slot.state), seq }
  }
}

function nameOf(kind: SlotKind, meter: string, start: Instant, group: string): string {
  return `${kind}|${start}|${meter}|${group}`
}
