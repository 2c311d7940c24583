// What moves in wallets, as the part that it is of a commit: grants, entries, postings and what is told of it.
// Law: whoever takes guards the wallet that it takes from, so no grant is spent twice; and what wallets hold and what the ledger says that
// they hold change in one commit.

import type { AuditEntry } from "../db/commit.ts"
import type { Guarded, Statement } from "../db/database.ts"
import type { HeldGrant } from "../db/readers/wallets.ts"
import type { WalletEntryRow, WalletRow } from "../db/rows.ts"
import { wallets } from "../db/schema.ts"
import { moveGrants } from "../db/wallets.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { assert } from "../domain/assert.ts"
import type { Posting, TakenMoney } from "../domain/ledger.ts"
import {
  postDebited,
  postDraw,
  postDrawReturned,
  postExpiry,
  postRestored,
  postReversed,
} from "../domain/ledger.ts"
import type { Minor } from "../domain/money.ts"
import { formatNanos, minor, minorToNanos } from "../domain/money.ts"
import { isWatching } from "../domain/prepaid.ts"
import type { EntryKind, EntryReference } from "../domain/wallet.ts"
import { balanceOf } from "../domain/wallet.ts"
import type { Scope } from "./scope.ts"

export type CreditPart = {
  readonly guards: readonly Guarded[]
  readonly writes: readonly Statement[]
  readonly postings: readonly Posting[]
  readonly agenda: readonly AgendaItem[]
  readonly audit: readonly AuditEntry[]
}

export const NO_CREDIT: CreditPart = { guards: [], writes: [], postings: [], agenda: [], audit: [] }

/** What comes into a grant, or leaves it: then it is below zero. */
export type Move = { readonly grant: HeldGrant; readonly amountMinor: Minor }

/** What the moves of one commit have in common. `isGivenUp`: of what goes back, the invoice is uncollectible. */
export type MoveOf = {
  readonly kind: Exclude<EntryKind, "Granted">
  readonly invoiceId?: string | null
  readonly isGivenUp?: boolean
  readonly description?: string | null
  readonly reason?: string | null
  readonly reference?: EntryReference | null
  /** What the audit trail says besides. */
  readonly told?: Readonly<Record<string, unknown>>
  readonly madeId?: string
}

const ACTIONS: Readonly<Record<MoveOf["kind"], string>> = {
  Drawn: "wallet.drawn",
  Returned: "wallet.returned",
  Expired: "wallet.expired",
  Debited: "wallet.debited",
  Reversed: "wallet.reversed",
  Restored: "wallet.restored",
}

/** `held`: all that the customer holds in the currency, by which a wallet is known to be empty. */
export function movedCredit(
  scope: Scope,
  moves: readonly Move[],
  held: readonly HeldGrant[],
  of: MoveOf,
): CreditPart & { readonly entries: readonly WalletEntryRow[] } {
  const some = moves.filter(({ amountMinor }) => amountMinor !== 0n)
  const transferId = scope.newId()
  const entries = some.map((move) => entryOf(scope, move, of, transferId))
  const left = new Map(some.map(({ grant, amountMinor }) => [grant.id, remaining(grant, amountMinor)]))
  const byWallet = [...Map.groupBy(some, ({ grant }) => grant.wallet.id).values()]
  return {
    entries,
    guards: byWallet.flatMap(([first]) =>
      first === undefined
        ? []
        : [scope.write.update(wallets, first.grant.wallet.id, first.grant.wallet.version, {})],
    ),
    writes: moveGrants(scope.platform.db, scope.tenant.id, left, entries),
    postings: some.flatMap((move, at) => postingsOf(move, entries[at]?.id ?? "", of)),
    agenda: some.flatMap(({ grant }) => lapsedItem(scope, grant, transferId)),
    audit: byWallet.flatMap((its, at) => told(scope, its, held, { ...of, transferId, isFirst: at === 0 })),
  }
}

function remaining({ row }: HeldGrant, amount: Minor): Minor {
  const left = minor(row.remainingMinor + amount)
  assert(left >= 0n && left <= row.amountMinor, "a grant stays between nothing and what was granted", {
    grant: row.id,
    left,
  })
  return left
}

