// Webhooks from the commit to the receiver: signed, in order, again after a failure, and never lost.

import { Buffer } from "node:buffer"
import { createHmac, timingSafeEqual } from "node:crypto"
import { env } from "cloudflare:workers"
import { Webhook, WebhookVerificationError } from "standardwebhooks"
import { beforeAll, describe, expect, test, vi } from "vitest"
import { deliverWebhook } from "../../src/actions/deliver-webhook.ts"
import { ENDPOINTS_MAX } from "../../src/db/webhook-events.ts"
import { forgetWebhooks } from "../../src/db/webhooks.ts"
import { instant } from "../../src/domain/time.ts"
import { consume } from "../../src/jobs/queue.ts"
import { limits } from "../../src/limits.ts"
import { firstIdAt } from "../../src/runtime/ids.ts"
import type { Tenant } from "../support/client.ts"
import { advance, create, newTenant, setClock } from "../support/client.ts"
import { quiet } from "../support/database.ts"
import { FEE, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"
import type { Received } from "../support/receiver.ts"
import { newReceiver, standIn } from "../support/receiver.ts"
import type { Told } from "../support/listening.ts"
import { deliveriesOf, endpointOf, listening, newCustomerAs, NOW, types } from "../support/listening.ts"
import { scopeOf } from "../support/race.ts"

beforeAll(standIn)

const post = async (tenant: Tenant, path: string) => (await tenant.api.post(path)).json

const hex = (secret: string, body: string) => createHmac("sha256", secret).update(body).digest("hex")

function standard(secret: string, headers: Headers, body: string): string {
  const key = Buffer.from(secret.slice("whsec_".length), "base64")
  const signed = `${headers.get("webhook-id")}.${headers.get("webhook-timestamp")}.${body}`
  return `v1,${createHmac("sha256", key).update(signed).digest("base64")}`
}

/** Whose secret made the signature of bill.sh. */
function signer(headers: Headers, body: string, keys: { secret: string }[]): string | undefined {
  return keys.find(({ secret }) => hex(secret, body) === headers.get("X-Billing-Signature"))?.secret
}

describe("what happens is told", () => {
  test("with the resource as the API shows it, and once", async () => {
    const told = await listening()
    const customer = await newCustomer(told.tenant.api)
    await quiet()
    expect(told.receiver.received).toHaveLength(1)
    const { json, headers, init } = told.receiver.received[0]!
    expect(json).toEqual({
      id: headers.get("webhook-id"),
      type: "customer.created",
      created_at: NOW,
      sequence: 1,
      subscription_id: null,
      subscription_sequence: null,
      data: customer,
    })
    expect(init.redirect).toBe("manual")
    const [delivery] = await deliveriesOf(told)
    expect(delivery).toMatchObject({
      status: "Delivered",
      attempts: 1,
      event_type: "customer.created",
      log: [{ response_status: 200, response_body: "ok", error: null, url: told.receiver.url }],
    })
    expect(delivery.body).toBe(told.receiver.received[0]!.body)
  })

  test("an invoice from its draft to its credit note, in order", async () => {
    const told = await listening([
      "invoice.created",
      "invoice.finalized",
      "credit_note.issued",
      "invoice.paid",
    ])
    const { tenant, receiver } = told
    const customer = await newCustomer(tenant.api)
    const draft = await create(tenant.api, "/admin/v1/invoices", {
      customer_id: customer.id,
      lines: [{ description: "Workshop", unit_amount_nanos: "250000000000000" }],
    })
    await quiet()
    await tenant.api.post(`/admin/v1/invoices/${draft.id}/finalize`)
    await quiet()
    const note = await create(tenant.api, `/admin/v1/invoices/${draft.id}/credit-notes`, {
      reason: "Goodwill",
    })
    await quiet()
    expect(types(receiver)).toEqual(
      expect.arrayContaining(["invoice.created", "invoice.finalized", "credit_note.issued", "invoice.paid"]),
    )
    expect(receiver.received[0]!.json.data).toMatchObject({ id: draft.id, status: "Draft" })
    expect(receiver.received[1]!.json.data).toMatchObject({ id: draft.id, invoice_number: "INV-000001" })
    const issued = receiver.received.find(({ json }) => json.type === "credit_note.issued")
    expect(issued?.json.data).toMatchObject({ id: note.id, invoice_type: "CreditNote" })
    const sequences = receiver.received.map(({ json }) => json.sequence)
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b))
  })

  test("only of what the endpoint wants, and of no other tenant", async () => {
    const [one, other] = [await listening(["invoice.created"]), await listening()]
    await newCustomer(one.tenant.api)
    await quiet()
    expect(one.receiver.received).toEqual([])
    expect(other.receiver.received).toEqual([])
  })

  test("by the advance of a test clock too, each at its time", async () => {
    const told = await listening(["subscription.created", "subscription.renewed", "invoice.finalized"])
    const plan = await newPlan(told.tenant.api, [FEE])
    await newSubscription(told.tenant.api, plan)
    await advance(told.tenant.api, { by: "P2M" })
    const seen = told.receiver.received.map(({ json }) => [json.type, json.created_at.slice(0, 10)])
    expect(seen.filter(([type]) => type !== "invoice.finalized")).toEqual([
      ["subscription.created", "2026-03-01"],
      ["subscription.renewed", "2026-04-01"],
      ["subscription.renewed", "2026-05-01"],
    ])
    expect(told.receiver.received.map(({ json }) => json.subscription_sequence)).toEqual(
      told.receiver.received.map(({ json }) => json.subscription_sequence).toSorted((a, b) => a - b),
    )
  })
})

