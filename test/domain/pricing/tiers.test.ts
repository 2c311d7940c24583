// What makes a list of tiers a price, and what the door answers when it is not one.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { decimalOf } from "../../../src/domain/decimal.ts"
import { nanos } from "../../../src/domain/money.ts"
import { checkTiers, type Tier } from "../../../src/domain/pricing/index.ts"
import { tiers } from "../arbitraries.ts"

function upTo(...bounds: (string | null)[]): Tier[] {
  return bounds.map((bound) => ({
    upTo: bound === null ? null : decimalOf(bound),
    unitAmount: nanos(1n),
    flatAmount: nanos(0n),
  }))
}

describe("checkTiers", () => {
  test.each([
    ["no tier", [], "tiers"],
    ["a last tier that is closed", ["10"], "tiers.0.up_to"],
    ["a last tier that is closed, after others", ["10", "20"], "tiers.1.up_to"],
    ["an open tier before the last", [null, null], "tiers.0.up_to"],
    ["an open tier in the middle", ["1", null, "5", null], "tiers.1.up_to"],
    ["bounds out of order", ["10", "5", null], "tiers.1.up_to"],
    ["a bound that comes twice", ["10", "10.0", null], "tiers.1.up_to"],
    ["a bound of zero", ["0", null], "tiers.0.up_to"],
    ["a bound below zero", ["-1", null], "tiers.0.up_to"],
  ])("refuses %s, at the field", (_what, bounds, path) => {
    const result = checkTiers(upTo(...bounds))
    expect(result).toMatchObject({ ok: false, error: { path } })
  })

  test("says what would be right", () => {
    const result = checkTiers(upTo("10", "5", null))
    expect(result.ok || result.error.message).toBe("Must be greater than 10.")
  })

  test("accepts one open tier, fractional bounds and every ordered list with an open end", () => {
    expect(checkTiers(upTo(null)).ok).toBe(true)
    expect(checkTiers(upTo("0.5", "0.75", null)).ok).toBe(true)
    fc.assert(
      fc.property(tiers, (list) => {
        expect(checkTiers(list)).toEqual({ ok: true, value: list })
      }),
    )
  })

  test("refuses every reordering of two tiers and every list that lost its end", () => {
    fc.assert(
      fc.property(
        tiers.filter((list) => list.length > 1),
        (list) => {
          expect(checkTiers(list.toReversed()).ok).toBe(false)
          expect(checkTiers(list.slice(0, -1)).ok).toBe(false)
        },
      ),
    )
  })
})
