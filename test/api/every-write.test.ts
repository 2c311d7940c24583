// What holds for every operation that changes something: what it can't take it refuses, naming the fault and changing
// nothing, and a repeat under one Idempotency-Key does nothing more. Tried on each that the OpenAPI document has.

import { beforeAll, describe, expect, test } from "vitest"
import { allRows } from "../support/database.ts"
import type { Json, Schema } from "./document.ts"
import { at, isIdempotent } from "./document.ts"
import type { Call } from "./operations.ts"
import { pathsOf } from "./problem.ts"
import { whole } from "./schema.ts"
import type { Subject } from "./subject.ts"
import { subjectsOfWorker } from "./subject.ts"
import type { World } from "./world.ts"
import { newWorld } from "./world.ts"

const KIB = 1024
const TYPES = ["text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data"]

const { document, subjects } = await subjectsOfWorker()
const idempotent = subjects.filter(({ operation }) => isIdempotent(operation))
const hasBody = ({ operation }: Subject) => operation.body !== undefined

let world: World

beforeAll(async () => {
  world = await newWorld()
})

// One call serves all the tests of an operation, since what is refused leaves it as it was. Not every operation has all of them.
describe.each(idempotent)("$id refuses", (subject) => {
  const { key, row, send, sendText, problem } = subject
  let call: Call
  let before: Awaited<ReturnType<typeof allRows>>

  beforeAll(async () => {
    call = await row.call(world)
    before = await allRows()
  })

  test.each([subject].filter(hasBody))("a body that can't be read", async () => {
    const good = JSON.stringify(call.body)
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
  })

  test.each([subject].filter(hasBody))(
    "a body that is not what the schema says, and names the fault",
    async () => {
      for (const [change, path] of [...schemaFaults(subject), ...(row.refused ?? [])]) {
        const reply = await send(key(world), { ...call, body: { ...call.body, ...change } })
        const told = problem(reply, 400, 404, 422)
        const paths = pathsOf(told)
        expect({ change, paths }).toEqual({ change, paths: expect.arrayContaining([path]) })
        for (const fault of told.errors ?? []) expect(fault.message).toMatch(/\S/)
      }
    },
  )

  test.each([subject].filter(hasBody))("a body that is no object", async () => {
    for (const text of ["null", "7", '"text"', row.eventwise === true ? "{}" : "[]"]) {
      problem(await sendText(key(world), call, text), 400, 422)
    }
  })

  test("a key that is too long", async () => {
    const reply = await send(key(world), call, { "Idempotency-Key": "k".repeat(256) })
    expect(pathsOf(problem(reply, 400, 422))).toEqual(["Idempotency-Key"])
  })

  test("and changes nothing by it", async () => {
    expect(await allRows()).toEqual(before)
  })
})

describe("a key is not used up by what fails, and a repeat of what is done is answered as before and does nothing", () => {
  test.each(idempotent)("$id", async (subject) => {
    const { key, row, send, problem, done } = subject
    const call = await row.call(world)
    const headers = { "Idempotency-Key": crypto.randomUUID() }
    if (hasBody(subject)) await fail(subject, call, headers)
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

  test.each(idempotent.filter(hasBody))("$id has another body in the table", ({ operation, row }) => {
    const schema = whole(document, operation.body ?? {})
    const isEmpty = schema["type"] === "object" && Object.keys(at(schema, "properties")).length === 0
    expect(row.other !== undefined).toBe(!isEmpty)
  })
})

/** Under the headers given: what can't be read, and what the schema refuses. */
async function fail(
  { key, row, send, sendText, problem }: Subject,
  call: Call,
  headers: Record<string, string>,
) {
  const faulty = row.eventwise === true ? { events: 7 } : { ...call.body, surprise: 1 }
  problem(await sendText(key(world), call, "{", headers), 400)
  problem(await send(key(world), { ...call, body: faulty }, headers), 422)
}

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
