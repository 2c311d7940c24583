// Taking an event out of a total, and seeing the others where it asks for that, leaves the total of the others.

import fc from "fast-check"
import { expect, test } from "vitest"
import { accumulatorFrom, emptyState, type AccumulatorState } from "../../src/domain/accumulator.ts"
import { seeOther, takeOut, type Taken } from "../../src/domain/take-out.ts"
import type { EventFee } from "../../src/domain/event-fee.ts"
import type { Aggregation } from "../../src/domain/terms.ts"
import { decimalOf } from "../../src/domain/decimal.ts"
import { instant } from "../../src/domain/time.ts"

const END = instant(1_000)

type Kind = Aggregation | "Fees"

/** Half of the amount and ten, at most eleven. */
const FEE: EventFee = {
  rateBps: "0.000000005",
  fixedNanos: "10",
  minimumNanos: null,
  maximumNanos: "11",
}

function totalOf(kind: Kind, events: readonly Taken[]): AccumulatorState {
  const accumulator = accumulatorFrom(kind === "Fees" ? emptyState("Sum", END, FEE) : emptyState(kind, END))
  for (const { amount, at, id } of events) accumulator.add(amount, at, id)
  return accumulator.state()
}

// Few times and amounts, so that the highest and the latest are often shared.
const EVENTS = fc
  .array(
    fc.record({
      amount: fc.constantFrom(-2, 0, 1, 3, decimalOf("0.5"), decimalOf("3")),
      at: fc.constantFrom(0, 1, 10, 999).map(instant),
    }),
    { minLength: 2, maxLength: 8 },
  )
  .map((events) => events.map((event, n): Taken => ({ ...event, id: `e${n}` })))

test.each<Kind>(["Count", "Sum", "Fees", "Max", "Latest", "WeightedSum"])("%s", (aggregation) => {
  fc.assert(
    fc.property(EVENTS, fc.nat(), (events, n) => {
      const taken = events[n % events.length]
      if (taken === undefined) throw new Error("there is one")
      const others = events.filter((event) => event !== taken)
      const { state, lost } = takeOut(totalOf(aggregation, events), taken)
      const left = lost ? others.reduce(seeOther, state) : state
      expect(left).toEqual(totalOf(aggregation, others))
    }),
  )
})