describe("a receiver verifies what it gets", () => {
  const headersOf = (headers: Headers) => Object.fromEntries(headers.entries())

  test("with the library of Standard Webhooks", async () => {
    const told = await listening()
    await newCustomer(told.tenant.api, { display_name: "Zoë 💸" })
    await quiet()
    const [{ headers, body, json }] = told.receiver.received as [Received]
    const library = new Webhook(told.endpoint.secret)
    expect(library.verify(body, headersOf(headers))).toEqual(json)
    expect(() => library.verify(body.replace("Zoë", "Zoe"), headersOf(headers))).toThrow(
      WebhookVerificationError,
    )
    expect(() => library.verify(body, { ...headersOf(headers), "webhook-id": "another" })).toThrow(
      WebhookVerificationError,
    )
    const old = String(Number(headers.get("webhook-timestamp")) - 3_600)
    expect(() => library.verify(body, { ...headersOf(headers), "webhook-timestamp": old })).toThrow(
      WebhookVerificationError,
    )
  })

  test("with it under either secret while both count, and under neither of another endpoint", async () => {
    const told = await listening()
    const stranger = await listening()
    const rotated = await post(told.tenant, `/admin/v1/webhooks/${told.endpoint.id}/rotate-secret`)
    await newCustomer(told.tenant.api)
    await quiet()
    const [{ headers, body, json }] = told.receiver.received as [Received]
    for (const { secret } of [rotated, told.endpoint]) {
      expect(new Webhook(secret).verify(body, headersOf(headers))).toEqual(json)
    }
    const other = new Webhook(stranger.endpoint.secret)
    expect(() => other.verify(body, headersOf(headers))).toThrow(WebhookVerificationError)
  })

  // https://bill.sh: the hex HMAC-SHA256 of the raw body, compared in constant time.
  test("with the method that bill.sh publishes", async () => {
    const told = await listening()
    await newCustomer(told.tenant.api, { display_name: "Zoë 💸" })
    await quiet()
    const [{ headers, body }] = told.receiver.received as [Received]
    const verify = (rawBody: string, signature: string) => {
      const expected = createHmac("sha256", told.endpoint.secret).update(rawBody).digest("hex")
      return (
        signature.length === expected.length && timingSafeEqual(Buffer.from(signature), Buffer.from(expected))
      )
    }
    const signature = headers.get("X-Billing-Signature") ?? ""
    expect(verify(body, signature)).toBe(true)
    expect(verify(`${body} `, signature)).toBe(false)
  })
})

