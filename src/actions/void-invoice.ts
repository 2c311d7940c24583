// Voids an invoice that was not paid. What it charged is open again: the next bill of the subscription charges it.

import type { AuditEntry } from "../db/commit.ts"
import type { Guarded } from "../db/database.ts"
import type { InvoiceRow } from "../db/rows.ts"
import { invoices, subscriptions } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { moveInvoice } from "../domain/invoice.ts"
import type { Posting } from "../domain/ledger.ts"
import { postVoided } from "../domain/ledger.ts"
import { periodContaining } from "../domain/period.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { unowedItems } from "./collect-items.ts"
import { deferred } from "./deferred.ts"
import type { Draft } from "./draft-invoice.ts"
import { findInvoice, findSubscriptionTerms } from "./find.ts"
import { lateTerms } from "./late-terms.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function voidInvoice(
  scope: Scope,
  invoiceId: string,
  reason: string,
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  return act(
    scope,
    async () => {
      const found = await findInvoice(scope, invoiceId)
      if (!found.ok) return found
      const voided = voiding(scope, found.value, reason)
      if (!voided.ok) return voided
      const reopened = await reopen(scope, found.value)
      if (!reopened.ok) return reopened
      const { invoice, change, postings, audit } = voided.value
      const { version } = found.value.invoice
      return ok({
        value: { invoice, lines: found.value.lines },
        commit: {
          guards: [scope.write.update(invoices, invoiceId, version, change), ...reopened.value.guards],
          agenda: [...reopened.value.agenda, ...(await unowedItems(scope, invoice))],
          postings,
          audit,
        },
      })
    },
    reply,
  )
}

export type Voiding = {
  readonly invoice: InvoiceRow
  readonly change: Partial<InvoiceRow>
  readonly postings: readonly Posting[]
  readonly audit: readonly AuditEntry[]
}

/** What voiding changes of the invoice itself, or why it can't be voided. */
export function voiding(scope: Scope, { invoice: before, lines }: Draft, reason: string): Outcome<Voiding> {
  const status = moveInvoice(before.status, "void")
  if (!status.ok) return err(refusal("invalid_state", status.error))
  if ((before.creditedMinor ?? 0n) > 0n) {
    return err(refusal("invalid_state", "The invoice has credit notes. Credit what is left of it instead."))
  }
  if (before.paidMinor > 0n || before.pendingMinor > 0n) {
    const what = before.paidMinor > 0n ? "was paid in part" : "has a payment under way"
    return err(refusal("invalid_state", `The invoice ${what}. Credit it instead.`))
  }
  const change = {
    status: status.value,
    voidedAt: scope.now,
    voidedReason: reason,
    // Whoever pays for several subscriptions has a new draft for what they owe next.
    collects: null,
  }
  const invoice = { ...before, ...change, version: before.version + 1 }
  return ok({
    invoice,
    change,
    postings:
      before.status === "Draft" ? [] : postVoided(before, deferred(scope, { invoice: before, lines })),
    audit: [
      {
        action: "invoice.voided",
        subjectType: "Invoice",
        subjectId: before.id,
        customerId: before.customerId,
        before: { status: before.status },
        after: { status: invoice.status, reason },
      },
    ],
  })
}

export type Reopened = { readonly guards: readonly Guarded[]; readonly agenda: readonly AgendaItem[] }

/** Moves the marks of its subscriptions back, so that the next bill looks at the periods that this invoice had charged. */
export async function reopen(scope: Scope, { invoice, lines }: Draft): Promise<Outcome<Reopened>> {
  if (invoice.type !== "Standard") return ok({ guards: [], agenda: [] })
  const ids = new Set([invoice.subscriptionId, ...lines.map((line) => line.subscriptionId)])
  const guards: Guarded[] = []
  const agenda: AgendaItem[] = []
  for (const id of ids) {
    if (id === null) continue
    const reopened = await reopenOne(scope, id, lines)
    if (!reopened.ok) return reopened
    guards.push(...reopened.value.guards)
    agenda.push(...reopened.value.agenda)
  }
  return ok({ guards, agenda })
}

async function reopenOne(
  scope: Scope,
  subscriptionId: string,
  lines: Draft["lines"],
): Promise<Outcome<Reopened>> {
  const found = await findSubscriptionTerms(scope, subscriptionId)
  if (!found.ok) return found
  const { subscription, drafted } = found.value
  const { id, version, schedule, billFromIndex } = subscription
  const late = lateTerms(scope, subscription, drafted !== null)
  const charged = lines.flatMap((line) => {
    if (line.subscriptionId !== id || line.serviceStart === null) return []
    const period = periodContaining(schedule, line.serviceStart)
    return period === null ? [] : [period.index]
  })
  const change = { billFromIndex: Math.min(billFromIndex, ...charged), ...late.change }
  return ok({ guards: [scope.write.update(subscriptions, id, version, change)], agenda: late.agenda })
}
