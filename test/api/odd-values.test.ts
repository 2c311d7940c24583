// No value of any field makes the server fail: each field of each body, as the OpenAPI document has them, is tried with each of
// the values that programs stumble over.

import { beforeAll, expect, test } from "vitest"
import { at } from "./document.ts"
import { whole } from "./schema.ts"
import { subjectsOfWorker } from "./subject.ts"
import type { World } from "./world.ts"
import { newWorld } from "./world.ts"

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
// The tests of a clock that was moved anywhere would not be those of this world.
const timeless = withBody.filter(({ operation }) => !operation.tags.includes("Test clock"))

let world: World

beforeAll(async () => {
  world = await newWorld()
})

// Some bodies have twenty fields, so these are hundreds of requests.
test.each(timeless)("$id", { timeout: 120_000 }, async ({ operation, key, row, send }) => {
  const call = await row.call(world)
  for (const name of Object.keys(at(whole(document, operation.body ?? {}), "properties"))) {
    for (const value of ODD_VALUES) {
      const reply = await send(key(world), { ...call, body: { ...call.body, [name]: value } })
      expect({ name, value, isFailure: reply.status >= 500 }).toEqual({ name, value, isFailure: false })
    }
  }
})