describe("what does not arrive is sent again", () => {
  test("after 10, 30 and 90 seconds, under the same id and with the same body", async () => {
    const told = await listening()
    told.receiver.answer = () => new Response("broken", { status: 500 })
    await newCustomer(told.tenant.api)
    await quiet()
    for (const [to, calls] of [
      ["2026-03-01T00:00:09Z", 1],
      ["2026-03-01T00:00:10Z", 2],
      ["2026-03-01T00:00:39Z", 2],
      ["2026-03-01T00:00:40Z", 3],
      ["2026-03-01T00:02:10Z", 4],
    ] as const) {
      await advance(told.tenant.api, { to })
      expect({ to, calls: told.receiver.received.length }).toEqual({ to, calls })
    }
    expect(new Set(told.receiver.received.map(({ body }) => body)).size).toBe(1)
    expect(new Set(told.receiver.received.map(({ headers }) => headers.get("webhook-id"))).size).toBe(1)
    told.receiver.answer = () => new Response("ok")
    await advance(told.tenant.api, { by: "PT1H" })
    expect(told.receiver.received).toHaveLength(5)
    expect(await deliveriesOf(told)).toMatchObject([{ status: "Delivered", attempts: 5 }])
  })

  test.each([
    [
      "a redirect",
      () => new Response(null, { status: 302, headers: { Location: "https://169.254.169.254/" } }),
    ],
    ["a refusal", () => new Response("no", { status: 404 })],
    ["an answer without end", () => new Response("x".repeat(50_000), { status: 503 })],
  ])("%s is a failure", async (_, answer) => {
    const told = await listening()
    told.receiver.answer = answer
    await newCustomer(told.tenant.api)
    await quiet()
    const [delivery] = await deliveriesOf(told)
    expect(delivery).toMatchObject({
      status: "Pending",
      attempts: 1,
      next_attempt_at: "2026-03-01T00:00:10Z",
    })
    expect(delivery.log[0].response_body.length).toBeLessThanOrEqual(1_024)
    expect(delivery.log[0].error).toMatch(/It answered/)
  })

  test("no answer at all is one too", async () => {
    const told = await listening()
    told.receiver.answer = () => Promise.reject(new DOMException("late", "TimeoutError"))
    await newCustomer(told.tenant.api)
    await quiet()
    expect((await deliveriesOf(told))[0].log[0]).toMatchObject({
      response_status: null,
      error: "No answer within 10 seconds.",
    })
  })

  test("a receiver that is away for a day gets everything once it is back, in order per subscription", async () => {
    const told = await listening()
    const { tenant, receiver } = told
    receiver.answer = () => new Response("away", { status: 503 })
    const plan = await newPlan(tenant.api, [FEE])
    const subscription = await newSubscription(tenant.api, plan)
    await tenant.api.post(`/v1/subscriptions/${subscription.id}/pause`, {})
    for (let n = 0; n < 6; n++) await newCustomer(tenant.api)
    await tenant.api.post(`/v1/subscriptions/${subscription.id}/resume`, {})
    await quiet()
    await advance(tenant.api, { by: "P1D" })
    const away = receiver.received.length
    // Broken, it is asked by one delivery at a time, and at most every two hours.
    expect(away).toBeLessThan(60)
    receiver.received.length = 0
    receiver.answer = () => new Response("ok")
    await advance(tenant.api, { by: "PT2H" })
    const listed = (await tenant.api.get("/admin/v1/webhook-events?limit=100")).json
    const got = receiver.received.map(({ json }) => json.sequence)
    expect(got.toSorted((a, b) => a - b)).toEqual(listed.map((event: any) => event.sequence))
    const ofSubscription = receiver.received.filter(({ json }) => json.subscription_id === subscription.id)
    expect(ofSubscription.map(({ json }) => json.subscription_sequence)).toEqual(
      ofSubscription.map((_, index) => index + 1),
    )
    expect(ofSubscription.length).toBeGreaterThanOrEqual(3)
  })

  test("after three days the endpoint is disabled and an event says so; enabled again it gets what it missed", async () => {
    const told = await listening(["customer.created"])
    const { tenant, receiver } = told
    const other = newReceiver()
    await create(tenant.api, "/admin/v1/webhooks", { url: other.url, events: ["webhook.disabled"] })
    receiver.answer = () => new Response("broken", { status: 500 })
    await newCustomer(tenant.api)
    await quiet()
    await advance(tenant.api, { to: "2026-03-03T23:59:59Z" })
    expect((await endpointOf(told)).status).toBe("Enabled")
    await advance(tenant.api, { to: "2026-03-04T00:00:00Z" })
    expect(await endpointOf(told)).toMatchObject({
      status: "Disabled",
      disabled_reason: "Every delivery failed for three days.",
    })
    expect(types(other)).toEqual(["webhook.disabled"])
    expect(other.received[0]!.json.data).toMatchObject({ id: told.endpoint.id, status: "Disabled" })
    const tried = receiver.received.length
    await newCustomer(tenant.api)
    await advance(tenant.api, { by: "P1D" })
    expect(receiver.received).toHaveLength(tried)
    expect((await tenant.api.post(`/admin/v1/webhooks/${told.endpoint.id}/test`)).json.code).toBe(
      "invalid_state",
    )
    receiver.answer = () => new Response("ok")
    receiver.received.length = 0
    await tenant.api.patch(`/admin/v1/webhooks/${told.endpoint.id}`, { status: "Enabled" })
    await quiet()
    expect(types(receiver)).toEqual(["customer.created", "customer.created"])
  })

  test("410 Gone disables at once", async () => {
    const told = await listening()
    told.receiver.answer = () => new Response(null, { status: 410 })
    await newCustomer(told.tenant.api)
    await quiet()
    expect(await endpointOf(told)).toMatchObject({
      status: "Disabled",
      disabled_reason: "It answered 410 Gone.",
    })
  })

  test("one event that is always refused holds up its own lane only, and is given up", async () => {
    const told = await listening(["customer.created", "customer.updated"])
    const { tenant, receiver } = told
    const bad = await newCustomer(tenant.api, { display_name: "Poison" })
    receiver.answer = ({ json }) => new Response(null, { status: json.data.id === bad.id ? 422 : 200 })
    await tenant.api.patch(`/admin/v1/customers/${bad.id}`, { display_name: "Still poison" })
    for (let day = 0; day < 4; day++) {
      await newCustomer(tenant.api)
      await advance(tenant.api, { by: "P1D" })
    }
    const deliveries = await deliveriesOf(told)
    expect(deliveries.filter((one: any) => one.status === "Delivered")).toHaveLength(4)
    expect(deliveries.filter((one: any) => one.status === "Failed")).toHaveLength(1)
    expect((await endpointOf(told)).status).toBe("Enabled")
  })
})

