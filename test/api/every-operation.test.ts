// What holds for every operation alike, tried on each that the OpenAPI document has: it is described, it does what the
// document says, and it is there only for whom it should be. The document comes from the running worker.

import { beforeAll, describe, expect, test } from "vitest"
import { ROOT_KEY, request } from "../support/client.ts"
import { allRows } from "../support/database.ts"
import type { Json, Operation } from "./document.ts"
import { at, isIdempotent, successOf } from "./document.ts"
import type { Call } from "./operations.ts"
import { rows } from "./operations.ts"
import { pathsOf } from "./problem.ts"
import { mismatches } from "./schema.ts"
import type { Subject } from "./subject.ts"
import { isPublic, subjectsOfWorker, successMedia, UNKNOWN_ID } from "./subject.ts"
import type { World } from "./world.ts"
import { FALSE_CREDENTIALS, newWorld } from "./world.ts"

const ID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/

const { document, subjects } = await subjectsOfWorker()
const guarded = subjects.filter((subject) => !isPublic(subject))
const isOfTenant = ({ isRoot }: Subject) => !isRoot
const tenants = guarded.filter(isOfTenant)
const isBelowV1 = ({ operation }: Subject) => operation.path.startsWith("/v1/")
const isForBusiness = (one: Subject) => isOfTenant(one) && isBelowV1(one) && one.operation.businessOnly
const hasId = (one: Subject) => isOfTenant(one) && one.operation.path.includes("{id}")

let world: World

beforeAll(async () => {
  world = await newWorld()
})

describe("the document", () => {
  test("has the operations of the table and no others", () => {
    expect(Object.keys(rows).toSorted()).toEqual(subjects.map(({ id }) => id).toSorted())
    expect(new Set(subjects.map(({ id }) => id)).size).toBe(subjects.length)
  })

  test.each(subjects)("describes $id", (subject) => {
    const { operation } = subject
    expect(operation.operationId).toMatch(/^[a-z][A-Za-z0-9]+$/)
    expect(operation.summary).toMatch(/\S/)
    expect(operation.tags).toHaveLength(1)
    expect(Array.isArray(operation.security)).toBe(true)
    expect(isIdempotent(operation)).toBe(operation.method !== "GET")
    const success = operation.responses[String(successOf(operation))]
    expect(Object.keys(at(success, "headers"))).toContain("X-Request-Id")
    const [, media] = successMedia(subject)
    expect(media["schema"] !== undefined && media["example"] !== undefined).toBe(successOf(operation) !== 204)
    expect(mismatches(document, media["schema"] ?? {}, media["example"] ?? null)).toEqual([])
    const errors = Object.keys(operation.responses).filter((status) => status.startsWith("4"))
    expect(errors).toEqual(expect.arrayContaining(errorsOf(subject)))
  })
})

test.each(subjects)("$id does what the document says, with the one scope that it names", async (subject) => {
  const { operation, isRoot, key, row, send, done } = subject
  const credential = isPublic(subject)
    ? null
    : isRoot
      ? key(world)
      : await world.keyFor(operation.permission ?? "")
  const reply = done(await send(credential, await row.call(world)))
  expect(reply.headers.get("X-Request-Id")).toMatch(ID)
  expect(reply.headers.get("X-Idempotency-Replayed")).toBeNull()
  if (reply.status === 204) return expect(reply.text).toBe("")
  const [type, { schema }] = successMedia(subject)
  expect(reply.headers.get("Content-Type")?.split(";")[0]).toBe(type)
  const told = type === "application/json" ? (JSON.parse(reply.text) as Json) : reply.text
  expect(mismatches(document, schema ?? {}, told)).toEqual([])
})

/** Where the root answers Basic credentials as Billy does: by 403, or by 404 for what Billy has not (docs/billy.md). */
const BILLY = /^\/v1\/(?:companies|plans|customers|subscriptions|invoices|transactions)(?:\/|$)/

