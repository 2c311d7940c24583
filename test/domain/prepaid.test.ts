// What credit allows: at every moment all usage that it has not paid yet is within it, wherever periods end, whenever they are billed,
// and whether those who spend were told of a bill or not; and nothing is refused that it could pay.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import { decide, NO_BUDGET, withTerms } from "../../src/domain/budget.ts"
import { nanos } from "../../src/domain/money.ts"
import type { Prepaid } from "../../src/domain/alert.ts"
import {
  isTooOld,
  takenIn,
  unpaidOf,
  USAGE_KEPT_MS,
  walletLimitId,
  walletLimits,
  walletOfLimit,
} from "../../src/domain/prepaid.ts"
import { instant, type Instant } from "../../src/domain/time.ts"
import { limits } from "../../src/limits.ts"
import { limit, NAME, World, type Meter } from "./budget-model.ts"

const STOP = walletLimitId("w1", "Stop")

/** A customer with credit, whose usage is billed period by period. */
class CreditWorld extends World {
  balance: bigint
  /** By meter and period: what bills took. */
  readonly taken = new Map<string, Map<Instant, bigint>>()

  constructor(offsets: readonly number[], balance: number) {
    super(offsets)
    this.balance = BigInt(balance)
    this.tell()
  }

  tell(): void {
    const version = this.terms.version + 1
    this.setLimits([limit(STOP, "HardLimit", this.balance < 0n ? 0n : this.balance, version)], this.prepaid())
  }

  prepaid(): Prepaid {
    const since = Object.fromEntries(this.meters.map(({ id }) => [id, instant(0)]))
    const taken = Object.fromEntries(
      Array.from(this.taken, ([id, periods]) => [
        id,
        Array.from(periods, ([from, amount]) => ({ from, nanos: amount.toString() })),
      ]),
    )
    return { since, taken }
  }

  /** A bill of all that a meter has used and no bill took. */
  bill(meter: Meter): void {
    const periods = this.taken.get(meter.id) ?? new Map<Instant, bigint>()
    for (const [start, spent] of meter.spent) {
      this.balance -= spent - (periods.get(start) ?? 0n)
      periods.set(start, spent)
    }
    this.taken.set(meter.id, periods)
  }

  used(): bigint {
    return this.meters.reduce((sum, { spent }) => [...spent.values()].reduce((a, b) => a + b, sum), 0n)
  }

  unpaid(): bigint {
    const paid = [...this.taken.values()].flatMap((periods) => [...periods.values()])
    return this.used() - paid.reduce((a, b) => a + b, 0n)
  }

  isLatched(): boolean {
    const { budget, now } = this
    return budget.reached.some(({ from, until }) => from <= now && now < until)
  }
}

type Act =
  | {
      readonly kind: "Spend"
      readonly who: number
      readonly price: number
      readonly fault: "lose" | "delay" | null
    }
  | { readonly kind: "Wait"; readonly ms: number }
  | { readonly kind: "Bill"; readonly who: number; readonly isTold: boolean }
  | { readonly kind: "TopUp"; readonly amount: number }

const who = fc.nat({ max: 2 })
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("Spend" as const),
      who,
      price: fc.integer({ min: 1, max: 30 }),
      fault: fc.constantFrom(null, null, null, "lose" as const, "delay" as const),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant("Wait" as const), ms: fc.integer({ min: 1, max: 1_500 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("Bill" as const), who, isTold: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("TopUp" as const), amount: fc.integer({ min: 1, max: 100 }) }),
  },
)
const acts = fc.array(act, { maxLength: 120 })
const offsets = fc.array(fc.nat({ max: 999 }), { minLength: 3, maxLength: 3 })

function meterOf(world: World, index: number): Meter {
  const meter = world.meters[index]
  if (meter === undefined) throw new Error(`no meter ${index}`)
  return meter
}

/** Plays what is no event. */
function happen(world: CreditWorld, one: Exclude<Act, { kind: "Spend" }>): void {
  switch (one.kind) {
    case "Wait":
      world.now = instant(world.now + one.ms)
      return
    case "Bill":
      world.bill(meterOf(world, one.who))
      if (one.isTold) world.tell()
      return
    case "TopUp":
      world.balance += BigInt(one.amount)
      world.tell()
  }
}

