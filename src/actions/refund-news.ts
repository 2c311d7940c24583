// What follows of a refund's outcome, in one commit: the refund, what is left of its payment, and the ledger.
// Law: an amount on its way back is spoken for; one that could not be given back can be given back again, but for what of it was owed and
// the bank has given back meanwhile.

import type { RefundRow } from "../db/rows.ts"
import { refunds } from "../db/schema.ts"
import { assert } from "../domain/assert.ts"
import type { Posting } from "../domain/ledger.ts"
import { postRefund, postRefundFailed } from "../domain/ledger.ts"
import { minor } from "../domain/money.ts"
import type { RefundStatus } from "../domain/payment.ts"
import { moveRefund } from "../domain/payment.ts"
import { err, ok } from "../domain/result.ts"
import type { Decided, Outcome } from "./act.ts"
import { coveredElsewhere } from "./covered-elsewhere.ts"
import { refundAudit } from "./payment-audit.ts"
import { outrun, unchanged } from "./payment-news.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { setOffReturned } from "./set-off-owed.ts"

/** `ref`: null for what is given back by hand. */
export type RefundWord =
  | { readonly status: "Succeeded" | "Pending"; readonly ref: string | null }
  | {
      readonly status: "Failed"
      readonly ref: string | null
      readonly code: string
      readonly message: string
    }

export async function decideRefundNews(
  scope: Scope,
  before: RefundRow,
  word: RefundWord,
): Promise<Outcome<Decided<RefundRow>>> {
  const to = moveRefund(before.status, word.status)
  if (to === null) return ok(unchanged(before))
  const payment = await scope.read.payments.byId(before.paymentId)
  if (payment === null) return err(notFound("payment"))
  const known = await scope.read.payments.refund(before.id)
  if (known?.version !== before.version) return ok(outrun(scope, refunds, before))
  const after = withWord(scope, before, word, to)
  const { id, tenantId: _, version, ...fields } = after
  const refundedMinor = minor(payment.refundedMinor - before.amountMinor)
  assert(refundedMinor >= 0n, "what goes back was spoken for", { refund: id })
  const { customerId, currency, owedMinor } = before
  const covered = to === "Failed" ? await coveredElsewhere(scope, before) : null
  const owedAgain = minor(owedMinor - (covered?.amountMinor ?? 0n))
  const freed = { payment, change: { refundedMinor }, amountMinor: owedAgain }
  const returned = to === "Failed" ? [freed] : []
  const setOff = await setOffReturned(scope, { causeId: id, customerId, currency }, returned)
  return ok({
    value: after,
    commit: {
      guards: [
        scope.write.update(refunds, id, version - 1, fields),
        ...(covered?.guards ?? []),
        ...setOff.guards,
      ],
      postings: [...postingsOf(before, after), ...(covered?.postings ?? []), ...setOff.postings],
      audit: [refundAudit(ACTIONS[to], after, before), ...(covered?.audit ?? []), ...setOff.audit],
    },
  })
}

const ACTIONS: Readonly<Record<RefundStatus, string>> = {
  Processing: "refund.started",
  Pending: "refund.pending",
  Succeeded: "refund.succeeded",
  Failed: "refund.failed",
}

function withWord(scope: Scope, before: RefundRow, word: RefundWord, to: RefundStatus): RefundRow {
  const failed = word.status === "Failed" ? word : null
  return {
    ...before,
    status: to,
    refundRef: word.ref ?? before.refundRef,
    failureCode: failed?.code ?? null,
    failureMessage: failed?.message ?? null,
    settledAt: to === "Pending" ? null : scope.now,
    version: before.version + 1,
  }
}

function postingsOf(before: RefundRow, after: RefundRow): Posting[] {
  const money = { ...after, refundId: after.id }
  if (after.status === "Succeeded") return postRefund(money)
  return before.status === "Succeeded" ? postRefundFailed(money) : []
}
