// What grants pay of an invoice. Pure. What of it goes back to them is in wallet-return.ts.
// Laws: the order in which grants pay is fixed; what is drawn, at once or by and by, is never more than there is to pay, of a grant never
// more than is left of it, and of one with a scope never more than its lines come to with their taxes.

import { assert } from "./assert.ts"
import type { Minor } from "./money.ts"
import { allocate, minor } from "./money.ts"
import type { Instant } from "./time.ts"
import type { Grant, LineScope } from "./wallet.ts"
import { covers, isLive, isUnscoped } from "./wallet.ts"
import { placed } from "./wallet-placing.ts"

/** By wallet, then by grant; of equals what lapses first, what was given before what was paid for, the oldest. */
export function inDrawOrder<T extends Grant>(grants: readonly T[]): T[] {
  return grants.toSorted((a, b) => {
    const [left, right] = [rankOf(a), rankOf(b)]
    for (const [at, rank] of left.entries()) {
      const other = right[at] ?? 0
      if (rank !== other) return rank < other ? -1 : 1
    }
    return a.id < b.id ? -1 : 1
  })
}

function rankOf({ walletPriority, priority, expiresAt, kind, createdAt }: Grant): readonly number[] {
  return [walletPriority, priority, expiresAt ?? Infinity, kind === "Promotional" ? 0 : 1, createdAt]
}

/** A line as it is to be paid: with its taxes, and with what lessens it. */
export type PayableLine = LineScope & { readonly amountMinor: Minor }

/** What is to be paid of each line of an invoice that comes to `total`, never below zero: what a line is below zero lessens first what
 *  else is billed of its SKU, then everything in proportion. `lines`: with the taxes that come on top. */
export function payableLines(lines: readonly PayableLine[], total: Minor): PayableLine[] {
  const named = lines.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)
  // A tax that no line has a share of is of all of them.
  const all = [...lines, { skuId: null, tags: [], amountMinor: minor(total - named) }]
  const own = [...Map.groupBy(all, ({ skuId }) => skuId).values()].flatMap(netOfSku)
  const below = own.reduce((sum, { amountMinor }) => (amountMinor < 0n ? sum + amountMinor : sum), 0n)
  const above = own.filter(({ amountMinor }) => amountMinor > 0n)
  assert(total >= 0n, "what is to be paid is not below zero", { total })
  if (total === 0n) return []
  const shares = allocate(
    minor(-below),
    above.map(({ amountMinor }) => amountMinor),
  )
  return above.map((line, at) => ({ ...line, amountMinor: minor(line.amountMinor - (shares[at] ?? 0n)) }))
}

/** One line for all of a SKU. Those of no SKU have nothing in common, but a discount among them is of everything. */
function netOfSku(lines: readonly PayableLine[]): PayableLine[] {
  const [first] = lines
  if (first === undefined || first.skuId === null) return [...lines]
  return [{ ...first, amountMinor: minor(lines.reduce((sum, line) => sum + line.amountMinor, 0n)) }]
}

export type Draw<G extends Grant> = { readonly grant: G; readonly amountMinor: Minor }

/** What is known of an invoice of which a part is paid. `drawn`: what grants have paid of it and still do, in that order. `dueMinor`:
 *  what may be drawn at most. */
export type PartlyPaid = { readonly drawn: readonly Draw<Grant>[]; readonly dueMinor: Minor }

/** What each grant pays, in their order. One that pays everything begins with what no other can pay, so that those lines are not
 *  left to the payment method while credit for the others is left over. `before`: where the invoice is not new; what money has paid of
 *  it counts for the lines that no credit pays. */
export function drawsFor<G extends Grant>(
  grants: readonly G[],
  lines: readonly PayableLine[],
  now: Instant,
  before: PartlyPaid | null = null,
): Draw<G>[] {
  const live = inDrawOrder(grants.filter((grant) => isLive(grant, now)))
  const order = unclaimedFirst(lines, live)
  const left = [...placed(before?.drawn ?? [], lines, order).left]
  let due: bigint = before?.dueMinor ?? left.reduce((sum, amount) => sum + amount, 0n)
  return live.flatMap((grant): Draw<G>[] => {
    const most = grant.remainingMinor < due ? grant.remainingMinor : due
    let open: bigint = most
    for (const at of order) {
      const [line, free] = [lines[at], left[at] ?? minor(0n)]
      if (line === undefined || !covers(grant, line)) continue
      const part = free < open ? free : minor(open)
      left[at] = minor(free - part)
      open -= part
    }
    const amountMinor = minor(most - open)
    assert(amountMinor >= 0n && open >= 0n, "a grant pays what it has", { grant: grant.id, open })
    due -= amountMinor
    return amountMinor === 0n ? [] : [{ grant, amountMinor }]
  })
}

/** The places of lines, first of those that no grant with a scope may pay. */
function unclaimedFirst(lines: readonly PayableLine[], grants: readonly Grant[]): number[] {
  const scoped = grants.filter((grant) => !isUnscoped(grant))
  const isClaimed = lines.map((line) => scoped.some((grant) => covers(grant, line)))
  return [false, true].flatMap((is) => [...lines.keys()].filter((at) => isClaimed[at] === is))
}

/** What is taken away of grants by hand, in the order in which they would pay; null where they hold less. */
export function debitsOf<G extends Grant>(
  grants: readonly G[],
  amount: Minor,
  now: Instant,
): Draw<G>[] | null {
  const live = inDrawOrder(grants.filter((grant) => isLive(grant, now)))
  let open: bigint = amount
  const debits = live.flatMap((grant): Draw<G>[] => {
    const part = grant.remainingMinor < open ? grant.remainingMinor : minor(open)
    open -= part
    return part === 0n ? [] : [{ grant, amountMinor: part }]
  })
  return open === 0n ? debits : null
}
