// Models that look at more than a quantity: Percentage at the number of events or at their fees, Matrix at groups.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { add, compare, decimalOf, max, ZERO, type Decimal } from "../../../src/domain/decimal.ts"
import { feeRule, type EventFee } from "../../../src/domain/event-fee.ts"
import { usageOfEvents } from "../../../src/domain/measure.ts"
import { nanos } from "../../../src/domain/money.ts"
import { eventFeeOf, pricingOf, type PriceTerms } from "../../../src/domain/price-terms.ts"
import type { Matrix } from "../../../src/domain/pricing/index.ts"
import { NO_MODIFIERS, rate } from "../../../src/domain/pricing/pipeline.ts"
import { compareRatio, multiplyRatio, ratio, ratioOfDecimal } from "../../../src/domain/ratio.ts"
import { meterDefinition } from "../../../src/domain/terms.ts"
import type { UsageTotal } from "../../../src/domain/usage.ts"
import { combination, quantity } from "../arbitraries.ts"

const DOLLAR = 10n ** 12n
const CENT = DOLLAR / 100n

function percentage(rateBps: string, fixed: bigint, least: bigint | null = null, most: bigint | null = null) {
  const text = (amount: bigint | null) => (amount === null ? null : String(amount))
  return {
    model: "Percentage",
    rateBps,
    fixedAmountNanos: String(fixed),
    minimumPerEventNanos: text(least),
    maximumPerEventNanos: text(most),
  } as const satisfies PriceTerms
}

function meterOf(price: PriceTerms) {
  const fee = eventFeeOf(price)
  return meterDefinition("payment", "Sum", "amount", fee === null ? {} : { fee })
}

/** What events of these amounts come to, as a meter would count them. */
function feesFor(price: PriceTerms, amounts: readonly string[]) {
  const events = amounts.map((amount) => ({ amount }))
  const usage = usageOfEvents(meterOf(price), events)
  if (!usage.ok) throw new Error(usage.error.message)
  // Whoever rates a total takes one below zero for none.
  return rate(pricingOf({ price }), { ...usage.value, value: max(usage.value.value, ZERO) })
}

describe("Percentage", () => {
  test.each<[amounts: string[], price: PriceTerms, nanosOf: bigint]>([
    // A hundred dollars at 2.9 % and 30 cents: $2.90 + $0.30.
    [["100"], percentage("290", 30n * CENT), 320n * CENT],
    // Two of fifty pay the fixed amount twice.
    [["50", "50"], percentage("290", 30n * CENT), 350n * CENT],
    [[], percentage("290", 30n * CENT), 0n],
    [["0"], percentage("290", 30n * CENT), 30n * CENT],
    // Half a basis point of a million dollars are fifty dollars.
    [["1000000"], percentage("0.5", 0n), 50n * DOLLAR],
    // 1 % of a dollar, of ten and of a thousand, each at least 50 cents and at most two dollars: 0.50 + 0.50 + 2.00.
    [["1", "10", "1000"], percentage("100", 0n, 50n * CENT, 200n * CENT), 300n * CENT],
    // With the fixed amount inside the bounds: 0.01 + 0.30 is raised to 0.50; 10 + 0.30 is cut to 2.
    [["1", "1000"], percentage("100", 30n * CENT, 50n * CENT, 200n * CENT), 250n * CENT],
    // A minimum alone, a maximum alone.
    [["1", "100"], percentage("100", 0n, 50n * CENT), 150n * CENT],
    [["1", "1000"], percentage("100", 0n, null, 200n * CENT), 201n * CENT],
    // Refunds bring the sum below zero, and nothing is paid out; with bounds each event is an event.
    [["-100"], percentage("100", 0n, null, 200n * CENT), 0n],
    [["100", "-100"], percentage("100", 0n, 50n * CENT), 150n * CENT],
  ])("of %j", (amounts, price, expected) => {
    expect(feesFor(price, amounts).amount).toEqual(ratio(expected))
  })

  test("shows the share and the fixed amounts, or the fees as one", () => {
    const shown = (price: PriceTerms, amounts: string[]) =>
      feesFor(price, amounts).parts.map(({ label, unitAmount, amount: { num } }) => [label, unitAmount, num])
    expect(shown(percentage("290", 30n * CENT), ["50", "50"])).toEqual([
      ["2.9% of the amount", 29n * (DOLLAR / 1000n), 290n * CENT],
      ["Per event", 30n * CENT, 60n * CENT],
    ])
    expect(shown(percentage("290", 0n), ["50"])).toHaveLength(1)
    expect(shown(percentage("100", 0n, 50n * CENT), ["1", "1"])).toEqual([
      ["Fees of 2 events", DOLLAR, DOLLAR],
    ])
  })

  const bps = fc.integer({ min: 0, max: 20_000 }).map((n) => String(n))
  const cents = fc.bigInt({ min: 0n, max: 100_000n }).map((n) => n * CENT)

  test("without a bound per event is what its events come to one by one", () => {
    fc.assert(
      fc.property(bps, cents, fc.array(quantity, { maxLength: 10 }), (rateBps, fixed, amounts) => {
        const price = percentage(rateBps, fixed)
        const fee: EventFee = { rateBps, fixedNanos: String(fixed), minimumNanos: null, maximumNanos: null }
        const value = amounts.reduce(add, ZERO)
        const total = rate(pricingOf({ price }), { value, events: amounts.length, groups: [] })
        expect(total.amount).toEqual(ratioOfDecimal(amounts.map(feeRule(fee)).reduce(add, ZERO)))
      }),
    )
  })

  test("of an event is within its bounds, and never falls as the amount grows", () => {
    fc.assert(
      fc.property(bps, cents, cents, cents, quantity, quantity, (rateBps, fixed, least, above, q, more) => {
        const fee = {
          rateBps,
          fixedNanos: String(fixed),
          minimumNanos: String(least),
          maximumNanos: String(least + above),
        }
        const [one, other] = [feeRule(fee)(q), feeRule(fee)(add(q, more))]
        expect(compare(one, other)).not.toBe(1)
        expect(compare(one, decimalOf(fee.minimumNanos))).not.toBe(-1)
        expect(compare(other, decimalOf(fee.maximumNanos))).not.toBe(1)
      }),
    )
  })

  test("fees that nobody added up are no fees of nothing", () => {
    const pricing = pricingOf({ price: percentage("100", 0n, 50n * CENT) })
    expect(() => rate(pricing, { value: ZERO, events: 1, groups: [] })).toThrow("added up event by event")
  })
})

