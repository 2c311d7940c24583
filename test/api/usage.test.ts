// Usage over HTTP: every shape that an event may come in, who may send it, and what is read back.

import { beforeAll, describe, expect, test } from "vitest"
import type { Api, Tenant } from "../support/client.ts"
import { api, newTenant, request, setClock } from "../support/client.ts"
import { CALLS, newCustomer, newPlan, newSubscription } from "../support/fixtures.ts"

const START = "2026-02-28T00:00:00Z"
const NOON = "2026-02-28T12:34:56Z"
const TOKENS = {
  name: "Tokens",
  pricing_model: "PerUnit",
  unit_amount_nanos: "1000000",
  meter_event_type: "llm.completion",
  meter_property: "tokens",
}

let tenant: Tenant
let plan: any
let subscription: any

beforeAll(async () => {
  tenant = await newTenant("test")
  await setClock(tenant.api, START)
  plan = await newPlan(tenant.api, [CALLS, TOKENS])
})

async function fresh(): Promise<any> {
  subscription = await newSubscription(tenant.api, plan)
  return subscription
}

function event(id: string, fields: object = {}): Record<string, unknown> {
  return { id, event_type: "api.request", subscription_id: subscription.id, timestamp: NOON, ...fields }
}

async function totals(caller: Api = tenant.api): Promise<Record<string, string>> {
  const usage = await caller.get(`/v1/subscriptions/${subscription.id}/usage`)
  return Object.fromEntries(usage.json.meters.map((meter: any) => [meter.event_type, meter.value]))
}

describe("one event", () => {
  test("the seed's event is counted and in the very next read", async () => {
    await fresh()
    const answer = await tenant.api.post("/v1/events", {
      id: "evt-acme-2026-02-28-001",
      event_type: "api.request",
      customer_id: subscription.customer_id,
      subscription_id: subscription.id,
      timestamp: NOON,
      properties: { model: "gpt-4", tokens: 1500, region: "us-east-1" },
    })
    expect(answer.json).toMatchObject({
      accepted: true,
      event_id: "evt-acme-2026-02-28-001",
      duplicate: false,
    })
    expect(await totals()).toEqual({ "api.request": "1", "llm.completion": "0" })
  })

  test("again with the same content it is a duplicate, with other content a conflict", async () => {
    await fresh()
    await tenant.api.post("/v1/events", event("a"))
    expect((await tenant.api.post("/v1/events", event("a"))).json).toMatchObject({
      accepted: true,
      duplicate: true,
    })
    const other = await tenant.api.post("/v1/events", event("a", { properties: { x: 1 } }))
    expect([other.status, other.json.code]).toEqual([409, "event_id_conflict"])
    expect(await totals()).toMatchObject({ "api.request": "1" })
  })

  test("numbers that a double can't hold are summed exactly", async () => {
    await fresh()
    const send = (id: string, tokens: string) =>
      tenant.api.post(
        "/v1/events",
        `{"id":"${id}","event_type":"llm.completion","subscription_id":"${subscription.id}","timestamp":"${NOON}","properties":{"tokens":${tokens}}}`,
      )
    for (const [at, tokens] of ["12345678901234567890.123456789", "0.1", "0.2", '"0.7"'].entries()) {
      expect((await send(`n${at}`, tokens)).json.accepted).toBe(true)
    }
    expect(await totals()).toMatchObject({ "llm.completion": "12345678901234567891.123456789" })
    for (const [at, tokens] of ["1e400", '"NaN"', "null", "true", '""'].entries()) {
      const refused = await send(`bad${at}`, tokens)
      expect([refused.status, refused.json.code, refused.json.errors[0].path]).toEqual([
        422,
        "property_not_a_number",
        "properties",
      ])
    }
  })

  test("without a subscription it goes to the running subscriptions that meter its type", async () => {
    await fresh()
    const { customer_id } = subscription
    const answer = await tenant.api.post(
      "/v1/events",
      event("spread", { subscription_id: undefined, customer_id }),
    )
    expect(answer.json).toMatchObject({ accepted: true, duplicate: false })
    expect(await totals()).toMatchObject({ "api.request": "1" })
    const unknown = { subscription_id: undefined, customer_id, event_type: "storage" }
    const refused = await tenant.api.post("/v1/events", event("unmetered", unknown))
    expect([refused.status, refused.json.code]).toEqual([422, "event_not_metered"])
  })

  test("ahead of both clocks it is refused, and its id stays free", async () => {
    await fresh()
    const ahead = await tenant.api.post("/v1/events", event("later", { timestamp: "2999-01-01T00:00:00Z" }))
    expect([ahead.status, ahead.json.errors[0].path]).toEqual([422, "timestamp"])
    expect((await tenant.api.post("/v1/events", event("later"))).json).toMatchObject({ duplicate: false })
  })

  test("an unknown subscription is not found, and nothing is stored for it", async () => {
    const answer = await tenant.api.post(
      "/v1/events",
      event("x", { subscription_id: "01944b1f-0000-7000-8000-00000000dead" }),
    )
    expect([answer.status, answer.json.code]).toEqual([404, "not_found"])
  })
})

