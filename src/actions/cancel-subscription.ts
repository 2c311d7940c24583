// Cancels a subscription: now, or when its running period ends. What was used until then is billed by its last close.

import { subscriptions } from "../db/schema.ts"
import type { SubscriptionRow } from "../db/rows.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { LAST_CLOSE } from "../domain/agenda.ts"
import { moveSubscription } from "../domain/subscription.ts"
import { err, ok } from "../domain/result.ts"
import { formatInstant } from "../domain/time.ts"
import { log } from "../runtime/log.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { findSubscription } from "./find.ts"
import { meterTermsOf } from "./meter-terms.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type CancelAt = "Now" | "PeriodEnd"

export async function cancelSubscription(
  scope: Scope,
  subscriptionId: string,
  at: CancelAt,
  reply: Reply<SubscriptionRow>,
): Promise<Outcome<SubscriptionRow>> {
  const outcome = await act(
    scope,
    async () => {
      const found = await findSubscription(scope, subscriptionId)
      if (!found.ok) return found
      const before = found.value
      const status = moveSubscription(before.status, "cancel")
      if (!status.ok) return err(refusal("invalid_state", status.error))
      if (at === "PeriodEnd" && before.cancelAt !== null) {
        const when = formatInstant(before.cancelAt)
        return err(refusal("invalid_state", `The subscription is already set to be cancelled at ${when}.`))
      }
      // A subscription that is cancelled before it starts ends where it would have started.
      const now = scope.now > before.startedAt ? scope.now : before.startedAt
      const change =
        at === "Now"
          ? { status: status.value, cancelAt: now, cancelledAt: scope.now, endedAt: now }
          : { cancelAt: before.periodEnd, cancelledAt: scope.now }
      const terms = { ...change, termsVersion: before.termsVersion + 1 }
      const after: SubscriptionRow = { ...before, ...terms, version: before.version + 1 }
      return ok({
        value: after,
        commit: {
          guards: [scope.write.update(subscriptions, before.id, before.version, terms)],
          agenda: agendaOf(scope, after, at),
          audit: [
            {
              action: at === "Now" ? "subscription.cancelled" : "subscription.cancellation_scheduled",
              subjectType: "Subscription",
              subjectId: before.id,
              customerId: before.customerId,
              before: { status: before.status },
              after: { status: after.status, cancel_at: formatInstant(change.cancelAt) },
            },
          ],
        },
      })
    },
    reply,
  )
  if (outcome.ok) await tellMeter(scope, outcome.value)
  return outcome
}

function agendaOf(scope: Scope, after: SubscriptionRow, at: CancelAt): AgendaItem[] {
  const uniqueKey = String(after.termsVersion)
  const sync: AgendaItem = { kind: "sync-terms", subject: after.id, uniqueKey, dueAt: scope.now }
  if (at === "PeriodEnd") return [sync]
  return [sync, { kind: "close-period", subject: after.id, uniqueKey: LAST_CLOSE, dueAt: scope.now }]
}

/** So that the very next event is judged by the new terms. Should it fail, the agenda row does it. */
async function tellMeter(scope: Scope, subscription: SubscriptionRow): Promise<void> {
  try {
    const terms = await scope.read.subscriptions.termsOf(subscription)
    if (terms !== null) await scope.meter(subscription.id).setTerms(meterTermsOf(terms))
  } catch (error) {
    log.error("a meter could not be told its terms; the agenda will", error, {
      subscription: subscription.id,
    })
  }
}
