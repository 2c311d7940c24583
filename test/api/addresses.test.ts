// Addresses that are no operations: where a person with a browser is sent, and what a wrong method is told.

import { describe, expect, test } from "vitest"
import { exports } from "cloudflare:workers"
import { api, newTenant, ORIGIN, request } from "../support/client.ts"

const HTML = { Accept: "text/html,application/xhtml+xml,*/*;q=0.8" }

async function sentTo(path: string, headers: Record<string, string> = {}) {
  const answer = await exports.default.fetch(new Request(ORIGIN + path, { headers, redirect: "manual" }))
  await answer.text()
  return [answer.status, answer.headers.get("Location")]
}

describe("the explorer", () => {
  test.each(["/docs", "/docs/", "/docs/api/"])("is where %s leads to", async (path) => {
    expect(await sentTo(path, HTML)).toEqual([302, "/docs/api"])
    expect(await sentTo(path)).toEqual([302, "/docs/api"])
  })

  test("is where a person at the root is sent, and nobody else", async () => {
    expect(await sentTo("/", HTML)).toEqual([302, "/docs/api"])
    expect((await sentTo("/docs/api", HTML))[0]).toBe(200)
    expect(await sentTo("/")).toEqual([404, null])
    expect(await sentTo("/", { Accept: "application/json" })).toEqual([404, null])
    expect(await sentTo("/", { ...HTML, Authorization: "Bearer any" })).toEqual([404, null])
    expect(await sentTo("/", { ...HTML, "X-API-Key": "any" })).toEqual([404, null])
    // Billy's, as whoever sends Basic credentials is.
    expect(await sentTo("/", { ...HTML, Authorization: `Basic ${btoa("any:")}` })).toEqual([200, null])
  })
})

describe("a method that a path does not have", () => {
  test.each([
    ["PUT", "/v1/subscriptions", "GET, POST"],
    ["DELETE", "/v1/invoices/01944b1f-0000-7000-8000-000000000004", "GET"],
    ["PUT", "/admin/v1/customers/01944b1f-0000-7000-8000-000000000001", "GET, PATCH"],
    ["POST", "/health", "GET"],
    ["GET", "/v1/events", "POST"],
    ["DELETE", "/v1/events/batch", "POST"],
    ["POST", "/docs/api", "GET"],
  ])("%s %s is told which it has", async (method, path, allowed) => {
    const reply = await request(method, path, undefined, {})
    expect([reply.status, reply.json.code]).toEqual([405, "method_not_allowed"])
    expect(reply.headers.get("Allow")).toBe(allowed)
    expect(reply.headers.get("X-Request-Id")).toBe(reply.json.request_id)
    expect(reply.headers.get("Content-Type")).toBe("application/problem+json")
  })

  test("a path that there is not is a 404, whatever the method is", async () => {
    const { key } = await newTenant("test")
    expect((await request("HEAD", "/", undefined, {})).status).toBe(404)
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const reply = await request(method, "/v1/nothing", undefined, { Authorization: `Bearer ${key}` })
      expect([reply.status, reply.json.code]).toEqual([404, "not_found"])
      expect(reply.headers.get("Allow")).toBeNull()
    }
    expect(
      (await api(key).get("/admin/v1/customers/01944b1f-0000-7000-8000-000000000001/nothing")).status,
    ).toBe(404)
  })
})
