// The gate of a meter: what passes by a lease, what has to be asked for, and which answers are void.

import { describe, expect, test } from "vitest"
import { LimitGate } from "../../src/budget/gate.ts"
import type { LeaseReply } from "../../src/budget/protocol.ts"
import { nanos } from "../../src/domain/money.ts"
import { instant } from "../../src/domain/time.ts"
import { limits } from "../../src/limits.ts"
import { limit, NAME, termsOf } from "./budget-model.ts"

const TERMS = termsOf(3, [limit("hard", "HardLimit", 100)])
const PERIOD = { start: instant(1_000), end: instant(2_000) }
const NOW = instant(1_500)

type Granted = Extract<LeaseReply, { kind: "Granted" }>
type Refused = Extract<LeaseReply, { kind: "Refused" }>

const granted: Granted = {
  kind: "Granted",
  turn: 5,
  version: 3,
  amount: "60",
  until: PERIOD.end,
  beyond: "40",
  crossed: [],
}
const refused: Refused = {
  kind: "Refused",
  turn: 6,
  version: 3,
  alertId: "hard",
  from: NOW,
  until: PERIOD.end,
  left: "4",
}

function step(before: bigint, after: bigint, now = NOW, period = PERIOD) {
  return { period, now, before: nanos(before), after: nanos(after) }
}

function gateWith(...replies: (Granted | Refused)[]): LimitGate {
  const gate = new LimitGate([TERMS], null)
  for (const reply of replies) expect(gate.apply(NAME, PERIOD, reply)).toBe(true)
  return gate
}

describe("the gate", () => {
  test("lets pass what the lease holds, and asks for more", () => {
    const gate = gateWith(granted)
    expect(gate.check(step(0n, 60n))).toEqual({ kind: "Allowed" })
    expect(gate.check(step(60n, 61n))).toEqual({ kind: "Ask", budgets: [TERMS] })
    expect(gate.check(step(0n, 1n, instant(2_000), { start: PERIOD.end, end: instant(3_000) })).kind).toBe(
      "Ask",
    )
    expect(new LimitGate([TERMS], null).check(step(0n, 1n)).kind).toBe("Ask")
  })

  test("lets pass what raises nothing, unless everything is refused", () => {
    expect(new LimitGate([TERMS], null).check(step(500n, 500n))).toEqual({ kind: "Allowed" })
    const gate = gateWith(granted, refused)
    expect(gate.check(step(10n, 10n))).toEqual({ kind: "Refused", alertId: "hard", left: 4n })
    expect(gate.check(step(10n, 10n, instant(2_000), { start: PERIOD.end, end: instant(3_000) })).kind).toBe(
      "Allowed",
    )
  })

  test("holds an ended lease void, though its period goes on", () => {
    const gate = gateWith({ ...granted, until: instant(1_600) })
    expect(gate.check(step(0n, 1n, instant(1_599))).kind).toBe("Allowed")
    expect(gate.check(step(0n, 1n, instant(1_600))).kind).toBe("Ask")
  })

  test("judges a late event by the last instant of its period, and an early one by the first", () => {
    const gate = gateWith(granted, refused)
    expect(gate.check(step(0n, 1n, instant(9_000))).kind).toBe("Refused")
    expect(gate.check(step(0n, 1n, instant(500))).kind).toBe("Allowed")
  })

  test("gives up what is not used, and takes no grant that was decided before", () => {
    const gate = gateWith(granted)
    gate.recall(NAME, 7, [{ ...PERIOD, spend: "20", held: "5" }])
    expect(gate.check(step(25n, 26n)).kind).toBe("Ask")
    expect(gate.check(step(20n, 25n)).kind).toBe("Allowed")
    expect(gate.apply(NAME, PERIOD, { ...granted, turn: 7 })).toBe(false)
    expect(gate.check(step(25n, 26n)).kind).toBe("Ask")
    expect(gate.apply(NAME, PERIOD, { ...granted, turn: 8 })).toBe(true)
    expect(gate.check(step(25n, 26n)).kind).toBe("Allowed")
  })

  test("never raises a lease when it is asked back", () => {
    const gate = gateWith(granted)
    gate.recall(NAME, 7, [{ ...PERIOD, spend: "90", held: "0" }])
    expect(gate.check(step(0n, 60n)).kind).toBe("Allowed")
    expect(gate.check(step(0n, 61n)).kind).toBe("Ask")
  })

  test("takes no answer that was decided under older limits", () => {
    const gate = new LimitGate([TERMS], null)
    expect(gate.apply(NAME, PERIOD, { ...granted, version: 2 })).toBe(false)
    expect(gate.apply(NAME, PERIOD, { ...refused, version: 2 })).toBe(false)
    expect(gate.apply("tenant/another", PERIOD, granted)).toBe(false)
    expect(gate.apply(NAME, PERIOD, { ...granted, version: 4 })).toBe(true)
  })

  test("is the same after a restart, and empty under other limits, but for the turn", () => {
    const text = gateWith(granted, refused).encode()
    const again = new LimitGate([TERMS], text)
    expect(again.encode()).toBe(text)
    expect(again.check(step(0n, 1n)).kind).toBe("Refused")
    const other = new LimitGate([termsOf(4, TERMS.limits)], text)
    expect(other.check(step(0n, 1n)).kind).toBe("Ask")
    expect(other.apply(NAME, PERIOD, { ...granted, version: 4 })).toBe(false)
    expect(other.periods(NAME)).toEqual([])
    expect(new LimitGate([], text).check(step(0n, 1n))).toEqual({ kind: "Allowed" })
  })

  test("needs every budget that there is", () => {
    const parent = { ...termsOf(1, [limit("theirs", "HardLimit", 10)]), name: "tenant/parent" }
    const gate = new LimitGate([TERMS, parent], null)
    gate.apply(NAME, PERIOD, granted)
    expect(gate.check(step(0n, 1n))).toEqual({ kind: "Ask", budgets: [parent] })
    gate.apply("tenant/parent", PERIOD, { ...granted, version: 1, amount: "5", beyond: "2" })
    expect(gate.check(step(0n, 5n)).kind).toBe("Allowed")
    expect(gate.left(PERIOD, nanos(3n))).toBe(4n)
  })

  test("tells what is left: the rest of the lease and what lies beyond it", () => {
    expect(gateWith(granted).left(PERIOD, nanos(25n))).toBe(75n)
    expect(gateWith(granted, refused).left(PERIOD, nanos(25n))).toBe(4n)
    expect(new LimitGate([TERMS], null).left(PERIOD, nanos(0n))).toBeNull()
    expect(gateWith({ ...granted, beyond: null }).left(PERIOD, nanos(0n))).toBeNull()
  })

  test("keeps a bounded number of leases, those of the latest periods", () => {
    const gate = new LimitGate([TERMS], null)
    for (let n = 0; n < 20; n++) {
      const period = { start: instant(n * 1_000), end: instant((n + 1) * 1_000) }
      gate.apply(NAME, period, { ...granted, turn: 5 + n, until: period.end })
    }
    expect(gate.periods(NAME)).toHaveLength(limits.gatePeriods)
    expect(gate.periods(NAME)[0]?.start).toBe(19_000)
  })
})
