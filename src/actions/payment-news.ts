// What follows of a payment's outcome, in one commit: the payment, its invoice, the ledger, dunning and the subscriptions, and what came
// beyond what was due as credit.
// Law: whoever learns the outcome, a job, a request or an event, commits the same; who comes second finds it done.

import type { InvoiceRow, PaymentRow, WalletRow } from "../db/rows.ts"
import type { payouts, refunds } from "../db/schema.ts"
import { invoices, payments } from "../db/schema.ts"
import { amountLeft } from "../domain/invoice.ts"
import type { Posting } from "../domain/ledger.ts"
import { postPayment, postPaymentFailed } from "../domain/ledger.ts"
import { minor } from "../domain/money.ts"
import type { PaymentStatus, Settlement } from "../domain/payment.ts"
import { creditedOf, isUnderWay, movePayment, settlement } from "../domain/payment.ts"
import { err, ok } from "../domain/result.ts"
import type { ChargeOutcome } from "../payments/port.ts"
import type { Decided, Outcome } from "./act.ts"
import type { CreditPart } from "./credit-moves.ts"
import { NO_CREDIT } from "./credit-moves.ts"
import { withLimit } from "./draw-wallet.ts"
import { dunningOfPayment } from "./dunning-of-payment.ts"
import { rechargeNews } from "./end-recharge.ts"
import { grantPart } from "./grant-part.ts"
import { paymentAudit } from "./payment-audit.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { takingBack } from "./take-back-credit.ts"

export function unchanged<T>(value: T): Decided<T> {
  return { value, commit: { audit: [] } }
}

/** For who was outrun between two readings: what they read is of two moments. The guard misses, and all is gathered again. */
export function outrun<T extends { readonly id: string; readonly version: number }>(
  scope: Scope,
  table: typeof payments | typeof refunds | typeof payouts,
  before: T,
): Decided<T> {
  return {
    value: before,
    commit: { guards: [scope.write.update(table, before.id, before.version, {})], audit: [] },
  }
}

/** What the processor says of a payment, as what is to be committed; nothing where it is no news. */
export async function decideNews(
  scope: Scope,
  before: PaymentRow,
  outcome: ChargeOutcome,
): Promise<Outcome<Decided<PaymentRow>>> {
  const to = movePayment(before.status, outcome.status, before.returnedAt !== null)
  if (to === null) return ok(unchanged(before))
  const found = await scope.read.invoices.byId(before.invoiceId)
  if (found === null) return err(notFound("invoice"))
  const known = await scope.read.payments.byId(before.id)
  if (known?.version !== before.version) return ok(outrun(scope, payments, before))
  const move = { isHeld: isUnderWay(before.status), from: before.status, to }
  const settled = settlement(found.invoice, before, move)
  const after = withNews(scope, found.invoice, before, { outcome, to, settled })
  const { id, tenantId: _, version, ...fields } = after
  const follows = await followingPayment(scope, found.invoice, settled, { before, after })
  return ok({
    value: after,
    commit: {
      ...follows,
      guards: [scope.write.update(payments, id, version - 1, fields), ...follows.guards],
      audit: [paymentAudit(ACTIONS[to], after, before), ...follows.audit],
    },
  })
}

const ACTIONS: Readonly<Record<PaymentStatus, string>> = {
  Processing: "payment.started",
  Pending: "payment.pending",
  RequiresAction: "payment.requires_action",
  Succeeded: "payment.succeeded",
  Failed: "payment.failed",
}

type News = {
  readonly outcome: ChargeOutcome
  readonly to: PaymentStatus
  readonly settled: Settlement
}

function withNews(
  scope: Scope,
  invoice: InvoiceRow,
  before: PaymentRow,
  { outcome, to, settled: { appliedMinor } }: News,
): PaymentRow {
  const failed = outcome.status === "Failed" ? outcome : null
  return {
    ...before,
    status: to,
    appliedMinor,
    creditedMinor: to === "Succeeded" ? creditedOf(invoice, { ...before, appliedMinor }) : minor(0n),
    chargeRef: outcome.ref ?? before.chargeRef,
    actionUrl: outcome.status === "RequiresAction" ? outcome.actionUrl : null,
    failureCode: failed?.code ?? null,
    failureMessage: failed?.message ?? null,
    isHardFailure: failed?.isHard ?? null,
    settledAt: isUnderWay(to) ? null : scope.now,
    returnedAt: before.status === "Succeeded" ? scope.now : before.returnedAt,
    version: before.version + 1,
  }
}

