// Bills what is paid in advance when a subscription starts, or when its trial ends. Runs from the agenda.
// What a repeat means: the charges are on an invoice already, so there is nothing to bill.

import { subscriptions } from "../db/schema.ts"
import { advanceScope } from "../domain/close.ts"
import { periodAt } from "../domain/period.ts"
import { err, ok } from "../domain/result.ts"
import { hasEnded } from "../domain/subscription.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { billOf } from "./bill.ts"
import type { Draft } from "./draft-invoice.ts"
import { rateSubscription } from "./rate-subscription.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function billAdvance(scope: Scope, subscriptionId: string): Promise<Outcome<Draft | null>> {
  return act(
    scope,
    async () => {
      const terms = await scope.read.subscriptions.withTerms(subscriptionId)
      if (terms === null) return err(notFound("subscription"))
      const { subscription } = terms
      const nothing = ok({ value: null, commit: { audit: [] } })
      if (hasEnded(subscription.status)) return nothing
      const chargeScope = advanceScope(subscription, scope.now)
      const index = chargeScope.indices[0]
      if (index === undefined) return nothing
      const rated = await rateSubscription(scope, terms, chargeScope)
      if (!rated.ok) return rated
      if (rated.value.lines.length === 0) return nothing
      const { start, end } = periodAt(subscription.schedule, index)
      const bill = await billOf(scope, subscription, rated.value, { start, end })
      if (!bill.ok) return bill
      const { draft, guards, ...commit } = bill.value
      // Late usage of earlier periods may be among the lines, so the meter's mark moves here too.
      const change = { billedSeq: rated.value.seq }
      const guard = scope.write.update(subscriptions, subscription.id, subscription.version, change)
      return ok({ value: draft, commit: { ...commit, guards: [guard, ...guards] } })
    },
    null,
  )
}
