// Credit: what grants pay, in which order, and what goes back. The laws, and an invoice worked out by hand.

import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Minor } from "../../src/domain/money.ts"
import { minor } from "../../src/domain/money.ts"
import type { Instant } from "../../src/domain/time.ts"
import { instant } from "../../src/domain/time.ts"
import type { CreditScope, Grant } from "../../src/domain/wallet.ts"
import { balanceOf, covers, isLive } from "../../src/domain/wallet.ts"
import type { PayableLine } from "../../src/domain/wallet-draw.ts"
import { debitsOf, drawsFor, inDrawOrder, payableLines } from "../../src/domain/wallet-draw.ts"
import { creditedParts, drawnOf, returnsOf } from "../../src/domain/wallet-return.ts"

const NOW = instant(1_000_000)

const grant = (id: string, remaining: number, fields: Partial<Grant> = {}): Grant => ({
  id,
  walletPriority: 100,
  walletScope: null,
  kind: "Paid",
  remainingMinor: minor(BigInt(remaining)),
  priority: 100,
  scope: null,
  expiresAt: null,
  createdAt: instant(1),
  ...fields,
})

const line = (amount: number, skuId: string | null = null, tags: readonly string[] = []): PayableLine => ({
  skuId,
  tags,
  amountMinor: minor(BigInt(amount)),
})

const skus = (...skuIds: string[]): CreditScope => ({ skuIds, productTags: [] })
const tags = (...productTags: string[]): CreditScope => ({ skuIds: [], productTags })
const sum = (amounts: readonly bigint[]) => amounts.reduce((a, b) => a + b, 0n)
const told = (grants: readonly Grant[], lines: readonly PayableLine[], now: Instant = NOW) =>
  drawsFor(grants, lines, now).map((draw) => [draw.grant.id, Number(draw.amountMinor)])

const SKUS = ["a", "b", "c"]
const TAGS = ["x", "y"]
const anyScope = fc.option(fc.record({ skuIds: fc.subarray(SKUS), productTags: fc.subarray(TAGS) }), {
  nil: null,
  freq: 2,
})

const anyGrant = fc.record({
  walletPriority: fc.integer({ min: 0, max: 2 }),
  walletScope: anyScope,
  kind: fc.constantFrom("Paid" as const, "Promotional" as const),
  remaining: fc.integer({ min: 0, max: 500 }),
  priority: fc.integer({ min: 0, max: 2 }),
  scope: anyScope,
  expiresAt: fc.constantFrom(null, instant(NOW - 1), NOW, instant(NOW + 1), instant(NOW + 2)),
  createdAt: fc.integer({ min: 1, max: 3 }).map((at) => instant(at)),
})

const anyGrants = fc
  .array(anyGrant, { maxLength: 8 })
  .map((some) => some.map(({ remaining, ...fields }, at) => grant(`g${at}`, remaining, fields)))

const anyLine = fc
  .record({
    amount: fc.integer({ min: -200, max: 500 }),
    skuId: fc.constantFrom(null, ...SKUS),
  })
  .map(({ amount, skuId }) => line(amount, skuId, skuId === "a" ? ["x"] : skuId === "b" ? ["x", "y"] : []))

const anyInvoice = fc
  .record({ lines: fc.array(anyLine, { maxLength: 8 }), tax: fc.integer({ min: 0, max: 50 }) })
  .map(({ lines, tax }) => {
    const total = sum(lines.map(({ amountMinor }) => amountMinor)) + BigInt(tax)
    return { lines, total: minor(total < 0n ? 0n : total) }
  })

describe("what there is to pay", () => {
  it("adds up to the invoice, and no line is below nothing", () => {
    fc.assert(
      fc.property(anyInvoice, ({ lines, total }) => {
        const payable = payableLines(lines, total)
        expect(sum(payable.map(({ amountMinor }) => amountMinor))).toBe(total)
        expect(payable.every(({ amountMinor }) => amountMinor >= 0n)).toBe(true)
      }),
    )
  })

  it("takes what a line is below zero off its own SKU first, and then off everything in proportion", () => {
    // Storage comes to 60 − 20 = 40, calls to 60; a coupon of 50 takes 20 and 30 of them.
    const lines = [line(60, "storage"), line(60, "calls"), line(-20, "storage"), line(-50)]
    expect(payableLines(lines, minor(50n)).map((one) => [one.skuId, one.amountMinor])).toEqual([
      ["storage", 20n],
      ["calls", 30n],
    ])
  })

  it("leaves a tax that no line has a share of to what pays everything", () => {
    const payable = payableLines([line(100, "calls")], minor(119n))
    expect(told([grant("g", 500, { scope: skus("calls") })], payable)).toEqual([["g", 100]])
    expect(told([grant("g", 500)], payable)).toEqual([["g", 119]])
  })
})