describe("by hand", () => {
  test("a test event goes to its endpoint alone, whatever that wants", async () => {
    const told = await listening(["dispute.opened"])
    const other = newReceiver()
    await create(told.tenant.api, "/admin/v1/webhooks", { url: other.url, events: ["*"] })
    expect((await told.tenant.api.post(`/admin/v1/webhooks/${told.endpoint.id}/test`)).status).toBe(200)
    await quiet()
    expect(types(told.receiver)).toEqual(["webhook.test"])
    expect(types(other)).toEqual([])
    expect(told.receiver.received[0]!.json.data).toMatchObject({ id: told.endpoint.id })
    expect(told.receiver.received[0]!.body).not.toContain("whsec_")
  })

  test("a delivery is sent again under the same id", async () => {
    const told = await listening()
    await newCustomer(told.tenant.api)
    await quiet()
    const [{ id }] = await deliveriesOf(told)
    const path = `/admin/v1/webhooks/${told.endpoint.id}/deliveries/${id}/retry`
    expect((await told.tenant.api.post(path)).json.status).toBe("Pending")
    await quiet()
    const [first, second] = told.receiver.received
    expect(second?.body).toBe(first?.body)
    expect(await deliveriesOf(told)).toMatchObject([{ status: "Delivered" }])
  })

  test("a rotated secret counts beside the one before for a day", async () => {
    const told = await listening()
    const { tenant, receiver, endpoint } = told
    const rotated = await post(tenant, `/admin/v1/webhooks/${endpoint.id}/rotate-secret`)
    expect(rotated.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/)
    expect(rotated.secret).not.toBe(endpoint.secret)
    expect(rotated.previous_secret_until).toBe("2026-03-02T00:00:00Z")
    // A receiver that has not changed yet, with the check of bill.sh.
    receiver.answer = ({ headers, body }) =>
      new Response(null, {
        status: headers.get("X-Billing-Signature") === hex(endpoint.secret, body) ? 200 : 401,
      })
    await newCustomer(tenant.api)
    await quiet()
    expect(receiver.received.map(({ headers, body }) => signer(headers, body, [rotated, endpoint]))).toEqual([
      rotated.secret,
      endpoint.secret,
    ])
    const { headers, body } = receiver.received[0]!
    expect(headers.get("webhook-signature")?.split(" ")).toEqual(
      [rotated.secret, endpoint.secret].map((secret) => standard(secret, headers, body)),
    )
    expect(await deliveriesOf(told)).toMatchObject([{ status: "Delivered", attempts: 1 }])
    receiver.received.length = 0
    await advance(tenant.api, { by: "P1D" })
    await newCustomer(tenant.api)
    await quiet()
    expect(receiver.received).toHaveLength(1)
    const after = receiver.received[0]!
    expect(after.headers.get("webhook-signature")).toBe(standard(rotated.secret, after.headers, after.body))
  })

  test("the secret is told once and is not at rest", async () => {
    const { tenant, endpoint } = await listening()
    expect((await tenant.api.get(`/admin/v1/webhooks/${endpoint.id}`)).text).not.toContain("whsec_")
    const rows = await env.DB.prepare("SELECT * FROM webhook_endpoints WHERE tenant_id = ?")
      .bind(tenant.id)
      .all()
    expect(JSON.stringify(rows.results)).not.toContain(endpoint.secret.slice("whsec_".length))
  })

  test("a deleted endpoint gets nothing", async () => {
    const told = await listening()
    await told.tenant.api.delete(`/admin/v1/webhooks/${told.endpoint.id}`)
    await newCustomer(told.tenant.api)
    await quiet()
    expect(told.receiver.received).toEqual([])
    expect((await told.tenant.api.get(`/admin/v1/webhooks/${told.endpoint.id}`)).status).toBe(404)
  })
})

