// What the audit trail keeps of payments, refunds and dunning.

import type { AuditEntry } from "../db/commit.ts"
import type { DunningRow, PaymentRow, RefundRow } from "../db/rows.ts"
import { formatNanos, minorToNanos } from "../domain/money.ts"
import { formatInstant } from "../domain/time.ts"

export function paymentAudit(action: string, payment: PaymentRow, before?: PaymentRow): AuditEntry {
  return {
    action,
    subjectType: "Payment",
    subjectId: payment.id,
    customerId: payment.customerId,
    before: before === undefined ? null : { status: before.status },
    after: {
      status: payment.status,
      invoice_id: payment.invoiceId,
      kind: payment.kind,
      amount_nanos: formatNanos(minorToNanos(payment.amountMinor, payment.currency)),
      currency: payment.currency,
      failure_code: payment.failureCode,
      reference: payment.reference,
    },
  }
}

export function refundAudit(action: string, refund: RefundRow, before?: RefundRow): AuditEntry {
  return {
    action,
    subjectType: "Refund",
    subjectId: refund.id,
    customerId: refund.customerId,
    before: before === undefined ? null : { status: before.status },
    after: {
      status: refund.status,
      payment_id: refund.paymentId,
      invoice_id: refund.invoiceId,
      credit_note_id: refund.creditNoteId,
      amount_nanos: formatNanos(minorToNanos(refund.amountMinor, refund.currency)),
      currency: refund.currency,
      reason: refund.reason,
      source: refund.source ?? "Requested",
      failure_code: refund.failureCode,
    },
  }
}

export function dunningAudit(action: string, dunning: DunningRow): AuditEntry {
  const { nextAttemptAt } = dunning
  return {
    action,
    subjectType: "Invoice",
    subjectId: dunning.invoiceId,
    customerId: dunning.customerId,
    after: {
      dunning_status: dunning.status,
      attempts: dunning.steps.length,
      next_attempt_at: nextAttemptAt === null ? null : formatInstant(nextAttemptAt),
      final_action: dunning.settings.finalAction,
    },
  }
}