describe("what is drawn", () => {
  it("is never more than there is to pay, nor than a grant has", () => {
    fc.assert(
      fc.property(anyGrants, anyInvoice, (grants, { lines, total }) => {
        const draws = drawsFor(grants, payableLines(lines, total), NOW)
        expect(sum(draws.map(({ amountMinor }) => amountMinor)) <= total).toBe(true)
        for (const { grant: one, amountMinor } of draws) {
          expect(amountMinor > 0n && amountMinor <= one.remainingMinor).toBe(true)
          expect(isLive(one, NOW)).toBe(true)
        }
        expect(new Set(draws.map((draw) => draw.grant.id)).size).toBe(draws.length)
      }),
    )
  })

  it("is all of it, or all that there is, where every grant pays everything", () => {
    const unscoped = anyGrants.map((grants) =>
      grants.map((one) => ({ ...one, scope: null, walletScope: null })),
    )
    fc.assert(
      fc.property(unscoped, anyInvoice, (grants, { lines, total }) => {
        const held = balanceOf(grants, NOW)
        const drawn = sum(drawsFor(grants, payableLines(lines, total), NOW).map((draw) => draw.amountMinor))
        expect(drawn).toBe(held < total ? held : total)
      }),
    )
  })

  it("is of each set of grants no more than the lines that they may pay come to", () => {
    fc.assert(
      fc.property(anyGrants, anyInvoice, fc.array(fc.boolean()), (grants, { lines, total }, picks) => {
        const payable = payableLines(lines, total)
        const some = drawsFor(grants, payable, NOW).filter((_, at) => picks[at] === true)
        const theirs = payable.filter((one) => some.some((draw) => covers(draw.grant, one)))
        const drawn = sum(some.map(({ amountMinor }) => amountMinor))
        expect(drawn <= sum(theirs.map(({ amountMinor }) => amountMinor))).toBe(true)
      }),
    )
  })

  it("is the same in whichever order the grants are read", () => {
    const shuffled = anyGrants.chain((grants) =>
      fc.tuple(
        fc.constant(grants),
        fc.shuffledSubarray(grants, { minLength: grants.length, maxLength: grants.length }),
      ),
    )
    fc.assert(
      fc.property(shuffled, anyInvoice, ([grants, other], { lines, total }) => {
        const payable = payableLines(lines, total)
        expect(told(other, payable)).toEqual(told(grants, payable))
      }),
    )
  })

  it("leaves no grant unused that could pay what an earlier one left", () => {
    fc.assert(
      fc.property(anyGrants, anyInvoice, (grants, { lines, total }) => {
        const payable = payableLines(lines, total)
        const live = grants.filter((one) => isLive(one, NOW))
        const drawn = sum(drawsFor(grants, payable, NOW).map(({ amountMinor }) => amountMinor))
        for (const one of live) {
          const mine = sum(payable.filter((of) => covers(one, of)).map(({ amountMinor }) => amountMinor))
          const most = one.remainingMinor < mine ? one.remainingMinor : mine
          expect(drawn >= most).toBe(true)
        }
      }),
    )
  })

  it("goes by wallet, by grant, by what lapses first, by what was given, by age", () => {
    const later = { createdAt: instant(2) }
    const inOrder = [
      grant("first wallet", 1, { walletPriority: 1, priority: 900 }),
      grant("first priority", 1, { priority: 1 }),
      grant("lapses soon", 1, { expiresAt: instant(NOW + 1) }),
      grant("lapses later", 1, { expiresAt: instant(NOW + 2), kind: "Promotional" }),
      grant("was given", 1, { kind: "Promotional", ...later }),
      grant("is old", 1),
      grant("is new", 1, later),
    ]
    const names = inOrder.map(({ id }) => id)
    expect(inDrawOrder(inOrder.toReversed()).map(({ id }) => id)).toEqual(names)
    expect(told(inOrder.toReversed(), [line(4)])).toEqual(names.slice(0, 4).map((id) => [id, 1]))
  })

  it("ends with the instant of the expiry", () => {
    const lapsing = grant("g", 10, { expiresAt: instant(NOW + 1) })
    expect(told([lapsing], [line(4)])).toEqual([["g", 4]])
    expect(told([lapsing], [line(4)], instant(NOW + 1))).toEqual([])
    expect(balanceOf([lapsing], NOW)).toBe(10n)
    expect(balanceOf([lapsing], instant(NOW + 1))).toBe(0n)
  })

  it("leaves to a grant with a scope what only it can pay", () => {
    // 30 of everything comes first, and pays the fee of 20 and 10 of the calls: the 25 for calls pay 25 of the 30 that are left.
    const grants = [grant("all", 30, { priority: 1 }), grant("calls", 25, { scope: skus("calls") })]
    expect(told(grants, [line(40, "calls"), line(20, "fee")])).toEqual([
      ["all", 30],
      ["calls", 25],
    ])
  })

  it("is for SKUs or tags, and within the wallet's scope", () => {
    const lines = [line(10, "disk", ["storage"]), line(7, "calls", ["api"])]
    expect(told([grant("g", 50, { scope: tags("storage") })], lines)).toEqual([["g", 10]])
    expect(told([grant("g", 50, { scope: skus("calls") })], lines)).toEqual([["g", 7]])
    expect(told([grant("g", 50, { walletScope: tags("storage"), scope: skus("calls") })], lines)).toEqual([])
    expect(told([grant("g", 50, { walletScope: tags("storage"), scope: skus("disk") })], lines)).toEqual([
      ["g", 10],
    ])
    expect(told([grant("g", 50, { scope: skus("calls") })], [line(5)])).toEqual([])
  })
})

