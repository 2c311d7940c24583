// Changes what a subscription is sold under: its plan, its quantities, its prices; now or when the running period ends.

import type { PlanWithTerms } from "../db/readers/catalog.ts"
import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import type { SkuRow, SubscriptionRow } from "../db/rows.ts"
import { plans } from "../db/schema.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import { effectiveAt, withChange } from "../domain/change.ts"
import { err, ok } from "../domain/result.ts"
import type { SkuOverrides } from "../domain/sku-overrides.ts"
import { hasEnded, lastInstant } from "../domain/subscription.ts"
import type { Instant } from "../domain/time.ts"
import { formatInstant } from "../domain/time.ts"
import type { Segment, SegmentChange } from "../domain/timeline.ts"
import { segmentAt, segmentsOf } from "../domain/timeline.ts"
import { limits } from "../limits.ts"
import type { Outcome, Reply } from "./act.ts"
import type { ChangePreview, DecideChange, StateChange } from "./change-state.ts"
import { changeState, previewState } from "./change-state.ts"
import { changedRow, everyOf, movedItems } from "./changed-row.ts"
import type { Refusal } from "./refusal.ts"
import { invalid, missing, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { checkQuantities, refusePayee } from "./subscribe.ts"

export type SubscriptionChange = {
  readonly planId: string | undefined
  readonly quantity: string | null | undefined
  readonly quantities: Readonly<Record<string, string>> | undefined
  /** From the SKUs that the subscription will have. */
  readonly overrides: ((skus: readonly SkuRow[]) => Outcome<SkuOverrides>) | undefined
  readonly at: "Now" | "PeriodEnd"
  readonly prorate: boolean
}

export async function changeSubscription(
  scope: Scope,
  subscriptionId: string,
  input: SubscriptionChange,
  reply: Reply<SubscriptionRow> | null,
): Promise<Outcome<SubscriptionRow>> {
  return changeState(scope, subscriptionId, deciding(scope, input), reply)
}

export async function previewChange(
  scope: Scope,
  subscriptionId: string,
  input: SubscriptionChange,
): Promise<Outcome<ChangePreview>> {
  return previewState(scope, subscriptionId, deciding(scope, input))
}

/** One id for all tries, so that a preview and each try of a change are the same. */
function deciding(scope: Scope, input: SubscriptionChange): DecideChange {
  const id = scope.newId()
  return (terms) => decideChange(scope, terms, id, input)
}

async function decideChange(
  scope: Scope,
  { subscription, segments: known }: SubscriptionTerms,
  id: string,
  input: SubscriptionChange,
): Promise<Outcome<StateChange>> {
  const at = effectiveAt(subscription.schedule, scope.now, input.at)
  const refused = refuseState(subscription, at)
  if (refused !== null) return err(refused)
  const segments = segmentsOf(subscription)
  const base = segmentAt(segments, at)
  const plan = await targetPlan(scope, base, input.planId)
  if (!plan.ok) return plan
  const payee = refusePayee(scope, plan.value.terms.terms)
  if (payee !== null) return err(payee)
  const skus = await scope.read.catalog.skusAt(plan.value.plan.id, plan.value.terms.planVersion)
  const change = changeOf(subscription, base, plan.value, skus, input)
  if (!change.ok) return change
  const every = everyOf([...known, { plan: plan.value.terms }])
  const timeline = withChange(
    { segments, schedule: subscription.schedule },
    {
      id,
      at,
      change: change.value,
      isScheduled: at > scope.now,
      // Before the start it is for the start.
      atPeriodEnd: input.at === "PeriodEnd" && at > subscription.startedAt,
      prorate: input.prorate,
    },
    every,
  )
  if (timeline.segments.length > limits.timelineSegments) {
    return err(refusal("invalid_state", `A subscription has at most ${limits.timelineSegments} changes.`))
  }
  const after = changedRow(subscription, timeline, scope.now, every)
  const isScheduled = at > scope.now
  return ok({
    at,
    change: after,
    guards: plan.value.plan.currentInUse
      ? []
      : [scope.write.update(plans, plan.value.plan.id, plan.value.plan.version, { currentInUse: true })],
    agenda: [
      ...movedItems(subscription, { ...subscription, ...after }, scope.now),
      ...firstAdvance(subscription, skus, id, scope.now),
    ],
    audit: {
      action: isScheduled ? "subscription.change_scheduled" : "subscription.changed",
      before: stateOf(base),
      after: { ...stateOf(segmentAt(timeline.segments, at)), effective_at: formatInstant(at) },
    },
  })
}

function refuseState(subscription: SubscriptionRow, at: Instant): Refusal | null {
  if (hasEnded(subscription.status)) {
    return refusal("invalid_state", `The subscription is ${subscription.status}: it can't be changed.`)
  }
  const last = lastInstant(subscription)
  if (last === null || at < last) return null
  return refusal("invalid_state", `The subscription ends at ${formatInstant(last)}: nothing changes then.`)
}

async function targetPlan(
  scope: Scope,
  base: Segment,
  planId: string | undefined,
): Promise<Outcome<PlanWithTerms>> {
  if (planId === undefined) {
    const kept = await scope.read.catalog.plan(base.planId, base.planVersion)
    return kept === null ? err(missing("plan_id", "plan")) : ok(kept)
  }
  const found = await scope.read.catalog.plan(planId)
  if (found === null) return err(missing("plan_id", "plan"))
  if (found.plan.archivedAt === null || planId === base.planId) return ok(found)
  return err(refusal("invalid_state", "The plan is archived: it takes no new subscriptions."))
}

function changeOf(
  { currency, payout }: SubscriptionRow,
  base: Segment,
  { plan, terms }: PlanWithTerms,
  skus: readonly SkuRow[],
  input: SubscriptionChange,
): Outcome<SegmentChange> {
  const priced = skus.find((sku) => sku.currency !== currency)
  if (priced !== undefined) {
    const message = `The subscription is in ${currency}; the plan is priced in ${priced.currency}.`
    return err(refusal("currency_mismatch", message, [{ path: "plan_id", message }]))
  }
  if ((terms.terms.direction === "Payout") !== (payout === true)) {
    return err(invalid("plan_id", "A subscription that pays out stays one, and so does one that charges."))
  }
  const isOther = plan.id !== base.planId || terms.planVersion !== base.planVersion
  const given = { all: input.quantity ?? null, bySku: input.quantities ?? {} }
  const checked = checkQuantities(given, skus)
  if (!checked.ok) return checked
  const overrides = input.overrides?.(skus)
  if (overrides?.ok === false) return overrides
  const change: SegmentChange = {
    ...(isOther ? { plan: { planId: plan.id, planVersion: terms.planVersion } } : {}),
    ...(input.quantity === undefined ? seatsDropped(base, skus) : { quantity: input.quantity }),
    ...(input.quantities === undefined ? {} : { quantities: input.quantities }),
    ...(overrides === undefined ? {} : { overrides: overrides.value }),
  }
  if (changesNothing(base, change)) {
    return err(invalid("", "Nothing changes: give another plan_id, quantity, quantities or overrides."))
  }
  return ok(change)
}

/** A plan that sells nothing by the seat has no seats. */
function seatsDropped(base: Segment, skus: readonly SkuRow[]): Pick<SegmentChange, "quantity"> {
  const sellsSeats = skus.some((sku) => sku.terms.meter === null && sku.terms.price.model !== "Flat")
  return base.quantities.all === null || sellsSeats ? {} : { quantity: null }
}

function changesNothing(base: Segment, change: SegmentChange): boolean {
  const { quantity, quantities, overrides, plan } = change
  if (plan !== undefined) return false
  const sameSeats = quantity === undefined || quantity === base.quantities.all
  const sameBySku = Object.entries(quantities ?? {}).every(([id, text]) => base.quantities.bySku[id] === text)
  const samePrices =
    overrides === undefined || JSON.stringify(overrides) === JSON.stringify(base.overrides ?? {})
  return sameSeats && sameBySku && samePrices
}

/** What is paid in advance is billed when the start, or the trial's end, that is still to come has come: the plan that it began
 *  with may have had nothing to bill then. */
function firstAdvance(
  { id: subject, startedAt, trialEndsAt }: SubscriptionRow,
  skus: readonly SkuRow[],
  changeId: string,
  now: Instant,
): AgendaItem[] {
  const dueAt = trialEndsAt ?? startedAt
  if (dueAt <= now || skus.every((sku) => sku.terms.billingTiming !== "InAdvance")) return []
  return [{ kind: "bill-advance", subject, uniqueKey: changeId, dueAt }]
}

function stateOf({ planId, planVersion, quantities, overrides }: Segment) {
  return { plan_id: planId, plan_version: planVersion, quantities, overrides: overrides ?? null }
}
