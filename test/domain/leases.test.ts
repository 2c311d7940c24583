// The leases of one subscription: its periods never overlap, also when one of them ends before it was to.

import { expect, test } from "vitest"
import { peak, replaced, type Lease } from "../../src/domain/leases.ts"
import { nanos } from "../../src/domain/money.ts"
import { instant } from "../../src/domain/time.ts"

const lease = (subscriptionId: string, start: number, end: number, amount: bigint): Lease => ({
  subscriptionId,
  start: instant(start),
  end: instant(end),
  until: instant(end),
  amount: nanos(amount),
  used: nanos(amount),
  held: nanos(0n),
  bases: {},
})

test("a period that begins within another one of its subscription ends that, and no other's", () => {
  const leases = [lease("a", 0, 100, 5n), lease("b", 0, 100, 7n)]
  const next = replaced(leases, lease("a", 40, 140, 3n))
  expect(next.map(({ subscriptionId, start, end, until }) => [subscriptionId, start, end, until])).toEqual([
    ["a", 0, 40, 40],
    ["b", 0, 100, 100],
    ["a", 40, 140, 140],
  ])
  // At no instant both periods of the one count.
  expect(peak(next, "alert", instant(0), instant(140))).toBe(12n)
})