function entryOf(scope: Scope, { grant, amountMinor }: Move, of: MoveOf, transferId: string): WalletEntryRow {
  return {
    id: scope.newId(),
    tenantId: scope.tenant.id,
    customerId: grant.row.customerId,
    walletId: grant.wallet.id,
    grantId: grant.id,
    transferId,
    kind: of.kind,
    currency: grant.row.currency,
    amountMinor,
    invoiceId: of.invoiceId ?? null,
    description: of.description ?? null,
    reason: of.reason ?? null,
    reference: of.reference ?? null,
    createdAt: scope.now,
  }
}

function postingsOf({ grant, amountMinor }: Move, entryId: string, of: MoveOf): Posting[] {
  const { customerId, currency, kind, source } = grant.row
  const comes = of.kind === "Returned" || of.kind === "Restored"
  assert(comes === amountMinor > 0n, "credit goes where its kind says", { entryId, amountMinor })
  const money: TakenMoney = {
    customerId,
    currency,
    entryId,
    paid: kind === "Paid",
    amountMinor: comes ? amountMinor : minor(-amountMinor),
    source: source === "Cash" ? "Cash" : "PayoutsPayable",
  }
  switch (of.kind) {
    case "Drawn":
      return postDraw(money)
    case "Returned":
      return postDrawReturned({ ...money, isGivenUp: of.isGivenUp ?? false })
    case "Expired":
      return postExpiry(money)
    case "Debited":
      return postDebited(money)
    case "Reversed":
      return postReversed(money)
    case "Restored":
      return postRestored(money)
  }
}

/** What goes back to a grant that has lapsed meanwhile lapses as well, by the job that it would have lapsed by. */
function lapsedItem(scope: Scope, { row, id }: HeldGrant, transferId: string): AgendaItem[] {
  if (row.expiresAt === null || row.expiresAt > scope.now || row.remainingMinor > 0n) return []
  return [{ kind: "expire-credit", subject: id, uniqueKey: transferId, dueAt: scope.now }]
}

type Telling = MoveOf & { readonly transferId: string; readonly isFirst: boolean }

function told(
  scope: Scope,
  moves: readonly Move[],
  held: readonly HeldGrant[],
  { kind, invoiceId, reason, told: more, madeId, transferId, isFirst }: Telling,
): AuditEntry[] {
  const [first] = moves
  if (first === undefined) return []
  const { wallet } = first.grant
  const before = balanceOf(
    held.filter((grant) => grant.wallet.id === wallet.id).map(({ row }) => row),
    scope.now,
  )
  const alive = moves.filter(({ grant }) => grant.expiresAt === null || grant.expiresAt > scope.now)
  const after = minor(before + total(alive))
  const nanosOf = (amount: Minor) => formatNanos(minorToNanos(amount, wallet.currency))
  const subject = { subjectType: "Wallet", subjectId: wallet.id, customerId: wallet.customerId }
  const isEmpty = after === 0n && (before > 0n || kind === "Expired") && !isLookedAfter(wallet)
  const says = {
    currency: wallet.currency,
    amount_nanos: nanosOf(total(moves)),
    balance_nanos: nanosOf(after),
    transfer_id: transferId,
    ...(invoiceId === undefined || invoiceId === null ? {} : { invoice_id: invoiceId }),
    ...(reason === undefined || reason === null ? {} : { reason }),
    ...more,
  }
  return [
    {
      action: ACTIONS[kind],
      ...subject,
      after: says,
      ...(isFirst && madeId !== undefined ? { madeId } : {}),
    },
    ...(isEmpty ? [{ action: "wallet.depleted", ...subject, after: says }] : []),
  ]
}

/** Whether its balance is watched together with the usage that it has yet to pay: then that tells when nothing is left. */
function isLookedAfter({ scope, stopAtZero, lowBalanceNanos: lowNanos, autoRecharge }: WalletRow): boolean {
  const rechargeNanos = autoRecharge?.thresholdNanos ?? null
  return scope === null && isWatching({ stopAtZero, lowNanos, rechargeNanos })
}

function total(moves: readonly Move[]): Minor {
  return minor(moves.reduce((sum, { amountMinor }) => sum + amountMinor, 0n))
}
