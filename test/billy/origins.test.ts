// Pages of other origins: who is let in by the operator, and by what.

import { createExecutionContext, env } from "cloudflare:test"
import { expect, test } from "vitest"
import { isAllowed, readOrigins } from "../../src/billy/origins.ts"
import worker from "../../src/worker.ts"
import { ORIGIN } from "../support/client.ts"
import { basic, newCompany } from "./client.ts"

const NAMED = "http://127.0.0.1 http://localhost\nhttps://shop.example:8443,https://pages.example"

function ask(method: string, path: string, headers: Record<string, string>, allowed: string | undefined) {
  const given = allowed === undefined ? env : { ...env, BILLY_ALLOWED_ORIGINS: allowed }
  return worker.fetch(new Request(ORIGIN + path, { method, headers }), given, createExecutionContext())
}

test.each([
  ["http://127.0.0.1", true],
  ["http://127.0.0.1/", true],
  ["http://127.0.0.1:6060/foo/bar", true],
  ["http://LOCALHOST:5050", true],
  ["https://pages.example", true],
  ["https://pages.example:444", true],
  ["https://shop.example:8443", true],
  ["https://shop.example", false],
  ["https://shop.example:8444", false],
  ["http://pages.example", false],
  ["http://127.0.0.2", false],
  ["http://my-localhost/foo", false],
  ["http://localhost.evil.example", false],
  ["http://localhost@evil.example", false],
  ["https://www.pages.example", false],
  ["null", false],
  ["", false],
])("the origin %s is allowed: %s", (origin, allowed) => {
  expect(isAllowed(origin, readOrigins(NAMED))).toBe(allowed)
})

test.each([undefined, "", "* , pages.example file:///home"])("%j names no origin", (text) => {
  expect(readOrigins(text)).toEqual([])
})

test("whatever is answered to an origin that is allowed says so, and to another it does not", async () => {
  const key = basic((await newCompany()).key)
  for (const [method, path, status] of [
    ["GET", "/v1/plans", 200],
    ["GET", "/v1/plans/nothing", 404],
    ["OPTIONS", "/v1/customers", 404],
  ] as const) {
    const origin = "http://localhost:5050"
    const { status: answered, headers } = await ask(method, path, { ...key, Origin: origin }, NAMED)
    expect([method, answered]).toEqual([method, status])
    expect(headers.get("Access-Control-Allow-Origin")).toBe(origin)
    expect(headers.get("Access-Control-Allow-Credentials")).toBe("true")
    expect(headers.get("Access-Control-Allow-Methods")).toBe("GET, POST, PUT, DELETE, PATCH, OPTIONS")
    expect(headers.get("Access-Control-Allow-Headers")).toBe("Content-Type,Authorization")
    expect(headers.get("Vary")).toBe("Origin")
    for (const [other, allowed] of [
      ["http://localhost.evil.example", NAMED],
      [origin, undefined],
    ] as const) {
      const refused = await ask(method, path, { ...key, Origin: other }, allowed)
      expect(refused.status).toBe(status)
      const said = [...refused.headers.keys()].filter((name) => name.startsWith("access-control"))
      expect(said).toEqual([])
    }
  }
})

test("a browser that asks before it calls is told yes below the mount, and is told nothing else", async () => {
  const preflight = {
    "Access-Control-Request-Method": "GET",
    "Access-Control-Request-Headers": "authorization",
  }
  const from = (origin: string) => ({ Origin: origin, ...preflight })
  const yes = await ask("OPTIONS", "/billy/v1/plans", from("https://pages.example"), NAMED)
  expect([yes.status, await yes.text()]).toEqual([200, ""])
  expect(yes.headers.get("Access-Control-Allow-Origin")).toBe("https://pages.example")
  expect((await ask("OPTIONS", "/billy/v1/plans", from("https://evil.example"), NAMED)).status).toBe(404)
  expect((await ask("OPTIONS", "/billy/v1/plans", from("https://pages.example"), undefined)).status).toBe(404)
})
