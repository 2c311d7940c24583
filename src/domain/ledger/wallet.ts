// What a customer's credits post. Law: PrepaidCredit and PromotionalCredit stand at what the customer's wallets hold of each.

import type { LedgerAccount, Movement, Posting } from "./accounts.ts"
import { moved } from "./payments.ts"

/** `paid`: the customer has paid for it; else it was given. */
type Credit = Movement & { readonly paid: boolean }

/** `source`: where the money of a paid grant is. `Cash`: it has come in outside of any payment of ours. `PayoutsPayable`: a payment,
 *  credit note or negative invoice left it owed to the customer, and as credit it is kept. */
export type GrantMoney = Credit & { readonly grantId: string; readonly source?: "Cash" | "PayoutsPayable" }

/** Credit is granted: a debt to the customer. What was given for nothing costs what it promises. */
export function postGrant(grant: GrantMoney): Posting[] {
  return moved("wallet.granted", grant.grantId, grant, againstOf(grant), creditAccount(grant))
}

/** `entryId`: the wallet's entry. */
export type DrawMoney = Credit & { readonly entryId: string }

/** Credit pays an invoice. */
export function postDraw(draw: DrawMoney): Posting[] {
  return moved("wallet.drawn", draw.entryId, draw, creditAccount(draw), "AccountsReceivable")
}

/** `isGivenUp`: the invoice is uncollectible. */
export type ReturnMoney = DrawMoney & { readonly isGivenUp?: boolean }

/** What paid an invoice is credit again, since the invoice is void or was given back. `entryId`: the entry that gives it back. */
export function postDrawReturned(draw: ReturnMoney): Posting[] {
  const from = draw.isGivenUp === true ? "BadDebt" : "AccountsReceivable"
  return moved("wallet.returned", draw.entryId, draw, from, creditAccount(draw))
}

export type TakenMoney = DrawMoney & Pick<GrantMoney, "source">

/** Credit is taken away by hand: the opposite of what its grant posted. */
export function postDebited(taken: TakenMoney): Posting[] {
  return moved("wallet.debited", taken.entryId, taken, creditAccount(taken), againstOf(taken))
}

/** Credit that a payment or an invoice had left is owed as money again. */
export function postReversed(taken: TakenMoney): Posting[] {
  return moved("wallet.reversed", taken.entryId, taken, creditAccount(taken), againstOf(taken))
}

/** What was reversed is credit again, since what it came from was not lost after all. */
export function postRestored(back: TakenMoney): Posting[] {
  return moved("wallet.restored", back.entryId, back, againstOf(back), creditAccount(back))
}

/** Credit lapses: what was paid for is earned, what was given costs nothing after all. */
export function postExpiry(expiry: DrawMoney): Posting[] {
  return moved(
    "wallet.expired",
    expiry.entryId,
    expiry,
    creditAccount(expiry),
    expiry.paid ? "Breakage" : "Promotions",
  )
}

/** Where the worth of a grant comes from. */
function againstOf({ paid, source }: Credit & Pick<GrantMoney, "source">): LedgerAccount {
  return paid ? (source ?? "Cash") : "Promotions"
}

function creditAccount({ paid }: Credit): LedgerAccount {
  return paid ? "PrepaidCredit" : "PromotionalCredit"
}
