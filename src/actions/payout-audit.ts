// What the audit trail keeps of payouts.

import type { AuditEntry } from "../db/commit.ts"
import type { PayoutRow } from "../db/rows.ts"
import { formatNanos, minorToNanos } from "../domain/money.ts"
import { formatInstant } from "../domain/time.ts"

export function payoutAudit(action: string, payout: PayoutRow, before?: PayoutRow): AuditEntry {
  const { amountMinor, currency, failures, retryAt } = payout
  return {
    action,
    subjectType: "Payout",
    subjectId: payout.id,
    customerId: payout.customerId,
    before: before === undefined ? null : { status: before.status },
    after: {
      status: payout.status,
      invoice_id: payout.invoiceId,
      amount_nanos: formatNanos(minorToNanos(amountMinor, currency)),
      currency,
      tries: payout.tries + 1,
      failure_code: payout.status === "Failed" ? (failures.at(-1)?.code ?? null) : null,
      retry_at: retryAt === null ? null : formatInstant(retryAt),
    },
  }
}