// One call serves all the tests of an operation, since what is refused leaves it as it was. Not every operation has all of them.
describe.each(guarded)("$id answers", (subject) => {
  const { operation, isRoot, key, row, send, problem } = subject
  let call: Call
  let before: Awaited<ReturnType<typeof allRows>>

  beforeAll(async () => {
    call = await row.call(world)
    // Made before the rows are told, as the first to ask for it makes it.
    await unrelatedKey(operation)
    before = await allRows()
  })

  test("401 without good credentials", async () => {
    // Each from an address of its own: so many guesses of one address would be slowed down.
    const from = { "CF-Connecting-IP": operation.operationId }
    for (const credential of [null, ...FALSE_CREDENTIALS]) {
      expect(problem(await send(credential, call, from), 401).code).toBe("unauthenticated")
    }
    expect(problem(await send(null, call, { ...from, "X-API-Key": "nonsense" }), 401).code).toBe(
      "unauthenticated",
    )
    const basic = await send(null, call, { ...from, Authorization: `Basic ${btoa("a:b")}` })
    if (BILLY.test(operation.path)) expect([403, 404]).toContain(basic.status)
    else expect(problem(basic, 401).code).toBe("unauthenticated")
  })

  test("403 without its scope", async () => {
    const callers = [await unrelatedKey(operation), isRoot ? world.tenant.key : ROOT_KEY]
    if (operation.path.startsWith("/admin/")) callers.push(world.customerToken)
    for (const credential of callers) {
      expect(problem(await send(credential, call), 403).code).toBe("forbidden")
    }
  })

  test.each([subject].filter(isForBusiness))("403 to a customer's token", async () => {
    for (const token of [world.customerToken, world.strangerToken]) {
      expect(problem(await send(token, call), 403).code).toBe("forbidden")
    }
  })

  test.each([subject].filter(hasId))("404 for what is no id", async () => {
    for (const id of ["nonsense", "%00", "%F0%9F%92%B8", "0".repeat(5_000), UNKNOWN_ID.toUpperCase()]) {
      expect(problem(await send(key(world), { ...call, id }), 404).code).toBe("not_found")
    }
  })

  test("and changes nothing by it", async () => {
    expect(await allRows()).toEqual(before)
  })

  test.each([subject].filter(isOfTenant))("another tenant as if nothing of it were there", async () => {
    const reply = await send(world.other.key, call)
    if (row.eventwise === true) {
      expect(reply.text).toContain('"code":"not_found"')
    } else if (call.id !== undefined || ID.test(JSON.stringify(call.body ?? {}))) {
      const told = problem(reply, 404)
      // Nobody can tell a foreign id from one that nobody has.
      const unknown = call.id === undefined ? reply : await send(world.other.key, { ...call, id: UNKNOWN_ID })
      expect(problem(unknown, 404).detail).toBe(told.detail)
      expect(await allRows()).toEqual(before)
    } else {
      const { tenant, customer, product, plan, sku, subscription } = world
      for (const id of [tenant.id, customer, product, plan, sku, subscription])
        expect(reply.text).not.toContain(id)
    }
  })
})

describe("a customer's token reaches that customer and no other", () => {
  const open = tenants.filter((one) => isBelowV1(one) && !one.operation.businessOnly)

  test.each(open)("$id", async ({ row, send, problem, done }) => {
    done(await send(world.customerToken, await row.call(world)))
    const call = await row.call(world)
    const reply = await send(world.strangerToken, call)
    if (row.eventwise === true) expect(reply.text).toContain('"code":"not_found"')
    else if (call.id !== undefined || call.body !== undefined) problem(reply, 404)
    else expect(reply.text).not.toContain(world.customer)
  })
})

describe("refuses a query that is not what the schema says", () => {
  const asked = tenants.filter(({ operation }) => queryFaults(operation).length > 0)

  test.each(asked)("$id", async ({ operation, row, problem }) => {
    const { id } = await row.call(world)
    const path = operation.path.replace("{id}", id ?? "")
    const headers = { Authorization: `Bearer ${world.tenant.key}` }
    for (const [name, value] of queryFaults(operation)) {
      const query = `?${name}=${encodeURIComponent(value)}`
      const reply = await request("GET", path + query, undefined, headers)
      expect({ query, paths: pathsOf(problem(reply, 400, 422)) }).toEqual({ query, paths: [name] })
    }
  })
})

function unrelatedKey({ permission }: Operation): Promise<string> {
  return world.keyFor(permission === "audit:read" ? "jobs:read" : "audit:read")
}

function errorsOf(subject: Subject): string[] {
  const { operation, isRoot } = subject
  if (isPublic(subject)) return ["4XX"]
  return [
    "400",
    "401",
    "403",
    "429",
    ...(operation.path.includes("{id}") ? ["404"] : []),
    ...(operation.body === undefined ? [] : ["413", "415", "422"]),
    ...(operation.method === "GET" || isRoot ? [] : ["409"]),
  ]
}

/** Values that the parameters of the query can't have. */
function queryFaults({ parameters }: Operation): [name: string, value: string][] {
  return parameters
    .filter((parameter) => parameter.in === "query")
    .flatMap(({ name, schema }): [string, string][] => {
      const isNumber = schema["type"] === "integer" || schema["type"] === "number"
      const [least, most] = [schema["minimum"], schema["maximum"]]
      const wrong = [
        ...(isNumber ? ["-1", "1.5", "many"] : []),
        ...(typeof least === "number" ? [String(least - 1)] : []),
        ...(typeof most === "number" ? [String(most + 1)] : []),
        ...(schema["enum"] === undefined ? [] : ["Nonsense"]),
        ...(schema["format"] === "date-time" ? ["yesterday", "2026-02-30T00:00:00Z"] : []),
        ...(name === "cursor" ? ["nonsense"] : []),
      ]
      return wrong.map((value) => [name, value])
    })
}
