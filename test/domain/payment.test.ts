// The states of a payment and a refund as a table, and what their moves do to an invoice.

import { describe, expect, it, test } from "vitest"
import { minor } from "../../src/domain/money.ts"
import type { ChargeNews, PaymentStatus } from "../../src/domain/payment.ts"
import {
  isPlainNews,
  isUnderWay,
  movePayment,
  moveRefund,
  PAYMENT_STATUSES,
  leftOfNote,
  refundable,
  settlement,
  spread,
} from "../../src/domain/payment.ts"

// From each status (the line) by what the processor says (the column); a dot is no news.
const TABLE = `
                 Pending  RequiresAction  Succeeded  Failed
Processing       Pending  RequiresAction  Succeeded  Failed
Pending          .        RequiresAction  Succeeded  Failed
RequiresAction   Pending  .               Succeeded  Failed
Succeeded        .        .               .          Failed
Failed           .        .               Succeeded  .
`

const [head = [], ...lines] = TABLE.trim()
  .split("\n")
  .map((line) => line.trim().split(/\s+/))
const cells = lines.flatMap(([from, ...to]) =>
  to.map((cell, at) => [from as PaymentStatus, head[at] as ChargeNews, cell === "." ? null : cell] as const),
)

describe("a payment", () => {
  it("has every status in the table", () => {
    expect(lines.map(([from]) => from)).toEqual([...PAYMENT_STATUSES])
  })

  test.each(cells)("%s, told %s", (from, news, to) => {
    expect(movePayment(from, news)).toBe(to)
    expect(movePayment(from, news, true)).toBeNull()
  })

  it("believes a failure, and what contradicts an end, only of the processor when it is asked", () => {
    const plain = cells.filter(([from, news]) => isPlainNews(from, news))
    expect(plain.every(([from, news]) => isUnderWay(from) && news !== "Failed")).toBe(true)
    expect(plain).toHaveLength(9)
  })

  it("ends alike in whatever order its news come, each asked for when it may be old", () => {
    const news: ChargeNews[] = ["Pending", "RequiresAction", "Succeeded"]
    for (const a of news) {
      for (const b of news) {
        for (const c of news) {
          const end = [a, b, c, "Succeeded" as const].reduce<PaymentStatus>(
            (at, one) => movePayment(at, one) ?? at,
            "Processing",
          )
          expect(end).toBe("Succeeded")
        }
      }
    }
  })
})

test("a refund", () => {
  const moves = (["Processing", "Pending", "Succeeded", "Failed"] as const).map((from) =>
    (["Pending", "Succeeded", "Failed"] as const).map((news) => moveRefund(from, news)),
  )
  expect(moves).toEqual([
    ["Pending", "Succeeded", "Failed"],
    [null, "Succeeded", "Failed"],
    [null, null, "Failed"],
    [null, null, null],
  ])
})

const open = {
  type: "Standard",
  status: "Open",
  totalMinor: minor(100n),
  creditedMinor: null,
  paidMinor: minor(0n),
  drawnMinor: minor(0n),
  pendingMinor: minor(0n),
} as const

