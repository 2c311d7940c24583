// The terms that a subscription's meter counts by, from the terms that it is sold under over time.

import type { SegmentTerms, SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { SubscriptionRow } from "../db/rows.ts"
import type { RatedSku, TrialUsage } from "../domain/catalog.ts"
import { meterOfSku, metersOf } from "../domain/catalog.ts"
import { closedBefore } from "../domain/late-events.ts"
import type { Schedule } from "../domain/period.ts"
import { skuUnder } from "../domain/sku-overrides.ts"
import type { BilledUsage, MeteredPrice, MeterPrices, MeterTerms, ThresholdTerms } from "../domain/terms.ts"
import type { Instant } from "../domain/time.ts"
import { segmentAt, usageSchedule } from "../domain/timeline.ts"

export function meterTermsOf(terms: SubscriptionTerms): MeterTerms {
  const { subscription, plan, budgets } = terms
  const isPriced = budgets.length > 0 || subscription.thresholdNanos !== null
  return {
    version: subscription.termsVersion,
    tenantId: subscription.tenantId,
    subscriptionId: subscription.id,
    customerId: subscription.customerId,
    startedAt: usageFrom(subscription, plan.terms.trialUsage),
    endsAt: endOf(subscription),
    ...schedulesOf(terms),
    meters: metersOf(meteredSkus(terms)),
    ...(subscription.pauses === null || subscription.pauses.length === 0
      ? {}
      : { pauses: subscription.pauses }),
    ...(budgets.length === 0 ? {} : { budgets }),
    ...(isPriced ? { prices: pricesOf(terms) } : {}),
    ...thresholdOf(terms),
    ...closedOf(terms),
  }
}

/** Whichever comes first: it was cancelled, will be, or ends as was agreed. */
function endOf({ endedAt, cancelAt, endAt }: SubscriptionRow): Instant | null {
  const ends = [endedAt, cancelAt, endAt].filter((end) => end !== null)
  return ends.length === 0 ? null : ends.reduce((a, b) => (b < a ? b : a))
}

/** The periods of usage, and the billing periods where they are others. */
function schedulesOf(terms: SubscriptionTerms): Pick<MeterTerms, "schedule" | "billing"> {
  const { schedule: billing } = terms.subscription
  const schedule = usageScheduleOf(terms)
  return schedule === billing ? { schedule } : { schedule, billing }
}

export function usageScheduleOf({ subscription, segments }: SubscriptionTerms): Schedule {
  return usageSchedule(
    subscription.schedule,
    segments.map(({ segment }) => segment),
  )
}

/** What a segment's plan meters, at the prices that the subscription has. */
export function meteredSkusOf({ segment, skus }: SegmentTerms): RatedSku[] {
  return skus.map((sku) => skuUnder(sku, segment.overrides)).filter((sku) => meterOfSku(sku) !== null)
}

/** Of all segments: a late event finds the meter of its time. */
export function meteredSkus({ segments }: SubscriptionTerms): RatedSku[] {
  return segments.flatMap(meteredSkusOf)
}

/** The segment by which usage of a time is priced. */
export function segmentTermsAt({ segments }: SubscriptionTerms, at: Instant): SegmentTerms | null {
  const active = segmentAt(
    segments.map(({ segment }) => segment),
    at,
  )
  return segments.find(({ segment }) => segment === active) ?? null
}

/** Which periods take no more events, where the tenant refuses late ones. Fees say nothing of the usage beside them. */
function closedOf(terms: SubscriptionTerms): Pick<MeterTerms, "closedBefore"> {
  const { subscription, drafted } = terms
  if (drafted === null) return {}
  const metered = new Set(meteredSkus(terms).map((sku) => sku.id))
  return {
    closedBefore: closedBefore(
      subscription,
      drafted.filter(({ skuId }) => metered.has(skuId)),
    ),
  }
}

function thresholdOf(terms: SubscriptionTerms): { readonly threshold?: ThresholdTerms } {
  const { thresholdNanos: amountNanos } = terms.subscription
  if (amountNanos === null) return {}
  const billed = terms.billed.flatMap(({ skuId, serviceStart: from, ratedNanos: nanos }): BilledUsage[] => {
    const sold = segmentTermsAt(terms, from)
    const sku = sold === null ? undefined : meteredSkusOf(sold).find(({ id }) => id === skuId)
    const meterKey = sku === undefined ? null : (meterOfSku(sku)?.key ?? null)
    return meterKey === null ? [] : [{ from, meterKey, nanos }]
  })
  return { threshold: { amountNanos, billed } }
}

/** Usage before the start is kept and not charged; so is usage of a trial that is free. */
export function usageFrom({ startedAt, trialEndsAt }: SubscriptionRow, trialUsage: TrialUsage): Instant {
  return (trialUsage === "Free" ? trialEndsAt : null) ?? startedAt
}

/** What a meter rates its totals by, where it has to: a list for all of the time, or one for each segment. Of segments that begin
 *  at once the last one counts. */
export function pricesOf({ segments }: SubscriptionTerms): MeterPrices {
  const lists = segments
    .filter(({ segment }, at) => segments[at + 1]?.segment.from !== segment.from)
    .map((sold) => ({ from: sold.segment.from, prices: pricesOfSkus(meteredSkusOf(sold)) }))
    .filter(({ prices }, at, all) => JSON.stringify(prices) !== JSON.stringify(all[at - 1]?.prices))
  const [only] = lists
  return lists.length === 1 && only !== undefined ? only.prices : lists
}

export function pricesOfSkus(skus: readonly RatedSku[]): MeteredPrice[] {
  return skus.flatMap((sku) => {
    const meter = meterOfSku(sku)
    if (meter === null) return []
    const { price, modifiers } = sku.terms
    const pricing = modifiers === undefined ? { price } : { price, modifiers }
    return [{ skuId: sku.id, meterKey: meter.key, pricing }]
  })
}
