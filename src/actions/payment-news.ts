// What follows of a payment's outcome, in one commit: the payment, its invoice, the ledger, dunning and the subscriptions.
// Law: whoever learns the outcome, a job, a request or an event, commits the same; who comes second finds it done.

import type { InvoiceRow, PaymentRow } from "../db/rows.ts"
import { invoices, payments } from "../db/schema.ts"
import { amountLeft } from "../domain/invoice.ts"
import type { Posting } from "../domain/ledger.ts"
import { postPayment, postPaymentFailed } from "../domain/ledger.ts"
import { minor } from "../domain/money.ts"
import type { PaymentStatus, Settlement } from "../domain/payment.ts"
import { isUnderWay, movePayment, settlement } from "../domain/payment.ts"
import { err, ok } from "../domain/result.ts"
import type { ChargeOutcome } from "../payments/port.ts"
import type { Decided, Outcome } from "./act.ts"
import { dunningOfPayment } from "./dunning-of-payment.ts"
import { paymentAudit } from "./payment-audit.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export function unchanged<T>(value: T): Decided<T> {
  return { value, commit: { audit: [] } }
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
  const move = { isHeld: isUnderWay(before.status), from: before.status, to }
  const settled = settlement(found.invoice, before, move)
  const after = withNews(scope, before, outcome, to, settled)
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

function withNews(
  scope: Scope,
  before: PaymentRow,
  outcome: ChargeOutcome,
  to: PaymentStatus,
  { appliedMinor }: Settlement,
): PaymentRow {
  const failed = outcome.status === "Failed" ? outcome : null
  return {
    ...before,
    status: to,
    appliedMinor,
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
  const paidAt = isPaid ? scope.now : status === "Open" ? null : invoice.paidAt
  const dunning = await dunningOfPayment(scope, { ...invoice, status }, { ...move, isPaid })
  const changed = { status, paidMinor, pendingMinor, paidAt }
  return {
    guards: [scope.write.update(invoices, invoice.id, invoice.version, changed), ...dunning.guards],
    writes: dunning.writes,
    postings: postingsOf(invoice, settled, move),
    agenda: dunning.agenda,
    audit: [...(isPaid ? [paidAudit(invoice, status)] : []), ...dunning.audit],
  }
}

function postingsOf(invoice: InvoiceRow, settled: Settlement, { before, after }: PaymentMove): Posting[] {
  const money = { ...after, paymentId: after.id }
  if (after.status === "Succeeded") return postPayment({ ...money, dueMinor: after.appliedMinor })
  if (before?.status !== "Succeeded") return []
  // What was credited since is not owed again.
  const left = amountLeft({ ...invoice, paidMinor: settled.paidMinor })
  const [was, is] = [amountLeft(invoice), left].map((amount) => (amount > 0n ? amount : 0n))
  const dueMinor = minor((is ?? 0n) - (was ?? 0n))
  return postPaymentFailed({ ...money, dueMinor, isGivenUp: invoice.status === "Uncollectible" })
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
