// The usage of a subscription's running period, strongly consistent: an accepted event is in the very next read.

import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import { metersOf } from "../domain/catalog.ts"
import { chargesOf } from "../domain/charges.ts"
import { meterKey } from "../domain/terms.ts"
import type { MeterDefinition } from "../domain/terms.ts"
import type { Period } from "../domain/period.ts"
import { periodAt, periodContaining } from "../domain/period.ts"
import type { Ratio } from "../domain/ratio.ts"
import { addRatio, ZERO_RATIO } from "../domain/ratio.ts"
import { err, ok } from "../domain/result.ts"
import { hasEnded } from "../domain/subscription.ts"
import type { Instant } from "../domain/time.ts"
import type { Outcome } from "./act.ts"
import { findSubscriptionTerms } from "./find.ts"
import { meterTermsOf } from "./meter-terms.ts"
import { billableOf, usageOf } from "./rate-subscription.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type MeterUsage = {
  readonly definition: MeterDefinition
  /** An exact decimal. */
  readonly value: string
  readonly skuIds: readonly string[]
}

export type UsageSummary = {
  readonly subscriptionId: string
  readonly period: Period
  readonly asOf: Instant
  /** What the period's usage comes to so far, exact; recurring fees are not usage. */
  readonly amount: Ratio
  readonly meters: readonly MeterUsage[]
}

export async function readUsage(scope: Scope, subscriptionId: string): Promise<Outcome<UsageSummary>> {
  const found = await findSubscriptionTerms(scope, subscriptionId)
  if (!found.ok) return found
  const terms = found.value
  const period = currentPeriod(terms, scope.now)
  const reply = await scope.meter(subscriptionId).usage({
    customerId: scope.customerId,
    periods: { from: period.start, to: period.end },
    changedSince: null,
    terms: meterTermsOf(terms),
  })
  if (reply.kind === "NotFound") return err(notFound("subscription"))
  const metered = terms.skus.filter((sku) => sku.terms.meter !== null)
  const chargeScope = { indices: [period.index], asOf: period.end, running: true }
  const charges = chargesOf({ ...billableOf(terms), skus: metered }, usageOf(reply), chargeScope)
  return ok({
    subscriptionId,
    period,
    asOf: scope.now,
    amount: charges.reduce((sum, charge) => addRatio(sum, charge.should), ZERO_RATIO),
    meters: metersOf(metered).map((definition) => ({
      definition,
      value: reply.totals.find((total) => total.key === definition.key)?.value ?? "0",
      skuIds: metered.filter((sku) => isMeteredBy(sku.terms.meter, definition)).map((sku) => sku.id),
    })),
  })
}

type SkuMeter = SubscriptionTerms["skus"][number]["terms"]["meter"]

function isMeteredBy(meter: SkuMeter, definition: MeterDefinition): boolean {
  return meter !== null && meterKey(meter.eventType, meter.aggregation, meter.property) === definition.key
}

/** The period that runs by the clock, also where its predecessor's close is still to come; after the end, the last one. */
function currentPeriod({ subscription }: SubscriptionTerms, now: Instant): Period {
  const { schedule, periodIndex } = subscription
  if (hasEnded(subscription.status)) return periodAt(schedule, periodIndex)
  return periodContaining(schedule, now) ?? periodAt(schedule, 0)
}
