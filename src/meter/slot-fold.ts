// One total in the making: what it was, and what the events of a fold add to it or take from it.

import {
  accumulatorFrom,
  emptyState,
  type Accumulator,
  type AccumulatorState,
} from "../domain/accumulator.ts"
import { assert } from "../domain/assert.ts"
import { takeOut } from "../domain/take-out.ts"
import type { MeterDefinition } from "../domain/terms.ts"
import type { Measured } from "./compiled-terms.ts"
import { LostTotal } from "./lost-total.ts"
import { memberScope, type FoldedEvent, type Place, type Slot, type SlotSource } from "./slots.ts"

export type { FoldedEvent, Place } from "./slots.ts"

export class SlotFold {
  readonly place: Place
  readonly before: Slot | null
  readonly #source: SlotSource
  readonly #empty: AccumulatorState
  #accumulator: Accumulator
  readonly #scope: string
  /** Values that are known to be in the scope: one that comes often is asked for once. */
  readonly #seen = new Set<string>()
  #count: number

  constructor(source: SlotSource, { aggregation, fee }: MeterDefinition, place: Place) {
    const { kind, meter, start, group, periodStart, end } = place
    this.place = place
    this.before = source.slot(kind, meter, start, group, periodStart)
    this.#source = source
    this.#empty = emptyState(aggregation, end, fee ?? null)
    this.#scope = memberScope(kind, start, group)
    this.#accumulator = accumulatorFrom(this.before?.state ?? this.#empty)
    this.#count = this.before?.count ?? 0
  }

  add({ amount, member }: Measured, { occurredAt, id }: FoldedEvent): void {
    this.#count += 1
    if (member !== null && !this.#isNew(member)) return
    this.#accumulator.add(amount, occurredAt, id)
  }

  /** Takes out an event that is in the total. Not null: the total is right only after it has seen the others. */
  remove({ amount, member }: Measured, { occurredAt, id }: FoldedEvent): LostTotal | null {
    assert(this.#count > 0, "an event is taken out of a total that has it", { ...this.place, id })
    this.#count -= 1
    if (this.#count === 0) {
      if (member !== null) this.forget(member)
      this.restore(this.#empty)
      return null
    }
    const taken = { amount, at: occurredAt, id }
    const { state, lost } = takeOut(this.#accumulator.state(), taken)
    this.restore(state)
    return lost ? new LostTotal(this, { ...taken, member }, state) : null
  }

  /** The total is this from here on. */
  restore(state: AccumulatorState): void {
    this.#accumulator = accumulatorFrom(state)
  }

  /** No event that is left has the value. */
  forget(member: string): void {
    this.#seen.delete(member)
    this.#source.dropMember(this.place.meter, this.#scope, member)
  }

  slot(seq: number): Slot {
    return { ...this.place, count: this.#count, state: this.#accumulator.state(), seq }
  }

  #isNew(member: string): boolean {
    if (this.#seen.has(member)) return false
    this.#seen.add(member)
    return this.#source.addMember(this.place.meter, this.#scope, member)
  }
}
