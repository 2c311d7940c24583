// What grants, an invoice and its credit notes come to over a life: any order of grants, draws, payments, notes, debits, expiries and
// voids. The model keeps its own sums and knows nothing of how a draw is found: that what credit has paid could be paid by it is looked
// at by sets of grants (Hall's theorem), and money is added up.

import fc from "fast-check"
import { expect, it } from "vitest"
import type { Minor } from "../../src/domain/money.ts"
import { minor } from "../../src/domain/money.ts"
import type { Instant } from "../../src/domain/time.ts"
import { instant } from "../../src/domain/time.ts"
import type { Grant } from "../../src/domain/wallet.ts"
import type { PayableLine } from "../../src/domain/wallet-draw.ts"
import { debitsOf, drawsFor, payableLines } from "../../src/domain/wallet-draw.ts"
import type { Drawn } from "../../src/domain/wallet-return.ts"
import { creditedParts, drawnOf, outOfScope, returnsOf } from "../../src/domain/wallet-return.ts"

const SKUS = ["a", "b", "c"]

type Step =
  | {
      readonly kind: "grant"
      readonly amount: number
      readonly scope: readonly string[] | null
      readonly lapses: number
    }
  | { readonly kind: "apply" | "void" }
  | { readonly kind: "pay"; readonly amount: number }
  | { readonly kind: "debit"; readonly amount: number }
  | { readonly kind: "note"; readonly line: number; readonly amount: number }
  | { readonly kind: "wait"; readonly time: number }

const amount = fc.integer({ min: 1, max: 12 })
const granting = fc.record({
  kind: fc.constant("grant" as const),
  amount,
  scope: fc.option(fc.subarray(SKUS, { minLength: 1, maxLength: 2 }), { nil: null, freq: 4 }),
  lapses: fc.integer({ min: 1, max: 30 }),
})
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: granting },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("apply" as const) }) },
  fc.record({ kind: fc.constant("pay" as const), amount }),
  fc.record({ kind: fc.constant("debit" as const), amount }),
  fc.record({ kind: fc.constant("note" as const), line: fc.nat({ max: 3 }), amount }),
  fc.record({ kind: fc.constant("wait" as const), time: fc.integer({ min: 1, max: 5 }) }),
  fc.record({ kind: fc.constant("void" as const) }),
)

const total = (some: readonly { readonly amountMinor: bigint }[]) =>
  some.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)

/** One customer with one invoice, which is open from the beginning. */
class Life {
  now: Instant = instant(1)
  readonly grants = new Map<string, { grant: Grant; granted: bigint; moves: bigint[] }>()
  readonly entries: Drawn[] = []
  readonly lines: PayableLine[]
  credited = 0n
  paid = 0n
  refunds = 0n
  isVoid = false

  constructor(amounts: readonly number[]) {
    this.lines = amounts.map((one, at) => ({
      skuId: SKUS[at] ?? null,
      tags: [],
      amountMinor: minor(BigInt(one)),
    }))
  }

  get net(): bigint {
    return total(this.lines)
  }

  get drawn(): bigint {
    return -total(this.entries)
  }

  get left(): bigint {
    return this.net - this.paid - this.drawn
  }

  get held(): Grant[] {
    return Array.from(this.grants.values(), ({ grant }) => grant)
  }

  move(grantId: string, by: bigint): void {
    const known = this.grants.get(grantId)
    if (known === undefined) throw new Error("no such grant")
    known.moves.push(by)
    known.grant = { ...known.grant, remainingMinor: minor(known.grant.remainingMinor + by) }
  }

  stillDrawn() {
    return drawnOf(this.entries).flatMap(({ grantId, amountMinor }) => {
      const grant = this.grants.get(grantId)?.grant
      return grant === undefined ? [] : [{ grant, amountMinor }]
    })
  }

  take(step: Step): void {
    switch (step.kind) {
      case "grant":
        return this.#grant(step)
      case "apply":
        return this.#apply()
      case "pay": {
        if (this.isVoid || this.left <= 0n) return
        const most = BigInt(step.amount)
        this.paid += most < this.left ? most : this.left
        return
      }
      case "debit":
        for (const { grant, amountMinor } of debitsOf(this.held, minor(BigInt(step.amount)), this.now) ??
          []) {
          this.move(grant.id, -amountMinor)
        }
        return
      case "note":
        return this.#note(step)
      case "wait":
        this.now = instant(this.now + step.time)
        return
      case "void":
        if (this.isVoid || this.paid > 0n || this.credited > 0n || this.left <= 0n) return
        this.#return(minor(this.drawn), [])
        this.isVoid = true
    }
  }

