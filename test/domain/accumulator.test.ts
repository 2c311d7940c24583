// States of totals: their text is the same state again, and what they are worth. How they add up is tested with the fold.

import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { AccumulatorState, Amount } from "../../src/domain/accumulator.ts"
import {
  accumulatorFrom,
  decodeState,
  emptyState,
  encodeState,
  stateOfTotal,
  valueOf,
} from "../../src/domain/accumulator.ts"
import { decimalOf, formatDecimal } from "../../src/domain/decimal.ts"
import type { EventFee } from "../../src/domain/event-fee.ts"
import { AGGREGATIONS, type Aggregation } from "../../src/domain/terms.ts"
import { instant, LATEST } from "../../src/domain/time.ts"
import { anyDecimal, anyInstant } from "./arbitraries.ts"

const amount: fc.Arbitrary<Amount> = fc.oneof(fc.maxSafeInteger(), anyDecimal)
const additions = fc.array(fc.tuple(amount, anyInstant, fc.string()), { maxLength: 5 })

const FEE = { rateBps: "12.5", fixedNanos: "30", minimumNanos: "10", maximumNanos: null }
const ALL: readonly [name: string, Aggregation, EventFee | null][] = [
  ...AGGREGATIONS.map((one): [string, Aggregation, null] => [one, one, null]),
  ["Sum with fees", "Sum", FEE],
]

describe.each(ALL)("%s", (_, aggregation, fee) => {
  const stateOf = (events: readonly [Amount, ReturnType<typeof instant>, string][]): AccumulatorState => {
    const total = accumulatorFrom(emptyState(aggregation, LATEST, fee))
    for (const [value, at, id] of events) total.add(value, at, id)
    return total.state()
  }

  it("is stored as a text that says it again", () => {
    fc.assert(
      fc.property(additions, (events) => {
        const state = stateOf(events)
        expect(decodeState(aggregation, encodeState(state))).toEqual(state)
      }),
    )
  })

  it("keeps what it comes to in windows apart from what it aggregates", () => {
    fc.assert(
      fc.property(anyDecimal, (value) => {
        const state = { kind: "OfWindows", value } as const
        expect(decodeState(aggregation, encodeState(state))).toEqual(state)
        expect(valueOf(state, LATEST)).toEqual(value)
      }),
    )
  })

  it("goes on from its state as if it had never stopped", () => {
    fc.assert(
      fc.property(additions, additions, (first, second) => {
        const total = accumulatorFrom(decodeState(aggregation, encodeState(stateOf(first))))
        for (const [value, at, id] of second) total.add(value, at, id)
        expect(total.state()).toEqual(stateOf([...first, ...second]))
      }),
    )
  })

  it("is worth nothing without events, at any time", () => {
    fc.assert(
      fc.property(anyInstant, (asOf) => {
        expect(formatDecimal(valueOf(emptyState(aggregation, LATEST, fee), asOf))).toBe("0")
      }),
    )
  })
})

describe("a level that is read while it lasts", () => {
  it("is worth what has been, at most to the end", () => {
    const hour = 3_600_000
    const total = accumulatorFrom(emptyState("WeightedSum", instant(10 * hour)))
    total.add(6, instant(2 * hour), "a")
    total.add(decimalOf("-1.5"), instant(4 * hour), "b")
    const worth = (hours: number) => formatDecimal(valueOf(total.state(), instant(hours * hour)))
    // Two hours of 6, then 4.5.
    expect([4, 5, 10, 20].map(worth)).toEqual(["12", "16.5", "39", "39"])
  })
})

describe("totals that were stored as a number", () => {
  it("are states of the two aggregations that there were", () => {
    expect(stateOfTotal("Count", decimalOf("12"))).toEqual({ kind: "Count", count: 12 })
    expect(stateOfTotal("Sum", decimalOf("-0.5"))).toEqual({ kind: "Sum", value: decimalOf("-0.5") })
    expect(() => stateOfTotal("Max", decimalOf("1"))).toThrow("older code")
  })
})
