// Totals that are kept nowhere: what a fold needs to count events that nobody will bill.

import type { Instant } from "../domain/time.ts"
import type { Point, Slot, SlotKind, SlotSource } from "./slots.ts"

export class MemorySlots implements SlotSource {
  readonly #slots = new Map<string, Slot>()
  readonly #members = new Set<string>()
  /** By meter and scope, then by time. */
  readonly #points = new Map<string, Map<Instant, readonly Point[]>>()

  slot(kind: SlotKind, meter: string, start: Instant, group: string): Slot | null {
    return this.#slots.get(nameOf([kind, meter, start, group])) ?? null
  }

  groupCount(meter: string, periodStart: Instant): number {
    return this.totals("Group", meter, periodStart).length
  }

  /** Those of one kind and meter that start at a time. */
  totals(kind: SlotKind, meter: string, start: Instant): Slot[] {
    return [...this.#slots.values()].filter(
      (slot) => slot.kind === kind && slot.meter === meter && slot.start === start,
    )
  }

  addMember(meter: string, scope: string, member: string): boolean {
    const name = nameOf([meter, scope, member])
    if (this.#members.has(name)) return false
    this.#members.add(name)
    return true
  }

  removeMember(meter: string, scope: string, member: string): void {
    this.#members.delete(nameOf([meter, scope, member]))
  }

  dropMember(meter: string, scope: string, member: string): void {
    this.#members.delete(JSON.stringify([meter, scope, member]))
  }

  addPoint(meter: string, scope: string, at: Instant, seq: number, value: string): void {
    const name = nameOf([meter, scope])
    const points = this.#points.get(name) ?? new Map<Instant, readonly Point[]>()
    const others = (points.get(at) ?? []).filter((point) => point.seq !== seq)
    points.set(
      at,
      [...others, { at, seq, value }].toSorted((a, b) => a.seq - b.seq),
    )
    this.#points.set(name, points)
  }

  pointsBetween(meter: string, scope: string, from: Instant, to: Instant): readonly Point[] {
    const points = this.#points.get(nameOf([meter, scope]))
    if (points === undefined) return []
    // One millisecond is what is asked for most.
    if (to - from === 1) return points.get(to) ?? []
    const within = [...points].filter(([at]) => at > from && at <= to).toSorted(([a], [b]) => a - b)
    return within.flatMap(([, found]) => found)
  }

  /** Takes over what a fold changed. */
  adopt(changed: readonly Slot[]): void {
    for (const slot of changed) {
      this.#slots.set(nameOf([slot.kind, slot.meter, slot.start, slot.group]), slot)
    }
  }
}

/** Parts may have any character in them. */
function nameOf(parts: readonly (string | number)[]): string {
  return JSON.stringify(parts)
}
