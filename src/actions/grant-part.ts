// A new grant, as the part that it is of a commit. Credit that names no wallet goes to the customer's default one, which the first
// such credit makes.

import type { WalletEntryRow, WalletGrantRow, WalletRow } from "../db/rows.ts"
import { walletEntries, walletGrants, wallets } from "../db/schema.ts"
import { touchWallet } from "../db/wallets.ts"
import { assert } from "../domain/assert.ts"
import type { Currency } from "../domain/currency.ts"
import { postGrant } from "../domain/ledger.ts"
import { formatNanos, minorToNanos } from "../domain/money.ts"
import { formatInstant } from "../domain/time.ts"
import type { EntryReference } from "../domain/wallet.ts"
import type { CreditPart } from "./credit-moves.ts"
import type { Scope } from "./scope.ts"

type Given = Pick<WalletGrantRow, "customerId" | "currency" | "kind" | "amountMinor" | "source" | "sourceId">

/** `wallet` null: the default one of the currency. */
export type NewGrant = Given &
  Partial<Pick<WalletGrantRow, "priority" | "scope" | "expiresAt" | "description">> & {
    readonly wallet?: WalletRow | null
    /** The invoice that it comes from, where it does. */
    readonly invoiceId?: string | null
    readonly reason?: string | null
    readonly reference?: EntryReference | null
    /** What the audit trail says besides. */
    readonly told?: Readonly<Record<string, unknown>>
    readonly madeId?: string
  }

export type GrantPart = CreditPart & {
  readonly wallet: WalletRow
  readonly grant: WalletGrantRow
  readonly entry: WalletEntryRow
}

export const DEFAULT_PRIORITY = 100

/** Nothing that is there is decided from, so nothing but the wallet's being there is guarded. */
export async function grantPart(scope: Scope, input: NewGrant): Promise<GrantPart> {
  assert(input.amountMinor > 0n, "a grant is of something", { amount: input.amountMinor })
  const { customerId, currency } = input
  const known = input.wallet ?? (await scope.read.wallets.defaultOf(customerId, currency))
  const wallet = known ?? newDefault(scope, customerId, currency)
  assert(wallet.currency === currency, "a wallet holds one currency", { wallet: wallet.id, currency })
  const grant = grantRow(scope, wallet, input)
  const entry = entryRow(scope, grant, input)
  const { id, expiresAt } = grant
  return {
    wallet,
    grant,
    entry,
    guards: known === null ? [] : [touchWallet(scope.platform.db, scope.tenant.id, known.id)],
    writes: [
      ...(known === null ? [scope.write.insert(wallets, wallet)] : []),
      scope.write.insert(walletGrants, grant),
      scope.write.insert(walletEntries, entry),
    ],
    postings: postGrant({
      grantId: id,
      customerId,
      currency,
      amountMinor: grant.amountMinor,
      paid: grant.kind === "Paid",
      source: grant.source === "Cash" ? "Cash" : "PayoutsPayable",
    }),
    agenda:
      expiresAt === null
        ? []
        : [{ kind: "expire-credit", subject: id, uniqueKey: "expires", dueAt: expiresAt }],
    audit: [
      ...(known === null
        ? [{ action: "wallet.created", ...walletSubject(wallet), after: walletState(wallet) }]
        : []),
      {
        action: "wallet.credited",
        ...walletSubject(wallet),
        after: says(grant, entry, input),
        ...made(input),
      },
    ],
  }
}

function made({ madeId }: NewGrant) {
  return madeId === undefined ? {} : { madeId }
}

function says(grant: WalletGrantRow, entry: WalletEntryRow, { reason, told }: NewGrant) {
  const { currency, amountMinor, kind, expiresAt, source, sourceId } = grant
  return {
    currency,
    amount_nanos: formatNanos(minorToNanos(amountMinor, currency)),
    transfer_id: entry.transferId,
    grant_id: grant.id,
    kind,
    source,
    ...(source === "Payment" ? { payment_id: sourceId } : {}),
    ...(entry.invoiceId === null ? {} : { invoice_id: entry.invoiceId }),
    ...(expiresAt === null ? {} : { expires_at: formatInstant(expiresAt) }),
    ...(reason === undefined || reason === null ? {} : { reason }),
    ...told,
  }
}

function grantRow(scope: Scope, wallet: WalletRow, input: NewGrant): WalletGrantRow {
  const { customerId, currency, kind, amountMinor, source, sourceId } = input
  return {
    id: scope.newId(),
    tenantId: scope.tenant.id,
    customerId,
    walletId: wallet.id,
    currency,
    kind,
    amountMinor,
    remainingMinor: amountMinor,
    priority: input.priority ?? DEFAULT_PRIORITY,
    scope: input.scope ?? null,
    expiresAt: input.expiresAt ?? null,
    source,
    sourceId,
    description: input.description ?? null,
    createdAt: scope.now,
  }
}

function entryRow(scope: Scope, grant: WalletGrantRow, input: NewGrant): WalletEntryRow {
  const id = scope.newId()
  return {
    id,
    tenantId: scope.tenant.id,
    customerId: grant.customerId,
    walletId: grant.walletId,
    grantId: grant.id,
    transferId: id,
    kind: "Granted",
    currency: grant.currency,
    amountMinor: grant.amountMinor,
    invoiceId: input.invoiceId ?? null,
    description: grant.description,
    reason: input.reason ?? null,
    reference: input.reference ?? null,
    createdAt: scope.now,
  }
}

function newDefault(scope: Scope, customerId: string, currency: Currency): WalletRow {
  return { ...emptyWallet(scope, customerId, currency), name: "Credit", isDefault: true }
}

/** What every new wallet has in common. */
export function emptyWallet(scope: Scope, customerId: string, currency: Currency) {
  return {
    id: scope.newId(),
    tenantId: scope.tenant.id,
    customerId,
    currency,
    priority: DEFAULT_PRIORITY,
    scope: null,
    stopAtZero: false,
    autoRecharge: null,
    lowBalanceNanos: null,
    lowAt: null,
    depletedAt: null,
    depletedNanos: null,
    version: 1,
    createdAt: scope.now,
  } as const
}

/** Whom an audit entry is about. */
export function walletSubject({ id, customerId }: WalletRow) {
  return { subjectType: "Wallet", subjectId: id, customerId }
}

/** A wallet as the audit trail keeps it. */
export function walletState(wallet: WalletRow) {
  const { name, currency, priority, scope, isDefault, stopAtZero, lowBalanceNanos, autoRecharge } = wallet
  return {
    name,
    currency,
    priority,
    scope: scope === null ? null : { sku_ids: scope.skuIds, product_tags: scope.productTags },
    is_default: isDefault,
    stop_at_zero: stopAtZero,
    low_balance_nanos: lowBalanceNanos,
    auto_recharge:
      autoRecharge === null
        ? null
        : {
            threshold_nanos: autoRecharge.thresholdNanos,
            amount_nanos: autoRecharge.amountNanos,
            monthly_cap_nanos: autoRecharge.monthlyCapNanos,
            payment_method_id: autoRecharge.paymentMethodId,
          },
  }
}
