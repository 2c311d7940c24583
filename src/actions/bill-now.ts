// Bills what a subscription owes up to now: ended periods first, then what the running one has come to.

import { subscriptions } from "../db/schema.ts"
import { billNowScope } from "../domain/close.ts"
import { periodAt } from "../domain/period.ts"
import { ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { draftAudit, draftOf, draftStatements, finalizeItems } from "./draft-invoice.ts"
import { findSubscriptionTerms } from "./find.ts"
import { rateSubscription } from "./rate-subscription.ts"
import type { Scope } from "./scope.ts"

/** A draft, also when nothing is owed. What it charges, no later bill charges again. */
export async function billNow(
  scope: Scope,
  subscriptionId: string,
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  return act(
    scope,
    async () => {
      const found = await findSubscriptionTerms(scope, subscriptionId)
      if (!found.ok) return found
      const { subscription } = found.value
      const chargeScope = billNowScope(subscription, scope.now, limits.periodsPerBill)
      const rated = await rateSubscription(scope, found.value, chargeScope)
      if (!rated.ok) return rated
      const start = periodAt(subscription.schedule, chargeScope.indices[0] ?? subscription.periodIndex).start
      const end = scope.now > start ? scope.now : start
      const draft = draftOf(scope, subscription, rated.value.lines, { start, end })
      const guard = scope.write.update(subscriptions, subscription.id, subscription.version, {
        billedSeq: rated.value.seq,
      })
      return ok({
        value: draft,
        commit: {
          guards: [guard],
          writes: draftStatements(scope, draft),
          agenda: finalizeItems(scope, draft.invoice.id),
          audit: [draftAudit(draft)],
        },
      })
    },
    reply,
  )
}
