// The budget's laws, whatever happens in whatever order: nobody ever spends beyond a HardLimit, nothing is refused that
// would have fitted, and a SoftLimit is told of once, by the event that crosses it.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { LimitTerms } from "../../src/domain/alert.ts"
import {
  confirmed,
  decide,
  heard,
  NO_BUDGET,
  UNLIMITED,
  unaware,
  withTerms,
} from "../../src/domain/budget.ts"
import { nanos } from "../../src/domain/money.ts"
import { instant } from "../../src/domain/time.ts"
import { limit, termsOf, World, type Meter } from "./budget-model.ts"

type Event = {
  readonly kind: "Spend"
  readonly who: number
  readonly price: number
  readonly fault: "lose" | "delay" | null
}
type Act =
  | Event
  | { readonly kind: "Recall"; readonly who: number }
  | { readonly kind: "Wait"; readonly ms: number }

const who = fc.nat({ max: 3 })
const spendArbitrary: fc.Arbitrary<Event> = fc.record({
  kind: fc.constant("Spend" as const),
  who,
  price: fc.integer({ min: 1, max: 30 }),
  fault: fc.constantFrom(null, null, null, "lose" as const, "delay" as const),
})
const actArbitrary: fc.Arbitrary<Act> = fc.oneof(
  { weight: 12, arbitrary: spendArbitrary },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("Recall" as const), who }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("Wait" as const), ms: fc.integer({ min: 1, max: 700 }) }),
  },
)
const offsets = fc.array(fc.nat({ max: 999 }), { minLength: 4, maxLength: 4 })

function meterOf(world: World, index: number): Meter {
  const meter = world.meters[index]
  if (meter === undefined) throw new Error(`no meter ${index}`)
  return meter
}

/** Plays an act; what became of the event, if it is one. */
function play(world: World, act: Act) {
  if (act.kind === "Wait") world.now = instant(world.now + act.ms)
  else if (act.kind === "Recall") world.recall(meterOf(world, act.who).id)
  else return world.spend(meterOf(world, act.who), BigInt(act.price), act.fault)
  return null
}

describe("a HardLimit", () => {
  test("is never crossed, and refuses only what would cross it", () => {
    fc.assert(
      fc.property(
        offsets,
        fc.integer({ min: 1, max: 300 }),
        fc.array(actArbitrary, { maxLength: 120 }),
        (from, threshold, acts) => {
          const world = new World(from)
          world.setLimits([limit("hard", "HardLimit", threshold)])
          for (const act of acts) {
            const before = world.spent()
            const wasLatched = world.budget.reached.some(
              ({ from: since, until }) => since <= world.now && world.now < until,
            )
            const outcome = play(world, act)
            expect(world.spent() <= BigInt(threshold)).toBe(true)
            if (act.kind !== "Spend" || outcome === null) continue
            const fits = before + BigInt(act.price) <= BigInt(threshold)
            expect(outcome.kind).toBe(fits && !wasLatched ? "Accepted" : "Refused")
          }
        },
      ),
      { numRuns: 400 },
    )
  })

  test("holds for what was spent before it was made, and lets a reset count anew", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.array(spendArbitrary, { maxLength: 40 }),
        fc.array(fc.oneof(spendArbitrary, fc.constant("Reset" as const)), { maxLength: 80 }),
        (threshold, earlier, later) => {
          const world = new World([0, 0, 0, 0])
          for (const event of earlier) play(world, event)
          let epoch = 0
          let base = 0n
          const limits = (): LimitTerms[] => [limit("hard", "HardLimit", threshold, epoch)]
          world.setLimits(limits())
          for (const act of later) {
            if (act === "Reset") {
              epoch += 1
              base = world.spent()
              world.setLimits(limits())
              continue
            }
            const before = world.spent()
            const isLatched = world.budget.reached.some((one) => one.epoch === epoch)
            const { kind } = world.spend(meterOf(world, act.who), BigInt(act.price), act.fault)
            const fits = before - base + BigInt(act.price) <= BigInt(threshold)
            expect(kind).toBe(fits && !isLatched ? "Accepted" : "Refused")
            if (kind === "Refused") expect(world.spent()).toBe(before)
          }
        },
      ),
    )
  })

  test("can be used up to the last event, by one subscription alone and by eight", () => {
    for (const count of [1, 8]) {
      const world = new World(Array.from({ length: count }, () => 0))
      world.setLimits([limit("hard", "HardLimit", 10_000)])
      for (let sent = 0; sent < 12_000; sent++) world.spend(meterOf(world, sent % count), 1n)
      expect(world.spent()).toBe(10_000n)
      // Calls grow with the logarithm of the budget, not with the events.
      expect(world.asks).toBeLessThan(count === 1 ? 5 : 500)
    }
    const world = new World([0, 0, 0, 0, 0, 0, 0, 0])
    world.setLimits([limit("hard", "HardLimit", 10_000)])
    for (const meter of world.meters) world.spend(meter, 1n)
    while (world.spend(meterOf(world, 3), 1n).kind === "Accepted");
    expect(world.spent()).toBe(10_000n)
  })

  test("refuses everything after what it refused, even what would fit, until a period ends", () => {
    const world = new World([0, 400])
    const [a, b] = [meterOf(world, 0), meterOf(world, 1)]
    world.setLimits([limit("hard", "HardLimit", 100)])
    expect(world.spend(a, 60n).kind).toBe("Accepted")
    expect(world.spend(b, 41n).kind).toBe("Refused")
    expect(world.spend(a, 1n).kind).toBe("Refused")
    expect(world.spend(b, 1n).kind).toBe("Refused")
    // The period of b ends 400 ms from here, that of a 1,000 ms.
    world.now = instant(world.now + 399)
    expect(world.spend(b, 1n).kind).toBe("Refused")
    world.now = instant(world.now + 1)
    expect(world.spend(b, 40n).kind).toBe("Accepted")
    expect(world.spend(b, 1n).kind).toBe("Refused")
  })

  test("takes a spend that equals it and refuses the next nano", () => {
    const world = new World([0])
    world.setLimits([limit("hard", "HardLimit", 100)])
    expect(world.spend(meterOf(world, 0), 100n).kind).toBe("Accepted")
    expect(world.spend(meterOf(world, 0), 1n).kind).toBe("Refused")
  })
})

