// Subscriptions as they are shown. Pure, but for the reading of what belongs to them.

import type { Scope } from "../actions/scope.ts"
import type { PaymentMethodRow, SkuRow, SubscriptionRow } from "../db/rows.ts"
import { periodAt } from "../domain/period.ts"
import { skuUnder } from "../domain/sku-overrides.ts"
import { hasEnded } from "../domain/subscription.ts"
import type { Instant } from "../domain/time.ts"
import { segmentsOf } from "../domain/timeline.ts"
import { uriOf } from "./facts.ts"
import { guidOf } from "./guid.ts"
import { amountOf } from "./money.ts"
import type { Json } from "./print.ts"
import { isoDate } from "./print.ts"

type Beside = {
  readonly skus: readonly SkuRow[]
  readonly method: PaymentMethodRow | null
  readonly invoices: number
}

export async function subscriptionsJson(
  { read, now }: Scope,
  rows: readonly SubscriptionRow[],
): Promise<Json[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const methodIds = rows.flatMap(({ paymentMethodId: id }) => (id === null ? [] : [id]))
  const [counts, skus, methods] = await Promise.all([
    read.billyMoney.invoiceCounts(ids),
    read.billyMoney.skusOfPlans([...new Set(rows.map(({ planId }) => planId))]),
    read.paymentMethods.byIds(methodIds),
  ])
  return rows.map((row) =>
    subscriptionJson(row, now, {
      skus,
      method: methods.find(({ id }) => id === row.paymentMethodId) ?? null,
      invoices: counts.get(row.id) ?? 0,
    }),
  )
}

function subscriptionJson(row: SubscriptionRow, now: Instant, { skus, method, invoices }: Beside): Json {
  const canceledAt = canceledAtOf(row)
  const at = isoDate(row.createdAt)
  return {
    guid: guidOf("subscription", row.id),
    ...amountsOf(row, skus, now),
    funding_instrument_uri: uriOf(method),
    appears_on_statement_as: row.statementDescriptor,
    invoice_count: invoices,
    canceled: canceledAt !== null,
    canceled_at: canceledAt === null ? null : isoDate(canceledAt),
    next_invoice_at: isoDate(nextInvoiceAt(row, invoices)),
    started_at: isoDate(row.startedAt),
    created_at: at,
    updated_at: at,
    customer_guid: guidOf("customer", row.customerId),
    plan_guid: guidOf("plan", row.planId),
  }
}

function canceledAtOf({ status, cancelledAt, endedAt, createdAt }: SubscriptionRow): Instant | null {
  return hasEnded(status) ? (cancelledAt ?? endedAt ?? createdAt) : cancelledAt
}

/** The running period is billed when it begins, so what comes next is the one behind it. */
export function nextInvoiceAt(
  { schedule, periodIndex }: Pick<SubscriptionRow, "schedule" | "periodIndex">,
  invoices: number,
): Instant {
  const { start, end } = periodAt(schedule, periodIndex)
  return invoices === 0 && periodIndex === 0 ? start : end
}

/** Cents a period: what it pays by prices of its own, and what it pays at all. Null where that depends on more. */
function amountsOf(row: SubscriptionRow, skus: readonly SkuRow[], now: Instant) {
  const segments = segmentsOf(row)
  const segment = segments.findLast(({ from }) => from <= now) ?? segments[0]
  if (segment === undefined) return { amount: null, effective_amount: null }
  const sold = skus.filter(({ planId, fromVersion, toVersion }) => {
    const { planVersion } = segment
    return planId === segment.planId && fromVersion <= planVersion && (toVersion ?? Infinity) > planVersion
  })
  const [sku] = sold
  if (sku === undefined || sold.length !== 1) return { amount: null, effective_amount: null }
  const effective = amountOf(skuUnder(sku, segment.overrides))
  const isOwn = segment.overrides?.[sku.id] !== undefined
  return { amount: isOwn ? effective : null, effective_amount: effective }
}
