// What an invoice draws from its customer's wallets when it is finalized, as the part that it is of that commit; and what goes back to
// them when it is void or given back. What one that is open draws is in apply-credit.ts.
// Law: credit pays before any payment method, in an order that is fixed (domain/wallet-draw.ts), and goes back to where it came from.

import type { HeldGrant } from "../db/readers/wallets.ts"
import type { InvoiceLineRow, InvoiceRow } from "../db/rows.ts"
import type { Minor } from "../domain/money.ts"
import { minor } from "../domain/money.ts"
import type { Draw, PayableLine } from "../domain/wallet-draw.ts"
import { drawsFor, payableLines } from "../domain/wallet-draw.ts"
import type { Drawn } from "../domain/wallet-return.ts"
import { drawnOf, returnsOf } from "../domain/wallet-return.ts"
import type { CreditPart, Move } from "./credit-moves.ts"
import { movedCredit, NO_CREDIT } from "./credit-moves.ts"
import type { Draft } from "./draft-invoice.ts"
import type { Scope } from "./scope.ts"
import { walletChange } from "./wallet-limit.ts"

export type Drawing = CreditPart & { readonly drawnMinor: Minor }

/** What its customer's wallets hold, and whether one of them watches its balance. */
export type Credit = { readonly held: readonly HeldGrant[]; readonly isWatched: boolean }

/** A finalized invoice is also what tells how much of the usage is paid for. */
export async function drawing(scope: Scope, { invoice, lines }: Draft, credit: Credit): Promise<Drawing> {
  const { totalMinor, type } = invoice
  const held = type === "Standard" && totalMinor > 0n ? credit.held : []
  const payable = held.length === 0 ? [] : payableLines(await linesOf(scope, invoice, lines), totalMinor)
  return drawingOf(scope, invoice, { ...credit, held }, drawsFor(held, payable, scope.now))
}

/** What grants pay of an invoice, as the part that it is of the commit. */
export async function drawingOf(
  scope: Scope,
  { id, customerId }: InvoiceRow,
  { held, isWatched }: Credit,
  draws: readonly Draw<HeldGrant>[],
): Promise<Drawing> {
  const moves = draws.map(({ grant, amountMinor }): Move => ({ grant, amountMinor: minor(-amountMinor) }))
  const part = movedCredit(scope, moves, held, { kind: "Drawn", invoiceId: id })
  const drawnMinor = minor(draws.reduce((sum, { amountMinor }) => sum + amountMinor, 0n))
  return { ...(await withLimit(scope, customerId, part, isWatched)), drawnMinor }
}

/** Each line with its taxes that come on top, and the tags of its product. */
async function linesOf(
  scope: Scope,
  { tax }: InvoiceRow,
  lines: readonly InvoiceLineRow[],
): Promise<PayableLine[]> {
  const included = new Set(tax?.rates.filter(({ isInclusive }) => isInclusive).map(({ rateId }) => rateId))
  const tags = await scope.read.wallets.tagsOf(lines.flatMap(({ skuId }) => skuId ?? []))
  return lines
    .filter(({ isTax }) => !isTax)
    .map(({ skuId, amountMinor, taxes }) => {
      const onTop = (taxes ?? []).filter(({ rateId }) => !included.has(rateId))
      const gross = onTop.reduce((sum, share) => sum + share.amountMinor, amountMinor as bigint)
      return { skuId, tags: tags.get(skuId ?? "") ?? [], amountMinor: minor(gross) }
    })
}

/** What goes back to wallets of what an invoice has drawn. `first`: what of it has to. */
export async function returning(
  scope: Scope,
  invoice: InvoiceRow,
  amount: Minor,
  first: readonly Drawn[] = [],
): Promise<CreditPart> {
  if (amount === 0n) return NO_CREDIT
  const { id, customerId, currency } = invoice
  const drawn = drawnOf(await scope.read.wallets.drawnFor(id))
  const back = returnsOf(drawn, amount, first)
  const [grants, held] = await Promise.all([
    scope.read.wallets.grants(back.map(({ grantId }) => grantId)),
    scope.read.wallets.heldBy(customerId, currency),
  ])
  const moves = grants.flatMap((grant): Move[] => {
    const amountMinor = back.find(({ grantId }) => grantId === grant.id)?.amountMinor
    return amountMinor === undefined ? [] : [{ grant, amountMinor }]
  })
  const isGivenUp = invoice.status === "Uncollectible"
  return movedCredit(scope, moves, held, { kind: "Returned", invoiceId: id, isGivenUp })
}

/** With what goes along when a customer's balance changes. `isWatched`: where it is known whether a wallet watches it. */
export async function withLimit(
  scope: Scope,
  customerId: string,
  part: CreditPart,
  isWatched: boolean | null = null,
): Promise<CreditPart> {
  const known = isWatched === null ? {} : { isWatched }
  const limit = await walletChange(scope, customerId, { ...known, isMoving: part.writes.length > 0 })
  return {
    ...part,
    writes: [...part.writes, ...limit.writes],
    agenda: [...part.agenda, ...limit.agenda],
  }
}

/** Several parts as one. */
export function joined(...parts: readonly CreditPart[]): CreditPart {
  return {
    guards: parts.flatMap(({ guards }) => guards),
    writes: parts.flatMap(({ writes }) => writes),
    postings: parts.flatMap(({ postings }) => postings),
    agenda: parts.flatMap(({ agenda }) => agenda),
    audit: parts.flatMap(({ audit }) => audit),
  }
}
