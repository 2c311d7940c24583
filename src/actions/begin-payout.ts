// Begins to pay out what is owed to a customer: the payout is written, and its amount spoken for, before the processor is asked.
// Laws: what is on its way is never more than what is owed, however many ask at once; of an invoice at most one payout is live; what
// invoices that pay out wait for is kept for them.

import type { InvoiceRow, PaymentMethodRow, PayoutRow } from "../db/rows.ts"
import { invoices, payouts } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { assert } from "../domain/assert.ts"
import type { Currency } from "../domain/currency.ts"
import type { Minor } from "../domain/money.ts"
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
  const owed = await scope.read.payouts.owed({ customerId, currency }, true)
  if (owed <= 0n) return err(refusal("invalid_state", `Nothing is owed to the customer in ${currency}.`))
  const asked = amountNanos === null ? ok(owed) : nanosToMinor(nanos(BigInt(amountNanos)), currency)
  if (!asked.ok) return err(invalid("amount_nanos", `Not a whole number of the minor units of ${currency}.`))
  if (asked.value > owed) {
    return err(invalid("amount_nanos", `At most ${formatNanos(minorToNanos(owed, currency))} is owed.`))
  }
  const nobodys = { customerId, subscriptionId: null, paymentMethodId: null }
  const method = await methodOf(scope, nobodys, methodId)
  if (!method.ok) return method
  const wished = { attemptKey, namedMethodId: methodId, statementDescriptor: null }
  const what = { customerId, currency, amountMinor: asked.value, invoiceId: null, ...wished }
  return beginning(scope, what, method.value)
}

type Asked = "attemptKey" | "namedMethodId" | "statementDescriptor"

type What = Pick<PayoutRow, "customerId" | "currency" | "amountMinor" | "invoiceId" | Asked>

async function beginning(
  scope: Scope,
  what: What,
  method: PaymentMethodRow,
): Promise<Outcome<Decided<BegunPayout>>> {
  if (!canPayOut(scope)) return err(refusal("invalid_state", "The payment processor makes no payouts."))
  const enough = await refuseUnowed(scope, what)
  if (!enough.ok) return enough
  const payout = newPayout(scope, what, method)
  return ok({
    value: { payout, isNew: true },
    commit: {
      guards: [scope.write.holdOwed(payout, payout.amountMinor, payout.invoiceId === null)],
      writes: [scope.write.insert(payouts, payout)],
      agenda: [lookItem(scope, payout, 0)],
      audit: [payoutAudit("payout.started", payout)],
    },
  })
}

function canPayOut(scope: Scope): boolean {
  return scope.platform.processorOf(scope.tenant).capabilities.payouts
}

/** What the guard would refuse in the end, said at once. */
export async function refuseUnowed(
  scope: Scope,
  what: Pick<PayoutRow, "customerId" | "currency" | "amountMinor" | "invoiceId">,
): Promise<Outcome<null>> {
  const owed = await scope.read.payouts.owed(what, what.invoiceId === null)
  if (owed >= what.amountMinor) return ok(null)
  const text = (amount: Minor) => formatNanos(minorToNanos(amount > 0n ? amount : minor(0n), what.currency))
  return err(refusal("invalid_state", `Only ${text(owed)} is owed to the customer.`))
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
