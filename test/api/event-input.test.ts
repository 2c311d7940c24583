// Broken usage events: a batch tells each of its own and keeps the others, and a body that can't be read changes nothing.

import { exports } from "cloudflare:workers"
import { beforeAll, describe, expect, test } from "vitest"
import { create, ORIGIN } from "../support/client.ts"
import { allRows } from "../support/database.ts"
import { problemOf } from "./problem.ts"
import { subjectsOfWorker } from "./subject.ts"
import type { World } from "./world.ts"
import { newWorld, NOW, perUnit } from "./world.ts"

type Body = Readonly<Record<string, unknown>>

const { document } = await subjectsOfWorker()

let world: World

beforeAll(async () => {
  world = await newWorld()
})

function nested(levels: number): unknown {
  let value: unknown = 1
  for (let level = 0; level < levels; level += 1) value = { deeper: value }
  return value
}

describe("a batch keeps its good events, whatever the others are", () => {
  const event = (id: string, change: Body = {}): Body => ({
    id,
    event_type: "api.request",
    subscription_id: world.subscription,
    timestamp: NOW,
    ...change,
  })
  type Results = {
    readonly results: readonly {
      readonly status: string
      readonly code?: string
      readonly message?: string
    }[]
  }

  /** Sends the broken one between two good ones, and gives back what it is told. */
  async function amongGood(name: string, broken: string, type = "application/json") {
    const texts = [JSON.stringify(event(`${name}-1`)), broken, JSON.stringify(event(`${name}-2`))]
    const body = type === "application/json" ? `[${texts.join()}]` : texts.join("\n")
    const reply = await world.tenant.api.post("/v1/events/batch", body, { "Content-Type": type })
    expect(reply.status).toBe(200)
    const { results } = JSON.parse(reply.text) as Results
    expect(results.map(({ status }) => status)).toEqual(["Accepted", "Rejected", "Accepted"])
    return results[1]
  }

  const cases: readonly (readonly [name: string, broken: () => unknown, told: string])[] = [
    ["an empty id", () => event(""), "id"],
    ["an id of 256", () => event("i".repeat(256)), "id"],
    ["an id that is a number", () => event("n", { id: 7 }), "id"],
    ["no id", () => event("n", { id: undefined }), "id"],
    ["a type of 256", () => event("t", { event_type: "t".repeat(256) }), "event_type"],
    ["a subscription that is null", () => event("s", { subscription_id: null }), "subscription_id"],
    ["an id in upper case", () => event("s", { customer_id: world.customer.toUpperCase() }), "customer_id"],
    ["a time of numbers", () => event("t", { timestamp: 1_772_236_800 }), "timestamp"],
    ["a day that is not", () => event("t", { timestamp: "2026-02-30T00:00:00Z" }), "timestamp"],
    ["properties that are a list", () => event("p", { properties: [1] }), "properties"],
    ["properties that are null", () => event("p", { properties: null }), "properties"],
    ["a name of 256", () => event("p", { properties: { ["n".repeat(256)]: 1 } }), "properties"],
    [
      "65 properties",
      () =>
        event("p", { properties: Object.fromEntries(Array.from({ length: 65 }, (_, at) => [`p${at}`, 1])) }),
      "at most 64",
    ],
    ["17,000 letters", () => event("p", { properties: { text: "x".repeat(17_000) } }), "16384 bytes"],
    [
      "3,000 letters of six bytes",
      () => event("p", { properties: { text: "\u0001".repeat(3_000) } }),
      "16384 bytes",
    ],
    ["nine levels", () => event("p", { properties: { deep: nested(9) } }), "nesting"],
    ["a thousand levels", () => event("p", { properties: { deep: nested(1_000) } }), "nesting"],
    ["a field too many", () => event("f", { surprise: 1 }), "surprise"],
    ["a list", () => [], ""],
    ["a text", () => "event", ""],
  ]

  test.each(cases)("%s", async (name, broken, told) => {
    const result = await amongGood(name, JSON.stringify(broken()))
    expect(result).toMatchObject({ code: "invalid_request" })
    expect(result?.message).toContain(told)
  })

  test("a field of the name __proto__", async () => {
    const text = JSON.stringify(event("proto")).replace("{", '{"__proto__":{"id":"x"},')
    expect(await amongGood("proto", text)).toMatchObject({ code: "invalid_request" })
  })

  test("lines of NDJSON that are no JSON, NaN and Infinity among them", async () => {
    for (const number of ["NaN", "Infinity", "-Infinity", "0x10", "01", "1_000", ".5", "1."]) {
      const line = JSON.stringify(event("nan", { properties: { tokens: 0 } })).replace(
        '"tokens":0',
        `"tokens":${number}`,
      )
      expect(line).toContain(number)
      const result = await amongGood(`line ${number}`, line, "application/x-ndjson")
      expect(result).toMatchObject({ code: "invalid_request", message: "The line is not JSON." })
    }
  })

  test("numbers that no meter can add up are rejected with a code, and never count as zero", async () => {
    const plan = await world.make.plan()
    await create(world.tenant.api, "/admin/v1/catalog/skus", { ...perUnit(plan), meter_property: "tokens" })
    const subscription = await world.make.subscription(world.customer, plan)
    const of = (id: string, tokens: string) =>
      JSON.stringify(event(id, { subscription_id: subscription, properties: { tokens: 0 } })).replace(
        ":0}",
        `:${tokens}}`,
      )
    const bad = [
      "1e400",
      "-1e400",
      '"NaN"',
      '"Infinity"',
      '""',
      '"1e400"',
      "null",
      "true",
      "[1]",
      '{"of":1}',
      "9".repeat(400),
    ]
    const texts = bad.flatMap((tokens, at) => [of(`good-${at}`, "2"), of(`bad-${at}`, tokens)])
    const reply = await world.tenant.api.post("/v1/events/batch", `[${texts.join()}]`)
    const { results } = JSON.parse(reply.text) as Results
    const expected = bad.flatMap(() => [undefined, "property_not_a_number"])
    expect(results.map(({ code }) => code)).toEqual(expected)
    const usage = await world.tenant.api.get(`/v1/subscriptions/${subscription}/usage`)
    expect(usage.json.meters).toMatchObject([{ value: String(2 * bad.length) }])
  })
})

