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
  const against = grant.paid ? (grant.source ?? "Cash") : "Promotions"
  return moved("wallet.granted", grant.grantId, grant, against, creditAccount(grant))
}

/** `entryId`: the wallet's entry. */
export type DrawMoney = Credit & { readonly entryId: string }

/** Credit pays an invoice. */
export function postDraw(draw: DrawMoney): Posting[] {
  return moved("wallet.drawn", draw.entryId, draw, creditAccount(draw), "AccountsReceivable")
}

/** What paid an invoice is credit again, since the invoice is void. `entryId`: the entry that gives it back. */
export function postDrawReturned(draw: DrawMoney): Posting[] {
  return moved("wallet.returned", draw.entryId, draw, "AccountsReceivable", creditAccount(draw))
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

function creditAccount({ paid }: Credit): LedgerAccount {
  return paid ? "PrepaidCredit" : "PromotionalCredit"
}