const MATRIX: Matrix = {
  model: "Matrix",
  cells: [
    { values: ["us", "a"], unitAmount: nanos(3n) },
    { values: ["eu", "a"], unitAmount: nanos(5n) },
    { values: [null, "a"], unitAmount: nanos(11n) },
  ],
  defaultUnitAmount: nanos(7n),
}

function groupsOf(...groups: [values: (string | null)[], value: string][]): UsageTotal {
  const all = groups.map(([values, value]) => ({ values, value: decimalOf(value), events: 1 }))
  const value = all.map((group) => group.value).reduce(add, ZERO)
  return { value, events: all.length, groups: all }
}

const matrixOf = (usage: UsageTotal) => rate({ model: MATRIX, modifiers: NO_MODIFIERS }, usage)

describe("Matrix", () => {
  test.each<[name: string, usage: UsageTotal, expected: bigint]>([
    ["one combination", groupsOf([["us", "a"], "10"]), 30n],
    ["two", groupsOf([["us", "a"], "10"], [["eu", "a"], "2"]), 40n],
    ["one that is not listed", groupsOf([["us", "b"], "4"]), 28n],
    ["events without a property", groupsOf([[null, "a"], "2"]), 22n],
    ["no usage", groupsOf(), 0n],
    // One that lost more than it had takes nothing from another: 5 × 3.
    ["one below zero", groupsOf([["us", "a"], "5"], [["eu", "a"], "-3"]), 15n],
    // 100 in all, 40 of them in groups: the other 60 cost what is not listed.
    ["more than its groups hold", { ...groupsOf([["us", "a"], "40"]), value: decimalOf("100") }, 540n],
    // The highest of each: 9 × 3 + 8 × 5, and nothing is left over.
    [
      "a highest, which does not add up",
      { ...groupsOf([["us", "a"], "9"], [["eu", "a"], "8"]), value: decimalOf("9") },
      67n,
    ],
  ])("%s", (_, usage, expected) => {
    expect(matrixOf(usage).amount).toEqual(ratio(expected))
  })

  test("shows the combinations that were used, in the order of the price list", () => {
    const { parts } = matrixOf(
      groupsOf([["jp", "a"], "1"], [[null, "a"], "1"], [["us", "a"], "2"], [["jp", "b"], "3"]),
    )
    expect(parts.map(({ tier, label, amount }) => [tier, label, amount.num])).toEqual([
      [0, "us, a", 6n],
      [2, "none, a", 11n],
      [null, "All others", 28n],
    ])
  })

  test("a transform divides each combination exactly", () => {
    const by = { divideBy: decimalOf("3"), round: "None" } as const
    const usage = groupsOf([["us", "a"], "1"], [["eu", "a"], "1"])
    const rated = rate({ model: MATRIX, modifiers: { ...NO_MODIFIERS, quantityTransform: by } }, usage)
    expect(rated.amount).toEqual(ratio(8n, 3n))
  })

  test("with one price for all is that price per unit", () => {
    const groups = fc.uniqueArray(fc.tuple(combination, quantity), {
      selector: ([values]) => JSON.stringify(values),
    })
    fc.assert(
      fc.property(groups, fc.bigInt({ min: 0n, max: 1000n }), (list, unit) => {
        const same: Matrix = {
          ...MATRIX,
          cells: MATRIX.cells.map((cell) => ({ ...cell, unitAmount: nanos(unit) })),
          defaultUnitAmount: nanos(unit),
        }
        const value = list.map(([, q]) => q).reduce<Decimal>(add, ZERO)
        const found = list.map(([values, q]) => ({ values, value: q, events: 1 }))
        const all = rate({ model: same, modifiers: NO_MODIFIERS }, { value, events: 0, groups: found })
        expect(compareRatio(all.amount, multiplyRatio(ratioOfDecimal(value), ratio(unit)))).toBe(0)
      }),
    )
  })
})
