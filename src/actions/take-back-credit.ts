// What became credit is owed as money again: the payment that it came from came back or is refunded, the invoice below zero that it came
// from is void.
// Law: what was spent of it meanwhile stays spent.

import type { HeldGrant } from "../db/readers/wallets.ts"
import type { PaymentRow } from "../db/rows.ts"
import type { Minor } from "../domain/money.ts"
import { minor } from "../domain/money.ts"
import type { CreditPart, Move } from "./credit-moves.ts"
import { movedCredit, NO_CREDIT } from "./credit-moves.ts"
import type { Scope } from "./scope.ts"

/** A payment with what is left of the credit that it became, and what of it is spent. */
export type CreditedPayment = PaymentRow & {
  readonly freeMinor: Minor
  readonly spentMinor: Minor
  readonly grant: HeldGrant | null
}

export async function withCredit(scope: Scope, payments: readonly PaymentRow[]): Promise<CreditedPayment[]> {
  const ids = payments.filter(({ creditedMinor }) => creditedMinor > 0n).map(({ id }) => id)
  const grants = await scope.read.wallets.grantsOf(ids)
  const bySource = new Map(grants.map((grant) => [grant.row.sourceId, grant]))
  return payments.map((payment) => {
    const { id, creditedMinor } = payment
    const grant = bySource.get(id) ?? null
    const free = grant?.row.remainingMinor ?? minor(0n)
    const freeMinor = free < creditedMinor ? free : creditedMinor
    return { ...payment, freeMinor, spentMinor: minor(creditedMinor - freeMinor), grant }
  })
}

/** What of a refund of a payment is credit until then: first of all that. */
export function creditIn({ freeMinor }: CreditedPayment, amount: Minor): Minor {
  return amount < freeMinor ? amount : freeMinor
}

/** Takes so much out of the credit that came of each source, at most what is left of it. `known`: the grants that this was decided from,
 *  so that their wallets are guarded as they were then. */
export async function takingBack(
  scope: Scope,
  customerId: string,
  wanted: ReadonlyMap<string, Minor>,
  known: readonly HeldGrant[] | null = null,
): Promise<CreditPart & { readonly takenMinor: Minor }> {
  const sources = [...wanted].filter(([, amount]) => amount > 0n).map(([id]) => id)
  const grants = known ?? (await scope.read.wallets.grantsOf(sources))
  const moves = grants.flatMap((grant) => moveOf(grant, wanted))
  const [first] = moves
  if (first === undefined) return { ...NO_CREDIT, takenMinor: minor(0n) }
  const held = await scope.read.wallets.heldBy(customerId, first.grant.row.currency)
  const part = movedCredit(scope, moves, held, { kind: "Reversed" })
  return { ...part, takenMinor: minor(-moves.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)) }
}

function moveOf(grant: HeldGrant, wanted: ReadonlyMap<string, Minor>): Move[] {
  const { sourceId, remainingMinor } = grant.row
  const asked = wanted.get(sourceId ?? "") ?? minor(0n)
  const taken = asked < remainingMinor ? asked : remainingMinor
  return taken === 0n ? [] : [{ grant, amountMinor: minor(-taken) }]
}
