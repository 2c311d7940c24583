// Voids and amendments of events through the API, and what is refused.

import { env, runInDurableObject } from "cloudflare:test"
import { beforeEach, describe, expect, test } from "vitest"
import { meterOf } from "../../src/meter/client.ts"
import { meterName } from "../../src/meter/name.ts"
import { MeterStore } from "../../src/meter/store/meter-store.ts"
import type { Api } from "../support/client.ts"
import { api as asCaller, newTenant, setClock } from "../support/client.ts"
import { CALLS, CENT, newPlan, newSubscription } from "../support/fixtures.ts"

const TOKENS = {
  name: "Tokens",
  pricing_model: "PerUnit",
  unit_amount_nanos: CENT.toString(),
  meter_event_type: "api.request",
  meter_aggregation: "Sum",
  meter_property: "tokens",
}

let api: Api
let tenant: string
let subscription: any

beforeEach(async () => {
  const made = await newTenant("test")
  api = made.api
  tenant = made.id
  await setClock(api, "2026-01-01T00:00:00Z")
  subscription = await newSubscription(api, await newPlan(api, [CALLS, TOKENS]))
})

async function record(id: string, fields: object = {}) {
  const timestamp = "2026-01-01T00:00:00Z"
  const event = { id, event_type: "api.request", subscription_id: subscription.id, timestamp, ...fields }
  return api.post("/v1/events", event)
}

const path = (id: string, end = "") =>
  `/v1/subscriptions/${subscription.id}/events/${encodeURIComponent(id)}${end}`

async function values(): Promise<string[]> {
  const usage = await api.get(`/v1/subscriptions/${subscription.id}/usage`)
  return usage.json.meters.map((meter: any) => meter.value)
}

test("an event is amended, voided and told with its history", async () => {
  await record("a", { properties: { tokens: 5, model: "x" } })
  const amended = await api.post(path("a", "/amend"), { properties: { tokens: 3 }, reason: "Miscounted" })
  expect(amended.json).toMatchObject({
    id: "a",
    status: "Amended",
    properties: { tokens: 3 },
    billable: true,
  })
  expect(await values()).toEqual(["1", "3"])
  const voided = await api.post(path("a", "/void"))
  expect(voided.json).toMatchObject({ status: "Voided", properties: { tokens: 3 }, billable: false })
  expect(await values()).toEqual(["0", "0"])
  const again = await api.post(path("a", "/void"), { reason: "Again" })
  expect([again.status, again.text]).toEqual([200, voided.text])
  const { json } = await api.get(path("a"))
  expect(json).toEqual(voided.json)
  const at = "2026-01-01T00:00:00Z"
  expect(json.history).toEqual([
    { change: "Recorded", at, timestamp: at, properties: { tokens: 5, model: "x" }, reason: null },
    { change: "Amended", at, timestamp: at, properties: { tokens: 3 }, reason: "Miscounted" },
    { change: "Voided", at, reason: null },
  ])
  const refused = await api.post(path("a", "/amend"), { properties: { tokens: 4 } })
  expect([refused.status, refused.json.code]).toEqual([409, "invalid_state"])
  const duplicate = await record("a", { properties: { tokens: 5, model: "x" } })
  expect(duplicate.json).toMatchObject({ accepted: true, duplicate: true })
  expect(await values()).toEqual(["0", "0"])
})

test.each(["a/b", "100%", "%2F", "x?y#z", "é 💸", "void", "events/a/void", "a+b", "'\"\\", "\u0000\n"])(
  "an id may be %j",
  async (id) => {
    await record(id, { properties: { tokens: 1 } })
    await record("other", { properties: { tokens: 1 } })
    expect((await api.get(path(id))).json.id).toBe(id)
    expect((await api.post(path(id, "/amend"), { properties: { tokens: 7 } })).json.id).toBe(id)
    expect(await values()).toEqual(["2", "8"])
    expect((await api.post(path(id, "/void"))).json.id).toBe(id)
    expect(await values()).toEqual(["1", "1"])
  },
)

