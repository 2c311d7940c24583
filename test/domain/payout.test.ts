// What a processor may say of a payout and what becomes of it, and when one that failed is tried again.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { PayoutNews, PayoutStatus } from "../../src/domain/payout.ts"
import {
  isOnItsWay,
  keyOfTry,
  movePayout,
  nextTryAt,
  PAYOUT_STATUSES,
  payoutOfKey,
} from "../../src/domain/payout.ts"
import { instant } from "../../src/domain/time.ts"

const DAY = 86_400_000
const news = fc.constantFrom<PayoutNews>("Pending", "Succeeded", "Failed")
const status = fc.constantFrom<PayoutStatus>(...PAYOUT_STATUSES)

describe("news of a payout", () => {
  test.each<[PayoutStatus, PayoutNews, PayoutStatus | null]>([
    ["Processing", "Pending", "Pending"],
    ["Processing", "Succeeded", "Succeeded"],
    ["Processing", "Failed", "Failed"],
    ["Pending", "Succeeded", "Succeeded"],
    ["Pending", "Failed", "Failed"],
    ["Pending", "Pending", null],
    // It comes back, as a transfer to a closed account does.
    ["Succeeded", "Failed", "Failed"],
    ["Succeeded", "Pending", null],
    // A try that failed is over: the next one has another key.
    ["Failed", "Succeeded", null],
    ["Cancelled", "Succeeded", null],
  ])("%s, and the processor says %s: %s", (from, said, to) => {
    expect(movePayout(from, said)).toBe(to)
  })

  test("that come twice change nothing the second time", () => {
    fc.assert(
      fc.property(status, news, (from, said) => {
        const to = movePayout(from, said)
        if (to !== null) expect(movePayout(to, said)).toBeNull()
      }),
    )
  })

  test("are only of what is on its way, but for what comes back", () => {
    fc.assert(
      fc.property(status, news, (from, said) => {
        if (movePayout(from, said) === null) return
        expect(isOnItsWay(from) || (from === "Succeeded" && said === "Failed")).toBe(true)
      }),
    )
  })
})

test("each try has a key of its own, which tells the payout", () => {
  const keys = [0, 1, 2, 11].map((tries) => keyOfTry({ id: "p1", tries }))
  expect(keys).toEqual(["p1", "p1:1", "p1:2", "p1:11"])
  expect(keys.map(payoutOfKey)).toEqual(["p1", "p1", "p1", "p1"])
})

describe("the next try", () => {
  const failed = instant(100 * DAY)

  test("is on the next day of the schedule, counted from the first failure", () => {
    const at = (days: number) => nextTryAt(failed, [3, 7, 14], instant(failed + days * DAY))
    expect([0, 1, 3, 6.9, 7, 13].map(at)).toEqual([103, 103, 107, 107, 114, 114].map((day) => day * DAY))
    expect([14, 15].map(at)).toEqual([null, null])
  })

  test("there is none without a schedule", () => {
    expect(nextTryAt(failed, [], failed)).toBeNull()
  })

  test("always lies ahead", () => {
    const days = fc.uniqueArray(fc.integer({ min: 1, max: 60 })).map((some) => some.toSorted((a, b) => a - b))
    fc.assert(
      fc.property(days, fc.integer({ min: 0, max: 70 * DAY }), (schedule, passed) => {
        const now = instant(failed + passed)
        const next = nextTryAt(failed, schedule, now)
        if (next !== null) expect(next).toBeGreaterThan(now)
        else expect(schedule.every((day) => day * DAY <= passed)).toBe(true)
      }),
    )
  })
})
