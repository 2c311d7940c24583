// The terms that a subscription's meter counts by, from the terms that it is sold under.

import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { SubscriptionRow } from "../db/rows.ts"
import type { TrialUsage } from "../domain/catalog.ts"
import { meterOfSku, metersOf } from "../domain/catalog.ts"
import { closedBefore } from "../domain/late-events.ts"
import type { MeteredPrice, MeterTerms } from "../domain/terms.ts"
import type { Instant } from "../domain/time.ts"

export function meterTermsOf(terms: SubscriptionTerms): MeterTerms {
  const { subscription, plan, skus, budgets } = terms
  return {
    version: subscription.termsVersion,
    tenantId: subscription.tenantId,
    subscriptionId: subscription.id,
    customerId: subscription.customerId,
    startedAt: usageFrom(subscription, plan.terms.trialUsage),
    endsAt: subscription.endedAt ?? subscription.cancelAt,
    schedule: subscription.schedule,
    meters: metersOf(skus),
    ...(budgets.length === 0 ? {} : { budgets, prices: pricesOf(skus) }),
    ...closedOf(terms),
  }
}

/** Which periods take no more events, where the tenant refuses late ones. Fees say nothing of the usage beside them. */
function closedOf({ subscription, skus, drafted }: SubscriptionTerms): Pick<MeterTerms, "closedBefore"> {
  if (drafted === null) return {}
  const metered = new Set(skus.filter((sku) => meterOfSku(sku) !== null).map((sku) => sku.id))
  return {
    closedBefore: closedBefore(
      subscription,
      drafted.filter(({ skuId }) => metered.has(skuId)),
    ),
  }
}

/** Usage before the start is kept and not charged; so is usage of a trial that is free. */
export function usageFrom({ startedAt, trialEndsAt }: SubscriptionRow, trialUsage: TrialUsage): Instant {
  return (trialUsage === "Free" ? trialEndsAt : null) ?? startedAt
}

/** What a meter rates its totals by, where it has to. */
export function pricesOf(skus: SubscriptionTerms["skus"]): MeteredPrice[] {
  return skus.flatMap((sku) => {
    const meter = meterOfSku(sku)
    if (meter === null) return []
    const { price, modifiers } = sku.terms
    const pricing = modifiers === undefined ? { price } : { price, modifiers }
    return [{ skuId: sku.id, meterKey: meter.key, pricing }]
  })
}
