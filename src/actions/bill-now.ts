// Bills what a subscription owes up to now: ended periods first, then what the running one has come to.

import { subscriptions } from "../db/schema.ts"
import { assert } from "../domain/assert.ts"
import { billNowScope } from "../domain/close.ts"
import { periodAt } from "../domain/period.ts"
import { ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { Decided, Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { billOf } from "./bill.ts"
import type { Draft } from "./draft-invoice.ts"
import { findSubscriptionTerms } from "./find.ts"
import { lateTerms } from "./late-terms.ts"
import { rateSubscription } from "./rate-subscription.ts"
import type { Scope } from "./scope.ts"

/** A draft, also when nothing is owed. What it charges, no later bill charges again. */
export async function billNow(
  scope: Scope,
  subscriptionId: string,
  reply: Reply<Draft> | null,
): Promise<Outcome<Draft>> {
  return act(
    scope,
    async () => {
      const found = await findSubscriptionTerms(scope, subscriptionId)
      return found.ok ? decideBillNow(scope, found.value) : found
    },
    reply,
  )
}

/** Decided from these terms; whoever changes the subscription meanwhile makes the commit miss. */
export async function decideBillNow(
  scope: Scope,
  terms: SubscriptionTerms,
): Promise<Outcome<Decided<Draft>>> {
  const { subscription } = terms
  const chargeScope = billNowScope(subscription, scope.now, limits.periodsPerBill)
  const rated = await rateSubscription(scope, terms, chargeScope)
  if (!rated.ok) return rated
  const start = periodAt(subscription.schedule, chargeScope.indices[0] ?? subscription.periodIndex).start
  const end = scope.now > start ? scope.now : start
  const bill = await billOf(scope, subscription, rated.value, { start, end })
  if (!bill.ok) return bill
  const { draft, guards, agenda, ...commit } = bill.value
  assert(draft !== null, "a bill on demand has a draft")
  const told = lateTerms(scope, subscription, false)
  const change = { billedSeq: rated.value.seq, ...told.change }
  const guard = scope.write.update(subscriptions, subscription.id, subscription.version, change)
  return ok({
    value: draft,
    commit: { ...commit, guards: [guard, ...guards], agenda: [...agenda, ...told.agenda] },
  })
}
