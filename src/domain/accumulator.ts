// Totals: what they are between events (immutable, stored as a short text), how an event is added, and what they are worth.
// Law: a total is a function of the set of its events. Their order, and how they are spread over additions, never matters.

import { assert, unreachable } from "./assert.ts"
import type { Decimal } from "./decimal.ts"
import { add, compare, decimal, decimalOf, formatDecimal, multiply, subtract, ZERO } from "./decimal.ts"
import type { EventFee } from "./event-fee.ts"
import { feeRule } from "./event-fee.ts"
import { decimalOfRatio, ratio } from "./ratio.ts"
import type { Aggregation } from "./terms.ts"
import { byCodeUnits } from "./terms.ts"
import type { Instant } from "./time.ts"

/** A quantity of an event. Safe integers come as plain numbers, because nearly all are and they add up far faster. */
export type Amount = number | Decimal

type Found = { readonly at: Instant; readonly id: string; readonly value: Decimal }

export type AccumulatorState =
  | { readonly kind: "Count" | "UniqueCount"; readonly count: number }
  | { readonly kind: "Sum"; readonly value: Decimal }
  /** A sum, and that of the fees of its events, in nanos. */
  | { readonly kind: "Fees"; readonly value: Decimal; readonly fees: Decimal; readonly fee: EventFee }
  | { readonly kind: "Max"; readonly value: Decimal | null }
  | { readonly kind: "Latest"; readonly found: Found | null }
  /** Changes of a level: their sum, and the sum of each one times the milliseconds from it to `end`. `last` is the latest. */
  | {
      readonly kind: "WeightedSum"
      readonly sum: Decimal
      readonly moment: Decimal
      readonly last: Instant
      readonly end: Instant
    }
  /** What the windows of a period come to, whatever is aggregated within them. */
  | { readonly kind: "OfWindows"; readonly value: Decimal }

/** The total of no events. `end` is when the period, window or hour is over; only a Sum may have a fee. */
export function emptyState(
  aggregation: Aggregation,
  end: Instant,
  fee: EventFee | null = null,
): AccumulatorState {
  switch (aggregation) {
    case "Count":
    case "UniqueCount":
      return { kind: aggregation, count: 0 }
    case "Sum":
      return fee === null
        ? { kind: aggregation, value: ZERO }
        : { kind: "Fees", value: ZERO, fees: ZERO, fee }
    case "Max":
      return { kind: aggregation, value: null }
    case "Latest":
      return { kind: aggregation, found: null }
    case "WeightedSum":
      return { kind: aggregation, sum: ZERO, moment: ZERO, last: 0 as Instant, end }
    default:
      return unreachable(aggregation)
  }
}

const HOUR_MS = 3_600_000

/** The total as a quantity, zero without events. Only a time-weighted one depends on `asOf`: it is reckoned up to then, to the end
 *  at most, and up to the latest event at least, since an event may be some minutes ahead of the clock. */
export function valueOf(state: AccumulatorState, asOf: Instant): Decimal {
  switch (state.kind) {
    case "Count":
    case "UniqueCount":
      return decimal(BigInt(state.count), 0)
    case "Sum":
    case "Fees":
    case "OfWindows":
      return state.value
    case "Max":
      return state.value ?? ZERO
    case "Latest":
      return state.found?.value ?? ZERO
    case "WeightedSum": {
      const until = Math.min(state.end, Math.max(state.last, asOf))
      const still = multiply(state.sum, decimal(BigInt(state.end - until), 0))
      const { coefficient, scale } = subtract(state.moment, still)
      return decimalOfRatio(ratio(coefficient, BigInt(HOUR_MS) * 10n ** BigInt(scale)))
    }
    default:
      return unreachable(state)
  }
}

/** What the fees of the events come to, in nanos; null of a total that adds up none. */
export function feesOf(state: AccumulatorState): Decimal | null {
  return state.kind === "Fees" ? state.fees : null
}

/** Takes additions, then says the state that they lead to. */
export interface Accumulator {
  /** `at` and `id` are those of the event. */
  add(amount: Amount, at: Instant, id: string): void
  state(): AccumulatorState
}

