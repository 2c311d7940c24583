// Finalizes a draft: reads the meters a last time, taxes it, numbers it, posts it to the ledger, and lets credit pay what it can. One that
// comes to less than nothing becomes credit.
// What a repeat means: a job finds the invoice finalized and is done; a caller is told that it is no draft.

import type { Commit } from "../db/commit.ts"
import { numberDraw } from "../db/invoice-number.ts"
import type { InvoiceRow, SubscriptionRow, TenantRow } from "../db/rows.ts"
import { subscriptions } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import type { Recipient } from "../domain/invoice.ts"
import { amountLeft, dueAt, moveInvoice } from "../domain/invoice.ts"
import { postFinalized } from "../domain/ledger.ts"
import { formatNanos, minor, minorToNanos } from "../domain/money.ts"
import { err, ok } from "../domain/result.ts"
import { lateEventsOf, retentionMs } from "../domain/tenant.ts"
import { instant } from "../domain/time.ts"
import type { Decided, Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { archiveItem } from "./archive-usage.ts"
import { collectItems } from "./collect-items.ts"
import { deferred } from "./deferred.ts"
import type { CreditPart } from "./credit-moves.ts"
import type { Draft } from "./draft-invoice.ts"
import type { Credit, Drawing } from "./draw-wallet.ts"
import { drawing, withLimit } from "./draw-wallet.ts"
import { visibleInvoice } from "./find.ts"
import { grantPart } from "./grant-part.ts"
import { lateTerms } from "./late-terms.ts"
import { firstMethod, methodIds } from "./method-of.ts"
import type { RefreshedDraft } from "./refresh-draft.ts"
import { refreshDraft } from "./refresh-draft.ts"
import { recipientOf } from "./recipient-of.ts"
import { notFound, refusal } from "./refusal.ts"
import { saveDraft, withLines } from "./save-draft.ts"
import type { Scope } from "./scope.ts"
import { tellMeter } from "./sync-terms.ts"
import { withTaxes } from "./tax-lines.ts"

export async function finalizeInvoice(
  scope: Scope,
  invoiceId: string,
  reply: Reply<Draft> | null,
): Promise<Outcome<Draft>> {
  let told: readonly AgendaItem[] = []
  const outcome = await act(
    scope,
    async () => {
      const { read } = scope
      const [row, tenant, subscribed] = await read.together([
        read.invoices.one(invoiceId),
        read.tenant(),
        read.subscriptions.onInvoice(invoiceId),
      ])
      const found = visibleInvoice(scope, row)
      if (!found.ok) return found
      if (tenant === null) return err(notFound("tenant"))
      const draft = found.value
      const status = moveInvoice(draft.invoice.status, "finalize")
      if (!status.ok || draft.invoice.type === "ProForma") {
        // The job's work was done by somebody else.
        if (scope.jobId !== null) return ok({ value: draft, commit: { audit: [] } })
        return err(refusal("invalid_state", status.ok ? PRO_FORMA : status.error))
      }
      const refreshed = await refreshDraft(scope, draft, subscribed)
      if (!refreshed.ok) return refreshed
      const paying = await payingOf(scope, draft.invoice, subscribed)
      const { customer, method } = paying
      if (customer === null) return err(notFound("customer"))
      const parties = { tenant, customer }
      const taxed = await withTaxes(scope, withLines(draft, refreshed.value.lines), parties)
      if (!taxed.ok) return taxed
      const recipient = recipientOf(customer, tenant)
      const closing = closingTerms(scope, refreshed.value, tenant)
      told = closing.agenda
      const frozen = { ...taxed.value.invoice, status: status.value, recipient }
      const final = { invoice: finalInvoice(scope, frozen, recipient), lines: taxed.value.lines }
      const credit = await creditOf(scope, final, paying)
      const drawn = { ...final, invoice: { ...final.invoice, drawnMinor: credit.drawnMinor } }
      const collecting = collectItems(scope, drawn.invoice, method)
      return ok(finalized(scope, draft, drawn, tenant, [closing, refreshed.value], { credit, collecting }))
    },
    reply,
  )
  // A job leaves it to the row that it made.
  if (outcome.ok && scope.jobId === null) for (const { subject } of told) await tellMeter(scope, subject)
  return outcome
}

const PRO_FORMA = "The invoice is a pro-forma: it says what would be charged and is never finalized."

function finalInvoice(scope: Scope, invoice: InvoiceRow, recipient: Recipient): InvoiceRow {
  const due = dueAt(scope.now, recipient.paymentTermsDays)
  return { ...invoice, collects: null, dueAt: due, finalizedAt: scope.now }
}

/** Who pays it and with what, read at once: the customer, what its wallets hold, and the method that is asked. */
async function payingOf({ read }: Scope, invoice: InvoiceRow, subscribed: readonly SubscriptionRow[]) {
  const { customerId, currency, subscriptionId } = invoice
  const ids = methodIds(invoice, subscribed.find(({ id }) => id === subscriptionId) ?? null)
  const [customer, held, isWatched, methods] = await read.together([
    read.customers.one(customerId),
    read.wallets.held(customerId, currency),
    read.walletBudgets.watched(customerId),
    read.paymentMethods.choices(customerId, ids),
  ])
  return { customer, held, isWatched, method: firstMethod(ids, methods) }
}

/** What credit pays of it; or, below zero, the credit that it becomes, unless it is to be paid out. */
async function creditOf(scope: Scope, final: Draft, wallet: Credit): Promise<Drawing> {
  const { id, customerId, currency, totalMinor, payout } = final.invoice
  if (totalMinor >= 0n || payout === true) return drawing(scope, final, wallet)
  const amountMinor = minor(-totalMinor)
  const given = { kind: "Paid", source: "Invoice", sourceId: id, invoiceId: id } as const
  const part = await grantPart(scope, { customerId, currency, amountMinor, ...given })
  return { ...(await withLimit(scope, customerId, part, wallet.isWatched)), drawnMinor: minor(0n) }
}

type Guards = { readonly guards: NonNullable<Commit["guards"]> }

function finalized(
  scope: Scope,
  before: Draft,
  { invoice, lines }: Draft,
  tenant: TenantRow,
  parts: readonly [Guards & { readonly agenda: readonly AgendaItem[] }, Guards],
  follows: { readonly credit: CreditPart; readonly collecting: readonly AgendaItem[] },
): Decided<Draft> {
  const draw = numberDraw(invoice.id, tenant.settings.invoiceNumberPrefix, scope.newId())
  const numbered = (number: string): Draft => ({ invoice: { ...invoice, number }, lines })
  const after = numbered(draw.number)
  const saved = saveDraft(scope, before, after)
  const { credit, collecting } = follows
  return {
    value: after,
    numbered,
    commit: {
      draw,
      guards: [...saved.guards, ...parts.flatMap(({ guards }) => guards), ...credit.guards],
      writes: [...saved.writes, ...credit.writes],
      postings: [...postFinalized(invoice, deferred(scope, { invoice, lines })), ...credit.postings],
      agenda: [
        ...settleItems(scope, invoice),
        ...collecting,
        ...archiveItems(after, tenant),
        ...parts[0].agenda,
        ...credit.agenda,
      ],
      audit: [
        {
          action: "invoice.finalized",
          subjectType: "Invoice",
          subjectId: invoice.id,
          customerId: invoice.customerId,
          before: { status: before.invoice.status, total_nanos: totalNanos(before.invoice) },
          after: { status: invoice.status, invoice_number: draw.number, total_nanos: totalNanos(invoice) },
        },
        ...credit.audit,
      ],
    },
  }
}

/** Two drafts of a subscription must not both take the same late usage; and where late events are refused, its meter must know. */
function closingTerms(scope: Scope, refreshed: RefreshedDraft, { settings }: TenantRow) {
  const refuses = lateEventsOf(settings) === "Reject"
  const late = refreshed.subscriptions.map((row) => ({ row, terms: lateTerms(scope, row, refuses) }))
  return {
    guards: late.map(({ row, terms }) =>
      scope.write.update(subscriptions, row.id, row.version, terms.change),
    ),
    agenda: late.flatMap(({ terms }) => terms.agenda),
  }
}

function totalNanos(invoice: InvoiceRow): string {
  return formatNanos(minorToNanos(invoice.totalMinor, invoice.currency))
}

/** Nobody pays nothing: an invoice on which nothing is left is settled by the job that follows. */
function settleItems(scope: Scope, invoice: InvoiceRow): AgendaItem[] {
  if (amountLeft(invoice) > 0n) return []
  return [{ kind: "settle-invoice", subject: invoice.id, uniqueKey: "zero", dueAt: scope.now }]
}

/** The raw events that it was rated from are archived when they have rested. */
function archiveItems({ invoice, lines }: Draft, { settings }: TenantRow): AgendaItem[] {
  const rest = retentionMs(settings)
  const isRated = lines.some((line) => line.subscriptionId !== null)
  if (!isRated || invoice.finalizedAt === null || rest === null) return []
  return [archiveItem(invoice.id, instant(invoice.finalizedAt + rest))]
}
