// The soak of `npm run soak`, small: events sent shuffled, twice, by many writers, while objects are evicted and the server is
// killed and started again, are counted once each and exactly. And the generator that the recount rests on.

import { describe, expect, test } from "vitest"
import { decimalOf, EventSource, recount } from "../../bench/soak/events.ts"
import { runSoak } from "../../bench/soak/soak.ts"

const EVENTS = 15_000

test(
  "events under kills and evictions are counted once each, to the last digit",
  { timeout: 120_000 },
  async () => {
    const outcome = await runSoak({
      events: EVENTS,
      seed: 42,
      subscriptions: 4,
      writers: 12,
      kills: 2,
      evictions: 2,
      chunk: 250,
      tell: () => undefined,
    })
    expect(outcome.faults).toEqual([])
    expect(outcome).toMatchObject({ kills: 2, evictions: 2 })
    expect(outcome.failedRequests).toBeGreaterThan(0)
    // Half of them twice, and every tenth chunk again.
    expect(outcome.sent).toBeGreaterThan(1.4 * EVENTS)
  },
)

describe("the generator", () => {
  const source = new EventSource(42, 1_000, 3)

  test("gives an order that holds every event once, and another one", () => {
    const orders = [0, 1].map((order) => Array.from({ length: 1_000 }, (_, at) => source.shuffled(at, order)))
    const numbers = Array.from({ length: 1_000 }, (_, number) => number)
    for (const order of orders) {
      expect(order.toSorted((a, b) => a - b)).toEqual(numbers)
      expect(order).not.toEqual(numbers)
    }
    expect(orders[0]).not.toEqual(orders[1])
  })

  test("gives every event an id of its own, and about half of them to be sent twice", () => {
    const events = Array.from({ length: 1_000 }, (_, number) => source.event(number))
    expect(new Set(events.map(({ id }) => id)).size).toBe(1_000)
    const twice = events.filter(({ isDuplicated }) => isDuplicated).length
    expect(twice).toBeGreaterThan(400)
    expect(twice).toBeLessThan(600)
  })

  test("counts in billionths what it writes as a decimal", () => {
    for (let number = 0; number < 1_000; number += 1) {
      const { amount, units } = source.event(number)
      expect(Number(decimalOf(BigInt(units)))).toBe(Number(amount))
    }
    expect([0n, 5n, 1_500_000_000n, 20_000_000_000n].map(decimalOf)).toEqual([
      "0",
      "0.000000005",
      "1.5",
      "20",
    ])
    expect(recount(source).reduce((sum, { count }) => sum + count, 0)).toBe(1_000)
  })
})