test("numbers of an amendment are as exact as those of an event", async () => {
  await record("a", { properties: { tokens: 1 } })
  await api.post(path("a", "/amend"), '{"properties": {"tokens": 0.123456789012345678}}')
  expect(await values()).toEqual(["1", "0.123456789012345678"])
})

test("every correction is in the audit trail once, however often it is sent", async () => {
  await record("a", { properties: { tokens: 5 } })
  for (let turn = 0; turn < 3; turn += 1) await api.post(path("a", "/amend"), { properties: { tokens: 3 } })
  await Promise.all([1, 2, 3].map(() => api.post(path("a", "/void"), { reason: "Not ours" })))
  const audit = (await api.get("/admin/v1/audit?limit=100")).json
  const corrections = audit.filter((entry: any) => entry.subject_type === "Event")
  expect(corrections.map((entry: any) => [entry.action, entry.subject_id])).toEqual([
    ["event.voided", "a"],
    ["event.amended", "a"],
  ])
  expect(corrections[0]).toMatchObject({ after: { subscription_id: subscription.id, reason: "Not ours" } })
  expect(corrections[1]).toMatchObject({
    before: { properties: { tokens: 5 } },
    after: { properties: { tokens: 3 } },
  })
})

test("a correction whose first try died after the meter had it is told by the next one", async () => {
  await record("a", { properties: { tokens: 5 } })
  const id = crypto.randomUUID()
  const terms = await runInDurableObject(
    env.METER.getByName(meterName(tenant, subscription.id)),
    (_, { storage }) => {
      return new MeterStore(storage).meta.terms()
    },
  )
  if (terms === null) throw new Error("the meter has terms")
  const died = { correctionId: id, madeAt: terms.startedAt, futureLimit: terms.startedAt, terms }
  const change = { eventId: "a", change: { kind: "Void" }, reason: "First" } as const
  await meterOf(env.METER, tenant, subscription.id).correct({ ...died, ...change })
  for (let turn = 0; turn < 2; turn += 1) await api.post(path("a", "/void"), { reason: "Second" })
  const audit = (await api.get("/admin/v1/audit?limit=100")).json
  const told = audit.filter((entry: any) => entry.subject_type === "Event")
  expect(told).toMatchObject([{ id, action: "event.voided", after: { reason: "First" } }])
})

describe("refuses", () => {
  test("an amendment that would be refused as an event", async () => {
    await record("a", { properties: { tokens: 5 } })
    const amend = (body: object) => api.post(path("a", "/amend"), body)
    const told = [
      await amend({ properties: {} }),
      await amend({ properties: { tokens: "many" } }),
      await amend({ timestamp: "2999-01-01T00:00:00Z" }),
      await amend({}),
      await api.post(path("a", "/amend")),
    ].map(({ status, json }) => [status, json.code, json.errors[0].path])
    expect(told).toEqual([
      [422, "property_missing", "properties"],
      [422, "property_not_a_number", "properties"],
      [422, "timestamp_in_future", "timestamp"],
      [422, "invalid_request", "properties"],
      [422, "invalid_request", "properties"],
    ])
    expect((await api.get(path("a"))).json.history).toHaveLength(1)
  })

  test("what is not there, and customers", async () => {
    await record("a", { properties: { tokens: 5 } })
    const answers = [
      await api.get(path("b")),
      await api.post(path("b", "/void")),
      await api.post(path("b", "/amend"), { timestamp: "2026-01-01T00:00:00Z" }),
    ]
    expect(answers.map(({ status, json }) => [status, json.detail])).toEqual(
      Array.from({ length: 3 }, () => [404, "There is no such event."]),
    )
    const token = await api.post(`/admin/v1/customers/${subscription.customer_id}/tokens`, {})
    const customer = asCaller(token.json.token)
    expect((await customer.get(path("a"))).status).toBe(200)
    expect((await customer.post(path("a", "/void"))).json.code).toBe("forbidden")
    expect((await customer.post(path("a", "/amend"), { properties: { tokens: 0 } })).json.code).toBe(
      "forbidden",
    )
    expect(await values()).toEqual(["1", "5"])
  })
})
