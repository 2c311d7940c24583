// Begins to charge an invoice: the attempt is written, and its amount spoken for, before the processor is asked.
// Laws: what is under way for an invoice and what is still asked for are together never more than what is due; the same job or
// request finds the attempt that it began, and begins no other.

import type { InvoiceRow, PaymentMethodRow, PaymentRow } from "../db/rows.ts"
import { invoices, payments } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { assert } from "../domain/assert.ts"
import { amountAskable, moveInvoice } from "../domain/invoice.ts"
import type { Minor } from "../domain/money.ts"
import { formatNanos, minor, minorToNanos, nanos, nanosToMinor } from "../domain/money.ts"
import { err, ok } from "../domain/result.ts"
import { instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { Decided, Outcome } from "./act.ts"
import { act } from "./act.ts"
import { attemptKeyOf, isSameAttempt, refuseOther } from "./attempt.ts"
import { methodOf } from "./method-of.ts"
import { paymentAudit } from "./payment-audit.ts"
import { unchanged } from "./payment-news.ts"
import type { Refusal } from "./refusal.ts"
import { invalid, notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type Attempt = {
  readonly invoiceId: string
  /** Names the attempt, so that who comes again finds it. */
  readonly key: string
  /** Null: all that can be asked for. */
  readonly amountNanos: string | null
  /** The method of the customer that is charged; null or absent: the invoice's, its subscription's, or the default. */
  readonly methodId?: string | null
  /** Somebody asks for it by hand, so it is also for an invoice that was given up. */
  readonly permitsGivenUp?: true
  /** Who names the method anew wants it tried, also if it was declined for good before. */
  readonly isNamedAnew?: true
}

/** `isNew`: nobody can have asked for it before. */
export type Begun = { readonly payment: PaymentRow; readonly isNew: boolean }

/** A commit of its own: it neither ends the job nor answers the request. */
export async function beginPayment(scope: Scope, attempt: Attempt): Promise<Outcome<Begun>> {
  const own = scope.aside()
  return act(own, () => decideBegin(own, attempt), null)
}

async function decideBegin(scope: Scope, attempt: Attempt): Promise<Outcome<Decided<Begun>>> {
  const { invoiceId, key, methodId = null } = attempt
  const attemptKey = attemptKeyOf(key, [attempt.amountNanos, methodId])
  const known = await scope.read.payments.byAttempt(invoiceId, key)
  if (known !== null && isSameAttempt(scope, known)) {
    const refused = refuseOther(known, attemptKey)
    return refused === null ? ok(unchanged({ payment: known, isNew: false })) : err(refused)
  }
  const found = await scope.read.invoices.byId(invoiceId)
  if (found === null) return err(notFound("invoice"))
  const { invoice } = found
  const amount = askedAmount(invoice, attempt.amountNanos, attempt.permitsGivenUp)
  if (!amount.ok) return amount
  const method = await methodOf(scope, invoice, methodId)
  if (!method.ok) return method
  const refused = attempt.isNamedAnew === true ? null : await refuseMethod(scope, invoice, method.value)
  if (refused !== null) return err(refused)
  const statementDescriptor = await descriptorOf(scope, invoice)
  const asked = { attemptKey, amount: amount.value, statementDescriptor }
  const payment = newCharge(scope, invoice, method.value, asked)
  const pendingMinor = minor(invoice.pendingMinor + payment.amountMinor)
  return ok({
    value: { payment, isNew: true },
    commit: {
      guards: [scope.write.update(invoices, invoice.id, invoice.version, { pendingMinor })],
      writes: [scope.write.insert(payments, payment)],
      agenda: [reconcileItem(scope, payment, 0)],
      audit: [paymentAudit("payment.started", payment)],
    },
  })
}

/** What the charge is called on the statement of a card: as the invoice says, or its subscription. */
export async function descriptorOf(scope: Scope, invoice: InvoiceRow): Promise<string | null> {
  const { statementDescriptor, subscriptionId } = invoice
  if (statementDescriptor !== null || subscriptionId === null) return statementDescriptor
  return (await scope.read.subscriptions.byId(subscriptionId))?.statementDescriptor ?? null
}

/** What is asked for in minor units, or why it can't be. */
export function askedAmount(
  invoice: InvoiceRow,
  amountNanos: string | null,
  permitsGivenUp = false,
): Outcome<Minor> {
  const isGivenUp = permitsGivenUp && invoice.status === "Uncollectible"
  const settled = moveInvoice(invoice.status, isGivenUp ? "recover" : "settle")
  if (!settled.ok || (invoice.type !== "Standard" && invoice.type !== "TopUp")) {
    const detail = settled.ok ? "Only an invoice can be paid, and this is none." : settled.error
    return err(refusal("invalid_state", detail))
  }
  const { currency, pendingMinor } = invoice
  const askable = amountAskable(invoice)
  const text = (amount: Minor) => formatNanos(minorToNanos(amount, currency))
  if (askable === 0n) {
    const waits = `Payments of ${text(pendingMinor)} are under way: nothing else is due.`
    return err(refusal("invalid_state", pendingMinor > 0n ? waits : "Nothing is due on the invoice."))
  }
  if (amountNanos === null) return ok(askable)
  const asked = nanosToMinor(nanos(BigInt(amountNanos)), currency)
  if (!asked.ok) return err(invalid("amount_nanos", `Not a whole number of the minor units of ${currency}.`))
  if (asked.value <= askable) return asked
  const message =
    pendingMinor > 0n
      ? `At most ${text(askable)} is due beside payments of ${text(pendingMinor)} that are under way.`
      : `At most ${text(askable)} is due.`
  return err(invalid("amount_nanos", message))
}

/** A method that was declined for good is not asked again for the same invoice. */
export async function refuseMethod(
  scope: Scope,
  invoice: Pick<InvoiceRow, "id">,
  method: Pick<PaymentMethodRow, "id">,
): Promise<Refusal | null> {
  const declined = await scope.read.payments.hardFailureOf(invoice.id, method.id)
  if (declined === null) return null
  const detail = `The payment method was declined for good (${declined.failureCode}). Make another one the default.`
  return refusal("invalid_state", detail)
}

function newCharge(
  scope: Scope,
  invoice: InvoiceRow,
  method: PaymentMethodRow,
  asked: {
    readonly attemptKey: string
    readonly amount: Minor
    readonly statementDescriptor: string | null
  },
): PaymentRow {
  const { attemptKey, amount, statementDescriptor } = asked
  assert(amount > 0n && amount <= amountAskable(invoice), "an attempt is for what is due", { id: invoice.id })
  return {
    ...emptyPayment(scope, invoice),
    kind: "Processor",
    status: "Processing",
    amountMinor: amount,
    attemptKey,
    statementDescriptor,
    processor: method.processor,
    accountRef: method.accountRef,
    methodId: method.id,
    customerRef: method.customerRef,
    methodRef: method.methodRef,
  }
}

/** What every new payment has in common. */
export function emptyPayment(scope: Scope, invoice: InvoiceRow) {
  return {
    id: scope.newId(),
    tenantId: scope.tenant.id,
    customerId: invoice.customerId,
    invoiceId: invoice.id,
    currency: invoice.currency,
    appliedMinor: minor(0n),
    creditedMinor: minor(0n),
    refundedMinor: minor(0n),
    paidOutMinor: null,
    statementDescriptor: null,
    processor: null,
    accountRef: null,
    methodId: null,
    customerRef: null,
    methodRef: null,
    chargeRef: null,
    actionUrl: null,
    failureCode: null,
    failureMessage: null,
    isHardFailure: null,
    reference: null,
    disputeStatus: null,
    disputedMinor: minor(0n),
    disputingMinor: null,
    setOffMinor: null,
    disputes: null,
    settledAt: null,
    returnedAt: null,
    version: 1,
    createdAt: scope.now,
  } as const
}

/** When a payment is looked at next, after so many looks. */
export function reconcileItem(
  scope: Scope,
  { id, status }: Pick<PaymentRow, "id" | "status">,
  looks: number,
): AgendaItem {
  const latest = status === "Processing" ? limits.reconcileAtLatestMs : limits.reconcileWaitingMs
  const wait = Math.min(limits.reconcileAfterMs * 2 ** Math.min(looks, 20), latest)
  const dueAt = instant(scope.now + wait)
  return { kind: "reconcile-payment", subject: id, uniqueKey: String(looks), dueAt }
}
