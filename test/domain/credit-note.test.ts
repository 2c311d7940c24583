// Credit notes: what is given back never exceeds what is left, and all of them together are the invoice, to the last cent.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Credit, CreditFault } from "../../src/domain/credit-note.ts"
import {
  creditableLines,
  creditAmount,
  creditLines,
  creditNoteNumber,
  creditRest,
  creditTotal,
} from "../../src/domain/credit-note.ts"
import type { Currency } from "../../src/domain/currency.ts"
import type { Decimal } from "../../src/domain/decimal.ts"
import { decimal, formatDecimal } from "../../src/domain/decimal.ts"
import { minor } from "../../src/domain/money.ts"
import type { Result } from "../../src/domain/result.ts"

const USD = "USD" as Currency

const units = (n: number): Decimal => decimal(BigInt(n), 0)

/** A line of so many cents and units, with cents of a tax on top and of one within. */
function line(lineId: string, cents: number, quantity = 1, onTop = 0, within = 0): Credit {
  return {
    lineId,
    amount: minor(BigInt(cents)),
    quantity: units(quantity),
    taxes: [
      { rateId: "on top", amountMinor: minor(BigInt(onTop)), isIncluded: false },
      { rateId: "within", amountMinor: minor(BigInt(within)), isIncluded: true },
    ],
  }
}

function value<T>(result: Result<T, CreditFault>): T {
  if (!result.ok) throw new Error(result.error.message)
  return result.value
}

const cents = (credits: readonly Credit[]) => credits.map(({ amount }) => Number(amount))
const taxes = (credits: readonly Credit[]) =>
  credits.map((one) => one.taxes.map((tax) => Number(tax.amountMinor)))

describe("an amount", () => {
  test("is spread in proportion to the lines and their taxes", () => {
    // $60 + $12 tax and $40 + $8 tax come to $120. Of $30 each part gets a quarter.
    const lines = creditableLines([line("a", 6_000, 3, 1_200), line("b", 4_000, 1, 800)], [])
    const credits = value(creditAmount(lines, minor(3_000n), USD))
    expect(cents(credits)).toEqual([1_500, 1_000])
    expect(taxes(credits)).toEqual([
      [300, 0],
      [200, 0],
    ])
  })

  test("goes to the largest remainders where it can't be split evenly", () => {
    // A dollar over three equal lines: 33⅓ cents each, the cent that is left to the first.
    const lines = creditableLines([line("a", 100), line("b", 100), line("c", 100)], [])
    expect(cents(value(creditAmount(lines, minor(100n), USD)))).toEqual([34, 33, 33])
  })

  test("gives discounts back with what they were of", () => {
    // $100 less $20: half of the $80 is $50 less $10.
    const lines = creditableLines([line("a", 10_000), line("discount", -2_000)], [])
    expect(cents(value(creditAmount(lines, minor(4_000n), USD)))).toEqual([5_000, -1_000])
  })

  test("takes a tax within the price along, and doesn't count it twice", () => {
    const lines = creditableLines([line("a", 11_900, 1, 0, 1_900)], [])
    const credits = value(creditAmount(lines, minor(5_950n), USD))
    expect([cents(credits), taxes(credits)]).toEqual([[5_950], [[0, 950]]])
  })

  test("above the rest is refused, with what is left", () => {
    const lines = creditableLines([line("a", 100)], [line("a", 40, 0)])
    const refused = creditAmount(lines, minor(61n), USD)
    expect(refused).toMatchObject({ ok: false, error: { path: "amount_nanos" } })
    expect(refused.ok ? "" : refused.error.message).toContain("600000000000")
  })
})

