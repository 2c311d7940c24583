// Grants credit to a customer by hand, or takes it away: the credits of the API.
// Law: what is taken away is there. Credit that comes depends on nothing that is there, so many who give at once all get through.

import type { CustomerRow, WalletEntryRow, WalletGrantRow, WalletRow } from "../db/rows.ts"
import type { Currency } from "../domain/currency.ts"
import type { Minor } from "../domain/money.ts"
import { formatNanos, minor, minorToNanos, nanos, nanosToMinor } from "../domain/money.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import type { CreditScope, EntryReference, GrantKind } from "../domain/wallet.ts"
import { balanceOf } from "../domain/wallet.ts"
import { debitsOf } from "../domain/wallet-draw.ts"
import { limits } from "../limits.ts"
import type { Decided, Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { CreditPart } from "./credit-moves.ts"
import { movedCredit } from "./credit-moves.ts"
import { withLimit } from "./draw-wallet.ts"
import { findCustomer } from "./find.ts"
import { grantPart } from "./grant-part.ts"
import { invalid, missing, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { tellWalletNow } from "./wallet-limit.ts"

/** `amountNanos` below zero takes away. `kind` null: Paid, or whatever there is. */
export type NewCredit = {
  readonly amountNanos: string
  readonly currency: Currency | null
  readonly walletId: string | null
  readonly kind: GrantKind | null
  readonly priority: number | null
  readonly expiresAt: Instant | null
  readonly scope: CreditScope | null
  readonly description: string | null
  readonly reason: string | null
  readonly reference: EntryReference | null
  readonly actor: CreditActor | null
}

/** Who wants it, as the caller tells. */
export type CreditActor = { readonly id: string | null; readonly name: string | null }

/** What was done: a grant, or what was taken away of several. `auditId`: the entry of the audit trail that tells it. */
export type Transfer = {
  readonly wallet: WalletRow
  readonly grant: WalletGrantRow | null
  readonly entries: readonly WalletEntryRow[]
  readonly auditId: string
  readonly action: string
  readonly actor: CreditActor | null
}

export async function creditCustomer(
  scope: Scope,
  customerId: string,
  input: NewCredit,
  reply: Reply<Transfer>,
): Promise<Outcome<Transfer>> {
  const outcome = await act(
    scope,
    async () => {
      const customer = await findCustomer(scope, customerId)
      if (!customer.ok) return customer
      const wallet = await walletOf(scope, customer.value, input)
      if (!wallet.ok) return wallet
      const currency = wallet.value?.currency ?? input.currency ?? customer.value.billingCurrency
      const amount = amountOf(input, currency)
      if (!amount.ok) return amount
      const at = { customerId, currency, wallet: wallet.value, amount: amount.value }
      return amount.value > 0n ? granted(scope, at, input) : debited(scope, at, input)
    },
    reply,
  )
  if (outcome.ok) await tellWalletNow(scope, customerId)
  return outcome
}

/** The wallet that is named, or the default one; null: it is yet to be made. */
async function walletOf(
  scope: Scope,
  customer: CustomerRow,
  { walletId, currency }: NewCredit,
): Promise<Outcome<WalletRow | null>> {
  if (walletId === null) {
    return ok(await scope.read.wallets.defaultOf(customer.id, currency ?? customer.billingCurrency))
  }
  const wallet = await scope.read.wallets.byId(customer.id, walletId)
  if (wallet === null) return err(missing("wallet_id", "wallet of this customer"))
  if (currency === null || currency === wallet.currency) return ok(wallet)
  const message = `The wallet holds ${wallet.currency}.`
  return err(refusal("currency_mismatch", message, [{ path: "currency", message }]))
}

/** Storage keeps whole numbers exactly up to 2^53; all that a customer may be granted at once stays below. */
const MAX_MINOR = 2n ** 53n / 256n

function amountOf({ amountNanos }: NewCredit, currency: Currency): Outcome<Minor> {
  const amount = nanosToMinor(nanos(BigInt(amountNanos)), currency)
  if (!amount.ok) return err(invalid("amount_nanos", `Not a whole number of the minor units of ${currency}.`))
  if (amount.value <= MAX_MINOR && amount.value >= -MAX_MINOR) return amount
  const message = "The amount is more than a wallet can hold."
  return err(refusal("amount_out_of_range", message, [{ path: "amount_nanos", message }]))
}

type At = {
  readonly customerId: string
  readonly currency: Currency
  readonly wallet: WalletRow | null
  readonly amount: Minor
}

async function granted(scope: Scope, at: At, input: NewCredit): Promise<Outcome<Decided<Transfer>>> {
  const { customerId, currency, wallet, amount } = at
  const { expiresAt, priority, description, reason, reference, actor } = input
  if (expiresAt !== null && expiresAt <= scope.now) {
    return err(invalid("expires_at", "The credit would have lapsed already."))
  }
  const held = await scope.read.wallets.heldBy(customerId, null)
  const byHand = held.filter(({ row }) => row.source === "Cash" || row.source === "Promotion")
  if (byHand.length >= limits.grantsPerCustomer) {
    return err(refusal("invalid_state", `A customer is granted at most ${limits.grantsPerCustomer} at once.`))
  }
  const kind = input.kind ?? "Paid"
  const auditId = scope.newId()
  const part = await grantPart(scope, {
    customerId,
    currency,
    wallet,
    kind,
    amountMinor: amount,
    source: kind === "Paid" ? "Cash" : "Promotion",
    sourceId: null,
    scope: input.scope,
    expiresAt,
    description,
    reason,
    reference,
    told: toldOf(actor),
    madeId: auditId,
    ...(priority === null ? {} : { priority }),
  })
  const value = { ...part, entries: [part.entry], auditId, action: "wallet.credited", actor }
  return done(scope, customerId, value, part)
}

/** Takes away in the order in which it would be drawn: of the wallet, and of the kind, that are named. */
async function debited(scope: Scope, at: At, input: NewCredit): Promise<Outcome<Decided<Transfer>>> {
  const { customerId, currency, wallet, amount } = at
  const unfit = (["priority", "expiresAt", "scope"] as const).find((name) => input[name] !== null)
  if (unfit !== undefined) {
    const path = unfit === "expiresAt" ? "expires_at" : unfit
    return err(invalid(path, "Only of credit that is granted, and this takes away."))
  }
  const all = await scope.read.wallets.heldBy(customerId, currency)
  const held = all.filter(
    (grant) => grant.wallet.id === wallet?.id && (input.kind === null || grant.kind === input.kind),
  )
  const debits = debitsOf(held, minor(-amount), scope.now)
  if (wallet === null || debits === null) {
    const there = formatNanos(minorToNanos(balanceOf(held, scope.now), currency))
    return err(invalid("amount_nanos", `The wallet holds ${there}: no more can be taken away.`))
  }
  const { description, reason, reference, actor } = input
  const auditId = scope.newId()
  const part = movedCredit(
    scope,
    debits.map(({ grant, amountMinor }) => ({ grant, amountMinor: minor(-amountMinor) })),
    all,
    { kind: "Debited", description, reason, reference, told: toldOf(actor), madeId: auditId },
  )
  const value = { wallet, grant: null, entries: part.entries, auditId, action: "wallet.debited", actor }
  return done(scope, customerId, value, part)
}

async function done(
  scope: Scope,
  customerId: string,
  value: Transfer,
  part: CreditPart,
): Promise<Outcome<Decided<Transfer>>> {
  const { guards, writes, postings, agenda, audit } = await withLimit(scope, customerId, part)
  return ok({ value, commit: { guards, writes, postings, agenda, audit } })
}

function toldOf(actor: CreditActor | null) {
  if (actor === null) return {}
  return { on_behalf_of: { id: actor.id, name: actor.name } }
}