describe("a SoftLimit", () => {
  test("is told of by the event that crosses it, once, and refuses nothing", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 3 }),
        fc.array(actArbitrary, { maxLength: 120 }),
        (thresholds, acts) => {
          const world = new World([0, 0, 0, 0])
          world.setLimits(thresholds.map((threshold) => limit(`soft ${threshold}`, "SoftLimit", threshold)))
          for (const act of acts) {
            if (act.kind === "Spend" && act.fault === "lose") continue
            const before = world.spent()
            const outcome = play(world, act)
            if (outcome === null) continue
            expect(outcome.kind).toBe("Accepted")
            const crossed = thresholds.filter((one) => before <= BigInt(one) && world.spent() > BigInt(one))
            const told = new Set(outcome.crossed.map(({ alertId }) => alertId))
            expect([...told].toSorted()).toEqual(crossed.map((one) => `soft ${one}`).toSorted())
            for (const crossing of outcome.crossed) world.budget = confirmed(world.budget, crossing)
          }
        },
      ),
      { numRuns: 300 },
    )
  })

  test("is told again by the next one as long as nobody confirms it", () => {
    const world = new World([0, 0])
    world.setLimits([limit("soft", "SoftLimit", 10)])
    const [a, b] = [meterOf(world, 0), meterOf(world, 1)]
    const [crossing] = world.spend(a, 11n).crossed
    expect(crossing).toMatchObject({ alertId: "soft", epoch: 0 })
    expect(world.spend(b, 1n).crossed).toEqual([crossing])
  })

  test("is told again after a reset and in the next period, under another number", () => {
    const world = new World([0])
    const meter = meterOf(world, 0)
    const seen = new Set<string>()
    const cross = () => {
      const { crossed } = world.spend(meter, 11n)
      for (const one of crossed) {
        seen.add(JSON.stringify(one))
        world.budget = confirmed(world.budget, one)
      }
      return crossed.length
    }
    world.setLimits([limit("soft", "SoftLimit", 10)])
    expect([cross(), cross()]).toEqual([1, 0])
    world.setLimits([limit("soft", "SoftLimit", 10, 1)])
    expect([cross(), cross()]).toEqual([1, 0])
    world.now = instant(world.now + 1_000)
    expect([cross(), cross()]).toEqual([1, 0])
    expect(seen.size).toBe(3)
  })

  test("that is above its threshold still when a period of somebody else ends is not told again", () => {
    const world = new World([0, 400])
    const [a, b] = [meterOf(world, 0), meterOf(world, 1)]
    world.setLimits([limit("soft", "SoftLimit", 100)])
    world.spend(b, 1n)
    const [crossing] = world.spend(a, 150n).crossed
    expect(crossing).toBeDefined()
    if (crossing !== undefined) world.budget = confirmed(world.budget, crossing)
    world.now = instant(world.now + 400)
    expect(world.spend(a, 1n).crossed).toEqual([])
    expect(world.spend(b, 1n).crossed).toEqual([])
  })
})