/** `before` is null for a payment that is told as received. */
export type PaymentMove = { readonly before: PaymentRow | null; readonly after: PaymentRow }

/** All but the payment's own row. */
export async function followingPayment(
  scope: Scope,
  invoice: InvoiceRow,
  settled: Settlement,
  move: PaymentMove,
) {
  const { status, paidMinor, pendingMinor } = settled
  const isPaid = status === "Paid" && invoice.status !== "Paid"
  const paidAt = isPaid ? scope.now : status === "Paid" ? invoice.paidAt : null
  const recovered = isPaid && isGivenUp(invoice) ? true : invoice.recovered
  const dunning = await dunningOfPayment(scope, { ...invoice, status }, { ...move, isPaid })
  const recharge = await rechargeNews(scope, invoice, settled, move.after)
  const credit = await creditOf(scope, invoice, recharge.wallet, move)
  const changed = { status, paidMinor, pendingMinor, paidAt, recovered, ...recharge.invoice }
  return {
    guards: [
      scope.write.update(invoices, invoice.id, invoice.version, changed),
      ...dunning.guards,
      ...credit.guards,
      ...recharge.guards,
    ],
    writes: [...dunning.writes, ...credit.writes],
    postings: [...postingsOf(invoice, settled, move), ...credit.postings],
    agenda: [...dunning.agenda, ...credit.agenda, ...recharge.agenda],
    audit: [
      ...(isPaid ? [paidAudit(invoice, status)] : []),
      ...dunning.audit,
      ...credit.audit,
      ...recharge.audit,
    ],
  }
}

/** The credit that a payment becomes, or no longer is. */
async function creditOf(
  scope: Scope,
  { id: invoiceId }: InvoiceRow,
  wallet: WalletRow | null,
  { before, after }: PaymentMove,
): Promise<CreditPart> {
  const { id, customerId, currency, creditedMinor: amountMinor } = after
  if (amountMinor > 0n) {
    const given = { kind: "Paid", source: "Payment", sourceId: id, invoiceId } as const
    return withLimit(
      scope,
      customerId,
      await grantPart(scope, { customerId, currency, amountMinor, wallet, ...given }),
    )
  }
  const was = before?.creditedMinor ?? minor(0n)
  if (was === 0n) return NO_CREDIT
  return withLimit(scope, customerId, await takingBack(scope, customerId, new Map([[id, was]])))
}

function postingsOf(invoice: InvoiceRow, settled: Settlement, { before, after }: PaymentMove): Posting[] {
  const money = { ...after, paymentId: after.id, isGivenUp: isGivenUp(invoice) }
  if (after.status === "Succeeded") return postPayment({ ...money, dueMinor: after.appliedMinor })
  if (before?.status !== "Succeeded") return []
  // What was credited since is not owed again, and a top-up never was.
  const owed = (of: InvoiceRow) => (of.type !== "TopUp" && amountLeft(of) > 0n ? amountLeft(of) : 0n)
  const dueMinor = minor(owed({ ...invoice, paidMinor: settled.paidMinor }) - owed(invoice))
  return postPaymentFailed({ ...money, dueMinor })
}

/** What is unpaid of it is a loss: money that comes makes the loss less, and money that goes back makes it more. */
function isGivenUp({ status, recovered }: InvoiceRow): boolean {
  return status === "Uncollectible" || recovered === true
}

function paidAudit({ id, customerId, status: before, number }: InvoiceRow, status: InvoiceRow["status"]) {
  return {
    action: "invoice.paid",
    subjectType: "Invoice",
    subjectId: id,
    customerId,
    before: { status: before },
    after: { status, invoice_number: number },
  }
}
