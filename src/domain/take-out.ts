// Totals without one of their events. Sums know what they are without it; a highest, latest or distinct value may have come from
// this very event, and then only the others can tell what takes its place.
// Law: what is left after taking an event out, and seeing the others where that is asked for, is the total of the others.

import type { AccumulatorState, Amount } from "./accumulator.ts"
import { decimalOfAmount } from "./accumulator.ts"
import { unreachable } from "./assert.ts"
import { compare, decimal, multiply, subtract } from "./decimal.ts"
import { feeRule } from "./event-fee.ts"
import { byCodeUnits } from "./terms.ts"
import type { Instant } from "./time.ts"

/** What an event had added. */
export type Taken = { readonly amount: Amount; readonly at: Instant; readonly id: string }

/** `lost`: the others have to be seen before the state is right. Of distinct values the state is as if none was lost. */
export type Rest = { readonly state: AccumulatorState; readonly lost: boolean }

export function takeOut(state: AccumulatorState, { amount, at, id }: Taken): Rest {
  const value = decimalOfAmount(amount)
  switch (state.kind) {
    case "Count":
      return { state: { ...state, count: state.count - 1 }, lost: false }
    case "UniqueCount":
      return { state, lost: true }
    case "Sum":
      return { state: { kind: "Sum", value: subtract(state.value, value) }, lost: false }
    case "Fees": {
      const fees = subtract(state.fees, feeRule(state.fee)(value))
      return { state: { ...state, value: subtract(state.value, value), fees }, lost: false }
    }
    case "Max": {
      const lost = state.value === null || compare(value, state.value) >= 0
      return lost ? { state: { kind: "Max", value: null }, lost } : { state, lost }
    }
    case "Latest": {
      const lost = state.found === null || state.found.id === id
      return lost ? { state: { kind: "Latest", found: null }, lost } : { state, lost }
    }
    case "WeightedSum": {
      const sum = subtract(state.sum, value)
      const moment = subtract(state.moment, multiply(value, decimal(BigInt(state.end - at), 0)))
      const lost = at >= state.last
      return { state: { ...state, sum, moment, last: lost ? (0 as Instant) : state.last }, lost }
    }
    case "OfWindows":
      throw new Error("What windows come to is reckoned from them, not from events.")
    default:
      return unreachable(state)
  }
}

/** The state that has lost something, after it has seen another event of the same total. */
export function seeOther(state: AccumulatorState, { amount, at, id }: Taken): AccumulatorState {
  switch (state.kind) {
    case "Max": {
      const value = decimalOfAmount(amount)
      return state.value === null || compare(value, state.value) > 0 ? { kind: "Max", value } : state
    }
    case "Latest": {
      const { found } = state
      const isOlder = found !== null && (at < found.at || (at === found.at && byCodeUnits(id, found.id) < 0))
      return isOlder ? state : { kind: "Latest", found: { at, id, value: decimalOfAmount(amount) } }
    }
    case "WeightedSum":
      return at > state.last ? { ...state, last: at } : state
    default:
      return state
  }
}
