// Spend alerts through the API: what they are, whom they concern, and that what triggers them is noted once.

import { env } from "cloudflare:test"
import { beforeAll, describe, expect, test, vi } from "vitest"
import { updateCustomer } from "../../src/actions/update-customer.ts"
import { budgetName } from "../../src/domain/alert.ts"
import type { Consolidation } from "../../src/domain/customer.ts"
import { instant } from "../../src/domain/time.ts"
import { limits } from "../../src/limits.ts"
import { scopeOf } from "../support/race.ts"
import type { Tenant } from "../support/client.ts"
import { create, newTenant } from "../support/client.ts"
import { CALLS, FEE, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"

let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant("live")
})

const HUNDRED = "100000000000000"
const HUNDRED_AND_A_QUARTER = "125000000000000"

async function newAlert(customer: any, type = "HardLimit", threshold = HUNDRED): Promise<any> {
  const input = { alert_type: type, threshold_nanos: threshold }
  return create(tenant.api, `/admin/v1/customers/${customer.id}/alerts`, input)
}

/** The terms that the meter of a subscription is told. */
async function limitsOf(subscription: any): Promise<any[]> {
  const scope = await scopeOf(tenant.id)
  const terms = await scope.read.subscriptions.withTerms(subscription.id)
  return (terms?.budgets ?? []).map(({ name, limits: some }) => [
    name.slice(tenant.id.length + 1),
    some.map(({ alertId }) => alertId),
  ])
}

test("are created and listed, newest first", async () => {
  const customer = await newCustomer(tenant.api)
  const soft = await newAlert(customer, "SoftLimit")
  const hard = await newAlert(customer, "HardLimit", HUNDRED_AND_A_QUARTER)
  expect(hard).toEqual({
    id: hard.id,
    customer_id: customer.id,
    alert_type: "HardLimit",
    threshold_nanos: HUNDRED_AND_A_QUARTER,
    triggered_at: null,
    times_triggered: 0,
    reset_at: null,
    created_at: expect.any(String),
  })
  const listed = await tenant.api.get(`/admin/v1/customers/${customer.id}/alerts`)
  expect(listed.json).toEqual([hard, soft])
  const page = await tenant.api.get(`/admin/v1/customers/${customer.id}/alerts?limit=1`)
  expect(page.json).toEqual([hard])
  expect(page.headers.get("Link")).toContain('rel="next"')
})

test("are bounded in number, and another customer's are not there", async () => {
  const [customer, other] = [await newCustomer(tenant.api), await newCustomer(tenant.api)]
  for (let n = 0; n < limits.alertsPerCustomer; n++) await newAlert(customer)
  const path = `/admin/v1/customers/${customer.id}/alerts`
  const input = { alert_type: "SoftLimit", threshold_nanos: "1" }
  const more = await tenant.api.post(path, input)
  expect([more.status, more.json.code]).toEqual([409, "invalid_state"])
  const theirs = await newAlert(other)
  expect((await tenant.api.post(`${path}/${theirs.id}/reset`)).status).toBe(404)
  expect((await tenant.api.delete(`${path}/${theirs.id}`)).status).toBe(404)
})

describe("the terms of meters", () => {
  test("have the alerts of the customer and their prices, and another version with each change", async () => {
    const customer = await newCustomer(tenant.api)
    const plan = await newPlan(tenant.api, [CALLS, FEE])
    const subscription = await newSubscription(tenant.api, plan, { customer_id: customer.id })
    const version = async () =>
      (await env.DB.prepare("SELECT terms_version AS v FROM subscriptions WHERE id = ?")
        .bind(subscription.id)
        .first<{ v: number }>())!.v
    expect(await limitsOf(subscription)).toEqual([])
    const before = await version()
    const alert = await newAlert(customer)
    expect(await limitsOf(subscription)).toEqual([[customer.id, [alert.id]]])
    await tenant.api.post(`/admin/v1/customers/${customer.id}/alerts/${alert.id}/reset`)
    const deleted = await tenant.api.delete(`/admin/v1/customers/${customer.id}/alerts/${alert.id}`)
    expect(deleted.status).toBe(204)
    expect(await version()).toBe(before + 3)
    expect(await limitsOf(subscription)).toEqual([])
    const again = await tenant.api.delete(`/admin/v1/customers/${customer.id}/alerts/${alert.id}`)
    expect(again.status).toBe(404)
  })

  test("have those of a parent that the customer consolidates to, as long as it does", async () => {
    const group = await newCustomer(tenant.api)
    const fields = { account_type: "Subsidiary", parent_id: group.id }
    const [child, alone] = [await newCustomer(tenant.api, fields), await newCustomer(tenant.api, fields)]
    const scope = await scopeOf(tenant.id)
    const consolidate = async (customer: any, consolidation: Consolidation) => {
      const reply = () => ({ status: 200, body: "" })
      expect((await updateCustomer(scope, customer.id, { consolidation }, reply)).ok).toBe(true)
    }
    await consolidate(child, "ConsolidateToParent")
    const plan = await newPlan(tenant.api, [CALLS])
    const [first, second] = [
      await newSubscription(tenant.api, plan, { customer_id: child.id }),
      await newSubscription(tenant.api, plan, { customer_id: alone.id }),
    ]
    const alert = await newAlert(group)
    expect(await limitsOf(first)).toEqual([[group.id, [alert.id]]])
    expect(await limitsOf(second)).toEqual([])
    expect((await scope.read.budgets.of(group.id))?.members).toEqual([first.id])

    await consolidate(child, "Standalone")
    expect(await limitsOf(first)).toEqual([])
    expect(await scope.read.budgets.of(group.id)).toMatchObject({ version: 2, members: [] })
    await consolidate(alone, "ConsolidateToParent")
    expect(await limitsOf(second)).toEqual([[group.id, [alert.id]]])
    expect(await scope.read.budgets.of(group.id)).toMatchObject({ version: 3, members: [second.id] })
  })
})

