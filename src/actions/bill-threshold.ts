// Bills a subscription whose usage reached its threshold. Runs from the agenda.
// Law: it bills when what is not billed yet has reached the threshold, by what the meter and the invoices say now. So what others
// billed meanwhile is no reason for another invoice, and a repeat finds nothing to bill.

import { err, ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { decideBillNow } from "./bill-now.ts"
import type { Draft } from "./draft-invoice.ts"
import { findSubscriptionTerms } from "./find.ts"
import { lateTerms } from "./late-terms.ts"
import { meterTermsOf } from "./meter-terms.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { subscriptions } from "../db/schema.ts"

/** Null: there was nothing to bill. */
export async function billThreshold(scope: Scope, subscriptionId: string): Promise<Outcome<Draft | null>> {
  return act<Draft | null>(
    scope,
    async () => {
      const found = await findSubscriptionTerms(scope, subscriptionId)
      if (!found.ok) return found
      const { subscription } = found.value
      const { thresholdNanos } = subscription
      const request = { customerId: null, periods: null, changedSince: null, asOf: scope.now }
      const terms = meterTermsOf(found.value)
      const usage = await scope.meter(subscriptionId).usage({ ...request, terms })
      if (usage.kind === "NotFound") return err(notFound("meter"))
      const isReached = thresholdNanos !== null && BigInt(usage.unbilled ?? "0") >= BigInt(thresholdNanos)
      if (isReached) return decideBillNow(scope, found.value)
      // The meter tells a crossing once by each version of its terms: by these it has.
      const { change, agenda } = lateTerms(scope, subscription, false)
      const guard = scope.write.update(subscriptions, subscriptionId, subscription.version, change)
      return ok({ value: null, commit: { guards: [guard], agenda, audit: [] } })
    },
    null,
  )
}
