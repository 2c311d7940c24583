// What holds of deliveries whatever goes wrong: a receiver that is away for a day beside one that is not, a secret that changes meanwhile,
// an endpoint that is switched off and on, a worker that dies between sending and noting it.

import { env } from "cloudflare:workers"
import { Webhook } from "standardwebhooks"
import { beforeAll, describe, expect, test } from "vitest"
import { deliverWebhook } from "../../src/actions/deliver-webhook.ts"
import { openDatabase } from "../../src/db/database.ts"
import { BREAKER_FAILURES } from "../../src/domain/webhook.ts"
import type { Tenant } from "../support/client.ts"
import { advance, create } from "../support/client.ts"
import { quiet } from "../support/database.ts"
import { FEE, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"
import { deliveriesOf, listening, newCustomerAs, scopeOn } from "../support/listening.ts"
import { scopeOf } from "../support/race.ts"
import type { Received, Receiver } from "../support/receiver.ts"
import { newReceiver, standIn } from "../support/receiver.ts"

beforeAll(standIn)

/** The events that were taken, in their order; each once. */
function taken(received: readonly Received[]): any[] {
  return [...new Map(received.map(({ json }) => [json.id, json])).values()]
}

function expectInOrder(events: readonly any[]): void {
  const lanes = Map.groupBy(events, (event) => event.subscription_id ?? event.data.id)
  for (const lane of lanes.values()) {
    const sequences = lane.map(({ sequence }) => sequence)
    expect(sequences).toEqual(sequences.toSorted((one, other) => one - other))
  }
}

async function listed({ api }: Tenant): Promise<number[]> {
  const events = (await api.get("/admin/v1/webhook-events?limit=100")).json
  return events.map(({ sequence }: any) => sequence)
}

const sorted = (events: readonly any[]) =>
  events.map(({ sequence }) => sequence).toSorted((one, other) => one - other)

describe("a receiver that fails for a day", () => {
  test("gets every event once it is back, while another one had each at once", async () => {
    const told = await listening()
    const { tenant, receiver, endpoint } = told
    const other = newReceiver()
    await create(tenant.api, "/admin/v1/webhooks", { url: other.url, events: ["*"] })
    receiver.answer = () => new Response("away", { status: 503 })
    const plan = await newPlan(tenant.api, [FEE])
    const ids: string[] = []
    for (let n = 0; n < 3; n++) ids.push((await newSubscription(tenant.api, plan)).id)
    await quiet()
    // The breaker opens: from here on one call at a time asks whether it is back.
    expect(receiver.received.length).toBeGreaterThanOrEqual(BREAKER_FAILURES)
    for (const verb of ["pause", "resume", "pause"]) {
      for (const id of ids) await tenant.api.post(`/v1/subscriptions/${id}/${verb}`, {})
      await advance(tenant.api, { by: "PT6H" })
    }
    const rotated = (await tenant.api.post(`/admin/v1/webhooks/${endpoint.id}/rotate-secret`)).json
    await advance(tenant.api, { by: "PT6H" })
    expect(sorted(taken(other.received))).toEqual(await listed(tenant))
    const ofOther = other.received.length
    receiver.received.length = 0
    receiver.answer = () => new Response("ok")
    await advance(tenant.api, { by: "PT2H" })
    expect(sorted(taken(receiver.received))).toEqual(await listed(tenant))
    expect(receiver.received).toHaveLength((await listed(tenant)).length)
    expectInOrder(taken(receiver.received))
    expect(other.received).toHaveLength(ofOther)
    // The same bytes for both, and under the new secret what happened before it was there.
    const bodies = new Map(other.received.map(({ json, body }) => [json.id, body]))
    for (const { json, body, headers } of receiver.received) {
      expect(body).toBe(bodies.get(json.id))
      new Webhook(rotated.secret).verify(body, Object.fromEntries(headers.entries()))
    }
  })

  test("and was switched off meanwhile, gets it when it is switched on", async () => {
    const told = await listening()
    const { tenant, receiver, endpoint } = told
    const path = `/admin/v1/webhooks/${endpoint.id}`
    receiver.answer = () => new Response("away", { status: 503 })
    const plan = await newPlan(tenant.api, [FEE])
    const { id } = await newSubscription(tenant.api, plan)
    await quiet()
    await tenant.api.patch(path, { status: "Disabled" })
    const calls = receiver.received.length
    await tenant.api.post(`/v1/subscriptions/${id}/pause`, {})
    await advance(tenant.api, { by: "P1D" })
    expect(receiver.received).toHaveLength(calls)
    receiver.received.length = 0
    receiver.answer = () => new Response("ok")
    await tenant.api.patch(path, { status: "Enabled" })
    await tenant.api.post(`/v1/subscriptions/${id}/resume`, {})
    await quiet()
    expect(sorted(taken(receiver.received))).toEqual(await listed(tenant))
    expectInOrder(taken(receiver.received))
  })
})

test("a worker that dies between sending and noting sends again under the same id, and loses nothing", async () => {
  const told = await listening()
  const { tenant, endpoint, receiver } = told
  const { platform } = await scopeOf(tenant.id)
  // Nothing runs by itself.
  const silent = { ...platform, enqueue: async () => undefined }
  await newCustomerAs(silent, tenant)
  await newCustomerAs(silent, tenant)
  let isDead = false
  const dying = {
    ...silent,
    db: openDatabase({
      prepare: (sql: string) => env.DB.prepare(sql),
      batch: (statements: D1PreparedStatement[]) =>
        isDead ? new Promise(() => {}) : env.DB.batch(statements),
    } as unknown as D1Database),
    postWebhook: async (request: Parameters<typeof platform.postWebhook>[0]) => {
      const answer = await platform.postWebhook(request)
      isDead = true
      return answer
    },
  }
  void deliverWebhook(await scopeOn(dying, tenant), endpoint.id)
  await until(() => receiver.received.length === 2)
  expect((await deliveriesOf(told)).map(({ status }: any) => status)).toEqual(["Pending", "Pending"])
  await env.DB.prepare("UPDATE webhook_endpoints SET lease_until = 0 WHERE id = ?").bind(endpoint.id).run()
  await deliverWebhook(await scopeOn(silent, tenant), endpoint.id)
  const bodies = Map.groupBy(receiver.received, ({ headers }) => headers.get("webhook-id"))
  expect([...bodies.values()].map((some) => some.length)).toEqual([2, 2])
  for (const [one, again] of bodies.values()) expect(again?.body).toBe(one?.body)
  expect((await deliveriesOf(told)).map(({ status }: any) => status)).toEqual(["Delivered", "Delivered"])
  await advance(tenant.api, { by: "PT1S" })
  expect(receiver.received).toHaveLength(4)
})

async function until(isSo: () => boolean): Promise<void> {
  for (let tries = 0; !isSo() && tries < 200; tries++) await scheduler.wait(20)
}

const types = ({ received }: Receiver) => received.map(({ json }) => json.type)

test("an endpoint that comes to want more gets of that what happens from then on", async () => {
  const told = await listening(["customer.created"])
  const { tenant, receiver, endpoint } = told
  const customer = await newCustomer(tenant.api)
  await quiet()
  const rename = (name: string) =>
    tenant.api.patch(`/admin/v1/customers/${customer.id}`, { display_name: name })
  await rename("Before")
  await tenant.api.patch(`/admin/v1/webhooks/${endpoint.id}`, {
    events: ["customer.created", "customer.updated"],
  })
  await rename("After")
  await quiet()
  expect(types(receiver)).toEqual(["customer.created", "customer.updated"])
  expect(receiver.received[1]!.json.data.display_name).toBe("After")
  // And what it wanted until then is not lost with what it wants no more.
  const { platform } = await scopeOf(tenant.id)
  receiver.received.length = 0
  await newCustomerAs({ ...platform, enqueue: async () => undefined }, tenant)
  await tenant.api.patch(`/admin/v1/webhooks/${endpoint.id}`, { events: ["customer.created"] })
  await advance(tenant.api, { by: "PT1S" })
  expect(types(receiver)).toEqual(["customer.updated"])
})