/** An accumulator that goes on from a state. That of a UniqueCount is given the events only whose value is new. */
export function accumulatorFrom(state: AccumulatorState): Accumulator {
  switch (state.kind) {
    case "Count":
    case "UniqueCount":
      return new Counter(state.kind, state.count)
    case "Sum":
      return new Adder(state.value)
    case "Fees":
      return new FeeAdder(state)
    case "Max":
      return new Highest(state.value)
    case "Latest":
      return new Newest(state.found)
    case "WeightedSum":
      return new Level(state)
    case "OfWindows":
      throw new Error("What windows come to is reckoned from them, not from events.")
    default:
      return unreachable(state)
  }
}

class Counter implements Accumulator {
  readonly #kind: "Count" | "UniqueCount"
  #count: number

  constructor(kind: "Count" | "UniqueCount", count: number) {
    this.#kind = kind
    this.#count = count
  }

  add(): void {
    this.#count += 1
  }

  state(): AccumulatorState {
    return { kind: this.#kind, count: this.#count }
  }
}

/** An exact sum that stays a plain integer for as long as that is exact. */
class RunningSum {
  #exact: Decimal
  #whole = 0

  constructor(start: Decimal) {
    this.#exact = start
  }

  add(amount: Amount): void {
    if (typeof amount !== "number") {
      this.#exact = add(this.#exact, amount)
      return
    }
    const next = this.#whole + amount
    if (Number.isSafeInteger(next)) {
      this.#whole = next
      return
    }
    this.#exact = this.value()
    this.#whole = amount
  }

  value(): Decimal {
    return this.#whole === 0 ? this.#exact : add(this.#exact, decimalOfAmount(this.#whole))
  }
}

class Adder implements Accumulator {
  readonly #sum: RunningSum

  constructor(start: Decimal) {
    this.#sum = new RunningSum(start)
  }

  add(amount: Amount): void {
    this.#sum.add(amount)
  }

  state(): AccumulatorState {
    return { kind: "Sum", value: this.#sum.value() }
  }
}

class FeeAdder implements Accumulator {
  readonly #fee: EventFee
  readonly #feeOf: (amount: Decimal) => Decimal
  readonly #sum: RunningSum
  readonly #fees: RunningSum

  constructor({ value, fees, fee }: AccumulatorState & { kind: "Fees" }) {
    this.#fee = fee
    this.#feeOf = feeRule(fee)
    this.#sum = new RunningSum(value)
    this.#fees = new RunningSum(fees)
  }

  add(amount: Amount): void {
    this.#sum.add(amount)
    this.#fees.add(this.#feeOf(decimalOfAmount(amount)))
  }

  state(): AccumulatorState {
    return { kind: "Fees", value: this.#sum.value(), fees: this.#fees.value(), fee: this.#fee }
  }
}

class Highest implements Accumulator {
  #highest: Amount | null

  constructor(start: Decimal | null) {
    this.#highest = start
  }

