// What a customer's credit allows: the budget of wallets that watch their balance.
// Law: what the credit has to pay is the usage of all time that no final invoice has taken, of every subscription that spends from it.
// An invoice that takes usage lowers the credit by it, and the usage counts no more: so it makes no difference when a period is billed.
// Pure.

import type { BudgetTerms, LimitTerms, Prepaid } from "./alert.ts"
import type { Currency } from "./currency.ts"
import type { Span } from "./leases.ts"
import { formatNanos, nanos, type Nanos } from "./money.ts"

/** How long usage of an ended period is looked after, as budgets do; usage that comes later than that is refused. */
export const USAGE_KEPT_MS = 35 * 86_400_000

/** What final invoices took of the usage of a subscription's period. */
export function takenIn({ taken }: Prepaid, subscriptionId: string, { start, end }: Span): Nanos {
  let sum = 0n
  for (const { from, nanos: amount } of taken[subscriptionId] ?? []) {
    if (start <= from && from < end) sum += BigInt(amount)
  }
  return nanos(sum > 0n ? sum : 0n)
}

/** What of a period's spend the credit still has to pay. */
export function unpaidOf(prepaid: Prepaid, subscriptionId: string, span: Span, spend: Nanos): Nanos {
  const rest = spend - takenIn(prepaid, subscriptionId, span)
  return nanos(rest > 0n ? rest : 0n)
}

/** Whether a period is so long ago that what was used in it can't be counted any more. */
export function isTooOld({ since }: Prepaid, subscriptionId: string, { start }: Span): boolean {
  const first = since[subscriptionId]
  return first !== undefined && start < first
}

/** A wallet, as far as it watches the balance. Amounts in nanos as text, null where it does not. */
export type WalletWatch = {
  readonly walletId: string
  readonly stopAtZero: boolean
  readonly lowNanos: string | null
  readonly rechargeNanos: string | null
}

export function isWatching({ stopAtZero, lowNanos, rechargeNanos }: Omit<WalletWatch, "walletId">): boolean {
  return stopAtZero || lowNanos !== null || rechargeNanos !== null
}

/** Stop: usage that the credit can't pay is refused. Low, Recharge: once less is left than the wallet says, it is told. */
export type WalletLimitKind = "Stop" | "Low" | "Recharge"

const PREFIX = "wallet"

/** What the limit of a wallet is called where alerts have their id. */
export function walletLimitId(walletId: string, kind: WalletLimitKind): string {
  return `${PREFIX}/${walletId}/${kind}`
}

/** Null where it is an alert's. */
export function walletOfLimit(
  limitId: string,
): { readonly walletId: string; readonly isStop: boolean } | null {
  const [prefix, walletId, kind] = limitId.split("/")
  return prefix === PREFIX && walletId !== undefined ? { walletId, isStop: kind === "Stop" } : null
}

/** The limits that credit of `balance` sets. What is below its threshold already was told when it fell there, so it limits nothing.
 *  The version is their epoch: whatever a limit had refused, it is asked anew once the credit is another. */
export function walletLimits(watches: readonly WalletWatch[], balance: Nanos, version: number): LimitTerms[] {
  const stop = watches.find(({ stopAtZero }) => stopAtZero)
  const limit = (walletId: string, kind: WalletLimitKind, threshold: bigint): LimitTerms[] => {
    if (threshold < 0n) return []
    const type = kind === "Stop" ? "HardLimit" : "SoftLimit"
    const thresholdNanos = formatNanos(nanos(threshold))
    return [{ alertId: walletLimitId(walletId, kind), type, thresholdNanos, epoch: version }]
  }
  return [
    ...(stop === undefined ? [] : limit(stop.walletId, "Stop", balance < 0n ? 0n : balance)),
    ...watches.flatMap(({ walletId, lowNanos, rechargeNanos }) => [
      ...(lowNanos === null ? [] : limit(walletId, "Low", balance - BigInt(lowNanos))),
      ...(rechargeNanos === null ? [] : limit(walletId, "Recharge", balance - BigInt(rechargeNanos))),
    ]),
  ]
}

/** The name of the budget of a customer's credit in a currency, among all objects: that of the customer's alerts, and the currency. */
export function creditName(customerId: string, currency: Currency): string {
  return `${customerId}/${currency}`
}

export type CreditTerms = BudgetTerms & { readonly prepaid: Prepaid }