describe("batches", () => {
  test("every event gets its result, in order, and a broken one spoils nothing", async () => {
    await fresh()
    const events = [
      event("b1"),
      { id: "b2" },
      event("b1"),
      event("b3", { timestamp: "2999-01-01T00:00:00Z" }),
      event("b4"),
    ]
    const answer = await tenant.api.post("/v1/events/batch", { events })
    expect(answer.json.results.map((r: any) => [r.event_id, r.status, r.code])).toEqual([
      ["b1", "Accepted", undefined],
      ["b2", "Rejected", "invalid_request"],
      ["b1", "Duplicate", undefined],
      ["b3", "Rejected", "timestamp_in_future"],
      ["b4", "Accepted", undefined],
    ])
    expect(await totals()).toMatchObject({ "api.request": "2" })
    const again = await tenant.api.post("/v1/events/batch", events)
    expect(again.json).toMatchObject({ accepted: 0, duplicates: 3, rejected: 2 })
    expect(await totals()).toMatchObject({ "api.request": "2" })
  })

  test("a batch may mix subscriptions and name some that do not exist", async () => {
    const first = await fresh()
    const second = await newSubscription(tenant.api, plan)
    const answer = await tenant.api.post("/v1/events/batch", [
      event("m", { subscription_id: first.id }),
      event("m", { subscription_id: second.id }),
      event("m", { subscription_id: "01944b1f-0000-7000-8000-00000000dead" }),
    ])
    expect(answer.json.results.map((r: any) => r.status)).toEqual(["Accepted", "Accepted", "Rejected"])
    expect(answer.json.results[2].code).toBe("not_found")
  })

  test("NDJSON: a line that is no JSON is rejected alone", async () => {
    await fresh()
    const body = [JSON.stringify(event("l1")), "{broken", "", JSON.stringify(event("l2"))].join("\n")
    const headers = { "Content-Type": "application/x-ndjson", Authorization: `Bearer ${tenant.key}` }
    const answer = await request("POST", "/v1/events/batch", body, headers)
    expect(answer.json).toMatchObject({ accepted: 2, rejected: 1 })
  })

  test("more than 5,000 events are refused whole", async () => {
    await fresh()
    const answer = await tenant.api.post(
      "/v1/events/batch",
      Array.from({ length: 5_001 }, () => ({})),
    )
    expect([answer.status, answer.json.code]).toEqual([413, "payload_too_large"])
  })
})

describe("CloudEvents", () => {
  const cloudEvent = (id: string, fields: object = {}) => ({
    specversion: "1.0",
    id,
    source: "/gateway",
    type: "api.request",
    time: NOON,
    subscriptionid: subscription.id,
    subject: subscription.customer_id,
    data: { region: "eu" },
    ...fields,
  })
  const send = (path: string, type: string, body: unknown, headers = {}) =>
    request("POST", path, JSON.stringify(body), {
      "Content-Type": type,
      Authorization: `Bearer ${tenant.key}`,
      ...headers,
    })

  test("structured, batched and binary are one event each, and the source is part of its key", async () => {
    await fresh()
    const structured = await send("/v1/events", "application/cloudevents+json", cloudEvent("c1"))
    expect(structured.json).toMatchObject({ accepted: true, event_id: "c1", duplicate: false })
    const batch = [cloudEvent("c1"), cloudEvent("c2"), cloudEvent("c1", { source: "/other" })]
    const batched = await send("/v1/events", "application/cloudevents-batch+json", batch)
    expect(batched.json).toMatchObject({ accepted: 2, duplicates: 1, rejected: 0 })
    const binary = await send(
      "/v1/events",
      "application/json",
      { region: "eu" },
      {
        "ce-specversion": "1.0",
        "ce-id": "c2",
        "ce-source": "/gateway",
        "ce-type": "api.request",
        "ce-time": NOON,
        "ce-subscriptionid": subscription.id,
        "ce-subject": subscription.customer_id,
      },
    )
    expect(binary.json).toMatchObject({ accepted: true, event_id: "c2", duplicate: true })
    expect(await totals()).toMatchObject({ "api.request": "3" })
  })

  test("without what the specification asks for they are refused with the attribute", async () => {
    await fresh()
    const refused = await send(
      "/v1/events",
      "application/cloudevents+json",
      cloudEvent("c", { specversion: "0.3" }),
    )
    expect([refused.status, refused.json.errors[0].path]).toEqual([422, "specversion"])
  })
})

describe("who may", () => {
  test("a customer's token reaches its own subscription only", async () => {
    await fresh()
    const stranger = await newCustomer(tenant.api)
    const tokenOf = async (customer: string) =>
      api((await tenant.api.post(`/admin/v1/customers/${customer}/tokens`, {})).json.token)
    const own = await tokenOf(subscription.customer_id)
    const foreign = await tokenOf(stranger.id)
    expect((await own.post("/v1/events", event("mine"))).json).toMatchObject({ accepted: true })
    expect((await foreign.post("/v1/events", event("theirs"))).status).toBe(404)
    expect((await own.post("/v1/events", event("as", { customer_id: stranger.id }))).status).toBe(404)
    expect(await totals(own)).toMatchObject({ "api.request": "1" })
    expect((await foreign.get(`/v1/subscriptions/${subscription.id}/usage`)).status).toBe(404)
    expect((await foreign.get("/v1/subscriptions")).json).toEqual([])
  })

  test("the raw events are listed newest first, in pages", async () => {
    await fresh()
    for (const id of ["e1", "e2", "e3"])
      await tenant.api.post("/v1/events", event(id, { properties: { id } }))
    const first = await tenant.api.get(`/v1/subscriptions/${subscription.id}/events?limit=2`)
    expect(first.json.map((e: any) => e.id)).toEqual(["e3", "e2"])
    expect(first.json[0]).toMatchObject({ timestamp: NOON, properties: { id: "e3" }, billable: true })
    const next = /<https:\/\/[^/]+([^>]+)>; rel="next"/.exec(first.headers.get("Link") ?? "")?.[1]
    const second = await tenant.api.get(next ?? "")
    expect(second.json.map((e: any) => e.id)).toEqual(["e1"])
    expect(second.headers.get("Link")).toBeNull()
  })
})