describe("what is taken away", () => {
  it("is taken in the order of drawing, all of it or nothing", () => {
    fc.assert(
      fc.property(anyGrants, fc.integer({ min: 1, max: 2_000 }), (grants, amount) => {
        const debits = debitsOf(grants, minor(BigInt(amount)), NOW)
        const held = balanceOf(grants, NOW)
        const isThere = held >= BigInt(amount)
        expect(debits === null).toBe(!isThere)
        const taken = debits ?? []
        expect(sum(taken.map(({ amountMinor }) => amountMinor))).toBe(isThere ? BigInt(amount) : 0n)
        expect(taken.every((debit) => debit.amountMinor <= debit.grant.remainingMinor)).toBe(true)
      }),
    )
  })
})

describe("what goes back", () => {
  const drawn = [
    { grantId: "first", amountMinor: minor(30n) },
    { grantId: "second", amountMinor: minor(20n) },
  ]

  it("goes back to what was drawn last first", () => {
    expect(returnsOf(drawn, minor(25n))).toEqual([
      { grantId: "second", amountMinor: 20n },
      { grantId: "first", amountMinor: 5n },
    ])
    expect(() => returnsOf(drawn, minor(51n))).toThrow("what goes back was drawn")
  })

  it("is known from what has moved", () => {
    const moved = [
      { grantId: "first", amountMinor: minor(-30n) },
      { grantId: "second", amountMinor: minor(-20n) },
      { grantId: "second", amountMinor: minor(20n) },
      { grantId: "first", amountMinor: minor(5n) },
    ]
    expect(drawnOf(moved)).toEqual([{ grantId: "first", amountMinor: 25n }])
  })

  it("makes an invoice as if it had been smaller: what is not paid, then money, then credit", () => {
    // Of 100 credit has paid 60 and a card 25: 15 are due.
    const invoice = { leftMinor: minor(15n), paidMinor: minor(25n), drawnMinor: minor(60n) }
    expect(creditedParts(invoice, minor(10n))).toEqual({ unpaid: 10n, money: 0n, credit: 0n })
    expect(creditedParts(invoice, minor(30n))).toEqual({ unpaid: 15n, money: 15n, credit: 0n })
    expect(creditedParts(invoice, minor(100n))).toEqual({ unpaid: 15n, money: 25n, credit: 60n })
    // A note of 30 has left 15 owed: the next one of 30 gives back the last 10 of the money, and credit.
    const noted = { leftMinor: minor(-15n), paidMinor: minor(25n), drawnMinor: minor(60n) }
    expect(creditedParts(noted, minor(30n))).toEqual({ unpaid: 0n, money: 10n, credit: 20n })
  })

  it("is, note by note, all that was paid, each in the way in which it was", () => {
    const parts = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 4, maxLength: 4 })
    fc.assert(
      fc.property(parts, fc.array(fc.integer({ min: 1, max: 80 })), ([a, b, c], notes) => {
        const [due, paidMinor, byCredit] = [BigInt(a ?? 0), minor(BigInt(b ?? 0)), BigInt(c ?? 0)]
        const totalMinor = due + paidMinor + byCredit
        let [creditedMinor, drawnMinor, money, credit] = [0n, byCredit, 0n, 0n]
        for (const note of [...notes, Number(totalMinor)]) {
          const rest = totalMinor - creditedMinor
          const given = BigInt(note) < rest ? BigInt(note) : rest
          const leftMinor: Minor = minor(totalMinor - creditedMinor - paidMinor - drawnMinor)
          const part = creditedParts({ leftMinor, paidMinor, drawnMinor: minor(drawnMinor) }, minor(given))
          expect(part.unpaid + part.money + part.credit).toBe(given)
          creditedMinor += given
          drawnMinor -= part.credit
          money += part.money
          credit += part.credit
        }
        expect([money, credit, drawnMinor]).toEqual([paidMinor, byCredit, 0n])
      }),
    )
  })
})
