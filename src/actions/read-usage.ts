// The usage of a subscription's running period, strongly consistent: an accepted event is in the very next read.
// Where the terms are known already, reading it is one call to the meter, which says whether they still hold.

import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import { assert } from "../domain/assert.ts"
import type { RatedSku, SkuMeter } from "../domain/catalog.ts"
import { meterOfSku, metersOf } from "../domain/catalog.ts"
import { chargesOf } from "../domain/charges.ts"
import type { MeterDefinition, MeterTerms } from "../domain/terms.ts"
import type { Period } from "../domain/period.ts"
import { periodAt, periodContaining, periodsWithin } from "../domain/period.ts"
import type { Interval } from "../domain/proration.ts"
import type { Ratio } from "../domain/ratio.ts"
import { addRatio, ZERO_RATIO } from "../domain/ratio.ts"
import { err, ok } from "../domain/result.ts"
import { hasEnded } from "../domain/subscription.ts"
import type { Instant } from "../domain/time.ts"
import type { UsageGroup, UsageReply, UsageTotal } from "../meter/protocol.ts"
import type { Outcome } from "./act.ts"
import { findSubscriptionTerms, mayReach } from "./find.ts"
import { meteredSkusOf, meterTermsOf, segmentTermsAt, usageScheduleOf } from "./meter-terms.ts"
import { billableOf } from "./billable.ts"
import { usageOf } from "./usage-of.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type CountedMeter = {
  readonly definition: MeterDefinition
  /** As its SKUs have it. */
  readonly meter: SkuMeter
  readonly skuIds: readonly string[]
}

export type MeterUsage = CountedMeter & {
  /** The part of the period that it is the total of; null where the period has one price list and no parts. */
  readonly part: Interval | null
  /** An exact decimal. */
  readonly value: string
  /** Of a meter with `groupBy`. */
  readonly groups: readonly UsageGroup[]
}

export type UsageSummary = {
  readonly subscriptionId: string
  readonly period: Period
  readonly asOf: Instant
  /** What the period's usage comes to so far, exact; recurring fees are not usage. */
  readonly amount: Ratio
  /** What is left of the lowest limit on spend, in nanos, as far as the meter knows; null where it knows none. */
  readonly left: string | null
  readonly meters: readonly MeterUsage[]
  /** How far the meter was read, and the terms that it counts by; null while it has none. */
  readonly seq: number
  readonly termsVersion: number | null
}

export async function readUsage(scope: Scope, subscriptionId: string): Promise<Outcome<UsageSummary>> {
  const { usageTerms, wallNow } = scope.platform
  const known = usageTerms.get(scope.tenant.id, subscriptionId, wallNow())
  if (known !== null && mayReach(scope, known.subscription.customerId)) {
    const confirmed = await usageByKnownTerms(scope, known)
    if (confirmed !== null) return ok(confirmed)
  }
  const found = await findSubscriptionTerms(scope, subscriptionId)
  if (!found.ok) return found
  const usage = await usageByTerms(scope, found.value, scope.now)
  if (usage.ok) usageTerms.set(found.value, wallNow())
  return usage
}

/** Null if the meter counts by other terms: then these say nothing. It isn't told them, since they may be old. */
async function usageByKnownTerms(scope: Scope, terms: SubscriptionTerms): Promise<UsageSummary | null> {
  const reply = await askMeter(scope, terms, scope.now, null)
  if (reply.kind === "NotFound" || reply.termsVersion !== terms.subscription.termsVersion) return null
  return summaryOf(terms, scope.now, reply)
}

/** The usage as of `now`, rated by these terms. */
export async function usageByTerms(
  scope: Scope,
  terms: SubscriptionTerms,
  now: Instant,
): Promise<Outcome<UsageSummary>> {
  const reply = await askMeter(scope, terms, now, meterTermsOf(terms))
  return reply.kind === "NotFound" ? err(notFound("subscription")) : ok(summaryOf(terms, now, reply))
}

/** `told` are terms that the meter takes over if they are newer than its own. */
function askMeter(
  scope: Scope,
  terms: SubscriptionTerms,
  now: Instant,
  told: MeterTerms | null,
): Promise<UsageReply> {
  const period = currentPeriod(terms, now)
  return scope.meter(terms.subscription.id).usage({
    customerId: scope.customerId,
    periods: { from: period.start, to: period.end },
    changedSince: null,
    asOf: now,
    terms: told,
  })
}

type UsageFound = Extract<UsageReply, { readonly kind: "Usage" }>

function summaryOf(terms: SubscriptionTerms, now: Instant, reply: UsageFound): UsageSummary {
  const period = currentPeriod(terms, now)
  const chargeScope = { indices: [period.index], asOf: period.end, running: true }
  const charges = chargesOf(billableOf(terms), usageOf(reply), chargeScope).filter((charge) => charge.metered)
  return {
    subscriptionId: terms.subscription.id,
    period,
    asOf: now,
    amount: charges.reduce((sum, charge) => addRatio(sum, charge.should), ZERO_RATIO),
    left: reply.left ?? null,
    meters: usageOfParts(terms, period, now, reply.totals),
    seq: reply.seq,
    termsVersion: reply.termsVersion,
  }
}

/** The meters of each part of the period that has begun, by the prices of its time. */
function usageOfParts(
  terms: SubscriptionTerms,
  period: Period,
  now: Instant,
  totals: readonly UsageTotal[],
): MeterUsage[] {
  const parts = periodsWithin(usageScheduleOf(terms), period)
  const begun = parts.filter(({ start }, at) => at === 0 || start <= now)
  return begun.flatMap(({ start, end }) => {
    const sold = segmentTermsAt(terms, start)
    const part = parts.length === 1 ? null : { start, end }
    return countedMeters(sold === null ? [] : meteredSkusOf(sold)).map((meter): MeterUsage => {
      const total = totals.find(
        ({ key, periodStart }) => key === meter.definition.key && periodStart === start,
      )
      return { ...meter, part, value: total?.value ?? "0", groups: total?.groups ?? [] }
    })
  })
}

/** The meters of these SKUs, as they have them. A SKU that has been changed is there more than once. */
export function countedMeters(skus: readonly RatedSku[]): CountedMeter[] {
  return metersOf(skus).map((definition) => {
    const counted = skus.filter((sku) => meterOfSku(sku)?.key === definition.key)
    const meter = counted[0]?.terms.meter ?? null
    assert(meter !== null, "a meter is that of a SKU", { key: definition.key })
    return { definition, meter, skuIds: [...new Set(counted.map((sku) => sku.id))] }
  })
}

/** The period that runs by the clock, also where its predecessor's close is still to come; after the end, the last one. */
export function currentPeriod({ subscription }: SubscriptionTerms, now: Instant): Period {
  const { schedule, periodIndex } = subscription
  if (hasEnded(subscription.status)) return periodAt(schedule, periodIndex)
  return periodContaining(schedule, now) ?? periodAt(schedule, 0)
}
