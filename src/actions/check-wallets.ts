// Looks how much credit a customer has left by now, tells once what is low or gone, and has it filled up. Runs after each change of the
// credit, and when a meter or a budget says that a threshold was crossed.
// What a repeat means: nothing. What was told is noted on the wallet, whose version guards it.

import type { AuditEntry } from "../db/commit.ts"
import type { WalletRow } from "../db/rows.ts"
import { wallets } from "../db/schema.ts"
import type { AlertMessage } from "../domain/alert.ts"
import { formatNanos } from "../domain/money.ts"
import { walletOfLimit } from "../domain/prepaid.ts"
import { ok } from "../domain/result.ts"
import type { WatchNews } from "../domain/wallet-watch.ts"
import { watchNews } from "../domain/wallet-watch.ts"
import type { Decided, Outcome } from "./act.ts"
import { act } from "./act.ts"
import { walletSubject } from "./grant-part.ts"
import type { LiveBalance } from "./live-balance.ts"
import { liveBalance } from "./live-balance.ts"
import type { RechargePart } from "./begin-recharge.ts"
import { beginningRecharge, NO_RECHARGE } from "./begin-recharge.ts"
import type { Scope } from "./scope.ts"

/** A limit of a wallet was crossed. One that was crossed before the credit changed says nothing of the credit as it is: then it is only
 *  looked at. */
export async function noteWalletLimit(scope: Scope, message: AlertMessage): Promise<Outcome<null>> {
  const limit = walletOfLimit(message.alert_id)
  const wallet = limit === null ? null : await scope.read.wallets.anyById(limit.walletId)
  if (limit === null || wallet === null) return act(scope, async () => ok(NOTHING), null)
  const version = await scope.read.walletBudgets.version(wallet.customerId)
  const isRefused = limit.isStop && message.epoch === version
  return checkWallets(scope, wallet.customerId, isRefused ? wallet.id : null)
}

const NOTHING: Decided<null> = { value: null, commit: { audit: [] } }

/** `refusing`: the wallet for whose credit usage was just refused. */
export async function checkWallets(
  scope: Scope,
  customerId: string,
  refusing: string | null,
): Promise<Outcome<null>> {
  return act(
    scope,
    async () => {
      const watched = (await scope.read.wallets.ofCustomer(customerId)).filter(isWatched)
      if (watched.length === 0) return ok(NOTHING)
      const parts = await Promise.all(watched.map((wallet) => looked(scope, wallet, refusing)))
      const { walletId: recharged, ...recharge } = await rechargeOf(scope, parts)
      return ok({
        value: null,
        commit: {
          ...recharge,
          guards: [
            ...parts.flatMap(({ wallet, news }) =>
              news.isChanged || recharged === wallet.id
                ? [scope.write.update(wallets, wallet.id, wallet.version, news.change)]
                : [],
            ),
            ...recharge.guards,
          ],
          audit: [...parts.flatMap(tellings), ...recharge.audit],
        },
      })
    },
    null,
  )
}

/** A wallet with a scope pays for some things only: it limits nothing. */
function isWatched({ scope, stopAtZero, lowBalanceNanos, autoRecharge }: WalletRow): boolean {
  return scope === null && (stopAtZero || lowBalanceNanos !== null || autoRecharge !== null)
}

type Looked = { readonly wallet: WalletRow; readonly credit: LiveBalance; readonly news: WatchNews }

async function looked(scope: Scope, wallet: WalletRow, refusing: string | null): Promise<Looked> {
  const credit = await liveBalance(scope, wallet.customerId, wallet.currency)
  const standing = { live: credit.liveNanos, isRefused: wallet.id === refusing, now: scope.now }
  return { wallet, credit, news: watchNews(wallet, standing) }
}

/** One at a time: the money of the first one brings the next look, and may be enough for all. */
async function rechargeOf(scope: Scope, parts: readonly Looked[]): Promise<RechargePart> {
  for (const { wallet, news } of parts) {
    if (!news.isWanting) continue
    const recharge = await beginningRecharge(scope, wallet)
    if (recharge !== NO_RECHARGE) return recharge
  }
  return NO_RECHARGE
}

function tellings({ wallet, credit, news }: Looked): AuditEntry[] {
  return news.tells.map((action) => ({
    action,
    ...walletSubject(wallet),
    after: {
      currency: wallet.currency,
      balance_nanos: formatNanos(credit.balanceNanos),
      live_balance_nanos: formatNanos(credit.liveNanos),
      low_balance_nanos: wallet.lowBalanceNanos,
    },
  }))
}
