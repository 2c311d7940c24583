// POST and GET /v1/subscriptions, GET /v1/subscriptions/{guid}, POST …/cancel, and the lists of subscriptions under plans and customers

import { billFirst } from "../actions/bill-first.ts"
import { cancelSubscription } from "../actions/cancel-subscription.ts"
import { findCustomer, findSubscription } from "../actions/find.ts"
import type { Scope } from "../actions/scope.ts"
import { subscribe } from "../actions/subscribe.ts"
import type { PricedPlan } from "../db/readers/companies.ts"
import type { SubscriptionRow } from "../db/rows.ts"
import type { OverrideFields } from "../domain/override-fields.ts"
import { isDeleted } from "./customers.ts"
import type { Api, Ctx } from "./door.ts"
import { FrameError } from "./errors.ts"
import type { Values } from "./form.ts"
import { optionalInteger, optionalText, readForm } from "./form.ts"
import { action, answer, collection, entity, nested, unwrap } from "./http.ts"
import { instrumentOf } from "./instruments.ts"
import { list } from "./lists.ts"
import { unitAmountOf } from "./money.ts"
import { LEAST_AMOUNT } from "./plans.ts"
import type { Json } from "./print.ts"
import { existing, startFrom, statement } from "./rules.ts"
import { subscriptionsJson } from "./subscription-json.ts"

const formOf = (c: Ctx, { now }: Scope) => ({
  customer_guid: existing(c, "customer"),
  plan_guid: existing(c, "plan"),
  funding_instrument_uri: optionalText(),
  amount: optionalInteger(LEAST_AMOUNT),
  appears_on_statement_as: statement,
  started_at: startFrom(now),
})

type Form = Values<ReturnType<typeof formOf>>

export function register(api: Api): void {
  collection(api, "subscription", {
    GET: (c, scope) =>
      list(c, [], async (slice) => shown(scope, await scope.read.billyMoney.subscriptions(slice, {}))),
    async POST(c, scope) {
      const created = await create(scope, await readForm(c, formOf(c, scope)))
      return answer(c, await oneShown(scope, created))
    },
  })

  entity(api, "subscription", {
    GET: async (c, scope, id) => answer(c, await oneShown(scope, id)),
  })

  action(api, "subscription", "cancel", async (c, scope, id) => {
    await cancel(scope, id)
    return answer(c, await oneShown(scope, id))
  })

  nested(api, "plan", "subscriptions", (c, scope, planId) =>
    list(c, [], async (slice) => shown(scope, await scope.read.billyMoney.subscriptions(slice, { planId }))),
  )

  nested(api, "customer", "subscriptions", (c, scope, customerId) =>
    list(c, [], async (slice) =>
      shown(scope, await scope.read.billyMoney.subscriptions(slice, { customerId })),
    ),
  )
}

const shown = (scope: Scope, rows: readonly SubscriptionRow[]) => subscriptionsJson(scope, rows)

async function oneShown(scope: Scope, id: string): Promise<Json> {
  const [json = null] = await subscriptionsJson(scope, [unwrap(await findSubscription(scope, id))])
  return json
}

/** The checks stand in the order in which the original makes them. */
async function create(scope: Scope, form: Form): Promise<string> {
  const { customer_guid: whose, plan_guid: bought, funding_instrument_uri: uri } = form
  if (whose.tenantId !== scope.tenant.id) throw new FrameError(403, "Can only subscribe to your own customer")
  const customer = unwrap(await findCustomer(scope, whose.id))
  if (isDeleted(customer)) throw new FrameError(400, "Cannot subscript to a deleted customer")
  if (bought.tenantId !== scope.tenant.id) throw new FrameError(403, "Can only subscribe to your own plan")
  const plan = await scope.read.companies.plan(bought.id)
  if (plan === null || plan.plan.archivedAt !== null) {
    throw new FrameError(400, "Cannot subscript to a deleted plan")
  }
  const method = uri === null ? null : await instrumentOf(scope, customer.id, uri)
  const subscription = unwrap(
    await subscribe(
      scope,
      {
        ...BLANK,
        customerId: customer.id,
        planId: plan.plan.id,
        startedAt: form.started_at ?? scope.now,
        overrides: overridesOf(plan, form.amount),
        paymentMethodId: method?.id ?? null,
        statementDescriptor: form.appears_on_statement_as,
      },
      null,
    ),
  )
  // What is due now is billed and charged by the answer, also for who named this very instant.
  if (subscription.startedAt <= scope.now) await billFirst(scope, subscription.id)
  return subscription.id
}

const BLANK = {
  currency: null,
  trialDays: null,
  quantities: { all: null, bySku: {} },
  billingAnchor: null,
  endAt: null,
  timeZone: "UTC",
  coupon: null,
  thresholdNanos: null,
  externalId: null,
  metadata: {},
} as const

function overridesOf({ skus }: PricedPlan, amount: number | null): readonly OverrideFields[] {
  if (amount === null) return []
  const [sku] = skus
  if (sku === undefined || skus.length > 1) {
    throw new FrameError(400, "The plan has several prices, so one amount can't replace them")
  }
  return [{ sku_id: sku.id, unit_amount_nanos: unitAmountOf(amount, sku.currency) }]
}

/** What was billed stays as it is, and nothing is billed any more. */
async function cancel(scope: Scope, id: string): Promise<void> {
  const { status, cancelledAt } = unwrap(await findSubscription(scope, id))
  if (cancelledAt !== null || status === "Cancelled" || status === "Expired") {
    throw new FrameError(400, "Cannot cancel a canceled subscription")
  }
  unwrap(await cancelSubscription(scope, id, { at: "Now", prorate: false, invoice: false }, null))
}
