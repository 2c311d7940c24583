// Threshold invoices: usage is billed whenever what is not billed yet reaches an amount, and however often it is, the invoices of a
// period come to what one bill of it would have.

import { env, evictDurableObject } from "cloudflare:test"
import { beforeEach, expect, test, vi } from "vitest"
import { meterName } from "../../src/meter/name.ts"
import type { Api, Json, Tenant } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { CALLS, CENT, FEE, invoicesOf, newPlan, newSubscription } from "../support/fixtures.ts"

/** A cent each for the first hundred, then half of one. */
const TIERED: Json = {
  name: "Calls",
  pricing_model: "Graduated",
  meter_event_type: "api.request",
  tiers: [
    { up_to: "100", unit_amount_nanos: CENT.toString() },
    { up_to: null, unit_amount_nanos: (CENT / 2n).toString() },
  ],
}

let tenant: Tenant
let caller: Api
let sent = 0

beforeEach(async () => {
  tenant = await newTenant("test")
  caller = tenant.api
  await setClock(caller, "2026-01-01T00:00:00Z")
})

/** A subscription that bills whenever so many cents are used. */
async function subscribed(sku: Json, cents: number): Promise<any> {
  const plan = await newPlan(caller, [sku, FEE])
  const threshold = (BigInt(cents) * CENT).toString()
  return newSubscription(caller, plan, { progressive_billing_threshold_nanos: threshold })
}

async function send(subscription: any, count: number, timestamp = "2026-01-01T00:00:00Z"): Promise<void> {
  const events = Array.from({ length: count }, () => {
    return { id: `e${(sent += 1)}`, event_type: "api.request", subscription_id: subscription.id, timestamp }
  })
  expect((await caller.post("/v1/events/batch", { events })).json.accepted).toBe(count)
}

/** Cents of usage on each invoice that is not void, the first one first. */
async function billed(subscription: any): Promise<number[]> {
  const invoices = (await invoicesOf(caller, subscription)).filter(({ status }) => status !== "Void")
  return invoices
    .toSorted((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ line_items: lines }) => {
      const usage = lines.filter((line: any) => line.description === "Calls")
      return (
        Number(usage.reduce((sum: bigint, line: any) => sum + BigInt(line.rated_amount_nanos), 0n)) / 1e10
      )
    })
}

async function untilBilled(subscription: any, amounts: readonly number[]): Promise<void> {
  await vi.waitFor(async () => expect(await billed(subscription)).toEqual(amounts), {
    timeout: 20_000,
    interval: 100,
  })
}

/** The meter knows what was billed when it has terms of after the bill. */
async function untilTold(subscription: any): Promise<void> {
  await vi.waitFor(
    async () => {
      const jobs = (await caller.get("/admin/v1/jobs?limit=100")).json.filter((job: any) => {
        return job.kind === "sync-terms" && job.subject === subscription.id && job.status !== "Done"
      })
      expect(jobs).toEqual([])
    },
    { timeout: 20_000, interval: 100 },
  )
}

/** A draft would take later usage of its period until it is final. */
async function finalizeAll(subscription: any): Promise<void> {
  for (const { id, status } of await invoicesOf(caller, subscription)) {
    if (status === "Draft") expect((await caller.post(`/admin/v1/invoices/${id}/finalize`)).status).toBe(200)
  }
  await untilTold(subscription)
}

function tell(subscription: any, crossing: number): Promise<unknown> {
  const message = {
    kind: "threshold-reached",
    tenant_id: tenant.id,
    subscription_id: subscription.id,
    crossing,
  }
  return env.JOBS.send(message as any)
}

test("a threshold reached three times in a month makes three invoices, and the sum is that of one bill", async () => {
  const subscription = await subscribed(TIERED, 100)
  expect(subscription.progressive_billing_threshold_nanos).toBe((100n * CENT).toString())
  // 100 at a cent and 20 at a half.
  await send(subscription, 120)
  await untilBilled(subscription, [110])
  await finalizeAll(subscription)
  // Half of the threshold, then the other half.
  await send(subscription, 100)
  await send(subscription, 100)
  await untilBilled(subscription, [110, 100])
  await finalizeAll(subscription)
  await send(subscription, 199)
  await send(subscription, 1)
  await untilBilled(subscription, [110, 100, 100])
  await finalizeAll(subscription)
  await send(subscription, 50)
  await advance(caller, { to: "2026-02-01T00:00:00Z" })
  // 570 in all: 100 at a cent and 470 at a half are 335 cents.
  expect(await billed(subscription)).toEqual([110, 100, 100, 25])
})

