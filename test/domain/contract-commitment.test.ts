// Commitments: what usage draws, in which order, and that nobody pays more or less than the greater of commitment and usage.

import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { Commitment } from "../../src/domain/commitment.ts"
import { commitmentsIn, drawDown, spentOn } from "../../src/domain/commitment.ts"
import { minor } from "../../src/domain/money.ts"
import { instant, LATEST } from "../../src/domain/time.ts"
import { commit, period, phase, usage } from "./contract-fixtures.ts"

const EVER = { start: instant(0), end: LATEST }

function commitment(left: bigint, fields: Partial<Commitment> = {}): Commitment {
  const plain = { description: "Commitment", within: EVER, skuIds: null }
  return { sourceId: "c1:1", ...plain, unpaid: minor(0n), left: minor(left), ...fields }
}

const drawn = (items: readonly { readonly amount: bigint }[]) => items.map(({ amount }) => -amount)

describe("drawing", () => {
  it("takes usage up to what is left, and nothing else", () => {
    const fee = usage(500n, { metered: false })
    const { items, commitments } = drawDown(period([usage(60n), fee, usage(70n)]), [commitment(100n)])
    expect(drawn(items)).toEqual([100n])
    expect(commitments[0]?.left).toBe(0n)
    expect(items[0]?.charge).toMatchObject({ kind: "Commitment", sourceId: "c1:1", silent: true })
  })

  it("takes usage of its SKUs and of its time only", () => {
    const mine = usage(10n, { skuId: "storage" })
    const late = usage(10n, { skuId: "storage", service: { start: instant(500), end: instant(1_000) } })
    const terms = { skuIds: new Set(["storage"]), within: { start: instant(0), end: instant(500) } }
    expect(drawn(drawDown(period([mine, late, usage(10n)]), [commitment(100n, terms)]).items)).toEqual([10n])
  })

  it("by several: each usage is drawn once, by the first that takes it", () => {
    const narrow = commitment(20n, { sourceId: "c1:1:storage", skuIds: new Set(["storage"]) })
    const items = [usage(25n), usage(60n, { skuId: "storage" })]
    expect(drawn(drawDown(period(items), [narrow, commitment(50n)]).items)).toEqual([20n, 50n])
    expect(drawn(drawDown(period(items), [narrow, commitment(500n)]).items)).toEqual([20n, 65n])
  })

  it("first fills what is paid as it comes", () => {
    const settled = commitment(60n, { unpaid: minor(30n) })
    expect(drawn(drawDown(period([usage(50n)]), [settled]).items)).toEqual([20n])
  })

  it("makes no charge in a period that is none of its time", () => {
    expect(
      drawDown(period([usage(1n)], 1), [commitment(9n, { within: { start: instant(0), end: instant(1) } })])
        .items,
    ).toEqual([])
  })
})

describe("the order", () => {
  it("is by priority, then money for a tag before money for all; none of nothing", () => {
    const commitments = [commit("0"), commit("3", "b", 50), commit("1", null, 1), commit("2", "a", 1)]
    const { commitments: _, ...rest } = phase(1, "2026-01-01", "2026-12-31")
    const found = commitmentsIn({ ...rest, commitments })
    expect(found.map(({ productTag }) => productTag)).toEqual(["a", null, "b"])
  })
})

const cents = fc.bigInt({ min: 0n, max: 1_000n })

describe("laws", () => {
  it("what is drawn never exceeds the pool nor the usage, over any periods", () => {
    fc.assert(
      fc.property(
        cents,
        cents,
        fc.array(fc.array(cents, { maxLength: 4 }), { maxLength: 6 }),
        (left, unpaid, bills) => {
          let open: readonly Commitment[] = [commitment(left, { unpaid: minor(unpaid) })]
          let sum = 0n
          for (const [index, amounts] of bills.entries()) {
            const time = { start: instant(index * 1_000), end: instant(index * 1_000 + 1) }
            const items = amounts.map((amount) => usage(amount, { service: time }))
            const result = drawDown(period(items, index), open)
            sum += drawn(result.items).reduce((a, b) => a + b, 0n)
            open = result.commitments
          }
          const used = bills.flat().reduce((a, b) => a + b, 0n)
          const beyond = used > unpaid ? used - unpaid : 0n
          expect(sum).toBe(beyond < left ? beyond : left)
          expect(sum + (open[0]?.left ?? 0n)).toBe(left)
        },
      ),
    )
  })

  it("upfront or trued up, and however late usage comes, the greater of commitment and usage is paid", () => {
    fc.assert(
      fc.property(cents, cents, cents, fc.boolean(), (committed, early, late, isUpfront) => {
        const draws = (pool: bigint, before: bigint, now: bigint, unpaid: bigint) =>
          drawn(
            drawDown(period([usage(now)]), [commitment(pool - before, { unpaid: minor(unpaid) })]).items,
          )[0] ?? 0n
        const claims = [{ sourceId: "c1:1", committed: minor(committed), skuIds: null }]
        const spent = spentOn(claims, [{ skuId: "sku", amount: minor(early) }]).get("c1:1") ?? 0n
        const pool = isUpfront ? committed : committed - spent
        const first = isUpfront ? draws(pool, 0n, early, 0n) : 0n
        const free = isUpfront ? 0n : committed - pool - spent
        const second = draws(pool, first, late, free)
        const greater = committed > early + late ? committed : early + late
        expect(pool + early + late - first - second).toBe(greater)
      }),
    )
  })

  it("usage counts for one commitment only, and for none beyond it", () => {
    fc.assert(
      fc.property(cents, cents, cents, cents, (narrow, wide, storage, other) => {
        const claims = [
          { sourceId: "narrow", committed: minor(narrow), skuIds: new Set(["storage"]) },
          { sourceId: "wide", committed: minor(wide), skuIds: null },
        ]
        const spent = spentOn(claims, [
          { skuId: "storage", amount: minor(storage) },
          { skuId: "other", amount: minor(other) },
        ])
        const [first, second] = [spent.get("narrow") ?? 0n, spent.get("wide") ?? 0n]
        expect(first).toBe(narrow < storage ? narrow : storage)
        const rest = storage + other - first
        expect(second).toBe(wide < rest ? wide : rest)
      }),
    )
  })
})