describe("the leases", () => {
  test("together stay within the lowest threshold that is open", () => {
    fc.assert(
      fc.property(fc.array(actArbitrary, { maxLength: 100 }), (acts) => {
        const world = new World([0, 0, 0, 0])
        world.setLimits([limit("soft", "SoftLimit", 100), limit("hard", "HardLimit", 200)])
        for (const act of acts) {
          play(world, act)
          const running = world.budget.leases.filter(
            ({ start, end }) => start <= world.now && world.now < end,
          )
          const sum = running.reduce((total, { amount }) => total + amount, 0n)
          const crossed = world.budget.reached.some(
            ({ alertId, until }) => alertId === "soft" && until > world.now,
          )
          expect(sum <= (crossed ? 200n : 100n)).toBe(true)
        }
      }),
    )
  })

  const use = { start: instant(0), end: instant(1_000), spend: nanos(5n), held: nanos(7n) }
  const asking = {
    subscriptionId: "a",
    now: instant(10),
    use,
    need: nanos(13n),
    want: nanos(13n),
    held: nanos(7n),
  }
  const nothing = new Set<string>()
  const all = new Set(["a", "b"])

  test("count what is held, and what nobody has told yet is heard first", () => {
    const budget = withTerms(NO_BUDGET, termsOf(1, [limit("hard", "HardLimit", 20)], ["a", "b"]))
    expect(decide(heard(budget, "a", [use]), asking, nothing)).toEqual({
      kind: "Hear",
      subscriptionIds: ["b"],
    })
    const known = (spend: bigint, held: bigint) =>
      heard(heard(budget, "a", [use]), "b", [{ ...use, spend: nanos(spend), held: nanos(held) }])
    expect(decide(known(7n, 0n), asking, all)).toMatchObject({ kind: "Granted", amount: 13n })
    // 13 and 8 are more than 20, but 7 of it is only set aside: nothing is spent up, so nothing later is refused for it.
    expect(decide(known(8n, 0n), asking, all)).toMatchObject({ kind: "Held", left: 0n })
    // 6 and 15 are spent for good.
    expect(decide(known(14n, 0n), asking, all)).toMatchObject({ kind: "Held" })
    expect(decide(known(15n, 0n), asking, all)).toMatchObject({ kind: "Refused", isFirst: true })
  })

  test("refuse a hold alone, however large, and first hear those who may have given one up", () => {
    const budget = withTerms(NO_BUDGET, termsOf(1, [limit("hard", "HardLimit", 20)]))
    const known = heard(heard(budget, "a", [use]), "b", [{ ...use, held: nanos(1n) }])
    const hold = { ...asking, need: nanos(112n), want: nanos(112n), held: nanos(107n) }
    expect(decide(known, hold, nothing)).toEqual({ kind: "Hear", subscriptionIds: ["b"] })
    expect(decide(known, hold, all)).toEqual({ kind: "Held", budget: known, left: 2n })
  })

  test("of one who left the budget are free", () => {
    const budget = withTerms(NO_BUDGET, termsOf(1, [limit("hard", "HardLimit", 20)]))
    const spent = { ...use, spend: nanos(12n), held: nanos(0n) }
    const shared = heard(budget, "b", [spent])
    const more = { ...asking, use: spent, held: nanos(0n) }
    expect(decide(shared, more, nothing)).toMatchObject({ kind: "Refused" })
    expect(decide(unaware(shared, "b"), more, nothing)).toMatchObject({ kind: "Granted", amount: 20n })
  })

  test("are without bound where nothing is left to limit them", () => {
    const budget = withTerms(NO_BUDGET, termsOf(1, [limit("soft", "SoftLimit", 12)]))
    expect(decide(budget, asking, new Set())).toMatchObject({
      kind: "Granted",
      amount: UNLIMITED,
      beyond: null,
    })
  })

  test("ignore an older snapshot, and are forgotten with the last limit", () => {
    const budget = heard(withTerms(NO_BUDGET, termsOf(2, [limit("hard", "HardLimit", 20)])), "a", [use])
    expect(withTerms(budget, termsOf(1, []))).toBe(budget)
    expect(withTerms(budget, termsOf(3, []))).toMatchObject({ version: 3, leases: [], unheard: {} })
  })
})
