// An invoice that is final as credit sees it: the lines that stand of it, and what grants have paid of them. Writes nothing.

import type { HeldGrant } from "../db/readers/wallets.ts"
import type { InvoiceRow } from "../db/rows.ts"
import { creditRest, creditTotal } from "../domain/credit-note.ts"
import { minor } from "../domain/money.ts"
import type { Draw, PayableLine } from "../domain/wallet-draw.ts"
import { payableLines } from "../domain/wallet-draw.ts"
import { drawnOf } from "../domain/wallet-return.ts"
import { leftOf } from "./credit-rows.ts"
import type { Draft } from "./draft-invoice.ts"
import type { Scope } from "./scope.ts"

/** The lines with their taxes, after each of so many lists of credit notes. The tags are those that products have now. */
export async function standingLines(
  scope: Scope,
  { invoice, lines }: Draft,
  lists: readonly (readonly Draft[])[],
): Promise<PayableLine[][]> {
  const tags = await scope.read.wallets.tagsOf(lines.flatMap(({ skuId }) => skuId ?? []))
  const skuOf = new Map(lines.map(({ id, skuId }) => [id, skuId]))
  return lists.map((notes) => {
    const standing = creditRest(leftOf({ invoice, lines }, notes)).map((credit): PayableLine => {
      const skuId = skuOf.get(credit.lineId) ?? null
      return { skuId, tags: tags.get(skuId ?? "") ?? [], amountMinor: creditTotal([credit]) }
    })
    const given = notes.reduce((sum, note) => sum + note.invoice.totalMinor, 0n)
    return payableLines(standing, minor(invoice.totalMinor - given))
  })
}

/** What grants have paid of an invoice and still do, in the order in which they did. */
export async function stillDrawn(scope: Scope, { id }: InvoiceRow): Promise<Draw<HeldGrant>[]> {
  const { wallets } = scope.read
  const amounts = drawnOf(await wallets.drawnFor(id))
  const grants = await wallets.grants(amounts.map(({ grantId }) => grantId))
  const byId = new Map(grants.map((grant) => [grant.id, grant]))
  return amounts.flatMap(({ grantId, amountMinor }) => {
    const grant = byId.get(grantId)
    return grant === undefined ? [] : [{ grant, amountMinor }]
  })
}
