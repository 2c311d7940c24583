// Closes the period of a subscription that has ended: bills it and opens the next one. Runs from the agenda.
// What a repeat means: nothing. The subscription's version guards the commit, and a closed period is not closed again.

import type { AuditEntry } from "../db/commit.ts"
import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { SubscriptionRow } from "../db/rows.ts"
import { subscriptions } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import type { Close } from "../domain/close.ts"
import { closeDueAt, decideClose } from "../domain/close.ts"
import { err, ok } from "../domain/result.ts"
import { formatInstant } from "../domain/time.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import type { Bill } from "./bill.ts"
import { billOfSome, NO_BILL } from "./bill.ts"
import type { Draft } from "./draft-invoice.ts"
import { lateTerms } from "./late-terms.ts"
import { rateSubscription } from "./rate-subscription.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { closeItem } from "./subscribe.ts"

/** The draft that was made, or null when nothing was to be closed or billed. */
export async function closePeriod(scope: Scope, subscriptionId: string): Promise<Outcome<Draft | null>> {
  return act(
    scope,
    async () => {
      const terms = await scope.read.subscriptions.withTerms(subscriptionId)
      if (terms === null) return err(notFound("subscription"))
      const close = decideClose(terms.subscription, scope.now)
      if (close === null) return ok({ value: null, commit: { audit: [] } })
      const closing = await closingOf(scope, terms, close)
      if (!closing.ok) return closing
      const { bill, change, agenda, audit } = closing.value
      const { id, version } = terms.subscription
      return ok({
        value: bill.draft,
        commit: {
          guards: [scope.write.update(subscriptions, id, version, change), ...bill.guards],
          writes: bill.writes,
          agenda: [...agenda, ...bill.agenda],
          audit: [audit, ...bill.audit],
        },
      })
    },
    null,
  )
}

/** What a close changes of the subscription, and the bill that it makes. */
export type Closing = {
  readonly bill: Bill
  readonly change: Partial<SubscriptionRow>
  readonly agenda: readonly AgendaItem[]
  readonly audit: AuditEntry
}

export async function closingOf(
  scope: Scope,
  terms: SubscriptionTerms,
  close: Close,
): Promise<Outcome<Closing>> {
  const { subscription } = terms
  const bill = await closingBill(scope, terms, close)
  if (!bill.ok) return bill
  const late = lateTerms(scope, subscription, terms.drafted !== null)
  const change = { ...closedFields(subscription, close), ...late.change, billedSeq: bill.value.seq }
  const after = { ...subscription, ...change }
  const opened = close.next === null ? [] : [closeItem(subscription.id, close.next.index, closeDueAt(after))]
  return ok({
    bill: bill.value.bill,
    change,
    agenda: [...opened, ...late.agenda],
    audit: closeAudit(subscription, close),
  })
}

type SeqBill = { readonly bill: Bill; readonly seq: number }

async function closingBill(scope: Scope, terms: SubscriptionTerms, close: Close): Promise<Outcome<SeqBill>> {
  const { subscription } = terms
  if (isUnbilled(subscription, close)) return ok({ bill: NO_BILL, seq: subscription.billedSeq })
  const rated = await rateSubscription(scope, terms, close.scope)
  if (!rated.ok) return rated
  const service = { start: close.closed.start, end: close.scope.asOf }
  const bill = await billOfSome(scope, subscription, rated.value, service)
  return bill.ok ? ok({ bill: bill.value, seq: rated.value.seq }) : bill
}

/** Whoever cancels without a last invoice leaves what isn't billed by then to be billed on demand, or never. */
function isUnbilled({ cancelTerms }: SubscriptionRow, { next, status }: Close): boolean {
  return next === null && status === "Cancelled" && cancelTerms?.invoiced === false
}

function closedFields(subscription: SubscriptionRow, close: Close): Partial<SubscriptionRow> {
  const ended = { status: close.status, endedAt: close.endedAt }
  if (close.next === null && isUnbilled(subscription, close)) return ended
  if (close.next === null) return { ...ended, billFromIndex: subscription.periodIndex + 1 }
  const { index, start, end } = close.next
  return { ...ended, periodIndex: index, periodStart: start, periodEnd: end, billFromIndex: index }
}

function closeAudit(subscription: SubscriptionRow, close: Close): AuditEntry {
  const ended = close.next === null && subscription.endedAt === null
  return {
    action: ended ? "subscription.ended" : "subscription.period_closed",
    subjectType: "Subscription",
    subjectId: subscription.id,
    customerId: subscription.customerId,
    before: { period_start: formatInstant(close.closed.start), status: subscription.status },
    after: {
      period_start: close.next === null ? null : formatInstant(close.next.start),
      status: close.status,
    },
  }
}
