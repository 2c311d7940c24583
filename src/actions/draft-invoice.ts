// A draft with its lines, as rows. Shared by every action that bills; it only builds.

import type { InvoiceWithLines } from "../db/readers/invoices.ts"
import type { InvoiceLineRow, InvoiceRow, SubscriptionRow } from "../db/rows.ts"
import type { AuditEntry } from "../db/commit.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { formatDecimal } from "../domain/decimal.ts"
import { invoiceTotal } from "../domain/invoice.ts"
import { formatNanos, minor, minorToNanos } from "../domain/money.ts"
import type { Interval } from "../domain/proration.ts"
import { instant } from "../domain/time.ts"
import type { RatedLine } from "./rate-subscription.ts"
import type { Scope } from "./scope.ts"

export type Draft = InvoiceWithLines

const HOUR_MS = 3_600_000

/** A draft of a subscription. `service` is what the bill covers. */
export function draftOf(
  scope: Scope,
  subscription: SubscriptionRow,
  lines: readonly RatedLine[],
  service: Interval,
): Draft {
  const invoiceId = scope.newId()
  const rows = lines.map((line, position) => lineRow(scope, invoiceId, position, line))
  return { invoice: invoiceRow(scope, invoiceId, subscription, rows, service), lines: rows }
}

export function lineRow(scope: Scope, invoiceId: string, position: number, line: RatedLine): InvoiceLineRow {
  return {
    id: scope.newId(),
    tenantId: scope.tenant.id,
    invoiceId,
    position,
    lineKey: line.lineKey,
    kind: line.kind,
    sourceId: line.sourceId,
    customerId: null,
    subscriptionId: line.subscriptionId,
    skuId: line.skuId,
    description: line.description,
    quantity: formatDecimal(line.quantity),
    unitAmountNanos: line.unitAmountNanos,
    ratedNanos: formatNanos(line.ratedNanos),
    amountMinor: line.amountMinor,
    serviceStart: line.service.start,
    serviceEnd: line.service.end,
    isTax: false,
    isIncluded: null,
    taxes: null,
    basis: line.basis,
    usageRanges: line.usageRanges,
  }
}

function invoiceRow(
  scope: Scope,
  id: string,
  subscription: SubscriptionRow,
  lines: readonly InvoiceLineRow[],
  service: Interval,
): InvoiceRow {
  return {
    ...emptyInvoice(scope, id),
    customerId: subscription.customerId,
    subscriptionId: subscription.id,
    currency: subscription.currency,
    payout: subscription.payout,
    totalMinor: invoiceTotal(lines),
    periodStart: service.start,
    periodEnd: service.end,
  }
}

/** What every new draft has in common. */
export function emptyInvoice(scope: Scope, id: string) {
  return {
    id,
    tenantId: scope.tenant.id,
    externalId: null,
    type: "Standard",
    status: "Draft",
    number: null,
    appliesToInvoiceId: null,
    replacesInvoiceId: null,
    replacedByInvoiceId: null,
    creditedMinor: null,
    paidMinor: minor(0n),
    drawnMinor: minor(0n),
    pendingMinor: minor(0n),
    sections: null,
    collects: null,
    tax: null,
    taxMinor: minor(0n),
    memo: null,
    customerExternalId: null,
    paymentMethodId: null,
    statementDescriptor: null,
    payout: null,
    details: null,
    recipient: null,
    dueAt: null,
    finalizedAt: null,
    paidAt: null,
    voidedAt: null,
    voidedReason: null,
    waived: null,
    recovered: null,
    metadata: {},
    version: 1,
    createdAt: scope.now,
  } as const
}

export function draftAudit({ invoice, lines }: Draft, action = "invoice.created"): AuditEntry {
  return {
    action,
    subjectType: "Invoice",
    subjectId: invoice.id,
    customerId: invoice.customerId,
    after: {
      status: invoice.status,
      subscription_id: invoice.subscriptionId,
      currency: invoice.currency,
      total_nanos: formatNanos(minorToNanos(invoice.totalMinor, invoice.currency)),
      lines: lines.length,
    },
  }
}

/** Finalization after the tenant's grace time, unless the tenant does it by hand. */
export function finalizeItems(scope: Scope, invoiceId: string): AgendaItem[] {
  const { autoFinalize, draftGraceHours } = scope.tenant.settings
  if (!autoFinalize) return []
  const dueAt = instant(scope.now + draftGraceHours * HOUR_MS)
  return [{ kind: "finalize-invoice", subject: invoiceId, uniqueKey: "grace", dueAt }]
}
