// What follows of a payout's outcome, in one commit: the payout, its invoice, the ledger, and when it is tried again.
// Law: whoever learns the outcome, a job, a request or an event, commits the same; who comes second finds it done.

import type { AuditEntry } from "../db/commit.ts"
import type { Guarded } from "../db/database.ts"
import type { InvoiceRow, PayoutRow } from "../db/rows.ts"
import { invoices, payouts } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import type { InvoiceMove } from "../domain/invoice.ts"
import { moveInvoice } from "../domain/invoice.ts"
import type { Posting } from "../domain/ledger.ts"
import { postPayout, postPayoutFailed } from "../domain/ledger.ts"
import type { PayoutFailure, PayoutStatus } from "../domain/payout.ts"
import { isOnItsWay, keyOfTry, movePayout, nextTryAt } from "../domain/payout.ts"
import { ok } from "../domain/result.ts"
import { dunningSettingsOf } from "../domain/tenant.ts"
import type { PayoutOutcome } from "../payments/port.ts"
import type { Decided, Outcome } from "./act.ts"
import { payoutAudit } from "./payout-audit.ts"
import { partsReturned } from "./payout-parts.ts"
import { outrun, unchanged } from "./payment-news.ts"
import type { Scope } from "./scope.ts"
import { setOffReturned } from "./set-off-owed.ts"
import { currentTenant } from "./update-tenant.ts"

/** What the processor says of the try that is under way, as what is to be committed; nothing where it is no news. */
export async function decidePayoutNews(
  scope: Scope,
  before: PayoutRow,
  outcome: PayoutOutcome,
): Promise<Outcome<Decided<PayoutRow>>> {
  const to = movePayout(before.status, outcome.status)
  if (to === null) return ok(unchanged(before))
  const returned = to === "Failed" ? await partsReturned(scope, before) : []
  if (returned === null) return ok(outrun(scope, payouts, before))
  const after = await withNews(scope, before, outcome, to)
  const { id, tenantId: _, version, ...fields } = after
  const settled = await settledInvoice(scope, before, after)
  const { customerId, currency } = before
  const setOff = await setOffReturned(scope, { causeId: keyOfTry(before), customerId, currency }, returned)
  return ok({
    value: after,
    commit: {
      guards: [scope.write.update(payouts, id, version - 1, fields), ...setOff.guards, ...settled.guards],
      postings: [...postingsOf(before, after), ...setOff.postings],
      agenda: retryItems(after),
      audit: [payoutAudit(ACTIONS[to], after, before), ...settled.audit, ...setOff.audit],
    },
  })
}

const ACTIONS: Readonly<Record<PayoutStatus, string>> = {
  Processing: "payout.started",
  Pending: "payout.pending",
  Succeeded: "payout.succeeded",
  Failed: "payout.failed",
  Cancelled: "payout.cancelled",
}

async function withNews(
  scope: Scope,
  before: PayoutRow,
  outcome: PayoutOutcome,
  to: PayoutStatus,
): Promise<PayoutRow> {
  const moved = {
    ...before,
    status: to,
    payoutRef: outcome.ref ?? before.payoutRef,
    settledAt: isOnItsWay(to) ? null : scope.now,
    version: before.version + 1,
  }
  if (outcome.status !== "Failed") return moved
  const { code, message, ref, isHard = false } = outcome
  const failure = { at: scope.now, code, message, ref, ...(isHard ? { isHard } : {}) }
  const failures: readonly PayoutFailure[] = [...before.failures, failure]
  const failed = { ...moved, failures, parts: null }
  // What came back is owed again, and another payout is asked for it.
  if (before.status === "Succeeded") return { ...failed, retryAt: null, returnedAt: scope.now }
  const retryDays = before.retryDays ?? (await scheduleOf(scope))
  const firstAt = failures[0]?.at ?? scope.now
  const retryAt = isHard ? null : nextTryAt(firstAt, retryDays, scope.now)
  return { ...failed, retryDays, retryAt }
}

/** The tenant's schedule for payments that fail. */
async function scheduleOf(scope: Scope): Promise<readonly number[]> {
  const tenant = await currentTenant(scope)
  const { settings } = tenant.ok ? tenant.value : scope.tenant
  return dunningSettingsOf(settings).scheduleDays
}

function retryItems({ id, tries, status, retryAt }: PayoutRow): AgendaItem[] {
  if (status !== "Failed" || retryAt === null) return []
  return [{ kind: "retry-payout", subject: id, uniqueKey: String(tries), dueAt: retryAt }]
}

function postingsOf(before: PayoutRow, after: PayoutRow): Posting[] {
  const money = { ...after, payoutId: after.id }
  if (after.status === "Succeeded") return postPayout(money)
  return before.status === "Succeeded" ? postPayoutFailed(money) : []
}

type Settled = { readonly guards: readonly Guarded[]; readonly audit: readonly AuditEntry[] }

const AS_IT_IS: Settled = { guards: [], audit: [] }

/** An invoice that pays out is Paid when its money has arrived, and Open again when that came back. One that was voided since stays. */
async function settledInvoice(scope: Scope, before: PayoutRow, after: PayoutRow): Promise<Settled> {
  const move: InvoiceMove | null =
    after.status === "Succeeded" ? "settle" : before.status === "Succeeded" ? "reopen" : null
  if (move === null || after.invoiceId === null) return AS_IT_IS
  const invoice = (await scope.read.invoices.byId(after.invoiceId))?.invoice
  const status = invoice === undefined ? null : moveInvoice(invoice.status, move)
  if (invoice === undefined || status?.ok !== true) return AS_IT_IS
  const change = { status: status.value, paidAt: move === "settle" ? scope.now : null }
  return {
    guards: [scope.write.update(invoices, invoice.id, invoice.version, change)],
    audit: move === "settle" ? [paidAudit(invoice, status.value)] : [],
  }
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
