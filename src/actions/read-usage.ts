// The usage of a subscription's running period, strongly consistent: an accepted event is in the very next read.

import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import { assert } from "../domain/assert.ts"
import type { RatedSku, SkuMeter } from "../domain/catalog.ts"
import { meterOfSku, metersOf } from "../domain/catalog.ts"
import { chargesOf } from "../domain/charges.ts"
import type { MeterDefinition } from "../domain/terms.ts"
import type { Period } from "../domain/period.ts"
import { periodAt, periodContaining } from "../domain/period.ts"
import type { Ratio } from "../domain/ratio.ts"
import { addRatio, ZERO_RATIO } from "../domain/ratio.ts"
import { err, ok } from "../domain/result.ts"
import { hasEnded } from "../domain/subscription.ts"
import type { Instant } from "../domain/time.ts"
import type { UsageGroup, UsageTotal } from "../meter/protocol.ts"
import type { Outcome } from "./act.ts"
import { findSubscriptionTerms } from "./find.ts"
import { meterTermsOf } from "./meter-terms.ts"
import { billableOf, usageOf } from "./rate-subscription.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type CountedMeter = {
  readonly definition: MeterDefinition
  /** As its SKUs have it. */
  readonly meter: SkuMeter
  readonly skuIds: readonly string[]
}

export type MeterUsage = CountedMeter & {
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
  readonly meters: readonly MeterUsage[]
  /** How far the meter was read, and the terms that it counts by; null while it has none. */
  readonly seq: number
  readonly termsVersion: number | null
}

export async function readUsage(scope: Scope, subscriptionId: string): Promise<Outcome<UsageSummary>> {
  const found = await findSubscriptionTerms(scope, subscriptionId)
  return found.ok ? await usageByTerms(scope, found.value, scope.now) : found
}

/** The usage as of `now`, rated by these terms. */
export async function usageByTerms(
  scope: Scope,
  terms: SubscriptionTerms,
  now: Instant,
): Promise<Outcome<UsageSummary>> {
  const subscriptionId = terms.subscription.id
  const period = currentPeriod(terms, now)
  const reply = await scope.meter(subscriptionId).usage({
    customerId: scope.customerId,
    periods: { from: period.start, to: period.end },
    changedSince: null,
    asOf: now,
    terms: meterTermsOf(terms),
  })
  if (reply.kind === "NotFound") return err(notFound("subscription"))
  const metered = terms.skus.filter((sku) => sku.terms.meter !== null)
  const chargeScope = { indices: [period.index], asOf: period.end, running: true }
  const charges = chargesOf({ ...billableOf(terms), skus: metered }, usageOf(reply), chargeScope)
  return ok({
    subscriptionId,
    period,
    asOf: now,
    amount: charges.reduce((sum, charge) => addRatio(sum, charge.should), ZERO_RATIO),
    meters: countedMeters(metered).map((meter) => meterUsage(meter, reply.totals)),
    seq: reply.seq,
    termsVersion: reply.termsVersion,
  })
}

function meterUsage({ definition, meter, skuIds }: CountedMeter, totals: readonly UsageTotal[]): MeterUsage {
  const total = totals.find(({ key }) => key === definition.key)
  return { definition, meter, value: total?.value ?? "0", groups: total?.groups ?? [], skuIds }
}

/** The meters of a subscription, as its SKUs have them. */
export function countedMeters(skus: readonly RatedSku[]): CountedMeter[] {
  return metersOf(skus).map((definition) => {
    const counted = skus.filter((sku) => meterOfSku(sku)?.key === definition.key)
    const meter = counted[0]?.terms.meter ?? null
    assert(meter !== null, "a meter is that of a SKU", { key: definition.key })
    return { definition, meter, skuIds: counted.map((sku) => sku.id) }
  })
}

/** The period that runs by the clock, also where its predecessor's close is still to come; after the end, the last one. */
export function currentPeriod({ subscription }: SubscriptionTerms, now: Instant): Period {
  const { schedule, periodIndex } = subscription
  if (hasEnded(subscription.status)) return periodAt(schedule, periodIndex)
  return periodContaining(schedule, now) ?? periodAt(schedule, 0)
}
