// The terms that a subscription's meter counts by, from the terms that it is sold under.

import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import { metersOf } from "../domain/catalog.ts"
import type { MeterTerms } from "../domain/terms.ts"

export function meterTermsOf({ subscription, plan, skus }: SubscriptionTerms): MeterTerms {
  const free = plan.terms.trialUsage === "Free" ? subscription.trialEndsAt : null
  return {
    version: subscription.termsVersion,
    tenantId: subscription.tenantId,
    subscriptionId: subscription.id,
    customerId: subscription.customerId,
    // Usage before the start is kept and not charged; so is usage of a trial that is free.
    startedAt: free ?? subscription.startedAt,
    endsAt: subscription.endedAt ?? subscription.cancelAt,
    schedule: subscription.schedule,
    meters: metersOf(skus),
  }
}
