// Finalizes a draft: reads the meter a last time, numbers the invoice, posts it to the ledger.
// What a repeat means: a job finds the invoice finalized and is done; a caller is told that it is no draft.

import type { Guarded, Statement } from "../db/database.ts"
import type { InvoiceLineRow, InvoiceRow, TenantRow } from "../db/rows.ts"
import { invoiceLines, invoices, subscriptions } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import type { Recipient } from "../domain/invoice.ts"
import { dueAt, invoiceNumber, invoiceTotal, moveInvoice } from "../domain/invoice.ts"
import { postFinalized } from "../domain/ledger.ts"
import { formatNanos, minorToNanos } from "../domain/money.ts"
import { err, ok } from "../domain/result.ts"
import { lateEventsOf, retentionMs } from "../domain/tenant.ts"
import { instant } from "../domain/time.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { archiveItem } from "./archive-usage.ts"
import type { Draft } from "./draft-invoice.ts"
import { findInvoice } from "./find.ts"
import type { LateTerms } from "./late-terms.ts"
import { lateTerms } from "./late-terms.ts"
import { refreshDraft } from "./refresh-draft.ts"
import { notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { tellMeter } from "./sync-terms.ts"
import { currentTenant } from "./update-tenant.ts"

export async function finalizeInvoice(
  scope: Scope,
  invoiceId: string,
  reply: Reply<Draft> | null,
): Promise<Outcome<Draft>> {
  let late: LateTerms | null = null
  const outcome = await act(
    scope,
    async () => {
      const [found, tenant] = await Promise.all([findInvoice(scope, invoiceId), currentTenant(scope)])
      if (!found.ok) return found
      if (!tenant.ok) return tenant
      const draft = found.value
      const status = moveInvoice(draft.invoice.status, "finalize")
      if (!status.ok) {
        // The job's work was done by somebody else.
        if (scope.jobId !== null) return ok({ value: draft, commit: { audit: [] } })
        return err(refusal("invalid_state", status.error))
      }
      const refreshed = await refreshDraft(scope, draft)
      if (!refreshed.ok) return refreshed
      const { lines, subscription } = refreshed.value
      const recipient = await recipientOf(scope, draft.invoice.customerId, tenant.value)
      if (recipient === null) return err(notFound("customer"))
      const invoice: InvoiceRow = {
        ...draft.invoice,
        status: status.value,
        number: invoiceNumber(tenant.value.settings.invoiceNumberPrefix, tenant.value.nextInvoiceNumber),
        totalMinor: invoiceTotal(lines),
        recipient,
        dueAt: dueAt(scope.now, recipient.paymentTermsDays),
        finalizedAt: scope.now,
        version: draft.invoice.version + 1,
      }
      const guards: Guarded[] = [
        scope.write.takeInvoiceNumber(tenant.value.nextInvoiceNumber),
        scope.write.update(invoices, invoiceId, draft.invoice.version, finalFields(invoice)),
      ]
      if (subscription !== null) {
        late = lateTerms(scope, subscription, lateEventsOf(tenant.value.settings) === "Reject")
        // Two drafts of a subscription must not both take the same late usage.
        guards.push(scope.write.update(subscriptions, subscription.id, subscription.version, late.change))
      }
      return ok({
        value: { invoice, lines },
        commit: {
          guards,
          writes: changedLines(scope, draft.lines, lines),
          postings: postFinalized(invoice),
          agenda: [
            ...settleItems(scope, invoice),
            ...archiveItems(invoice, tenant.value),
            ...(late?.agenda ?? []),
          ],
          audit: [
            {
              action: "invoice.finalized",
              subjectType: "Invoice",
              subjectId: invoiceId,
              customerId: invoice.customerId,
              before: { status: draft.invoice.status, total_nanos: totalNanos(draft.invoice) },
              after: {
                status: invoice.status,
                invoice_number: invoice.number,
                total_nanos: totalNanos(invoice),
              },
            },
          ],
        },
      })
    },
    reply,
  )
  if (outcome.ok && scope.jobId === null) await tellClosed(scope, late)
  return outcome
}

/** A job leaves it to the row that it made. */
async function tellClosed(scope: Scope, late: LateTerms | null): Promise<void> {
  for (const { subject } of late?.agenda ?? []) await tellMeter(scope, subject)
}

function finalFields({ status, number, totalMinor, recipient, dueAt: due, finalizedAt }: InvoiceRow) {
  return { status, number, totalMinor, recipient, dueAt: due, finalizedAt }
}

function totalNanos(invoice: InvoiceRow): string {
  return formatNanos(minorToNanos(invoice.totalMinor, invoice.currency))
}

async function recipientOf(scope: Scope, customerId: string, tenant: TenantRow): Promise<Recipient | null> {
  const customer = await scope.read.customers.byId(customerId)
  if (customer === null) return null
  return {
    displayName: customer.displayName,
    legalName: customer.legalName,
    email: customer.email,
    taxId: customer.taxId,
    paymentTermsDays: customer.paymentTermsDays,
    issuerName: tenant.settings.companyName ?? tenant.name,
    issuerAddress: tenant.settings.companyAddress,
  }
}

/** Nobody pays nothing: an invoice that comes to zero, or less, is settled by the job that follows. */
function settleItems(scope: Scope, invoice: InvoiceRow): AgendaItem[] {
  if (invoice.totalMinor > 0n) return []
  return [{ kind: "settle-invoice", subject: invoice.id, uniqueKey: "zero", dueAt: scope.now }]
}

/** The raw events that it was rated from are archived when they have rested. */
function archiveItems(
  { id, subscriptionId, finalizedAt }: InvoiceRow,
  { settings }: TenantRow,
): AgendaItem[] {
  const rest = retentionMs(settings)
  if (subscriptionId === null || finalizedAt === null || rest === null) return []
  return [archiveItem(id, instant(finalizedAt + rest))]
}

function changedLines(
  scope: Scope,
  before: readonly InvoiceLineRow[],
  after: readonly InvoiceLineRow[],
): Statement[] {
  const changed = after.filter((line, at) => line !== before[at])
  return changed.map(({ id, quantity, ratedNanos, amountMinor, usageRanges }) =>
    scope.write.change(invoiceLines, id, { quantity, ratedNanos, amountMinor, usageRanges }),
  )
}