  add(amount: Amount): void {
    if (this.#highest === null || isAbove(amount, this.#highest)) this.#highest = amount
  }

  state(): AccumulatorState {
    return { kind: "Max", value: this.#highest === null ? null : decimalOfAmount(this.#highest) }
  }
}

function isAbove(a: Amount, b: Amount): boolean {
  if (typeof a === "number" && typeof b === "number") return a > b
  return compare(decimalOfAmount(a), decimalOfAmount(b)) > 0
}

class Newest implements Accumulator {
  #found: Found | null

  constructor(start: Found | null) {
    this.#found = start
  }

  /** Of two events of one instant, that with the greater id: any rule would do that doesn't ask which one came first. */
  add(amount: Amount, at: Instant, id: string): void {
    const found = this.#found
    if (found !== null && (at < found.at || (at === found.at && byCodeUnits(id, found.id) < 0))) return
    this.#found = { at, id, value: decimalOfAmount(amount) }
  }

  state(): AccumulatorState {
    return { kind: "Latest", found: this.#found }
  }
}

class Level implements Accumulator {
  readonly #end: Instant
  readonly #sum: RunningSum
  readonly #moment: RunningSum
  #last: Instant

  constructor(start: AccumulatorState & { kind: "WeightedSum" }) {
    this.#end = start.end
    this.#sum = new RunningSum(start.sum)
    this.#moment = new RunningSum(start.moment)
    this.#last = start.last
  }

  add(amount: Amount, at: Instant): void {
    assert(at <= this.#end, "an event is not after the end of what it counts for", { at, end: this.#end })
    this.#sum.add(amount)
    this.#moment.add(timesWhole(amount, this.#end - at))
    if (at > this.#last) this.#last = at
  }

  state(): AccumulatorState {
    const [sum, moment] = [this.#sum.value(), this.#moment.value()]
    return { kind: "WeightedSum", sum, moment, last: this.#last, end: this.#end }
  }
}

function timesWhole(amount: Amount, whole: number): Amount {
  if (typeof amount === "number") {
    const product = amount * whole
    if (Number.isSafeInteger(product)) return product
  }
  return multiply(decimalOfAmount(amount), decimalOfAmount(whole))
}

export function decimalOfAmount(amount: Amount): Decimal {
  return typeof amount === "number" ? decimal(BigInt(amount), 0) : amount
}

/** A short text. What windows come to begins with "=", so that it isn't taken for what is aggregated within them. */
export function encodeState(state: AccumulatorState): string {
  switch (state.kind) {
    case "Count":
    case "UniqueCount":
      return `${state.count}`
    case "Sum":
      return formatDecimal(state.value)
    case "Fees": {
      const { rateBps, fixedNanos, minimumNanos, maximumNanos } = state.fee
      const sums = [formatDecimal(state.value), formatDecimal(state.fees)]
      return JSON.stringify([...sums, rateBps, fixedNanos, minimumNanos, maximumNanos])
    }
    case "OfWindows":
      return `=${formatDecimal(state.value)}`
    case "Max":
      return state.value === null ? "" : formatDecimal(state.value)
    case "Latest": {
      const { found } = state
      return found === null ? "" : JSON.stringify([found.at, found.id, formatDecimal(found.value)])
    }
    case "WeightedSum":
      return JSON.stringify([formatDecimal(state.sum), formatDecimal(state.moment), state.last, state.end])
    default:
      return unreachable(state)
  }
}

/** The state that `encodeState` wrote, of a meter with this aggregation. */
export function decodeState(aggregation: Aggregation, text: string): AccumulatorState {
  if (text.startsWith("=")) return { kind: "OfWindows", value: decimalOf(text.slice(1)) }
  switch (aggregation) {
    case "Count":
    case "UniqueCount": {
      const count: number = JSON.parse(text)
      assert(Number.isSafeInteger(count) && count >= 0, "a stored count is one", { text })
      return { kind: aggregation, count }
    }
    case "Sum":
      return text.startsWith("[") ? decodeFees(text) : { kind: aggregation, value: decimalOf(text) }
    case "Max":
      return { kind: aggregation, value: text === "" ? null : decimalOf(text) }
    case "Latest": {
      if (text === "") return { kind: aggregation, found: null }
      const [at, id, value]: [Instant, string, string] = JSON.parse(text)
      return { kind: aggregation, found: { at, id, value: decimalOf(value) } }
    }
    case "WeightedSum": {
      const [sum, moment, last, end]: [string, string, Instant, Instant] = JSON.parse(text)
      return { kind: aggregation, sum: decimalOf(sum), moment: decimalOf(moment), last, end }
    }
    default:
      return unreachable(aggregation)
  }
}

function decodeFees(text: string): AccumulatorState {
  const [value, fees, rateBps, fixedNanos, minimumNanos, maximumNanos]: [
    string,
    string,
    string,
    string,
    string | null,
    string | null,
  ] = JSON.parse(text)
  const fee = { rateBps, fixedNanos, minimumNanos, maximumNanos }
  return { kind: "Fees", value: decimalOf(value), fees: decimalOf(fees), fee }
}

/** The state behind a total that was stored as a number alone, as older code did for its two aggregations. */
export function stateOfTotal(aggregation: Aggregation, value: Decimal): AccumulatorState {
  assert(aggregation === "Count" || aggregation === "Sum", "older code counted and summed", { aggregation })
  return decodeState(aggregation, formatDecimal(value))
}
