// Credit that a customer holds: wallets with grants in them. Pure. What grants pay is in wallet-draw.ts.
// Law: no grant falls below zero or rises above what was granted, and what is left of it is what its entries add up to.

import type { Minor } from "./money.ts"
import { minor } from "./money.ts"
import type { Instant } from "./time.ts"

/** Paid: the customer has paid for it, or was owed it. Promotional: it was given. */
export const GRANT_KINDS = ["Paid", "Promotional"] as const
export type GrantKind = (typeof GRANT_KINDS)[number]

/** Where a grant comes from. Cash: money that came in outside of any payment of ours. Payment: what came beyond what was due.
 *  Invoice: one below zero. Promotion: nowhere, it is given. */
export const GRANT_SOURCES = ["Cash", "Payment", "Invoice", "Promotion"] as const
export type GrantSource = (typeof GRANT_SOURCES)[number]

/** Debited: taken away by hand. Reversed: what it came from was taken back, or is given back as money. Restored: that is undone. */
export const ENTRY_KINDS = [
  "Granted",
  "Drawn",
  "Returned",
  "Expired",
  "Debited",
  "Reversed",
  "Restored",
] as const
export type EntryKind = (typeof ENTRY_KINDS)[number]

/** SKUs and tags of products: a line in any of them is in scope. */
export type CreditScope = {
  readonly skuIds: readonly string[]
  readonly productTags: readonly string[]
}

/** What the maker of an entry calls the accounts that it moves between. */
export type EntryReference = {
  readonly walletAccountId: string | null
  readonly platformAccountId: string | null
}

/** Below the threshold so much is charged and granted, at most `monthlyCapNanos` in a calendar month, if that is not null. Nanos, as
 *  texts. `paymentMethodId` null: the customer's default method. */
export type AutoRecharge = {
  readonly thresholdNanos: string
  readonly amountNanos: string
  readonly monthlyCapNanos: string | null
  readonly paymentMethodId: string | null
}

/** A grant with what decides its place in the order. */
export type Grant = {
  readonly id: string
  readonly walletPriority: number
  readonly walletScope: CreditScope | null
  readonly kind: GrantKind
  readonly remainingMinor: Minor
  readonly priority: number
  readonly scope: CreditScope | null
  readonly expiresAt: Instant | null
  readonly createdAt: Instant
}

/** Whether it may pay at this time. At the instant of its expiry it no longer does. */
export function isLive(grant: Pick<Grant, "remainingMinor" | "expiresAt">, now: Instant): boolean {
  return grant.remainingMinor > 0n && (grant.expiresAt === null || grant.expiresAt > now)
}

/** What grants hold together at this time. */
export function balanceOf(
  grants: readonly Pick<Grant, "remainingMinor" | "expiresAt">[],
  now: Instant,
): Minor {
  const live = grants.filter((grant) => isLive(grant, now))
  return minor(live.reduce((sum, { remainingMinor }) => sum + remainingMinor, 0n))
}

/** Whether it pays everything. */
export function isUnscoped({ scope, walletScope }: Pick<Grant, "scope" | "walletScope">): boolean {
  return scope === null && walletScope === null
}

/** What a line is of. */
export type LineScope = { readonly skuId: string | null; readonly tags: readonly string[] }

/** Whether a grant may pay a line: it is in the scope of the wallet and in that of the grant. */
export function covers(
  { scope, walletScope }: Pick<Grant, "scope" | "walletScope">,
  line: LineScope,
): boolean {
  return isIn(walletScope, line) && isIn(scope, line)
}

function isIn(scope: CreditScope | null, { skuId, tags }: LineScope): boolean {
  if (scope === null) return true
  if (skuId !== null && scope.skuIds.includes(skuId)) return true
  return tags.some((tag) => scope.productTags.includes(tag))
}