describe("lines", () => {
  const whole = [line("a", 1_000, 3, 200), line("b", 500)]

  test("units one by one add up to the line", () => {
    // $10.00 for 3: 3.33, then 6.67 − 3.33, then the rest; the tax follows: 67, then half of the 133 that are left, then all.
    const given: Credit[] = []
    for (let at = 0; at < 3; at++) {
      const wanted = [{ lineId: "a", amount: null, quantity: units(1) }]
      given.push(...value(creditLines(creditableLines(whole, given), wanted, USD)))
    }
    expect(cents(given)).toEqual([333, 334, 333])
    expect(given.reduce((sum, one) => sum + Number(one.taxes[0]?.amountMinor), 0)).toBe(200)
    const rest = creditRest(creditableLines(whole, given))
    expect(cents(rest)).toEqual([0, 500])
  })

  test("without amount and quantity all that is left is given back, units too", () => {
    const lines = creditableLines(whole, [line("a", 250, 0, 50)])
    const [credit] = value(creditLines(lines, [{ lineId: "a", amount: null, quantity: null }], USD))
    expect(credit).toMatchObject({ amount: 750n, quantity: units(3) })
    expect(credit?.taxes[0]?.amountMinor).toBe(150n)
  })

  test.each([
    [
      "more than is left of it",
      [{ lineId: "a", amount: minor(1_001n), quantity: null }],
      "lines.0.amount_nanos",
    ],
    ["more units than there are", [{ lineId: "a", amount: null, quantity: units(4) }], "lines.0.quantity"],
    ["another invoice's line", [{ lineId: "z", amount: null, quantity: null }], "lines.0.line_id"],
    [
      "one twice",
      [
        { lineId: "a", amount: minor(1n), quantity: null },
        { lineId: "a", amount: minor(1n), quantity: null },
      ],
      "lines.1.line_id",
    ],
  ])("refuses %s", (_, wanted, path) => {
    const refused = creditLines(creditableLines(whole, []), wanted, USD)
    expect(refused).toMatchObject({ ok: false, error: { path } })
  })

  test("refuses lines that come to more than the invoice, of which a discount took something", () => {
    const lines = creditableLines([line("a", 1_000), line("discount", -300)], [])
    const all = [{ lineId: "a", amount: null, quantity: null }]
    expect(creditLines(lines, all, USD)).toMatchObject({ ok: false, error: { path: "lines" } })
    const discount = [{ lineId: "discount", amount: null, quantity: null }]
    expect(creditLines(lines, discount, USD)).toMatchObject({ ok: false, error: { path: "lines.0.line_id" } })
  })
})

describe("laws", () => {
  const someLine = fc
    .record({
      amount: fc.integer({ min: -5_000, max: 20_000 }),
      quantity: fc.integer({ min: 1, max: 9 }),
      bps: fc.integer({ min: 0, max: 2_500 }),
      within: fc.integer({ min: 0, max: 2_500 }),
    })
    .map(({ amount, quantity, bps, within }) => {
      const share = (rate: number) => Math.trunc((amount * rate) / 10_000)
      return [amount, quantity, share(bps), share(within)] as const
    })
  const someInvoice = fc
    .array(someLine, { minLength: 1, maxLength: 6 })
    .map((some) => some.map(([...args], at) => line(`line ${at}`, ...args)))
    .filter((some) => creditTotal(some) > 0n)
  /** Thousandths of what is left; or the line to take units or an amount of. */
  const step = fc.oneof(
    fc.record({ part: fc.integer({ min: 1, max: 999 }) }),
    fc.record({ of: fc.nat({ max: 5 }), units: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ of: fc.nat({ max: 5 }), amount: fc.integer({ min: 1, max: 9_000 }) }),
  )

  test("any notes and one of the rest are the invoice, line by line and tax by tax", () => {
    fc.assert(
      fc.property(someInvoice, fc.array(step, { maxLength: 8 }), (invoice, steps) => {
        const given: Credit[] = []
        for (const one of steps) {
          const lines = creditableLines(invoice, given)
          const left = creditTotal(creditRest(lines))
          if (left === 0n) break
          const credits =
            "part" in one
              ? creditAmount(lines, minor((left * BigInt(one.part) + 999n) / 1_000n), USD)
              : creditLines(
                  lines,
                  [
                    {
                      lineId: `line ${one.of}`,
                      amount: "amount" in one ? minor(BigInt(one.amount)) : null,
                      quantity: "units" in one ? units(one.units) : null,
                    },
                  ],
                  USD,
                )
          if (!credits.ok) continue
          expect(creditTotal(credits.value)).toBeLessThanOrEqual(left)
          if ("part" in one)
            expect(creditTotal(credits.value)).toBe((left * BigInt(one.part) + 999n) / 1_000n)
          given.push(...credits.value)
          neverMore(invoice, given)
        }
        given.push(...creditRest(creditableLines(invoice, given)))
        const rest = creditableLines(invoice, given)
        for (const { left } of rest) {
          expect(left.amount).toBe(0n)
          expect(left.taxes.map((tax) => tax.amountMinor)).toEqual([0n, 0n])
          expect(formatDecimal(left.quantity)).toBe("0")
        }
        expect(creditTotal(given)).toBe(creditTotal(invoice))
      }),
      { numRuns: 400 },
    )
  })

  /** Of nothing more is gone than there was. */
  function neverMore(invoice: readonly Credit[], given: readonly Credit[]): void {
    for (const { whole, left } of creditableLines(invoice, given)) {
      const pairs = [
        [whole.amount, left.amount],
        ...whole.taxes.map((tax, at) => [tax.amountMinor, left.taxes[at]?.amountMinor ?? 0n]),
      ]
      for (const [all = 0n, rest = 0n] of pairs) {
        expect(all < 0n ? rest >= all && rest <= 0n : rest >= 0n && rest <= all).toBe(true)
      }
    }
  }
})

test("numbers are counted for each invoice", () => {
  expect(creditNoteNumber("INV-000007", 1)).toBe("INV-000007-CN-01")
  expect(creditNoteNumber("INV-000007", 123)).toBe("INV-000007-CN-123")
})