describe("what triggers an alert", () => {
  const period = { start: instant(1_000), end: instant(2_000) }
  const asking = (version: number, spend: string, need: string) => ({
    version,
    terms: null,
    subscriptionId: "sub",
    now: instant(1_500),
    use: { ...period, spend, held: "0" },
    need,
    want: need,
  })

  test("the first refusal of a HardLimit is noted by the budget itself, and a reset lets it be noted anew", async () => {
    const customer = await newCustomer(tenant.api)
    const alert = await newAlert(customer)
    const path = `/admin/v1/customers/${customer.id}/alerts`
    const name = budgetName(tenant.id, customer.id)
    const budget = env.BUDGET.getByName(name)
    const told = async () => (await tenant.api.get(path)).json[0]
    const over = (BigInt(HUNDRED) + 1n).toString()
    expect(await budget.lease(name, asking(1, "0", HUNDRED))).toMatchObject({ kind: "Granted" })
    for (let n = 0; n < 3; n++) {
      expect(await budget.lease(name, asking(1, HUNDRED, over))).toMatchObject({ kind: "Refused" })
    }
    const triggered = { times_triggered: 1, triggered_at: "1970-01-01T00:00:01.500Z" }
    await vi.waitFor(async () => expect(await told()).toMatchObject(triggered), { timeout: 10_000 })

    const reset = await tenant.api.post(`${path}/${alert.id}/reset`)
    expect(reset.json).toMatchObject({ triggered_at: null, times_triggered: 1, reset_at: expect.any(String) })
    expect(await budget.lease(name, asking(2, HUNDRED, over))).toMatchObject({ kind: "Granted", beyond: "0" })
    const twice = (2n * BigInt(HUNDRED) + 1n).toString()
    expect(await budget.lease(name, asking(2, over, twice))).toMatchObject({ kind: "Refused" })
    await vi.waitFor(async () => expect((await told()).times_triggered).toBe(2), { timeout: 10_000 })
    const trail = await tenant.api.get(`/admin/v1/audit?subject_id=${alert.id}&action=alert.triggered`)
    expect(trail.json).toHaveLength(2)
    expect(trail.json[0]).toMatchObject({
      customer_id: customer.id,
      subject_type: "Alert",
      after: { alert_type: "HardLimit", threshold_nanos: HUNDRED, spend_nanos: over },
    })
  })

  test("a message that comes many times at once is noted once; one of an earlier reset does not trigger", async () => {
    const customer = await newCustomer(tenant.api)
    const alert = await newAlert(customer, "SoftLimit")
    const path = `/admin/v1/customers/${customer.id}/alerts`
    const body = {
      kind: "alert-crossed" as const,
      tenant_id: tenant.id,
      alert_id: alert.id as string,
      epoch: 0,
      crossing: 7,
      subscription_id: "sub",
      spend_nanos: "1",
      at: 5_000,
    }
    for (let n = 0; n < 5; n++) await env.JOBS.send(body)
    await tenant.api.post(`${path}/${alert.id}/reset`)
    await env.JOBS.send({ ...body, crossing: 8 })
    await env.JOBS.send({ ...body, alert_id: "nobody's" })
    await env.JOBS.send({ ...body, epoch: 1, crossing: 9 })
    const told = async () => (await tenant.api.get(path)).json[0]
    await vi.waitFor(async () => expect((await told()).times_triggered).toBe(3), { timeout: 10_000 })
    expect(await told()).toMatchObject({ triggered_at: "1970-01-01T00:00:05Z" })
    const rows = "SELECT crossing FROM alert_crossings WHERE alert_id = ? ORDER BY crossing"
    const { results } = await env.DB.prepare(rows).bind(alert.id).all<{ crossing: number }>()
    expect(results.map(({ crossing }) => crossing)).toEqual([7, 8, 9])
  })
})