describe("credit", () => {
  test("is never overdrawn, and refuses only what it can't pay", () => {
    fc.assert(
      fc.property(offsets, fc.integer({ min: 0, max: 300 }), acts, (from, balance, all) => {
        const world = new CreditWorld(from, balance)
        for (const one of all) {
          if (one.kind !== "Spend") happen(world, one)
          else {
            const [rest, latched] = [world.balance - world.unpaid(), world.isLatched()]
            const outcome = world.spend(meterOf(world, one.who), BigInt(one.price), one.fault)
            const fits = BigInt(one.price) <= rest
            if (outcome.kind === "Accepted") expect(fits).toBe(true)
            else expect(fits && !latched).toBe(false)
          }
          expect(world.unpaid() <= world.balance).toBe(true)
        }
      }),
      { numRuns: 400 },
    )
  })

  test("counts what was used before anybody watched it, in every period", () => {
    const world = new CreditWorld([0], 100)
    const meter = meterOf(world, 0)
    meter.spent.set(world.period(meter).start, 30n)
    world.now = instant(world.now + 1_000)
    meter.spent.set(world.period(meter).start, 30n)
    world.tell()
    expect(world.spend(meter, 40n).kind).toBe("Accepted")
    expect(world.spend(meter, 1n).kind).toBe("Refused")
  })

  test("gives room for what a bill took too much of, once it is corrected", () => {
    const world = new CreditWorld([0], 100)
    const meter = meterOf(world, 0)
    world.spend(meter, 60n)
    world.bill(meter)
    // What was billed at 60 turns out to be 40: the next 20 of that period are paid already.
    meter.spent.set(world.period(meter).start, 40n)
    world.tell()
    expect(world.spend(meter, 60n).kind).toBe("Accepted")
    expect(world.spend(meter, 1n).kind).toBe("Refused")
  })

  test("gives that room also where all of it was taken back", () => {
    const world = new CreditWorld([0], 100)
    const meter = meterOf(world, 0)
    meter.spent.set(world.period(meter).start, 60n)
    world.bill(meter)
    meter.spent.set(world.period(meter).start, 0n)
    world.tell()
    // 40 are left, and 60 are paid.
    expect(world.spend(meter, 100n).kind).toBe("Accepted")
    expect(world.spend(meter, 1n).kind).toBe("Refused")
  })

  test("is refused to periods that are too long ago to be looked after, one by one", () => {
    const prepaid = { since: { s0: instant(5_000) }, taken: {} }
    const terms = {
      name: NAME,
      version: 1,
      limits: [limit(STOP, "HardLimit", 100, 1)],
      members: ["s0"],
      prepaid,
    }
    const budget = { ...withTerms(NO_BUDGET, terms), unheard: {} }
    const use = { start: instant(4_000), end: instant(5_000), spend: nanos(0n), held: nanos(0n) }
    const request = {
      subscriptionId: "s0",
      now: instant(6_000),
      use,
      need: nanos(1n),
      want: nanos(1n),
      held: nanos(0n),
    }
    expect(decide(budget, request, new Set())).toEqual({ kind: "Held", budget, left: 0n })
    const later = { ...request, use: { ...use, start: instant(5_000), end: instant(6_000) } }
    expect(decide(budget, later, new Set()).kind).toBe("Granted")
    const warning = {
      ...budget,
      limits: budget.limits.map((one) => ({ ...one, type: "SoftLimit" as const })),
    }
    expect(decide(warning, request, new Set()).kind).toBe("Granted")
  })
})

describe("the limits of wallets", () => {
  const watch = { walletId: "w1", stopAtZero: false, lowNanos: null, rechargeNanos: null }

  test("stop where the credit ends, and warn where less than a threshold is left", () => {
    const low = { ...watch, stopAtZero: true, lowNanos: "30", rechargeNanos: "50" }
    expect(walletLimits([low], nanos(100n), 7)).toEqual([
      { alertId: "wallet/w1/Stop", type: "HardLimit", thresholdNanos: "100", epoch: 7 },
      { alertId: "wallet/w1/Low", type: "SoftLimit", thresholdNanos: "70", epoch: 7 },
      { alertId: "wallet/w1/Recharge", type: "SoftLimit", thresholdNanos: "50", epoch: 7 },
    ])
    // What is low already crosses nothing any more.
    expect(walletLimits([low], nanos(40n), 8).map(({ alertId }) => alertId)).toEqual([
      "wallet/w1/Stop",
      "wallet/w1/Low",
    ])
    expect(walletLimits([watch], nanos(40n), 8)).toEqual([])
    expect(walletLimits([{ ...watch, stopAtZero: true }], nanos(-1n), 8)[0]?.thresholdNanos).toBe("0")
  })

  test("are told from alerts by their name", () => {
    expect(walletOfLimit(STOP)).toEqual({ walletId: "w1", isStop: true })
    expect(walletOfLimit(walletLimitId("w1", "Low"))).toEqual({ walletId: "w1", isStop: false })
    expect(walletOfLimit("01944b1f-0000-7000-8000-000000000001")).toBeNull()
  })
})

describe("usage that bills took", () => {
  const prepaid = {
    since: { s0: instant(1_000) },
    taken: { s0: [1_000, 1_500, 2_000].map((from) => ({ from: instant(from), nanos: "10" })) },
  }
  const first = { start: instant(1_000), end: instant(2_000) }

  test("counts in the period in which its part begins", () => {
    expect(takenIn(prepaid, "s0", first)).toBe(20n)
    expect(takenIn(prepaid, "s0", { start: instant(2_000), end: instant(3_000) })).toBe(10n)
    expect(takenIn(prepaid, "s1", first)).toBe(0n)
  })

  test("leaves the rest to be paid, and never less than nothing", () => {
    expect(unpaidOf(prepaid, "s0", first, nanos(25n))).toBe(5n)
    expect(unpaidOf(prepaid, "s0", first, nanos(15n))).toBe(0n)
  })

  test("is forgotten as long ago as budgets forget", () => {
    expect(isTooOld(prepaid, "s0", { start: instant(999), end: instant(1_999) })).toBe(true)
    expect(isTooOld(prepaid, "s0", first)).toBe(false)
    expect(isTooOld(prepaid, "new", { start: instant(0), end: instant(1) })).toBe(false)
    expect(USAGE_KEPT_MS).toBe(limits.budgetPeriodKeptMs)
  })
})
