// What goes back to grants of what they paid of an invoice. Pure.
// Laws: what goes back is never more than was drawn; and what stays drawn is what the invoice would have drawn had it been smaller from the
// beginning, so credit with a scope never pays for what it may not.

import { assert } from "./assert.ts"
import type { Minor } from "./money.ts"
import { minor } from "./money.ts"
import type { Grant } from "./wallet.ts"
import type { Draw, PayableLine } from "./wallet-draw.ts"
import { placed } from "./wallet-placing.ts"

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

/** What goes back at least when lines become smaller: what of it only they had let be drawn, at most `given`. What was drawn last is
 *  what no longer finds a line. */
export function outOfScope(
  drawn: readonly Draw<Grant>[],
  lines: { readonly before: readonly PayableLine[]; readonly after: readonly PayableLine[] },
  given: Minor,
): Drawn[] {
  // Where a product lost its tag since, a part had no line before either: that is not for this to mend.
  const was = placed(drawn, lines.before).beyond
  const is = placed(drawn, lines.after).beyond
  let open: bigint = given
  const back = drawn.map(({ grant }, at) => {
    const more = (is[at] ?? 0n) - (was[at] ?? 0n)
    const part = more <= 0n ? 0n : more < open ? more : open
    open -= part
    return { grantId: grant.id, amountMinor: minor(part) }
  })
  return back.filter(({ amountMinor }) => amountMinor > 0n)
}

/** What goes back to each grant: first what has to, then what was drawn last, as if the invoice had been smaller from the beginning. */
export function returnsOf(drawn: readonly Drawn[], amount: Minor, first: readonly Drawn[] = []): Drawn[] {
  const least = new Map(first.map(({ grantId, amountMinor }) => [grantId, amountMinor]))
  let open = amount - first.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)
  const back = drawn.toReversed().flatMap(({ grantId, amountMinor }): Drawn[] => {
    const has = least.get(grantId) ?? minor(0n)
    const free = amountMinor - has
    const part = free < open ? free : open
    assert(free >= 0n && part >= 0n, "no more has to go back than was drawn", { grantId, has, open })
    open -= part
    return has + part === 0n ? [] : [{ grantId, amountMinor: minor(has + part) }]
  })
  assert(open === 0n, "what goes back was drawn", { amount, open })
  return back
}

/** Of what a credit note gives back: what was not paid yet, what goes back as money, and what as credit. It is as if the invoice
 *  had been smaller: credit would have paid it first, so the payment method gets back first, but for `bound`, which credit with a scope
 *  would not have paid. */
export function creditedParts(
  invoice: { readonly leftMinor: Minor; readonly paidMinor: Minor; readonly drawnMinor: Minor },
  given: Minor,
  bound: Minor = minor(0n),
): { readonly unpaid: Minor; readonly money: Minor; readonly credit: Minor } {
  const { leftMinor, paidMinor, drawnMinor } = invoice
  const owing = leftMinor > 0n ? leftMinor : 0n
  const owedBack = leftMinor < 0n ? -leftMinor : 0n
  const rest = given - bound
  assert(rest >= 0n, "no more goes back than is given", { given, bound })
  const unpaid = rest < owing ? rest : owing
  const beyond = rest - unpaid
  const paid = paidMinor > owedBack ? paidMinor - owedBack : 0n
  const money = beyond < paid ? beyond : paid
  const credit = bound + beyond - money
  assert(credit >= 0n && credit <= drawnMinor, "what goes back was paid", { given, credit, drawnMinor })
  return { unpaid: minor(unpaid), money: minor(money), credit: minor(credit) }
}
