// Makes a wallet, and changes one: its name, its place in the order, what it may pay, and what is done when it runs low.

import type { WalletRow } from "../db/rows.ts"
import { customers, wallets } from "../db/schema.ts"
import type { Currency } from "../domain/currency.ts"
import { nanos, nanosToMinor } from "../domain/money.ts"
import { err, ok } from "../domain/result.ts"
import type { AutoRecharge } from "../domain/wallet.ts"
import { limits } from "../limits.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { findCustomer } from "./find.ts"
import { emptyWallet, walletState, walletSubject } from "./grant-part.ts"
import type { Refusal } from "./refusal.ts"
import { invalid, missing, notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { tellWalletNow, walletChange } from "./wallet-limit.ts"

/** What may be said of a wallet at any time. */
export type WalletFields = Pick<
  WalletRow,
  "name" | "priority" | "scope" | "stopAtZero" | "autoRecharge" | "lowBalanceNanos"
>

export type NewWallet = Pick<WalletRow, "name"> &
  Partial<WalletFields> & { readonly currency: Currency | null }

export async function createWallet(
  scope: Scope,
  customerId: string,
  { currency, ...fields }: NewWallet,
  reply: Reply<WalletRow>,
): Promise<Outcome<WalletRow>> {
  const outcome = await act(
    scope,
    async () => {
      const customer = await findCustomer(scope, customerId)
      if (!customer.ok) return customer
      const known = await scope.read.wallets.ofCustomer(customerId)
      if (known.length >= limits.walletsPerCustomer) {
        return err(refusal("invalid_state", `A customer has at most ${limits.walletsPerCustomer} wallets.`))
      }
      const held = currency ?? customer.value.billingCurrency
      // What is left over of a payment may pay everything, and goes to the default one.
      const isDefault =
        (fields.scope ?? null) === null && !known.some((one) => one.currency === held && one.isDefault)
      const row: WalletRow = { ...emptyWallet(scope, customerId, held), isDefault, ...fields }
      const refused = await refuseWatch(scope, row)
      if (refused !== null) return err(refused)
      const change = await walletChange(scope, customerId, { becomesWatched: isWatched(row) })
      return ok({
        value: row,
        commit: {
          guards: [scope.write.update(customers, customerId, customer.value.version, {})],
          writes: [scope.write.insert(wallets, row), ...change.writes],
          agenda: change.agenda,
          audit: [{ action: "wallet.created", ...walletSubject(row), after: walletState(row) }],
        },
      })
    },
    reply,
  )
  if (outcome.ok) await tellWalletNow(scope, customerId)
  return outcome
}

export async function updateWallet(
  scope: Scope,
  { customerId, walletId }: { readonly customerId: string; readonly walletId: string },
  fields: Partial<WalletFields>,
  reply: Reply<WalletRow>,
): Promise<Outcome<WalletRow>> {
  const outcome = await act(
    scope,
    async () => {
      const before = await scope.read.wallets.byId(customerId, walletId)
      if (before === null) return err(notFound("wallet"))
      const row: WalletRow = { ...before, ...fields, version: before.version + 1 }
      const refused = refuseScope(row) ?? (await refuseWatch(scope, row))
      if (refused !== null) return err(refused)
      const watched = isWatched(before) || isWatched(row)
      const change = await walletChange(scope, customerId, { becomesWatched: watched })
      return ok({
        value: row,
        commit: {
          guards: [scope.write.update(wallets, walletId, before.version, fields)],
          writes: change.writes,
          agenda: change.agenda,
          audit: [
            {
              action: "wallet.updated",
              ...walletSubject(row),
              before: walletState(before),
              after: walletState(row),
            },
          ],
        },
      })
    },
    reply,
  )
  if (outcome.ok) await tellWalletNow(scope, customerId)
  return outcome
}

function refuseScope({ isDefault, scope }: WalletRow): Refusal | null {
  if (!isDefault || scope === null) return null
  return invalid("scope", "The default wallet pays everything: make another one for some things.")
}

function isWatched({ stopAtZero, autoRecharge, lowBalanceNanos }: WalletRow): boolean {
  return stopAtZero || autoRecharge !== null || lowBalanceNanos !== null
}

/** Why a wallet can't watch its balance as it is to. */
async function refuseWatch(scope: Scope, wallet: WalletRow): Promise<Refusal | null> {
  const { customerId, currency, autoRecharge } = wallet
  if (!isWatched(wallet)) return null
  if (wallet.scope !== null) {
    return invalid(
      "scope",
      "A wallet that pays for some things only can't stop usage, nor tell that it is low.",
    )
  }
  const { budgetMembers } = limits
  if ((await scope.read.walletBudgets.sharing(customerId)) > budgetMembers) {
    return refusal("invalid_state", `More than ${budgetMembers} subscriptions would share the wallet.`)
  }
  return autoRecharge === null ? null : refuseRecharge(scope, customerId, currency, autoRecharge)
}

async function refuseRecharge(
  scope: Scope,
  customerId: string,
  currency: Currency,
  { amountNanos, monthlyCapNanos, paymentMethodId: id }: AutoRecharge,
): Promise<Refusal | null> {
  if (!isWhole(amountNanos, currency)) {
    return invalid("auto_recharge.amount_nanos", `Not a whole number of the minor units of ${currency}.`)
  }
  if (monthlyCapNanos !== null && !isWhole(monthlyCapNanos, currency)) {
    return invalid("auto_recharge.monthly_cap_nanos", `Not a whole number of the minor units of ${currency}.`)
  }
  if (monthlyCapNanos !== null && BigInt(monthlyCapNanos) < BigInt(amountNanos)) {
    return invalid("auto_recharge.monthly_cap_nanos", "Less than one recharge: it would never be filled up.")
  }
  if (id === null) return null
  const method = await scope.read.paymentMethods.byId(customerId, id)
  const isThere = method !== null && method.detachedAt === null
  return isThere ? null : missing("auto_recharge.payment_method_id", "payment method of this customer")
}

function isWhole(amountNanos: string, currency: Currency): boolean {
  return nanosToMinor(nanos(BigInt(amountNanos)), currency).ok
}
