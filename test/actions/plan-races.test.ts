// Prices hold when somebody subscribes to a plan, or changes it too, between a decision and its commit.

import { beforeAll, expect, test } from "vitest"
import { archivePlan } from "../../src/actions/archive-plan.ts"
import { archiveProduct } from "../../src/actions/archive-product.ts"
import { archiveSku } from "../../src/actions/archive-sku.ts"
import { createPlan } from "../../src/actions/create-plan.ts"
import { createSku } from "../../src/actions/create-sku.ts"
import type { Scope } from "../../src/actions/scope.ts"
import { updatePlan } from "../../src/actions/update-plan.ts"
import { updateSku } from "../../src/actions/update-sku.ts"
import type { SkuTerms } from "../../src/domain/catalog.ts"
import type { Currency } from "../../src/domain/currency.ts"
import { NO_TIME } from "../../src/domain/time.ts"
import type { Tenant } from "../support/client.ts"
import { create, newTenant } from "../support/client.ts"
import { overtaken, scopeOf } from "../support/race.ts"

let tenant: Tenant
let scope: Scope
let customerId: string

beforeAll(async () => {
  tenant = await newTenant("test")
  scope = await scopeOf(tenant.id)
  const customer = { display_name: "Acme", email: "billing@acmecorp.com", currency: "USD" }
  customerId = (await create(tenant.api, "/admin/v1/customers", customer)).id
})

const reply = () => ({ status: 200, body: "" })
const USD = "USD" as Currency

const newPlan = async (): Promise<string> =>
  (await create(tenant.api, "/admin/v1/catalog/plans", { name: "Startup", billing_cadence: "Monthly" })).id

const subscribe = (planId: string) =>
  create(tenant.api, "/v1/subscriptions", { customer_id: customerId, plan_id: planId })

const price = (unitAmountNanos: string): SkuTerms => ({
  price: { model: "PerUnit", unitAmountNanos },
  billingTiming: "InArrears",
  meter: null,
})

const add = (planId: string, by: Scope = scope, currency = USD) =>
  createSku(by, { planId, name: "Seats", currency, terms: price("1") }, reply)

const change = (id: string, unit_amount_nanos: string, by: Scope = scope) =>
  updateSku(by, id, { name: undefined, currency: undefined, fields: { unit_amount_nanos } }, reply)

async function added(planId: string): Promise<string> {
  const made = await add(planId)
  if (!made.ok) throw new Error(made.error.detail)
  return made.value.id
}

async function pricesAt(planId: string, version: number): Promise<string[]> {
  const skus = await scope.read.catalog.skusAt(planId, version)
  return skus.map(({ terms }) => (terms.price.model === "PerUnit" ? terms.price.unitAmountNanos : ""))
}

const refused = (code: string) => ({ ok: false, error: { code } })

test("the first subscription comes before a price changes: it keeps the old one", async () => {
  const planId = await newPlan()
  const id = await added(planId)
  const late = overtaken(scope, () => subscribe(planId))
  expect(await change(id, "2", late)).toMatchObject({ ok: true, value: { fromVersion: 2 } })
  expect(await pricesAt(planId, 1)).toEqual(["1"])
  expect(await pricesAt(planId, 2)).toEqual(["2"])
})

test("the first subscription comes before a SKU is added, archived, or the cadence changes", async () => {
  const [adds, archives, recasts] = [await newPlan(), await newPlan(), await newPlan()]
  const id = await added(archives)
  await add(
    adds,
    overtaken(scope, () => subscribe(adds)),
  )
  await archiveSku(
    overtaken(scope, () => subscribe(archives)),
    id,
    reply,
  )
  const yearly = { head: {}, terms: { billing_cadence: "Annual" as const } }
  await updatePlan(
    overtaken(scope, () => subscribe(recasts)),
    recasts,
    yearly,
    reply,
  )
  expect(await pricesAt(adds, 1)).toEqual([])
  expect(await pricesAt(adds, 2)).toEqual(["1"])
  expect(await pricesAt(archives, 1)).toEqual(["1"])
  expect(await pricesAt(archives, 2)).toEqual([])
  const first = await scope.read.catalog.plan(recasts, 1)
  expect(first?.terms.cadence).toBe("Monthly")
})

test("two changes of one price at the same time end in one version", async () => {
  const planId = await newPlan()
  const id = await added(planId)
  await subscribe(planId)
  const late = overtaken(scope, () => change(id, "2"))
  expect(await change(id, "3", late)).toMatchObject({ ok: true, value: { fromVersion: 2 } })
  expect(await pricesAt(planId, 1)).toEqual(["1"])
  expect(await pricesAt(planId, 2)).toEqual(["3"])
})

test("a SKU that is archived meanwhile is not changed", async () => {
  const id = await added(await newPlan())
  const late = overtaken(scope, () => archiveSku(scope, id, reply))
  expect(await change(id, "2", late)).toMatchObject(refused("invalid_state"))
})

test("a plan that is archived meanwhile takes no SKU", async () => {
  const planId = await newPlan()
  const late = overtaken(scope, () => archivePlan(scope, planId, reply))
  expect(await add(planId, late)).toMatchObject(refused("invalid_state"))
})

test("a first SKU in another currency comes too late", async () => {
  const planId = await newPlan()
  const late = overtaken(scope, () => add(planId))
  expect(await add(planId, late, "EUR" as Currency)).toMatchObject(refused("currency_mismatch"))
})

test("a product that is archived meanwhile takes no plan", async () => {
  const { id: productId } = await create(tenant.api, "/admin/v1/catalog/products", { name: "API" })
  const head = { name: "Startup", description: null, productId, externalId: null, metadata: {} }
  const every = { ...NO_TIME, months: 1 }
  const terms = { interval: 1, period: null, every, trialDays: 0, trialUsage: "Charged" as const }
  const late = overtaken(scope, () => archiveProduct(scope, productId, reply))
  const made = await createPlan(late, head, { cadence: "Monthly", terms }, reply)
  expect(made).toMatchObject(refused("invalid_state"))
})
