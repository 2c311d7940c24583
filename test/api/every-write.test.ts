// What holds for every operation that changes something: what it can't take it refuses, naming the fault and changing
// nothing, and a repeat under one Idempotency-Key does nothing more. Tried on each that the OpenAPI document has.

import { beforeAll, describe, expect, test } from "vitest"
import { allRows } from "../support/database.ts"
import type { Json, Schema } from "./document.ts"
import { at, isIdempotent } from "./document.ts"
import { pathsOf } from "./problem.ts"
import { whole } from "./schema.ts"
import type { Subject } from "./subject.ts"
import { subjectsOfWorker } from "./subject.ts"
import type { World } from "./world.ts"
import { newWorld } from "./world.ts"

const KIB = 1024
const TYPES = ["text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data"]

const ODD_VALUES = [
  null,
  "",
  "\u0000",
  "\ud800",
  "💸".repeat(100),
  -1,
  1.5,
  1e308,
  2 ** 53,
  true,
  [],
  [null],
  {},
  { "\u0000": "\ud800" },
  "9".repeat(25),
  "2999-12-31T23:59:59+00:00",
  "P100Y",
  "01944b1f-0000-7000-8000-000000000001",
]

const { document, subjects } = await subjectsOfWorker()
const withBody = subjects.filter(({ operation }) => operation.body !== undefined)
const idempotent = subjects.filter(({ operation }) => isIdempotent(operation))

let world: World

beforeAll(async () => {
  world = await newWorld()
})

describe("refuses a body that can't be read", () => {
  test.each(withBody)("$id", async ({ key, row, sendText, problem }) => {
    const call = await row.call(world)
    const good = JSON.stringify(call.body)
    const before = await allRows()
    for (const text of ['{"name": ', "{'name': 1}", "nonsense", `${good}}`]) {
      expect(problem(await sendText(key(world), call, text), 400).code).toBe("malformed_request")
    }
    for (const type of TYPES) {
      const reply = await sendText(key(world), call, good, { "Content-Type": type })
      expect(problem(reply, 415).code).toBe("unsupported_media_type")
    }
    for (const size of row.eventwise === true ? [6_144 * KIB] : [1_536 * KIB, 6_144 * KIB]) {
      const reply = await sendText(key(world), call, good.padEnd(size, " "))
      expect(problem(reply, 413).code).toBe("payload_too_large")
    }
    expect(await allRows()).toEqual(before)
  })
})

describe("refuses a body that is not what the schema says, and names the fault", () => {
  test.each(withBody)("$id", async (subject) => {
    const { key, row, send, problem } = subject
    const call = await row.call(world)
    const before = await allRows()
    for (const [change, path] of [...schemaFaults(subject), ...(row.refused ?? [])]) {
      const reply = await send(key(world), { ...call, body: { ...call.body, ...change } })
      const told = problem(reply, 400, 404, 422)
      const paths = pathsOf(told)
      expect({ change, paths }).toEqual({ change, paths: expect.arrayContaining([path]) })
      for (const fault of told.errors ?? []) expect(fault.message).toMatch(/\S/)
    }
    expect(await allRows()).toEqual(before)
  })

  test.each(withBody)("$id, which is no object", async ({ key, row, sendText, problem }) => {
    const call = await row.call(world)
    for (const text of ["null", "7", '"text"', row.eventwise === true ? "{}" : "[]"]) {
      problem(await sendText(key(world), call, text), 400, 422)
    }
  })
})

describe("a repeat under one Idempotency-Key is answered as before and does nothing", () => {
  test.each(idempotent)("$id", async ({ key, row, send, problem, done }) => {
    const call = await row.call(world)
    const headers = { "Idempotency-Key": crypto.randomUUID() }
    const first = done(await send(key(world), call, headers))
    expect(first.headers.get("X-Idempotency-Replayed")).toBeNull()
    const before = await allRows()
    for (let repeat = 0; repeat < 2; repeat++) {
      const again = await send(key(world), call, headers)
      expect(again.headers.get("X-Idempotency-Replayed")).toBe("true")
      expect({ status: again.status, text: again.text }).toEqual({ status: first.status, text: first.text })
      expect(again.headers.get("Content-Type")).toBe(first.headers.get("Content-Type"))
    }
    if (row.other !== undefined) {
      const other = { ...call, body: { ...call.body, ...row.other } }
      expect(problem(await send(key(world), other, headers), 422).code).toBe("idempotency_key_reused")
    }
    expect(await allRows()).toEqual(before)
  })

  test.each(withBody)("$id has another body in the table", ({ operation, row }) => {
    const schema = whole(document, operation.body ?? {})
    const isEmpty = schema["type"] === "object" && Object.keys(at(schema, "properties")).length === 0
    expect(row.other !== undefined).toBe(!isEmpty)
  })
})

test.each(idempotent)("$id refuses a key that is too long", async ({ key, row, send, problem }) => {
  const call = await row.call(world)
  const before = await allRows()
  const reply = await send(key(world), call, { "Idempotency-Key": "k".repeat(256) })
  expect(pathsOf(problem(reply, 400, 422))).toEqual(["Idempotency-Key"])
  expect(await allRows()).toEqual(before)
})

test.each(withBody)("$id does not use a key up when it fails", async (subject) => {
  const { key, row, send, sendText, problem, done } = subject
  const call = await row.call(world)
  const headers = { "Idempotency-Key": crypto.randomUUID() }
  const faulty = row.eventwise === true ? { events: 7 } : { ...call.body, surprise: 1 }
  problem(await sendText(key(world), call, "{", headers), 400)
  problem(await send(key(world), { ...call, body: faulty }, headers), 422)
  const good = done(await send(key(world), call, headers))
  expect(good.headers.get("X-Idempotency-Replayed")).toBeNull()
})

describe("no value of any field makes the server fail", () => {
  const timeless = withBody.filter(({ operation }) => !operation.tags.includes("Test clock"))

  test.each(timeless)("$id", async ({ operation, key, row, send }) => {
    const call = await row.call(world)
    for (const name of Object.keys(at(whole(document, operation.body ?? {}), "properties"))) {
      for (const value of ODD_VALUES) {
        const reply = await send(key(world), { ...call, body: { ...call.body, [name]: value } })
        expect({ name, value, isFailure: reply.status >= 500 }).toEqual({ name, value, isFailure: false })
      }
    }
  })
})

/** A field too many, and each field of the body in turn as what it can't be. */
function schemaFaults({ operation, row }: Subject): [change: Schema, path: string][] {
  if (row.eventwise === true) return []
  const properties = Object.entries(at(whole(document, operation.body ?? {}), "properties"))
  return [
    [{ surprise: 1 }, "surprise"],
    ...properties.map(([name, schema]): [Schema, string] => {
      return [{ [name]: takesObject(schema) ? 42 : { wrong: true } }, name]
    }),
  ]
}

function takesObject(schema: Json): boolean {
  const { type, anyOf } = whole(document, schema)
  return type === "object" || (Array.isArray(anyOf) && anyOf.some(takesObject))
}