  #grant({ amount: granted, scope, lapses }: Extract<Step, { kind: "grant" }>): void {
    const id = `g${this.grants.size}`
    const grant: Grant = {
      id,
      walletPriority: 1,
      walletScope: null,
      kind: lapses % 2 === 0 ? "Paid" : "Promotional",
      remainingMinor: minor(BigInt(granted)),
      priority: lapses % 3,
      scope: scope === null ? null : { skuIds: scope, productTags: [] },
      expiresAt: lapses > 15 ? null : instant(this.now + lapses),
      createdAt: this.now,
    }
    this.grants.set(id, { grant, granted: BigInt(granted), moves: [] })
  }

  #apply(): void {
    if (this.isVoid || this.left <= 0n) return
    const before = { drawn: this.stillDrawn(), dueMinor: minor(this.left) }
    const draws = drawsFor(this.held, payableLines(this.lines, minor(this.net)), this.now, before)
    for (const { grant, amountMinor } of draws) {
      this.entries.push({ grantId: grant.id, amountMinor: minor(-amountMinor) })
      this.move(grant.id, -amountMinor)
    }
  }

  #note({ line: at, amount: asked }: Extract<Step, { kind: "note" }>): void {
    const line = this.lines[at % this.lines.length]
    if (this.isVoid || line === undefined) return
    const given = minor(BigInt(asked) < line.amountMinor ? BigInt(asked) : line.amountMinor)
    if (given === 0n) return
    const before = payableLines(this.lines, minor(this.net))
    const invoice = {
      leftMinor: minor(this.left),
      paidMinor: minor(this.paid),
      drawnMinor: minor(this.drawn),
    }
    const drawn = this.stillDrawn()
    this.lines[at % this.lines.length] = { ...line, amountMinor: minor(line.amountMinor - given) }
    const after = payableLines(this.lines, minor(this.net))
    const first = outOfScope(drawn, { before, after }, given)
    const parts = creditedParts(invoice, given, minor(total(first)))
    expect(parts.unpaid + parts.money + parts.credit).toBe(given)
    this.credited += given
    this.refunds += parts.money
    this.#return(parts.credit, first)
  }

  #return(back: Minor, first: readonly Drawn[]): void {
    for (const { grantId, amountMinor } of returnsOf(drawnOf(this.entries), back, first)) {
      this.entries.push({ grantId, amountMinor })
      this.move(grantId, amountMinor)
    }
  }
}

/** Of every set of grants: what they have paid is no more than what stands of the lines that one of them may pay. */
function payableByScope(life: Life): boolean {
  const drawn = life.stillDrawn()
  for (let set = 1; set < 2 ** drawn.length; set++) {
    const some = drawn.filter((_, at) => (set >> at) % 2 === 1)
    const theirs = life.lines.filter(({ skuId }) =>
      some.some(({ grant: { scope } }) => scope === null || (skuId !== null && scope.skuIds.includes(skuId))),
    )
    if (total(some) > total(theirs)) return false
  }
  return true
}

it("keeps what grants have, what an invoice is paid with, and what credit may pay, whatever happens", () => {
  const lines = fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(lines, fc.array(anyStep, { maxLength: 25 }), (amounts, steps) => {
      const life = new Life(amounts)
      const whole = life.net
      for (const one of steps) {
        const owedBefore = life.left < 0n ? -life.left : 0n
        life.take(one)
        for (const { grant, granted, moves } of life.grants.values()) {
          expect(grant.remainingMinor).toBe(granted + moves.reduce((sum, by) => sum + by, 0n))
          expect(grant.remainingMinor >= 0n && grant.remainingMinor <= granted).toBe(true)
        }
        expect(life.net + life.credited).toBe(whole)
        expect(life.drawn >= 0n && life.drawn <= (life.isVoid ? 0n : life.net)).toBe(true)
        // What is owed to the customer in money is what notes gave back of money, and was once paid.
        const owed = life.left < 0n ? -life.left : 0n
        if (!life.isVoid) expect([owed, owed <= life.paid]).toEqual([life.refunds, true])
        if (one.kind !== "note") expect(owed).toBe(owedBefore)
        expect(payableByScope(life)).toBe(true)
      }
    }),
    { numRuns: 2_000 },
  )
})
