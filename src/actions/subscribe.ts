// Subscribes a customer to a plan, from now, from a past instant or from a coming one.

import { customers, plans, subscriptions } from "../db/schema.ts"
import type { PlanWithTerms } from "../db/readers/catalog.ts"
import type { CustomerRow, SkuRow, SubscriptionRow } from "../db/rows.ts"
import type { AgendaItem } from "../domain/agenda.ts"
import type { Currency } from "../domain/currency.ts"
import type { Schedule } from "../domain/period.ts"
import { periodAt } from "../domain/period.ts"
import type { Result } from "../domain/result.ts"
import { err, ok } from "../domain/result.ts"
import type { Quantities } from "../domain/subscription.ts"
import { trialEnd } from "../domain/subscription.ts"
import type { Instant } from "../domain/time.ts"
import { formatInstant, instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { findCustomer } from "./find.ts"
import type { Refusal } from "./refusal.ts"
import { invalid, notFound, refusal } from "./refusal.ts"
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
  readonly timeZone: string
  readonly externalId: string | null
  readonly metadata: Readonly<Record<string, string>>
}

export async function subscribe(
  scope: Scope,
  input: NewSubscription,
  reply: Reply<SubscriptionRow>,
): Promise<Outcome<SubscriptionRow>> {
  const id = scope.newId()
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
      const fault = checkStart(input.startedAt, scope.now) ?? refuse(input, customer.value, plan, skus)
      if (fault !== null) return err(fault)
      const row = newRow(scope, id, input, customer.value, plan)
      return ok({
        value: row,
        commit: {
          // The customer's status was read, and the first subscription freezes the plan's version.
          guards: [
            scope.write.update(customers, customer.value.id, customer.value.version, {}),
            ...(plan.plan.currentInUse
              ? []
              : [scope.write.update(plans, plan.plan.id, plan.plan.version, { currentInUse: true })]),
          ],
          writes: [scope.write.insert(subscriptions, row)],
          agenda: agendaOf(row, skus),
          audit: [
            {
              action: "subscription.created",
              subjectType: "Subscription",
              subjectId: row.id,
              customerId: row.customerId,
              after: { plan_id: row.planId, status: row.status, started_at: formatInstant(row.startedAt) },
            },
          ],
        },
      })
    },
    reply,
  )
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
function checkQuantities(quantities: Quantities, skus: readonly SkuRow[]): Result<null, Refusal> {
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

function newRow(
  scope: Scope,
  id: string,
  input: NewSubscription,
  customer: CustomerRow,
  { plan, terms }: PlanWithTerms,
): SubscriptionRow {
  const startedAt = input.startedAt ?? wholeSecond(scope.now)
  const schedule: Schedule = { anchor: startedAt, timeZone: input.timeZone, every: terms.terms.every }
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
    schedule,
    quantities: input.quantities,
    startedAt,
    trialEndsAt,
    periodIndex: first.index,
    periodStart: first.start,
    periodEnd: first.end,
    cancelAt: null,
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

function agendaOf(row: SubscriptionRow, skus: readonly SkuRow[]): AgendaItem[] {
  const items: AgendaItem[] = [closeItem(row.id, row.periodIndex, row.periodEnd)]
  if (row.status === "Trialing" && row.trialEndsAt !== null) {
    items.push({ kind: "end-trial", subject: row.id, uniqueKey: "trial", dueAt: row.trialEndsAt })
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
