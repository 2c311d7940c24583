// POST and GET /v1/plans, GET and DELETE /v1/plans/{guid}
// A plan of Billy's is a plan with one fee per period, in advance. Plans with other prices are shown without an amount.

import { archivePlan } from "../actions/archive-plan.ts"
import { createPricedPlan } from "../actions/create-priced-plan.ts"
import type { PricedPlan } from "../db/readers/companies.ts"
import { USD } from "./money.ts"
import { amountOf, feeOf } from "./money.ts"
import type { Cadence } from "../domain/period.ts"
import { planTermsFrom } from "../domain/plan-fields.ts"
import type { Scope } from "../actions/scope.ts"
import type { Duration } from "../domain/time.ts"
import type { Api } from "./door.ts"
import { FrameError } from "./errors.ts"
import type { Values } from "./form.ts"
import { invalidForm, optionalInteger, readForm, requiredChoice, requiredInteger } from "./form.ts"
import { guidOf } from "./guid.ts"
import { answer, collection, entity, unwrap } from "./http.ts"
import { list } from "./lists.ts"
import type { Json } from "./print.ts"
import { isoDate } from "./print.ts"

export const LEAST_AMOUNT = 50

const FORM = {
  plan_type: requiredChoice(["debit", "credit"]),
  frequency: requiredChoice(["daily", "weekly", "monthly", "yearly"]),
  amount: requiredInteger(LEAST_AMOUNT),
  interval: optionalInteger(1),
}

type Frequency = Values<typeof FORM>["frequency"]

const CADENCES: Readonly<Record<Frequency, Exclude<Cadence, "Custom" | "Quarterly">>> = {
  daily: "Daily",
  weekly: "Weekly",
  monthly: "Monthly",
  yearly: "Annual",
}

export function register(api: Api): void {
  collection(api, "plan", {
    GET: (c, { read }) => list(c, [], async (slice) => (await read.companies.plans(slice)).map(planJson)),
    POST: async (c, scope) => answer(c, planJson(await create(scope, await readForm(c, FORM)))),
  })

  entity(api, "plan", {
    async GET(c, scope, id) {
      return answer(c, planJson(await planOf(scope, id)))
    },
    async DELETE(c, scope, id) {
      const before = await planOf(scope, id)
      if (before.plan.archivedAt !== null) {
        throw new FrameError(400, `Plan ${guidOf("plan", id)} was already deleted`)
      }
      const { plan } = unwrap(await archivePlan(scope, id, null))
      return answer(c, planJson({ ...before, plan }))
    },
  })
}

async function create(scope: Scope, form: Values<typeof FORM>): Promise<PricedPlan> {
  const { plan_type: type, frequency, amount } = form
  const interval = form.interval ?? 1
  const cadenced = planTermsFrom({ billing_cadence: CADENCES[frequency], interval })
  if (!cadenced.ok) throw invalidForm([[cadenced.error.path, [cadenced.error.message]]])
  const { cadence, terms } = cadenced.value
  const directed = type === "credit" ? { ...terms, direction: "Payout" as const } : terms
  const name = `${type} ${amount} ${frequency}${interval === 1 ? "" : ` × ${interval}`}`
  const head = { name, description: null, productId: null, externalId: null, metadata: {} }
  const price = { name, currency: USD, terms: feeOf(amount) }
  return unwrap(await createPricedPlan(scope, head, { cadence, terms: directed }, price))
}

async function planOf({ read }: Scope, id: string): Promise<PricedPlan> {
  const plan = await read.companies.plan(id)
  if (plan === null) throw new FrameError(404, `No such plan ${guidOf("plan", id)}`)
  return plan
}

function planJson(priced: PricedPlan): Json {
  const { plan, terms } = priced
  const at = isoDate(plan.createdAt)
  return {
    guid: guidOf("plan", plan.id),
    plan_type: planTypeOf(priced),
    ...frequencyOf(terms.terms.every),
    amount: planAmountOf(priced),
    company_guid: guidOf("company", plan.tenantId),
    deleted: plan.archivedAt !== null,
    created_at: at,
    updated_at: at,
  }
}

function planTypeOf({ terms }: PricedPlan): "debit" | "credit" {
  return terms.terms.direction === "Payout" ? "credit" : "debit"
}

/** What a period costs in cents; null: that depends on more than a plan of Billy's can say. */
function planAmountOf({ skus }: PricedPlan): number | null {
  const [sku] = skus
  return skus.length === 1 && sku !== undefined ? amountOf(sku) : null
}

/** A period in one of Billy's units; null: in none of them. */
function frequencyOf({ years, months, weeks, days, hours, minutes, seconds }: Duration) {
  const units: readonly (readonly [Frequency, number])[] = [
    ["yearly", years],
    ["monthly", months],
    ["weekly", weeks],
    ["daily", days],
  ]
  const used = units.filter(([, count]) => count > 0)
  const [unit] = used
  const isOne = used.length === 1 && hours + minutes + seconds === 0
  return isOne && unit !== undefined
    ? { frequency: unit[0], interval: unit[1] }
    : { frequency: null, interval: null }
}
