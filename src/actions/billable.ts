// A subscription's rows as the rating engine sees them.

import type { SegmentTerms, SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { SubscriptionRow } from "../db/rows.ts"
import type { Billable, SoldSegment } from "../domain/billable.ts"
import type { Instant } from "../domain/time.ts"

export function billableOf({ subscription, segments }: SubscriptionTerms): Billable {
  return {
    subscriptionId: subscription.id,
    currency: subscription.currency,
    schedule: subscription.schedule,
    trialEndsAt: subscription.trialEndsAt,
    end: endOf(subscription),
    pauses: subscription.pauses ?? [],
    paysOut: subscription.payout === true,
    segments: segments.map(soldOf),
  }
}

export function soldOf({ segment, plan, skus }: SegmentTerms): SoldSegment {
  const { prorate = "Time", minimumAmountNanos = null } = plan.terms
  return { segment, proration: prorate, minimumNanos: minimumAmountNanos, skus }
}

/** Where service ends or is known to end. An end that was agreed from the beginning is what fees are reckoned up to; of a
 *  cancellation, whoever cancels says. */
export function endOf({ endedAt, cancelAt, cancelTerms, endAt }: SubscriptionRow): Billable["end"] {
  const cancelled: Instant | null = cancelAt ?? endedAt
  if (endAt !== null && (cancelled === null || endAt <= cancelled)) return { at: endAt, prorated: true }
  return cancelled === null ? null : { at: cancelled, prorated: cancelTerms?.prorated ?? false }
}