test("a tenant has at most twenty endpoints, and all of them are told", async () => {
  const { tenant, receiver, endpoint } = await listening()
  const input = { url: receiver.url, events: ["*"] }
  for (let n = 1; n < limits.webhookEndpoints; n++) await create(tenant.api, "/admin/v1/webhooks", input)
  expect((await tenant.api.post("/admin/v1/webhooks", input)).json.code).toBe("invalid_state")
  expect(ENDPOINTS_MAX).toBeGreaterThan(limits.webhookEndpoints)
  await newCustomer(tenant.api)
  await quiet()
  expect(receiver.received).toHaveLength(limits.webhookEndpoints)
  expect(new Set(receiver.received.map(({ json }) => json.id)).size).toBe(1)
  await tenant.api.delete(`/admin/v1/webhooks/${endpoint.id}`)
  expect((await tenant.api.post("/admin/v1/webhooks", input)).status).toBe(201)
})

describe("one job at a time has an endpoint", () => {
  /** The receiver has a first event and answers when it is let. */
  async function heldUp(): Promise<{ told: Told; open: () => void }> {
    const told = await listening()
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => (open = resolve))
    told.receiver.answer = async () => {
      await gate
      return new Response("ok")
    }
    await newCustomer(told.tenant.api)
    await vi.waitFor(() => expect(told.receiver.received).toHaveLength(1), { timeout: 10_000 })
    return { told, open: () => open() }
  }

  test("and does not go before it has sent what came meanwhile", async () => {
    const { told, open } = await heldUp()
    const { tenant, receiver } = told
    await newCustomer(tenant.api)
    // Another job finds the endpoint taken, leaves word and is done.
    expect(await deliverWebhook(await scopeOf(tenant.id), told.endpoint.id)).toEqual({
      ok: true,
      value: null,
    })
    expect(receiver.received).toHaveLength(1)
    open()
    await quiet()
    expect(receiver.received.map(({ json }) => json.sequence)).toEqual([1, 2])
  })

  test("and a job that runs twice at once sends once", async () => {
    const { told, open } = await heldUp()
    const { tenant, receiver } = told
    const job = await env.DB.prepare(
      "SELECT id FROM agenda WHERE tenant_id = ? AND kind = 'deliver-webhook' AND status <> 'Done'",
    )
      .bind(tenant.id)
      .first<{ id: string }>()
    // A message of the queue that came twice leaves the job to who has it.
    const { platform } = await scopeOf(tenant.id)
    const message = { tenant_id: tenant.id, agenda_id: job?.id ?? "" }
    const retry = vi.fn<() => void>()
    const doubled = {
      id: "2",
      timestamp: new Date(),
      attempts: 1,
      body: message,
      ack: vi.fn<() => void>(),
      retry,
    }
    const batch = { queue: "jobs", messages: [doubled], metadata: {}, ackAll() {}, retryAll() {} }
    await consume(platform, batch as unknown as Parameters<typeof consume>[1])
    expect(retry).toHaveBeenCalledOnce()
    // And so does an advance, which waits for it.
    const advanced = advance(tenant.api, { by: "PT1S" })
    await scheduler.wait(500)
    expect(receiver.received).toHaveLength(1)
    open()
    expect((await advanced).ran.map(({ error }: any) => error)).toEqual([null])
    await quiet()
    expect(receiver.received).toHaveLength(1)
    expect(job?.id).toBeDefined()
  })

  test("and what happens until a job begins shares that job", async () => {
    const told = await listening()
    const { tenant, receiver } = told
    const jobs = async () =>
      (
        await env.DB.prepare("SELECT id FROM agenda WHERE tenant_id = ? AND kind = 'deliver-webhook'")
          .bind(tenant.id)
          .all()
      ).results.length
    const scope = await scopeOf(tenant.id)
    // Nothing runs: the events of thirty commits before a job begins are those of one job.
    const silent = { ...scope.platform, enqueue: async () => undefined }
    for (let n = 0; n < 30; n++) await newCustomerAs(silent, tenant)
    expect(await jobs()).toBe(1)
    expect(receiver.received).toEqual([])
    await advance(tenant.api, { by: "PT1S" })
    expect(receiver.received.map(({ json }) => json.sequence)).toEqual(
      Array.from({ length: 30 }, (_, n) => n + 1),
    )
    await newCustomer(tenant.api)
    await quiet()
    expect(receiver.received).toHaveLength(31)
  })

  test("and one that was given up is woken by the next event", async () => {
    const told = await listening()
    const { tenant, receiver } = told
    const { platform } = await scopeOf(tenant.id)
    await newCustomerAs({ ...platform, enqueue: async () => undefined }, tenant)
    await env.DB.prepare("UPDATE agenda SET status = 'Dead' WHERE tenant_id = ? AND kind = 'deliver-webhook'")
      .bind(tenant.id)
      .run()
    await newCustomer(tenant.api)
    await quiet()
    expect(receiver.received.map(({ json }) => json.sequence)).toEqual([1, 2])
  })

  test("and a job that found it taken looks again when it is free by then", async () => {
    const told = await listening()
    const { tenant, receiver } = told
    const scope = await scopeOf(tenant.id)
    const wall = Date.now()
    await newCustomerAs({ ...scope.platform, enqueue: async () => undefined }, tenant)
    await env.DB.prepare("UPDATE webhook_endpoints SET lease_by = 'another', lease_until = ? WHERE id = ?")
      .bind(wall + 1_000, told.endpoint.id)
      .run()
    // It is taken when the job asks for it, and free when the job would leave word.
    let looks = 0
    const wallNow = () => instant(looks++ < 4 ? wall : wall + 2_000)
    const late = { ...scope, platform: { ...scope.platform, wallNow } }
    await deliverWebhook(late, told.endpoint.id)
    expect(receiver.received).toHaveLength(1)
    // The job of the event, which nobody has put on the queue.
    await advance(tenant.api, { by: "PT1S" })
  })

  test("and one that died is followed by the next when its lease is over", async () => {
    const told = await listening()
    const lease = (until: number) =>
      env.DB.prepare("UPDATE webhook_endpoints SET lease_by = 'dead', lease_until = ? WHERE id = ?")
        .bind(until, told.endpoint.id)
        .run()
    await lease(Date.now() + 60_000)
    await newCustomer(told.tenant.api)
    await quiet()
    expect(told.receiver.received).toEqual([])
    await lease(Date.now() - 1)
    await newCustomer(told.tenant.api)
    await quiet()
    expect(told.receiver.received.map(({ json }) => json.sequence)).toEqual([1, 2])
  })
})

