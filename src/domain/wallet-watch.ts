// What is to be told of a wallet whose balance is watched, and when it is filled up.
// Law: each crossing is told once. Low: from the moment on that less is left than the wallet says, until there is as much again.
// Depleted: from the moment on that usage is refused or nothing is left, until there is more than was left then. Pure.

import { formatNanos, nanos, type Nanos } from "./money.ts"
import type { Instant } from "./time.ts"
import type { AutoRecharge } from "./wallet.ts"

export type WatchedWallet = {
  readonly stopAtZero: boolean
  readonly lowBalanceNanos: string | null
  readonly autoRecharge: AutoRecharge | null
  readonly lowAt: Instant | null
  readonly depletedAt: Instant | null
  readonly depletedNanos: string | null
}

/** `live`: what the customer's credit comes to without what is used and not billed. `isRefused`: usage was just refused for it. */
export type Standing = { readonly live: Nanos; readonly isRefused: boolean; readonly now: Instant }

export type WatchNews = {
  readonly change: Pick<WatchedWallet, "lowAt" | "depletedAt" | "depletedNanos">
  readonly isChanged: boolean
  readonly tells: readonly ("wallet.low" | "wallet.depleted")[]
  /** Whether it has to be filled up. */
  readonly isWanting: boolean
}

export function watchNews(wallet: WatchedWallet, { live, isRefused, now }: Standing): WatchNews {
  const { lowBalanceNanos, autoRecharge, lowAt, depletedAt } = wallet
  const isLow = lowBalanceNanos !== null && live < BigInt(lowBalanceNanos)
  const isOver = live <= 0n || (isRefused && wallet.stopAtZero)
  const stays = depletedAt !== null && live <= leftThen(wallet)
  const isNew = !stays && isOver
  const depleted = stays
    ? { depletedAt, depletedNanos: wallet.depletedNanos }
    : { depletedAt: isNew ? now : null, depletedNanos: isNew ? formatNanos(live) : null }
  const change = { lowAt: isLow ? (lowAt ?? now) : null, ...depleted }
  return {
    change,
    isChanged: change.lowAt !== lowAt || change.depletedAt !== depletedAt,
    tells: [
      ...(isLow && lowAt === null ? ["wallet.low" as const] : []),
      ...(isNew && depletedAt === null ? ["wallet.depleted" as const] : []),
    ],
    isWanting: autoRecharge !== null && live < BigInt(autoRecharge.thresholdNanos),
  }
}

/** What was left when it was depleted: a wallet with prices that don't divide its balance never comes to nothing. */
function leftThen({ depletedNanos }: WatchedWallet): Nanos {
  const left = nanos(BigInt(depletedNanos ?? "0"))
  return left > 0n ? left : nanos(0n)
}