describe("bodies that can't be read", () => {
  test("bytes that are not UTF-8", async () => {
    const broken = new Uint8Array([
      ...new TextEncoder().encode('[{"id":"'),
      0xff,
      ...new TextEncoder().encode('"}]'),
    ])
    for (const path of ["/v1/events", "/v1/events/batch"]) {
      const headers = { Authorization: `Bearer ${world.tenant.key}`, "Content-Type": "application/json" }
      const response = await exports.default.fetch(
        new Request(ORIGIN + path, { method: "POST", headers, body: broken }),
      )
      expect(await response.json()).toMatchObject({ status: 400, code: "malformed_request" })
    }
  })

  test("JSON with a number that is none, or a body of a type that is not read", async () => {
    const text = `[{"id":"a","event_type":"x","timestamp":"${NOW}","properties":{"n":NaN}}]`
    const { api } = world.tenant
    const before = await allRows()
    for (const path of ["/v1/events", "/v1/events/batch"]) {
      expect(problemOf(document, await api.post(path, text), 400).code).toBe("malformed_request")
      expect(problemOf(document, await api.post(path, " "), 400).code).toBe("malformed_request")
    }
    for (const body of [{}, { events: [], more: 1 }, { events: {} }, null]) {
      const problem = problemOf(document, await api.post("/v1/events/batch", body), 422)
      expect(problem).toMatchObject({ code: "invalid_request", errors: [{ path: "events" }] })
    }
    expect(await allRows()).toEqual(before)
    const reply = await api.post("/v1/events/batch", "[]", { "Content-Type": "text/plain" })
    expect(problemOf(document, reply, 415).code).toBe("unsupported_media_type")
  })

  test("a method that is not there below /v1/events", async () => {
    for (const path of ["/v1/events", "/v1/events/batch"]) {
      const reply = await world.tenant.api.get(path)
      expect(problemOf(document, reply, 405).code).toBe("method_not_allowed")
      expect(reply.headers.get("Allow")).toBe("POST")
    }
  })
})
