// When a wallet is filled up by itself, and what is told of one that watches its balance.

import { describe, expect, test } from "vitest"
import { minor, nanos } from "../../src/domain/money.ts"
import { creditedOf, settlement } from "../../src/domain/payment.ts"
import type { Recharge } from "../../src/domain/recharge.ts"
import { decideRecharge } from "../../src/domain/recharge.ts"
import type { Instant } from "../../src/domain/time.ts"
import { formatInstant, instant, monthContaining } from "../../src/domain/time.ts"
import type { WatchedWallet } from "../../src/domain/wallet-watch.ts"
import { watchNews } from "../../src/domain/wallet-watch.ts"

const NOW = instant(Date.UTC(2026, 1, 10))
const HOUR = 3_600_000
const TIME = { now: NOW, month: monthContaining(NOW, "UTC"), pauseMs: 24 * HOUR }
const TERMS = { amountMinor: minor(2_000n), capMinor: null }

function recharge(status: Recharge["status"], hoursAgo: number, fields: Partial<Recharge> = {}): Recharge {
  const at = instant(NOW - hoursAgo * HOUR)
  return {
    status,
    amountMinor: minor(2_000n),
    createdAt: at,
    endedAt: status === "Pending" ? null : at,
    ...fields,
  }
}

describe("a recharge", () => {
  test("is of the whole amount, as often as it is needed", () => {
    const charge = { kind: "Charge", amountMinor: 2_000n }
    expect(decideRecharge(TERMS, [], TIME)).toEqual(charge)
    expect(decideRecharge(TERMS, [recharge("Succeeded", 0), recharge("Succeeded", 1)], TIME)).toEqual(charge)
  })

  test("waits for the one that is under way, however old", () => {
    expect(decideRecharge(TERMS, [recharge("Pending", 1_000)], TIME)).toEqual({ kind: "UnderWay" })
  })

  test("waits a day after one that was declined, from its end on", () => {
    const declined = recharge("Failed", 30, { endedAt: instant(NOW - 23 * HOUR) })
    const until = instant(NOW + HOUR)
    expect(decideRecharge(TERMS, [declined], TIME)).toEqual({ kind: "Wait", until, because: "Declined" })
    const before = recharge("Failed", 30, { endedAt: instant(NOW - 24 * HOUR) })
    expect(decideRecharge(TERMS, [before], TIME).kind).toBe("Charge")
  })

  test("waits for the next month where the cap leaves less than the amount", () => {
    const some = [recharge("Succeeded", 1), recharge("Failed", 48)]
    const capped = (cap: bigint) => decideRecharge({ ...TERMS, capMinor: minor(cap) }, some, TIME)
    expect(capped(4_000n).kind).toBe("Charge")
    expect(capped(3_999n)).toEqual({ kind: "Wait", until: TIME.month.end, because: "Cap" })
    const earlier = recharge("Succeeded", 0, { createdAt: instant(TIME.month.start - 1) })
    expect(decideRecharge({ ...TERMS, capMinor: minor(2_000n) }, [earlier], TIME).kind).toBe("Charge")
  })

  test("counts calendar months", () => {
    const { start, end } = monthContaining(instant(Date.UTC(2024, 1, 29, 23)), "UTC")
    expect([start, end].map(formatInstant)).toEqual(["2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"])
    const berlin = monthContaining(instant(Date.UTC(2026, 2, 31, 22)), "Europe/Berlin")
    expect([berlin.start, berlin.end].map(formatInstant)).toEqual([
      "2026-03-31T22:00:00Z",
      "2026-04-30T22:00:00Z",
    ])
  })
})

describe("the payment of a top-up", () => {
  const zero = minor(0n)
  const invoice = {
    type: "TopUp" as const,
    status: "Open" as const,
    payout: null,
    totalMinor: minor(2_000n),
    creditedMinor: null,
    paidMinor: zero,
    drawnMinor: zero,
    pendingMinor: minor(2_000n),
  }
  const payment = { amountMinor: minor(2_000n), appliedMinor: zero }

  test("pays the invoice, settles nothing that was owed, and all of it is credit", () => {
    const settled = settlement(invoice, payment, { isHeld: true, from: "Processing", to: "Succeeded" })
    expect(settled).toEqual({ appliedMinor: 0n, paidMinor: 2_000n, pendingMinor: 0n, status: "Paid" })
    expect(creditedOf(invoice, { ...payment, ...settled })).toBe(2_000n)
  })

  test("opens the invoice again when it comes back", () => {
    const paid = { ...invoice, status: "Paid" as const, paidMinor: minor(2_000n), pendingMinor: zero }
    const settled = settlement(paid, payment, { isHeld: false, from: "Succeeded", to: "Failed" })
    expect(settled).toEqual({ appliedMinor: 0n, paidMinor: 0n, pendingMinor: 0n, status: "Open" })
  })

  test("that arrives on a void one is owed as money", () => {
    const late = { ...invoice, status: "Void" as const, pendingMinor: zero }
    const settled = settlement(late, payment, { isHeld: false, from: "Failed", to: "Succeeded" })
    expect(settled).toEqual({ appliedMinor: 0n, paidMinor: 0n, pendingMinor: 0n, status: "Void" })
    expect(creditedOf(late, { ...payment, ...settled })).toBe(0n)
  })
})

describe("a wallet that is watched", () => {
  const wallet: WatchedWallet = {
    stopAtZero: true,
    lowBalanceNanos: "100",
    autoRecharge: { thresholdNanos: "50", amountNanos: "1000", monthlyCapNanos: null, paymentMethodId: null },
    lowAt: null,
    depletedAt: null,
    depletedNanos: null,
  }

  /** Looks one after the other; what was told at each. */
  function told(looks: readonly [live: number, isRefused?: boolean][], from = wallet) {
    let state = from
    return looks.map(([live, isRefused = false], at) => {
      const news = watchNews(state, { live: nanos(BigInt(live)), isRefused, now: (1_000 + at) as Instant })
      expect(news.isChanged).toBe(JSON.stringify({ ...state, ...news.change }) !== JSON.stringify(state))
      state = { ...state, ...news.change }
      return news.tells
    })
  }

  test("tells once that it is low, and again only after there was enough", () => {
    const looks = told([[100], [99], [98], [100], [99]])
    expect(looks).toEqual([[], ["wallet.low"], [], [], ["wallet.low"]])
  })

  test("tells once that it is empty: when usage is refused, or nothing is left", () => {
    expect(told([[7, true], [7, true], [7], [0], [-5]])).toEqual([
      ["wallet.low", "wallet.depleted"],
      [],
      [],
      [],
      [],
    ])
    expect(told([[1], [0], [-5], [1], [0]])).toEqual([
      ["wallet.low"],
      ["wallet.depleted"],
      [],
      [],
      ["wallet.depleted"],
    ])
    // Topped up, and used up to the same rest.
    expect(told([[7, true], [200], [7, true]])).toEqual([
      ["wallet.low", "wallet.depleted"],
      [],
      ["wallet.low", "wallet.depleted"],
    ])
  })

  test("is refused nothing where it does not stop", () => {
    expect(told([[7, true]], { ...wallet, stopAtZero: false, lowBalanceNanos: null })).toEqual([[]])
  })

  test("wants to be filled up while less is left than its threshold", () => {
    const wants = (live: bigint, from = wallet) =>
      watchNews(from, { live: nanos(live), isRefused: false, now: NOW }).isWanting
    expect([wants(50n), wants(49n), wants(-1n)]).toEqual([false, true, true])
    expect(wants(-1n, { ...wallet, autoRecharge: null })).toBe(false)
  })
})
