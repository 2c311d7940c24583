// A total that lost what one event had given it, and looks through the others for what takes its place: the next highest, the
// latest but one, another event with the same value.

import { decimalOfAmount, type AccumulatorState } from "../domain/accumulator.ts"
import { compare } from "../domain/decimal.ts"
import { seeOther, type Taken } from "../domain/take-out.ts"
import type { Measured } from "./compiled-terms.ts"
import type { FoldedEvent, Place } from "./slots.ts"

/** The total in the making. */
type Total = {
  readonly place: Place
  readonly restore: (state: AccumulatorState) => void
  readonly forget: (member: string) => void
}

export class LostTotal {
  readonly #total: Total
  readonly #taken: Taken & { readonly member: string | null }
  #state: AccumulatorState
  #isFound = false

  constructor(total: Total, taken: Taken & { readonly member: string | null }, state: AccumulatorState) {
    this.#total = total
    this.#taken = taken
    this.#state = state
  }

  get place(): Place {
    return this.#total.place
  }

  /** It has seen enough: nothing among the others can be more than what it found. */
  get isFound(): boolean {
    return this.#isFound
  }

  /** Another event of the meter, of this total or not. */
  see({ amount, member, group }: Measured, { occurredAt: at, id }: FoldedEvent): void {
    const { place } = this
    if (at < place.start || at >= place.end || (place.group !== "" && place.group !== group)) return
    this.#isFound ||= this.#isEqual({ amount, at, id }, member)
    this.#state = seeOther(this.#state, { amount, at, id })
  }

  /** After all others, or enough of them. */
  settle(): void {
    const { member } = this.#taken
    if (this.#state.kind === "UniqueCount" && member !== null && !this.#isFound) {
      this.#total.forget(member)
      this.#state = { ...this.#state, count: this.#state.count - 1 }
    }
    this.#total.restore(this.#state)
  }

  /** What was taken was the most that there was: another one like it is the most that there is. */
  #isEqual({ amount, at }: Taken, member: string | null): boolean {
    switch (this.#state.kind) {
      case "UniqueCount":
        return member === this.#taken.member
      case "Max":
        return compare(decimalOfAmount(amount), decimalOfAmount(this.#taken.amount)) === 0
      case "WeightedSum":
        return at === this.#taken.at
      default:
        return false
    }
  }
}