test("what is forgotten leaves no gap and is not sent any more", async () => {
  const told = await listening()
  const { tenant, receiver } = told
  receiver.answer = () => new Response("away", { status: 503 })
  await newCustomer(tenant.api)
  await quiet()
  const scope = await scopeOf(tenant.id)
  // Of the other tests nobody needs anything any more.
  await forgetWebhooks(scope.platform.db, firstIdAt(Date.now() - 60_000), 1_000)
  expect((await tenant.api.get("/admin/v1/webhook-events")).json).toHaveLength(1)
  await env.DB.prepare("DELETE FROM webhook_events WHERE tenant_id = ?").bind(tenant.id).run()
  receiver.answer = () => new Response("ok")
  await newCustomer(tenant.api)
  await advance(tenant.api, { by: "PT1H" })
  const events = (await tenant.api.get("/admin/v1/webhook-events")).json
  expect(events.map(({ sequence }: any) => sequence)).toEqual([2])
  const statuses = (await deliveriesOf(told)).map((one: any) => [one.sequence, one.status, one.event_type])
  expect(statuses).toEqual([
    [2, "Delivered", "customer.created"],
    [1, "Failed", null],
  ])
})

test("a deleted endpoint keeps no secret, and is forgotten with the last of its deliveries", async () => {
  const told = await listening()
  const { tenant, endpoint } = told
  await newCustomer(tenant.api)
  await quiet()
  await tenant.api.delete(`/admin/v1/webhooks/${endpoint.id}`)
  const row = () =>
    env.DB.prepare("SELECT secret, previous_secret AS previous FROM webhook_endpoints WHERE id = ?")
      .bind(endpoint.id)
      .first()
  expect(await row()).toEqual({ secret: "", previous: null })
  const db = (await scopeOf(tenant.id)).platform.db
  const madeAt = Date.now()
  const before = (wall: number) => forgetWebhooks(db, firstIdAt(wall - limits.webhooksKeptMs), 1_000)
  await before(madeAt + 29 * 86_400_000)
  expect(await row()).not.toBeNull()
  // The delivery goes first, and with nothing of it left the endpoint.
  await before(madeAt + 31 * 86_400_000)
  expect(await row()).toBeNull()
})

