// Totals in memory, for folds: what a meter keeps in its tables, as text as there.

import { decodeState, encodeState } from "../../src/domain/accumulator.ts"
import { aggregationOfKey } from "../../src/domain/terms.ts"
import type { Instant } from "../../src/domain/time.ts"
import type { Point, Slot, SlotKind, SlotSource } from "../../src/meter/slots.ts"

type Stored = Omit<Slot, "state"> & { readonly state: string }

export class MemorySlots implements SlotSource {
  readonly #slots = new Map<string, Stored>()
  readonly #members = new Set<string>()
  readonly #points = new Map<string, Map<string, Point>>()

  slot(kind: SlotKind, meter: string, start: Instant, group: string): Slot | null {
    const stored = this.#slots.get(JSON.stringify([kind, meter, start, group]))
    return stored === undefined ? null : this.#read(stored)
  }

  groupCount(meter: string, periodStart: Instant): number {
    return this.all("Group").filter((slot) => slot.meter === meter && slot.start === periodStart).length
  }

  addMember(meter: string, scope: string, member: string): boolean {
    const name = JSON.stringify([meter, scope, member])
    const isNew = !this.#members.has(name)
    this.#members.add(name)
    return isNew
  }

  dropMember(meter: string, scope: string, member: string): void {
    this.#members.delete(JSON.stringify([meter, scope, member]))
  }

  addPoint(meter: string, scope: string, at: Instant, seq: number, value: string): void {
    const name = JSON.stringify([meter, scope])
    const points = this.#points.get(name) ?? new Map<string, Point>()
    points.set(`${at} ${seq}`, { at, seq, value })
    this.#points.set(name, points)
  }

  pointsBetween(meter: string, scope: string, from: Instant, to: Instant): readonly Point[] {
    const points = this.#points.get(JSON.stringify([meter, scope]))?.values() ?? []
    return [...points]
      .filter(({ at }) => at > from && at <= to)
      .toSorted((a, b) => a.at - b.at || a.seq - b.seq)
  }

  put(slots: readonly Slot[]): void {
    for (const slot of slots) {
      const name = JSON.stringify([slot.kind, slot.meter, slot.start, slot.group])
      this.#slots.set(name, { ...slot, state: encodeState(slot.state) })
    }
  }

  all(kind: SlotKind): Slot[] {
    const found = [...this.#slots.values()].filter((slot) => slot.kind === kind)
    return found.map((slot) => this.#read(slot)).toSorted((a, b) => a.start - b.start)
  }

  #read(stored: Stored): Slot {
    return { ...stored, state: decodeState(aggregationOfKey(stored.meter), stored.state) }
  }
}
