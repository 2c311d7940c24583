// What grants pay of an invoice, and what of it goes back to them. Pure.
// Laws: the order in which grants pay is fixed; what is drawn is never more than there is to pay, of a grant never more than is left of
// it, and of one with a scope never more than its lines come to with their taxes; what goes back is never more than was drawn.

import { assert } from "./assert.ts"
import type { Minor } from "./money.ts"
import { allocate, minor } from "./money.ts"
import type { Instant } from "./time.ts"
import type { Grant, LineScope } from "./wallet.ts"
import { covers, isLive, isUnscoped } from "./wallet.ts"

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

/** What each grant pays, in their order. One that pays everything begins with what no other can pay, so that those lines are not
 *  left to the payment method while credit for the others is left over. */
export function drawsFor<G extends Grant>(
  grants: readonly G[],
  lines: readonly PayableLine[],
  now: Instant,
): Draw<G>[] {
  const live = inDrawOrder(grants.filter((grant) => isLive(grant, now)))
  const scoped = live.filter((grant) => !isUnscoped(grant))
  const left = lines.map(({ amountMinor }) => amountMinor)
  const isClaimed = lines.map((line) => scoped.some((grant) => covers(grant, line)))
  const unclaimedFirst = [false, true].flatMap((is) => [...lines.keys()].filter((at) => isClaimed[at] === is))
  return live.flatMap((grant): Draw<G>[] => {
    let open = grant.remainingMinor
    for (const at of unclaimedFirst) {
      const [line, due] = [lines[at], left[at] ?? minor(0n)]
      if (line === undefined || !covers(grant, line)) continue
      const part = due < open ? due : open
      left[at] = minor(due - part)
      open = minor(open - part)
    }
    const amountMinor = minor(grant.remainingMinor - open)
    assert(amountMinor >= 0n && open >= 0n, "a grant pays what it has", { grant: grant.id, open })
    return amountMinor === 0n ? [] : [{ grant, amountMinor }]
  })
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

/** What is still drawn of a grant for an invoice. */
export type Drawn = { readonly grantId: string; readonly amountMinor: Minor }

/** What entries of an invoice leave drawn of each grant, in the order in which they were drawn. Entries are below zero where they
 *  left the grant. */
export function drawnOf(entries: readonly Drawn[]): Drawn[] {
  const byGrant = Map.groupBy(entries, ({ grantId }) => grantId)
  return [...byGrant].flatMap(([grantId, some]) => {
    const amountMinor = minor(-some.reduce((sum, entry) => sum + entry.amountMinor, 0n))
    assert(amountMinor >= 0n, "no more went back than was drawn", { grantId, amountMinor })
    return amountMinor === 0n ? [] : [{ grantId, amountMinor }]
  })
}

/** What goes back to each grant: what was drawn last goes back first, as if the invoice had been smaller from the beginning. */
export function returnsOf(drawn: readonly Drawn[], amount: Minor): Drawn[] {
  let open: bigint = amount
  const back = drawn.toReversed().flatMap(({ grantId, amountMinor }): Drawn[] => {
    const part = amountMinor < open ? amountMinor : minor(open)
    open -= part
    return part === 0n ? [] : [{ grantId, amountMinor: part }]
  })
  assert(open === 0n, "what goes back was drawn", { amount, open })
  return back
}

/** Of what a credit note gives back: what was not paid yet, what goes back as money, and what as credit. It is as if the invoice
 *  had been smaller from the beginning: credit would have paid it first, so the payment method gets back first. */
export function creditedParts(
  invoice: { readonly leftMinor: Minor; readonly paidMinor: Minor; readonly drawnMinor: Minor },
  given: Minor,
): { readonly unpaid: Minor; readonly money: Minor; readonly credit: Minor } {
  const { leftMinor, paidMinor, drawnMinor } = invoice
  const owing = leftMinor > 0n ? leftMinor : 0n
  const owedBack = leftMinor < 0n ? -leftMinor : 0n
  const unpaid = given < owing ? given : owing
  const beyond = given - unpaid
  const paid = paidMinor > owedBack ? paidMinor - owedBack : 0n
  const money = beyond < paid ? beyond : paid
  const credit = beyond - money
  assert(credit >= 0n && credit <= drawnMinor, "what goes back was paid", { given, credit, drawnMinor })
  return { unpaid: minor(unpaid), money: minor(money), credit: minor(credit) }
}
