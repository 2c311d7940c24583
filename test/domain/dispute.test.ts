// What disputes of one payment do to its money: every way through their states leaves what the last one says, and books nothing twice.

import { describe, expect, test } from "vitest"
import type { Currency } from "../../src/domain/currency.ts"
import type { Dispute } from "../../src/domain/dispute.ts"
import {
  disputeAt,
  disputeCause,
  disputedBy,
  disputesOf,
  disputeSteps,
  toldDispute,
} from "../../src/domain/dispute.ts"
import { postDispute } from "../../src/domain/ledger.ts"
import { minor } from "../../src/domain/money.ts"
import type { DisputeStatus } from "../../src/domain/payment.ts"

const PAID = 100n

/** Tells a dispute of all that was paid through these states, and adds up what is booked. */
function walk(states: readonly DisputeStatus[]) {
  let dispute: Dispute | null = null
  const accounts: Record<string, bigint> = { Cash: PAID, Disputes: 0n, BadDebt: 0n }
  const booked: string[] = []
  for (const status of states) {
    const steps = disputeSteps(dispute?.status ?? null, status)
    if (dispute?.status === status) continue
    dispute = toldDispute(dispute, { ref: "dp", status, amountMinor: minor(PAID) })
    const disputeId = disputeCause("p", 0, dispute)
    const money = { disputeId, customerId: "c", currency: "USD" as Currency, amountMinor: minor(PAID) }
    for (const { cause, causeId, entries } of steps.flatMap((outcome) =>
      postDispute({ ...money, outcome }),
    )) {
      booked.push(`${cause} ${causeId}`)
      for (const { account, amount } of entries) accounts[account] = (accounts[account] ?? 0n) + amount
    }
  }
  return { accounts, booked }
}

const WHERE: Readonly<Record<DisputeStatus, string>> = { Open: "Disputes", Won: "Cash", Lost: "BadDebt" }
const STATES = ["Open", "Won", "Lost"] as const

describe("a dispute", () => {
  const ways = STATES.flatMap((a) =>
    STATES.flatMap((b) => STATES.flatMap((c) => STATES.map((d) => [a, b, c, d] as const))),
  )

  test.each(ways)("told as %s, %s, %s, %s leaves the money where the last says", (...states) => {
    const { accounts, booked } = walk(states)
    const last = WHERE[states[3]]
    expect(accounts).toEqual({ Cash: 0n, Disputes: 0n, BadDebt: 0n, [last]: PAID })
    // A cause of the ledger books once.
    expect(new Set(booked).size).toBe(booked.length)
  })

  test("is booked under the payment's own id the first time", () => {
    expect(walk(["Open", "Lost"]).booked).toEqual(["dispute.opened p", "dispute.lost p"])
    expect(walk(["Open", "Won", "Open", "Lost"]).booked).toEqual([
      "dispute.opened p",
      "dispute.won p",
      "dispute.opened p:1.2",
      "dispute.lost p:1.2",
    ])
  })
})

describe("the disputes of a payment", () => {
  const dispute = (ref: string | null, status: DisputeStatus, amount: number): Dispute => ({
    ref,
    status,
    amountMinor: String(amount),
    rounds: 1,
  })

  test("come to what is open and lost, or else to what was won", () => {
    const all = [dispute("a", "Lost", 10), dispute("b", "Open", 5), dispute("c", "Won", 70)]
    const sums = { disputeStatus: "Open", disputedMinor: 15n, disputingMinor: 5n }
    expect(disputedBy(all)).toMatchObject(sums)
    expect(disputedBy(all.slice(0, 1))).toMatchObject({ disputeStatus: "Lost", disputedMinor: 10n })
    expect(disputedBy(all.slice(2))).toMatchObject({ disputeStatus: "Won", disputedMinor: 70n })
    expect(disputedBy([])).toMatchObject({ disputeStatus: null, disputedMinor: 0n, disputingMinor: 0n })
  })

  test("include the one of a payment from before each was kept, whatever it is called", () => {
    const kept = disputesOf({ disputes: null, disputeStatus: "Open", disputedMinor: minor(40n) })
    expect(kept).toEqual([dispute(null, "Open", 40)])
    expect(disputeAt(kept, "dp_1", minor(40n))).toBe(kept[0])
    expect(disputeAt(kept, null, minor(40n))).toBe(kept[0])
    expect(disputeAt(kept, null, minor(41n))).toBe(kept[0])
    expect(disputeAt([dispute("a", "Open", 1)], "b", minor(1n))).toBeNull()
    expect(disputesOf({ disputes: null, disputeStatus: null, disputedMinor: minor(0n) })).toEqual([])
  })

  test("with names take over the one without where it took as much, and stand beside it where not", () => {
    const unnamed = dispute(null, "Open", 100)
    expect(disputeAt([unnamed], "dp_2", minor(150n))).toBeNull()
    const both = [unnamed, dispute("dp_2", "Open", 150)]
    expect(disputeAt(both, "dp_1", minor(100n))).toBe(unnamed)
    expect(disputeAt(both, "dp_2", minor(150n))).toBe(both[1])
    expect(disputeAt(both, "dp_3", minor(70n))).toBeNull()
  })
})