test("a crossing that is told again, and one that others have billed, bills nothing", async () => {
  const subscription = await subscribed(CALLS, 100)
  await send(subscription, 100)
  await untilBilled(subscription, [100])
  await untilTold(subscription)
  await send(subscription, 60)
  for (const crossing of [1, 1, 7]) await tell(subscription, crossing)
  await vi.waitFor(
    async () => {
      const jobs = (await caller.get("/admin/v1/jobs?limit=100")).json
      const bills = jobs.filter((job: any) => job.kind === "bill-threshold")
      expect(bills.map(({ status }: any) => status)).toEqual(["Done", "Done"])
    },
    { timeout: 20_000, interval: 100 },
  )
  await untilTold(subscription)
  expect(await billed(subscription)).toEqual([100])
  await send(subscription, 40)
  await untilBilled(subscription, [100, 100])
})

test("what others bill in between counts from there, and what is voided is to be billed again", async () => {
  const subscription = await subscribed(CALLS, 100)
  await send(subscription, 90)
  const interim = await create(caller, `/admin/v1/subscriptions/${subscription.id}/bill`, {})
  await untilTold(subscription)
  await send(subscription, 99)
  await send(subscription, 1)
  await untilBilled(subscription, [90, 100])
  await untilTold(subscription)
  expect((await caller.post(`/admin/v1/invoices/${interim.id}/void`, { reason: "a mistake" })).status).toBe(
    200,
  )
  await untilTold(subscription)
  // 90 that are open again, and 10.
  await send(subscription, 10)
  await untilBilled(subscription, [100, 100])
})

test("a period that ends bills the rest, and the next one begins at nothing", async () => {
  const subscription = await subscribed(CALLS, 100)
  await send(subscription, 90)
  await advance(caller, { to: "2026-02-01T00:00:00Z" })
  expect(await billed(subscription)).toEqual([90])
  await send(subscription, 90, "2026-02-01T00:00:00Z")
  await send(subscription, 15, "2026-02-01T00:00:00Z")
  await untilBilled(subscription, [90, 105])
})

test("many writers and a meter that restarts: each invoice has reached the threshold, and nothing is billed twice", async () => {
  const subscription = await subscribed(CALLS, 50)
  const stub = env.METER.getByName(meterName(tenant.id, subscription.id))
  for (let round = 0; round < 8; round += 1) {
    await Promise.all(Array.from({ length: 6 }, () => send(subscription, 7)))
    await evictDurableObject(stub)
  }
  await vi.waitFor(
    async () => {
      const jobs = (await caller.get("/admin/v1/jobs?limit=100")).json
      expect(jobs.filter((job: any) => job.kind === "bill-threshold" && job.status !== "Done")).toEqual([])
      expect((await billed(subscription)).length).toBeGreaterThan(0)
    },
    { timeout: 20_000, interval: 100 },
  )
  await untilTold(subscription)
  const interim = await billed(subscription)
  for (const amount of interim) expect(amount).toBeGreaterThanOrEqual(50)
  await advance(caller, { to: "2026-02-01T00:00:00Z" })
  const sum = (await billed(subscription)).reduce((a, b) => a + b)
  expect(sum).toBe(8 * 6 * 7)
})

test("a threshold of nothing is refused", async () => {
  const plan = await newPlan(caller, [CALLS])
  const answer = await caller.post("/v1/subscriptions", {
    customer_id: plan.id,
    plan_id: plan.id,
    progressive_billing_threshold_nanos: "0",
  })
  expect(answer.status).toBe(422)
  expect(JSON.stringify(answer.json)).toContain("progressive_billing_threshold_nanos")
})
