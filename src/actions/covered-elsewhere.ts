// What a refund of ours was to pay and was refused, while the money was given back at the processor's own site: that one pays what was owed,
// so that what of it was goodwill is less by as much.
// Law: only of the same payment, and only what went back while ours was on its way: what went back before or behind it was goodwill.

import type { AuditEntry } from "../db/commit.ts"
import type { Guarded } from "../db/database.ts"
import type { RefundRow } from "../db/rows.ts"
import { refunds } from "../db/schema.ts"
import type { Posting } from "../domain/ledger.ts"
import { postRefundCovered } from "../domain/ledger.ts"
import type { Minor } from "../domain/money.ts"
import { formatNanos, minor, minorToNanos } from "../domain/money.ts"
import { sum } from "./begin-refund.ts"
import { refundAudit } from "./payment-audit.ts"
import type { Scope } from "./scope.ts"

/** `amountMinor`: of what was owed, so much is paid by others. */
export type Covered = {
  readonly amountMinor: Minor
  readonly guards: readonly Guarded[]
  readonly postings: readonly Posting[]
  readonly audit: readonly AuditEntry[]
}

/** The row of the payment is guarded by who calls: no refund of it begins meanwhile. */
export async function coveredElsewhere(scope: Scope, failed: RefundRow): Promise<Covered> {
  const isRefused = failed.status !== "Succeeded" && failed.owedMinor > 0n
  const given = isRefused ? await scope.read.payments.refundsOf(failed.invoiceId) : []
  let open: bigint = failed.owedMinor
  const parts = given
    .filter((row) => isElsewhere(row, failed))
    .flatMap((row) => {
      const goodwill = row.amountMinor - row.owedMinor
      const amountMinor = minor(goodwill < open ? goodwill : open)
      open -= amountMinor
      return amountMinor === 0n ? [] : [{ row, amountMinor }]
    })
  // What is on its way still is booked when it has arrived, as it stands then.
  const booked = parts.filter(({ row }) => row.status === "Succeeded")
  const { customerId, currency } = failed
  const money = { refundId: failed.id, customerId, currency }
  return {
    amountMinor: sum(parts.map(({ amountMinor }) => amountMinor)),
    guards: parts.map(({ row, amountMinor }) => {
      const owedMinor = minor(row.owedMinor + amountMinor)
      return scope.write.update(refunds, row.id, row.version, { owedMinor })
    }),
    postings: postRefundCovered({ ...money, amountMinor: sum(booked.map((part) => part.amountMinor)) }),
    audit: parts.map(({ row, amountMinor }) => owedAudit(row, amountMinor)),
  }
}

/** `amount`: what of it was goodwill, and was owed. */
function owedAudit(row: RefundRow, amount: Minor): AuditEntry {
  const entry = refundAudit("refund.owed", row)
  const says = { owed_nanos: formatNanos(minorToNanos(amount, row.currency)) }
  return { ...entry, after: { ...(entry.after as Readonly<Record<string, unknown>>), ...says } }
}

function isElsewhere(row: RefundRow, { id, paymentId }: RefundRow): boolean {
  return row.source === "Processor" && row.paymentId === paymentId && row.status !== "Failed" && row.id > id
}