test("cron forgets what is older than thirty days", async () => {
  const { tenant } = await listening()
  await newCustomer(tenant.api)
  await quiet()
  const count = async () => (await tenant.api.get("/admin/v1/webhook-events")).json.length
  const db = (await scopeOf(tenant.id)).platform.db
  const madeAt = Date.now()
  const before = (wall: number) => forgetWebhooks(db, firstIdAt(wall - limits.webhooksKeptMs), 1_000)
  await before(madeAt + 29 * 86_400_000)
  expect(await count()).toBe(1)
  await before(madeAt + 31 * 86_400_000)
  expect(await count()).toBe(0)
})

describe("the list of events", () => {
  test("is gapless under concurrent commits, counts each subscription, and is what was delivered", async () => {
    const told = await listening()
    const { tenant, receiver } = told
    const plan = await newPlan(tenant.api, [FEE])
    await Promise.all(
      Array.from({ length: 12 }, async () => {
        const { id } = await newSubscription(tenant.api, plan)
        await tenant.api.post(`/v1/subscriptions/${id}/pause`, {})
      }),
    )
    await quiet()
    const events: any[] = []
    for (let after = 0; ;) {
      const page = await tenant.api.get(`/admin/v1/webhook-events?after=${after}&limit=7`)
      events.push(...page.json)
      if (page.headers.get("Link") === null) break
      after = events.at(-1).sequence
    }
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1))
    expect(events.length).toBeGreaterThanOrEqual(36)
    const bySubscription = Map.groupBy(events, (event) => event.subscription_id)
    bySubscription.delete(null)
    expect(bySubscription.size).toBe(12)
    for (const some of bySubscription.values()) {
      expect(some.map((event) => event.subscription_sequence)).toEqual(some.map((_, index) => index + 1))
    }
    const bodies = new Map(receiver.received.map(({ json, body }) => [json.id, body]))
    expect(events.map((event) => JSON.stringify(event))).toEqual(events.map(({ id }) => bodies.get(id)))
  })

  test("has what happened before there was an endpoint, and each event once for every copy of a job", async () => {
    const tenant = await newTenant("test")
    await setClock(tenant.api, NOW)
    await newCustomer(tenant.api)
    const listed = await tenant.api.get("/admin/v1/webhook-events")
    expect(listed.json.map((event: any) => event.type)).toEqual(["customer.created"])
    const receiver = newReceiver()
    await create(tenant.api, "/admin/v1/webhooks", { url: receiver.url, events: ["*"] })
    await newCustomer(tenant.api)
    await quiet()
    expect(receiver.received.map(({ json }) => json.sequence)).toEqual([2])
    const job = await env.DB.prepare("SELECT id FROM agenda WHERE tenant_id = ? AND kind = 'deliver-webhook'")
      .bind(tenant.id)
      .first<{ id: string }>()
    await env.JOBS.sendBatch(
      Array.from({ length: 5 }, () => ({ body: { agenda_id: job?.id ?? "", tenant_id: tenant.id } })),
    )
    await quiet()
    expect(receiver.received).toHaveLength(1)
  })
})