describe("what a payment does to its invoice", () => {
  const part = { amountMinor: minor(40n), appliedMinor: minor(0n) }

  it("adds up to Paid", () => {
    const move = { isHeld: false, from: "Processing", to: "Succeeded" } as const
    const first = settlement(open, part, move)
    expect(first).toEqual({ appliedMinor: 40n, paidMinor: 40n, pendingMinor: 0n, status: "Open" })
    const rest = { amountMinor: minor(60n), appliedMinor: minor(0n) }
    const second = settlement({ ...open, paidMinor: first.paidMinor }, rest, move)
    expect(second).toEqual({ appliedMinor: 60n, paidMinor: 100n, pendingMinor: 0n, status: "Paid" })
  })

  it("frees what was spoken for at its end, and not before", () => {
    const held = { ...open, pendingMinor: minor(40n) }
    const to = (status: PaymentStatus) =>
      settlement(held, part, { isHeld: true, from: "Processing", to: status }).pendingMinor
    expect([to("Pending"), to("RequiresAction"), to("Failed"), to("Succeeded")]).toEqual([40n, 40n, 0n, 0n])
  })

  it("applies no more than is due", () => {
    const credited = { ...open, creditedMinor: minor(80n), pendingMinor: minor(40n) }
    const settled = settlement(credited, part, { isHeld: true, from: "Pending", to: "Succeeded" })
    expect(settled).toEqual({ appliedMinor: 20n, paidMinor: 20n, pendingMinor: 0n, status: "Paid" })
  })

  it("opens the invoice again when it comes back", () => {
    const paid = { ...open, status: "Paid", paidMinor: minor(100n) } as const
    const back = { amountMinor: minor(100n), appliedMinor: minor(100n) }
    const settled = settlement(paid, back, { isHeld: false, from: "Succeeded", to: "Failed" })
    expect(settled).toEqual({ appliedMinor: 0n, paidMinor: 0n, pendingMinor: 0n, status: "Open" })
  })

  it("settles nothing of an invoice that is not open", () => {
    const gone = { ...open, status: "Void" } as const
    const settled = settlement(gone, part, { isHeld: false, from: "Failed", to: "Succeeded" })
    expect(settled).toEqual({ appliedMinor: 0n, paidMinor: 0n, pendingMinor: 0n, status: "Void" })
  })

  it("settles what was given up, and what comes back of that is given up again", () => {
    const lost = { ...open, status: "Uncollectible" } as const
    const all = { amountMinor: lost.totalMinor, appliedMinor: minor(0n) }
    const paid = settlement(lost, all, { isHeld: false, from: "Processing", to: "Succeeded" })
    expect(paid).toMatchObject({ appliedMinor: lost.totalMinor, paidMinor: lost.totalMinor, status: "Paid" })
    const recovered = { ...lost, status: "Paid", paidMinor: lost.totalMinor, recovered: true } as const
    const applied = { ...all, appliedMinor: lost.totalMinor }
    const back = settlement(recovered, applied, { isHeld: false, from: "Succeeded", to: "Failed" })
    expect(back).toMatchObject({ paidMinor: 0n, status: "Uncollectible" })
  })
})

describe("what can be given back", () => {
  const payment = {
    status: "Succeeded",
    amountMinor: minor(100n),
    refundedMinor: minor(30n),
    disputeStatus: null,
    disputedMinor: minor(0n),
  } as const

  it("is what is left of a payment that succeeded", () => {
    expect(refundable(payment)).toBe(70n)
    expect(refundable({ ...payment, status: "Pending" })).toBe(0n)
    expect(refundable({ ...payment, disputeStatus: "Open", disputedMinor: minor(50n) })).toBe(20n)
    expect(refundable({ ...payment, disputeStatus: "Lost", disputedMinor: minor(100n) })).toBe(0n)
    expect(refundable({ ...payment, disputeStatus: "Won", disputedMinor: minor(100n) })).toBe(70n)
  })

  it("is what was paid less what went out by payouts", () => {
    const paid = {
      status: "Succeeded",
      amountMinor: minor(100n),
      disputeStatus: null,
      disputedMinor: minor(0n),
    } as const
    expect(refundable({ ...paid, refundedMinor: minor(30n), paidOutMinor: minor(25n) })).toBe(45n)
    expect(refundable({ ...paid, refundedMinor: minor(30n), paidOutMinor: minor(70n) })).toBe(0n)
  })

  it("is of a credit note what neither refunds nor payouts gave back of it, and these pay the oldest notes first", () => {
    const notes = [
      { id: "a", totalMinor: minor(40n), refundedMinor: minor(10n) },
      { id: "b", totalMinor: minor(60n), refundedMinor: minor(0n) },
    ]
    const left = (gone: bigint) => ["a", "b"].map((id) => leftOfNote(notes, id, minor(gone)))
    expect(left(0n)).toEqual([30n, 60n])
    expect(left(25n)).toEqual([5n, 60n])
    expect(left(50n)).toEqual([0n, 40n])
    expect(left(95n)).toEqual([0n, 0n])
  })

  it("is spread over payments, the first one first, and never more than they have", () => {
    const have = [minor(50n), minor(0n), minor(30n)]
    expect(spread(minor(20n), have)).toEqual([20n, 0n, 0n])
    expect(spread(minor(80n), have)).toEqual([50n, 0n, 30n])
    expect(spread(minor(81n), have)).toBeNull()
  })
})
