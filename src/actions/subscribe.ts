// Subscribes a customer to a plan, from now, from a past instant or from a coming one.

import { customers, plans, subscriptions } from "../db/schema.ts"
import type { PlanWithTerms } from "../db/readers/catalog.ts"
import type { CustomerRow, PlanVersionRow, SkuRow, SubscriptionRow } from "../db/rows.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import type { PlanTerms } from "../domain/catalog.ts"
import type { BillingAnchor } from "../domain/billing-anchor.ts"
import { anchoredSchedule } from "../domain/billing-anchor.ts"
import { closeDueAt } from "../domain/close.ts"
import type { Currency } from "../domain/currency.ts"
import type { OverrideFields } from "../domain/override-fields.ts"
import { overridesFrom } from "../domain/override-fields.ts"
import { periodAt } from "../domain/period.ts"
import type { Result } from "../domain/result.ts"
import { err, ok } from "../domain/result.ts"
import type { SkuOverrides } from "../domain/sku-overrides.ts"
import type { Quantities } from "../domain/subscription.ts"
import { trialEnd } from "../domain/subscription.ts"
import { customerTrialDays } from "../domain/tenant.ts"
import type { Instant } from "../domain/time.ts"
import { formatInstant, instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { findCustomer } from "./find.ts"
import { checkMethod } from "./method-of.ts"
import type { RedemptionPlan } from "./redeem-coupon.ts"
import { redemptionOf } from "./redeem-coupon.ts"
import type { Refusal } from "./refusal.ts"
import { invalid, invalidFields, notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type NewSubscription = {
  readonly customerId: string
  readonly planId: string
  readonly currency: Currency | null
  /** Null: as the plan says. */
  readonly trialDays: number | null
  readonly quantities: Quantities
  /** Null: now. */
  readonly startedAt: Instant | null
  /** Null: periods are counted from the start. */
  readonly billingAnchor: BillingAnchor | null
  /** Null: it has no end of its own. */
  readonly endAt: Instant | null
  readonly timeZone: string
  /** The code of a coupon, in the form in which codes are kept. */
  readonly coupon: string | null
  /** Prices of its own, in the place of the plan's. */
  readonly overrides: readonly OverrideFields[]
  /** Bills whenever so much is used and not billed yet; null: only when a period ends. */
  readonly thresholdNanos: string | null
  /** Whom it charges, or pays; null or absent: the customer's default method. */
  readonly paymentMethodId?: string | null
  /** What its charges are called on the statement of a card. */
  readonly statementDescriptor?: string | null
  readonly externalId: string | null
  readonly metadata: Readonly<Record<string, string>>
}

export async function subscribe(
  scope: Scope,
  input: NewSubscription,
  reply: Reply<SubscriptionRow> | null,
): Promise<Outcome<SubscriptionRow>> {
  const [id, redemptionId] = [scope.newId(), scope.newId()]
  return act(
    scope,
    async () => {
      const [customer, plan] = await Promise.all([
        findCustomer(scope, input.customerId),
        scope.read.catalog.plan(input.planId),
      ])
      if (!customer.ok) return err(about("customer_id", customer.error))
      if (plan === null) return err(about("plan_id", notFound("plan")))
      const skus = await scope.read.catalog.skusAt(plan.plan.id, plan.plan.currentVersion)
      const fault =
        checkStart(input.startedAt, scope.now) ??
        refusePayee(scope, plan.terms.terms) ??
        refuseTrial(scope, input, plan.terms.terms) ??
        refuseLaterStart(scope, input) ??
        refuse(input, customer.value, plan, skus)
      if (fault !== null) return err(fault)
      const method = await checkMethod(scope, customer.value.id, input.paymentMethodId)
      if (!method.ok) return method
      const calendar = calendarOf(input, plan.terms, scope.now)
      if (!calendar.ok) return calendar
      const overrides = ownPrices(scope, input, skus)
      if (!overrides.ok) return overrides
      const base = newRow(scope, id, input, customer.value, plan, calendar.value)
      const row = withOverrides(base, overrides.value)
      const coupon = await redeemed(scope, redemptionId, input, row, skus)
      if (!coupon.ok) return coupon
      return ok({
        value: row,
        commit: {
          // The customer's status was read, and the first subscription freezes the plan's version.
          guards: [
            scope.write.update(customers, customer.value.id, customer.value.version, {}),
            ...(plan.plan.currentInUse
              ? []
              : [scope.write.update(plans, plan.plan.id, plan.plan.version, { currentInUse: true })]),
            ...coupon.value.map(({ guard }) => guard),
          ],
          writes: [scope.write.insert(subscriptions, row), ...coupon.value.map(({ write }) => write)],
          agenda: agendaOf(row, skus),
          audit: [
            {
              action: "subscription.created",
              subjectType: "Subscription",
              subjectId: row.id,
              customerId: row.customerId,
              after: subscribedState(row, input),
            },
            ...coupon.value.map(({ audit }) => audit),
          ],
        },
      })
    },
    reply,
  )
}

function subscribedState(row: SubscriptionRow, { overrides }: NewSubscription) {
  return {
    plan_id: row.planId,
    status: row.status,
    started_at: formatInstant(row.startedAt),
    ...(overrides.length === 0 ? {} : { overrides }),
  }
}

/** Prices are the business's to give: a customer's token can't. */
function ownPrices(
  { customerId }: Scope,
  { overrides }: NewSubscription,
  skus: readonly SkuRow[],
): Outcome<SkuOverrides | null> {
  if (overrides.length === 0) return ok(null)
  if (customerId !== null) {
    const message = "A customer's token may not set prices."
    return err(refusal("forbidden", message, [{ path: "overrides", message }]))
  }
  const made = overridesFrom(overrides, skus)
  return made.ok ? made : err(invalidFields(made.error))
}

function withOverrides(row: SubscriptionRow, overrides: SkuOverrides | null): SubscriptionRow {
  if (overrides === null) return row
  const { startedAt: from, planId, planVersion, quantities } = row
  return { ...row, segments: [{ id: null, from, planId, planVersion, quantities, overrides }] }
}

/** The coupon that it begins with, if one is named: it reduces the first period, whenever that is. */
async function redeemed(
  scope: Scope,
  id: string,
  { coupon }: NewSubscription,
  subscription: SubscriptionRow,
  skus: readonly SkuRow[],
): Promise<Outcome<RedemptionPlan[]>> {
  if (coupon === null) return ok([])
  const fromIndex = subscription.periodIndex
  const planned = await redemptionOf(scope, { id, code: coupon, subscription, skus, fromIndex })
  return planned.ok ? ok([planned.value]) : planned
}

/** Whoever is paid does not say so itself. */
export function refusePayee({ customerId }: Scope, { direction }: PlanTerms): Refusal | null {
  if (customerId === null || direction !== "Payout") return null
  const message = "A customer's token may not be used for a plan that pays out."
  return refusal("forbidden", message, [{ path: "plan_id", message }])
}

/** What is used before the start is not charged, so who uses does not put the start off. */
function refuseLaterStart({ customerId, now }: Scope, { startedAt }: NewSubscription): Refusal | null {
  if (customerId === null || startedAt === null || startedAt <= now + limits.eventSkewMs) return null
  const message = "A customer's token may not begin a subscription later than now."
  return refusal("forbidden", message, [{ path: "started_at", message }])
}

/** How long it costs nothing is the business's to say. */
function refuseTrial(
  { customerId, tenant }: Scope,
  { trialDays }: NewSubscription,
  plan: PlanTerms,
): Refusal | null {
  if (customerId === null || trialDays === null) return null
  const most = customerTrialDays(tenant.settings, plan.trialDays)
  if (trialDays <= most) return null
  const message = `A customer's token may ask for a trial of at most ${most} days on this plan.`
  return refusal("forbidden", message, [{ path: "trial_days", message }])
}

/** A wrong reference is a fault of the body, with its place. */
function about(path: string, found: Refusal): Refusal {
  return refusal(found.code, found.detail, [{ path, message: found.detail }])
}

function refuse(
  input: NewSubscription,
  customer: CustomerRow,
  { plan }: PlanWithTerms,
  skus: readonly SkuRow[],
): Refusal | null {
  if (customer.status !== "Active") {
    return refusal("invalid_state", `The customer is ${customer.status} and takes no new subscriptions.`)
  }
  if (plan.archivedAt !== null)
    return refusal("invalid_state", "The plan is archived: it takes no new subscriptions.")
  const currency = input.currency ?? customer.billingCurrency
  if (currency !== customer.billingCurrency) {
    return mismatch(`The customer is billed in ${customer.billingCurrency}, not in ${currency}.`)
  }
  const priced = skus.find((sku) => sku.currency !== currency)
  if (priced !== undefined) return mismatch(`The plan is priced in ${priced.currency}, not in ${currency}.`)
  const quantities = checkQuantities(input.quantities, skus)
  return quantities.ok ? null : quantities.error
}

const YEAR_MS = 366 * 86_400_000

function checkStart(startedAt: Instant | null, now: Instant): Refusal | null {
  if (startedAt === null) return null
  const { startYearsBack, startYearsAhead } = limits
  if (startedAt >= now - startYearsBack * YEAR_MS && startedAt <= now + startYearsAhead * YEAR_MS) return null
  return invalid(
    "started_at",
    `A subscription starts at most ${startYearsBack} years back and ${startYearsAhead} years ahead.`,
  )
}

function mismatch(message: string): Refusal {
  return refusal("currency_mismatch", message, [{ path: "currency", message }])
}

/** Most senders of events write whole seconds: one of this very second must not lie before the start. */
function wholeSecond(now: Instant): Instant {
  return instant(now - (now % 1_000))
}

/** A quantity that no price looks at is refused: it would be silently ignored. */
export function checkQuantities(quantities: Quantities, skus: readonly SkuRow[]): Result<null, Refusal> {
  const seats = skus.filter((sku) => sku.terms.meter === null && sku.terms.price.model !== "Flat")
  if (quantities.all !== null && seats.length === 0) {
    return err(invalid("quantity", "The plan has no SKU that is priced by a quantity of the subscription."))
  }
  for (const skuId of Object.keys(quantities.bySku)) {
    if (seats.some((sku) => sku.id === skuId)) continue
    const known = skus.some((sku) => sku.id === skuId)
    const why = known ? "is Flat or metered and takes no quantity" : "is not a SKU of this plan"
    return err(invalid(`quantities.${skuId}`, `${skuId} ${why}.`))
  }
  return ok(null)
}

type Calendar = Pick<SubscriptionRow, "startedAt" | "endAt" | "billingAnchor" | "schedule">

/** When it begins and ends, and its periods between. */
function calendarOf(
  { startedAt: wanted, endAt, billingAnchor, timeZone }: NewSubscription,
  { cadence, terms }: PlanVersionRow,
  now: Instant,
): Outcome<Calendar> {
  const startedAt = wanted ?? wholeSecond(now)
  if (endAt !== null && endAt <= startedAt) {
    return err(invalid("end_at", `It ends after its start, ${formatInstant(startedAt)}.`))
  }
  const schedule = anchoredSchedule(billingAnchor, { cadence, every: terms.every, startedAt, timeZone })
  if (schedule.ok) return ok({ startedAt, endAt, billingAnchor, schedule: schedule.value })
  const { path, message } = schedule.error
  return err(invalid(path === "" ? "billing_anchor" : `billing_anchor.${path}`, message))
}

function newRow(
  scope: Scope,
  id: string,
  input: NewSubscription,
  customer: CustomerRow,
  { plan, terms }: PlanWithTerms,
  calendar: Calendar,
): SubscriptionRow {
  const { startedAt, schedule } = calendar
  const first = periodAt(schedule, 0)
  const trialEndsAt = trialEnd(startedAt, input.trialDays ?? terms.terms.trialDays)
  return {
    id,
    tenantId: scope.tenant.id,
    externalId: input.externalId,
    customerId: customer.id,
    planId: plan.id,
    planVersion: terms.planVersion,
    status: trialEndsAt !== null && trialEndsAt > scope.now ? "Trialing" : "Active",
    currency: customer.billingCurrency,
    ...calendar,
    segments: null,
    pauses: null,
    quantities: input.quantities,
    trialEndsAt,
    periodIndex: first.index,
    periodStart: first.start,
    periodEnd: first.end,
    cancelAt: null,
    cancelTerms: null,
    payout: terms.terms.direction === "Payout" ? true : null,
    paymentMethodId: input.paymentMethodId ?? null,
    statementDescriptor: input.statementDescriptor ?? null,
    thresholdNanos: input.thresholdNanos,
    cancelledAt: null,
    endedAt: null,
    billFromIndex: 0,
    billedSeq: 0,
    termsVersion: 1,
    metadata: input.metadata,
    version: 1,
    createdAt: scope.now,
  }
}

/** As long before a trial ends as Stripe says it: three days. */
const TRIAL_WARNING_MS = 3 * 86_400_000

function agendaOf(row: SubscriptionRow, skus: readonly SkuRow[]): AgendaItem[] {
  const items: AgendaItem[] = [closeItem(row.id, row.periodIndex, closeDueAt(row))]
  if (row.status === "Trialing" && row.trialEndsAt !== null) {
    items.push({ kind: "end-trial", subject: row.id, uniqueKey: "trial", dueAt: row.trialEndsAt })
    const warnAt = instant(Math.max(row.trialEndsAt - TRIAL_WARNING_MS, row.startedAt))
    items.push({ kind: "warn-trial", subject: row.id, uniqueKey: "trial", dueAt: warnAt })
  }
  if (skus.some((sku) => sku.terms.billingTiming === "InAdvance")) {
    const dueAt = row.trialEndsAt ?? row.startedAt
    items.push({ kind: "bill-advance", subject: row.id, uniqueKey: "first", dueAt })
  }
  return items
}

/** The agenda row that closes a period. */
export function closeItem(subscriptionId: string, periodIndex: number, periodEnd: Instant): AgendaItem {
  return { kind: "close-period", subject: subscriptionId, uniqueKey: String(periodIndex), dueAt: periodEnd }
}
