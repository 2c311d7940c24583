// Closes the period of a subscription that has ended: bills it and opens the next one. Runs from the agenda.
// What a repeat means: nothing. The subscription's version guards the commit, and a closed period is not closed again.

import type { Guarded } from "../db/database.ts"
import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import { subscriptions } from "../db/schema.ts"
import type { Close } from "../domain/close.ts"
import { decideClose } from "../domain/close.ts"
import { err, ok } from "../domain/result.ts"
import { formatInstant } from "../domain/time.ts"
import type { Decided, Outcome } from "./act.ts"
import { act } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { draftAudit, draftOf, draftStatements, finalizeItems } from "./draft-invoice.ts"
import type { LateTerms } from "./late-terms.ts"
import { lateTerms } from "./late-terms.ts"
import type { Rated } from "./rate-subscription.ts"
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
      const rated = await rateSubscription(scope, terms, close.scope)
      return rated.ok ? ok(closing(scope, terms, close, rated.value)) : rated
    },
    null,
  )
}

function closing(
  scope: Scope,
  terms: SubscriptionTerms,
  close: Close,
  { lines, seq }: Rated,
): Decided<Draft | null> {
  const { subscription } = terms
  const service = { start: close.closed.start, end: close.scope.asOf }
  const draft = lines.length === 0 ? null : draftOf(scope, subscription, lines, service)
  const opened = close.next === null ? [] : [closeItem(subscription.id, close.next.index, close.next.end)]
  const late = lateTerms(scope, subscription, terms.drafted !== null)
  const ended = close.next === null && subscription.endedAt === null
  return {
    value: draft,
    commit: {
      guards: [moved(scope, terms, close, seq, late)],
      writes: draft === null ? [] : draftStatements(scope, draft),
      agenda: [...opened, ...late.agenda, ...(draft === null ? [] : finalizeItems(scope, draft.invoice.id))],
      audit: [
        {
          action: ended ? "subscription.ended" : "subscription.period_closed",
          subjectType: "Subscription",
          subjectId: subscription.id,
          customerId: subscription.customerId,
          before: { period_start: formatInstant(close.closed.start), status: subscription.status },
          after: {
            period_start: close.next === null ? null : formatInstant(close.next.start),
            status: close.status,
          },
        },
        ...(draft === null ? [] : [draftAudit(draft)]),
      ],
    },
  }
}

function moved(
  scope: Scope,
  { subscription }: SubscriptionTerms,
  close: Close,
  seq: number,
  late: LateTerms,
): Guarded {
  const period =
    close.next === null
      ? { billFromIndex: subscription.periodIndex + 1 }
      : {
          periodIndex: close.next.index,
          periodStart: close.next.start,
          periodEnd: close.next.end,
          billFromIndex: close.next.index,
        }
  return scope.write.update(subscriptions, subscription.id, subscription.version, {
    ...period,
    ...late.change,
    billedSeq: seq,
    status: close.status,
    endedAt: close.endedAt,
  })
}
