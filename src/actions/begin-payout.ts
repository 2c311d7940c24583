// Begins to pay out what is owed to a customer: the payout is written, and its amount spoken for, before the processor is asked.
// Laws: what is on its way is never more than what is owed, however many ask at once, and never gives back what a refund has given back;
// of an invoice at most one payout is live; what invoices that pay out wait for is kept for them.

import type { InvoiceRow, PaymentMethodRow, PayoutRow } from "../db/rows.ts"
import { invoices, payouts } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { assert } from "../domain/assert.ts"
import type { Currency } from "../domain/currency.ts"
import { formatNanos, minor, minorToNanos, nanos, nanosToMinor } from "../domain/money.ts"
import { isOnItsWay } from "../domain/payout.ts"
import { err, ok } from "../domain/result.ts"
import { instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { Decided, Outcome } from "./act.ts"
import { act } from "./act.ts"
import { descriptorOf } from "./begin-payment.ts"
import { methodOf } from "./method-of.ts"
import { payoutAudit } from "./payout-audit.ts"
import type { Parts, Payable } from "./payout-parts.ts"
import { partsOf, payableTo } from "./payout-parts.ts"
import type { Refusal } from "./refusal.ts"
import { invalid, notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** `isNew`: nobody can have asked for it before. */
export type BegunPayout = { readonly payout: PayoutRow; readonly isNew: boolean }

/** `methodId` null: as the invoice says, or the default. */
export type InvoicePayout = {
  readonly invoiceId: string
  readonly attemptKey: string
  readonly methodId: string | null
}

export type FreePayout = {
  readonly customerId: string
  readonly attemptKey: string
  readonly methodId: string | null
  readonly currency: Currency
  /** Null: all that is owed and that no invoice waits for. */
  readonly amountNanos: string | null
}

/** A commit of its own. One that is on its way already is found; one that failed is not begun anew but tried again. */
export async function beginInvoicePayout(scope: Scope, wanted: InvoicePayout): Promise<Outcome<BegunPayout>> {
  const own = scope.aside()
  return act(own, () => decideInvoicePayout(own, wanted), null)
}

export async function beginFreePayout(scope: Scope, wanted: FreePayout): Promise<Outcome<BegunPayout>> {
  const own = scope.aside()
  return act(own, () => decideFreePayout(own, wanted), null)
}

async function decideInvoicePayout(
  scope: Scope,
  { invoiceId, attemptKey, methodId }: InvoicePayout,
): Promise<Outcome<Decided<BegunPayout>>> {
  const live = await scope.read.payouts.liveOf(invoiceId)
  if (live !== null && isOnItsWay(live.status)) {
    return ok({ value: { payout: live, isNew: false }, commit: { audit: [] } })
  }
  if (live !== null) return err(refusal("invalid_state", `The invoice's payout is ${live.status}.`))
  const invoice = (await scope.read.invoices.byId(invoiceId))?.invoice
  if (invoice === undefined) return err(notFound("invoice"))
  if (!isWaiting(invoice)) return err(NOT_WAITING)
  const method = await methodOf(scope, invoice, methodId)
  if (!method.ok) return method
  const { customerId, currency, version } = invoice
  const amountMinor = minor(-invoice.totalMinor)
  const statementDescriptor = await descriptorOf(scope, invoice)
  const asked = { attemptKey, namedMethodId: methodId, statementDescriptor }
  const what = { customerId, currency, amountMinor, invoiceId, ...asked }
  const begun = await beginning(scope, what, method.value)
  if (!begun.ok) return begun
  // Neither voided nor paid out by another at the same time.
  const guard = scope.write.update(invoices, invoiceId, version, {})
  const { value, commit } = begun.value
  return ok({ value, commit: { ...commit, guards: [guard, ...(commit.guards ?? [])] } })
}

/** Whether an invoice waits to be paid out. */
export function isWaiting({ payout, status, totalMinor }: InvoiceRow): boolean {
  return payout === true && status === "Open" && totalMinor < 0n
}

export const NOT_WAITING = refusal("invalid_state", "The invoice is not one that waits to be paid out.")

async function decideFreePayout(
  scope: Scope,
  { customerId, attemptKey, methodId, currency, amountNanos }: FreePayout,
): Promise<Outcome<Decided<BegunPayout>>> {
  const payable = await payableTo(scope, { customerId, currency })
  const most = payable.mostMinor
  if (most === 0n) return err(nothingOwed(payable, currency))
  const asked = amountNanos === null ? ok(most) : nanosToMinor(nanos(BigInt(amountNanos)), currency)
  if (!asked.ok) return err(invalid("amount_nanos", `Not a whole number of the minor units of ${currency}.`))
  if (asked.value > most) {
    const text = formatNanos(minorToNanos(most, currency))
    const said = payable.isAll ? `At most ${text} is owed.` : `At most ${text} can be paid out at once.`
    return err(invalid("amount_nanos", said))
  }
  const nobodys = { customerId, subscriptionId: null, paymentMethodId: null }
  const method = await methodOf(scope, nobodys, methodId)
  if (!method.ok) return method
  const wished = { attemptKey, namedMethodId: methodId, statementDescriptor: null }
  const what = { customerId, currency, amountMinor: asked.value, invoiceId: null, ...wished }
  return beginning(scope, what, method.value)
}

function nothingOwed({ keptMinor }: Payable, currency: Currency): Refusal {
  const owed = formatNanos(minorToNanos(keptMinor, currency))
  const gone = `Of the ${owed} ${currency} that is owed, nothing that was paid is left: it went back before, or is disputed.`
  return refusal("invalid_state", keptMinor > 0n ? gone : `Nothing is owed to the customer in ${currency}.`)
}

type Asked = "attemptKey" | "namedMethodId" | "statementDescriptor"

type What = Pick<PayoutRow, "customerId" | "currency" | "amountMinor" | "invoiceId" | Asked>

async function beginning(
  scope: Scope,
  what: What,
  method: PaymentMethodRow,
): Promise<Outcome<Decided<BegunPayout>>> {
  if (!canPayOut(scope)) return err(refusal("invalid_state", "The payment processor makes no payouts."))
  const held = await holding(scope, what)
  if (!held.ok) return held
  const { parts, guards } = held.value
  const payout = { ...newPayout(scope, what, method), parts }
  return ok({
    value: { payout, isNew: true },
    commit: {
      guards,
      writes: [scope.write.insert(payouts, payout)],
      agenda: [lookItem(scope, payout, 0)],
      audit: [payoutAudit("payout.started", payout)],
    },
  })
}

function canPayOut(scope: Scope): boolean {
  return scope.platform.processorOf(scope.tenant).capabilities.payouts
}

/** That so much is owed and on no other way, as guards; what they would refuse in the end is said at once. */
export async function holding(
  scope: Scope,
  what: Pick<PayoutRow, "customerId" | "currency" | "amountMinor" | "invoiceId">,
): Promise<Outcome<Parts>> {
  const { amountMinor, currency, invoiceId } = what
  const isFree = invoiceId === null
  const payable = isFree ? await payableTo(scope, what) : null
  const owed = payable?.mostMinor ?? (await scope.read.payouts.owed(what, false))
  if (owed < amountMinor) {
    const text = formatNanos(minorToNanos(owed > 0n ? owed : minor(0n), currency))
    return err(refusal("invalid_state", `Only ${text} is owed to the customer.`))
  }
  const kept = payable?.keptMinor ?? 0n
  const { parts, guards } =
    payable === null ? { parts: null, guards: [] } : partsOf(scope, payable, amountMinor)
  return ok({ parts, guards: [scope.write.holdOwed(what, minor(amountMinor + kept), isFree), ...guards] })
}

function newPayout(scope: Scope, what: What, method: PaymentMethodRow): PayoutRow {
  assert(what.amountMinor > 0n, "a payout is of something", { customer: what.customerId })
  return {
    ...what,
    ...toMethod(method),
    id: scope.newId(),
    tenantId: scope.tenant.id,
    status: "Processing",
    tryKey: null,
    payoutRef: null,
    tries: 0,
    failures: [],
    retryDays: null,
    parts: null,
    retryAt: null,
    settledAt: null,
    returnedAt: null,
    version: 1,
    createdAt: scope.now,
  }
}

/** Where a try goes to. */
export function toMethod({ id, processor, accountRef, customerRef, methodRef }: PaymentMethodRow) {
  return { methodId: id, processor, accountRef, customerRef, methodRef }
}

/** When a payout is looked at next, after so many looks at this try. */
export function lookItem(
  scope: Scope,
  { id, status, tries }: Pick<PayoutRow, "id" | "status" | "tries">,
  looks: number,
): AgendaItem {
  const latest = status === "Processing" ? limits.reconcileAtLatestMs : limits.reconcileWaitingMs
  const wait = Math.min(limits.reconcileAfterMs * 2 ** Math.min(looks, 20), latest)
  const dueAt = instant(scope.now + wait)
  return { kind: "reconcile-payout", subject: id, uniqueKey: `${tries}:${looks}`, dueAt }
}
