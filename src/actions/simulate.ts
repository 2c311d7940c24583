// What a subscription would have paid on other prices: its real events, priced by another plan or by SKUs made up for it, beside
// what it pays. It reads and changes nothing.
// Law: a simulated charge is what `chargesOf` bills for the same terms; only the usage may have to be counted first.

import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { BilledLine } from "../domain/billing.ts"
import { billLines } from "../domain/billing.ts"
import type { RatedSku, SkuTerms, TrialUsage } from "../domain/catalog.ts"
import { metersOf } from "../domain/catalog.ts"
import type { SoldSegment } from "../domain/billable.ts"
import { chargesOf } from "../domain/charges.ts"
import type { Currency } from "../domain/currency.ts"
import type { Minor } from "../domain/money.ts"
import { minor } from "../domain/money.ts"
import type { Period } from "../domain/period.ts"
import { startOf } from "../domain/period.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import { formatInstant, LATEST, sameDuration } from "../domain/time.ts"
import { segmentAt, segmentsOf } from "../domain/timeline.ts"
import type { Usage } from "../domain/usage.ts"
import { limits } from "../limits.ts"
import type { Outcome } from "./act.ts"
import { findSubscriptionTerms } from "./find.ts"
import { meterTermsOf, usageFrom } from "./meter-terms.ts"
import { billableOf, soldOf } from "./billable.ts"
import { usageOf } from "./usage-of.ts"
import { invalid, missing, refusal } from "./refusal.ts"
import type { Refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { periodsBetween } from "./simulated-periods.ts"

export type InlineSku = {
  readonly name: string | null
  readonly currency: Currency
  readonly terms: SkuTerms
}

export type SimulationInput = {
  readonly prices: { readonly planId: string } | { readonly skus: readonly InlineSku[] }
  readonly from: Instant | null
  readonly to: Instant | null
}

export type Bill = { readonly lines: readonly BilledLine[]; readonly amount: Minor }

export type SimulatedPeriod = { readonly period: Period; readonly current: Bill; readonly simulated: Bill }

export type Simulation = {
  readonly subscriptionId: string
  readonly currency: Currency
  readonly asOf: Instant
  readonly periods: readonly SimulatedPeriod[]
}

export async function simulate(
  scope: Scope,
  subscriptionId: string,
  input: SimulationInput,
): Promise<Outcome<Simulation>> {
  const found = await findSubscriptionTerms(scope, subscriptionId)
  if (!found.ok) return found
  const terms = found.value
  const [offer, periods] = [await offerOf(scope, terms, input), periodsBetween(terms, input, scope.now)]
  if (!offer.ok) return offer
  if (!periods.ok) return periods
  const usages = await measured(scope, terms, offer.value, periods.value)
  if (!usages.ok) return usages
  const [now, then] = usages.value
  const { currency } = terms.subscription
  const billable = billableOf(terms)
  const sold = soldThroughout(terms)
  const bill = (skus: readonly RatedSku[], usage: Usage, { index }: Period): Bill => {
    // As a bill of this moment would have it: what has ended whole, the running period as far as it has come.
    const chargeScope = { indices: [index], asOf: scope.now, running: true }
    const charges = chargesOf({ ...billable, segments: [{ ...sold, skus }] }, usage, chargeScope)
    const lines = billLines(charges, new Map(), currency)
    return { lines, amount: minor(lines.reduce((sum, line) => sum + line.amountMinor, 0n)) }
  }
  return ok({
    subscriptionId,
    currency,
    asOf: scope.now,
    periods: periods.value.map((period) => ({
      period,
      current: bill(terms.skus, now, period),
      simulated: bill(offer.value.skus, then, period),
    })),
  })
}

/** One price list for all of the time: what the subscription is sold under now, as if it had always been. */
function soldThroughout({ subscription, plan, skus }: SubscriptionTerms): SoldSegment {
  const segment = segmentAt(segmentsOf(subscription), LATEST)
  const from = startOf(subscription.schedule)
  return soldOf({ segment: { ...segment, from }, plan, skus })
}

type Offer = { readonly skus: readonly RatedSku[]; readonly trialUsage: TrialUsage }

async function offerOf(
  scope: Scope,
  { subscription, plan }: SubscriptionTerms,
  { prices }: SimulationInput,
): Promise<Outcome<Offer>> {
  if ("skus" in prices) {
    const refused = foreignCurrency(prices.skus, subscription.currency)
    if (refused !== null) return err(refused)
    // No stored SKU has such an id, so none of the subscription's quantities is meant for one of these.
    const skus = prices.skus.map(({ name, terms }, at) => ({
      id: `inline-${at + 1}`,
      name: name ?? `SKU ${at + 1}`,
      terms,
    }))
    return ok({ skus, trialUsage: plan.terms.trialUsage })
  }
  const other = await scope.read.catalog.plan(prices.planId)
  if (other === null) return err(missing("plan_id", "plan"))
  if (!sameDuration(other.terms.terms.every, subscription.schedule.every)) {
    const text = "The plan bills at another cadence: its prices are not for the periods of this subscription."
    return err(invalid("plan_id", text))
  }
  const skus = await scope.read.catalog.skusAt(other.plan.id, other.plan.currentVersion)
  const refused = foreignCurrency(skus, subscription.currency)
  return refused === null ? ok({ skus, trialUsage: other.terms.terms.trialUsage }) : err(refused)
}

function foreignCurrency(
  skus: readonly { readonly currency: Currency }[],
  currency: Currency,
): Refusal | null {
  const other = skus.find((sku) => sku.currency !== currency)
  if (other === undefined) return null
  return refusal(
    "currency_mismatch",
    `The subscription is in ${currency}; these prices are in ${other.currency}.`,
  )
}

/** The usage by the terms as they are, and by the other ones: of one moment, so that equal terms make equal bills. */
async function measured(
  scope: Scope,
  terms: SubscriptionTerms,
  { skus, trialUsage }: Offer,
  periods: readonly Period[],
): Promise<Outcome<readonly [Usage, Usage]>> {
  const { subscription } = terms
  const meterTerms = meterTermsOf(terms)
  const startedAt = usageFrom(subscription, trialUsage)
  const reply = await scope.meter(subscription.id).measure({
    wanted: [
      { definitions: metersOf(terms.skus), startedAt: meterTerms.startedAt },
      { definitions: metersOf(skus), startedAt },
    ],
    periods,
    terms: meterTerms,
    asOf: scope.now,
  })
  switch (reply.kind) {
    case "Measured": {
      const [now, then] = reply.usages.map(usageOf)
      return ok([now ?? new Map(), then ?? new Map()])
    }
    case "TooMany": {
      const most = `at most ${limits.simulationEvents} are counted for a simulation`
      return err(invalid("from", `These periods have ${reply.events} events; ${most}. Take fewer periods.`))
    }
    case "Archived": {
      const until = formatInstant(reply.until)
      const text = `These prices count what the subscription's own don't, and raw events of before ${until} are archived. Simulate from then on.`
      return err(invalid("from", text))
    }
  }
}
