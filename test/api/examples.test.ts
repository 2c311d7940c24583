// The law of examples: the body that the document shows for an operation is accepted as it stands, once the ids in it
// are real ones. The explorer fills it in, and whoever tries the API begins with it.

import { beforeAll, expect, test } from "vitest"
import { create, newTenant } from "../support/client.ts"
import type { Json } from "./document.ts"
import { at, isObject } from "./document.ts"
import type { Call } from "./operations.ts"
import { whole } from "./schema.ts"
import { subjectsOfWorker } from "./subject.ts"
import type { World } from "./world.ts"
import { newWorld } from "./world.ts"

/** Later than the usage that the examples tell of, as it is for whoever reads them. */
const READ_AT = "2026-11-30T12:00:00Z"

const EXAMPLE_ID = /01944b1f-0000-7000-8000-[0-9a-f]{12}/

const { document, subjects } = await subjectsOfWorker()

/** One for each kind of body that an operation takes. */
const examples = subjects.flatMap((subject) => {
  const { method, path } = subject.operation
  const content = at(document, "paths", path, method.toLowerCase(), "requestBody", "content")
  return Object.keys(content).map((type) => {
    const example = at(content, type)["example"] ?? null
    return { id: subject.id, type, example, subject, schema: at(content, type, "schema") }
  })
})

/** Where nothing is needed, an empty body is what every-operation.test.ts sends. */
const isEmpty = ({ example }: (typeof examples)[number]) => JSON.stringify(example) === "{}"
const shown = examples.filter((one) => !isEmpty(one))

let world: World

beforeAll(async () => {
  world = await newWorld(READ_AT)
})

test.each(shown)("the $type of $id is accepted", async ({ id, type, example, subject }) => {
  const { key, row, sendText, done } = subject
  // The clocks of these are moved, so they have a tenant of their own.
  const on = id.endsWith("TestClock") ? { ...world, tenant: await newTenant("test") } : world
  const call = await row.call(on)
  const text = await withRealIds(on, subject.operation.path, call, example)
  expect(text).not.toMatch(EXAMPLE_ID)
  const reply = done(await sendText(key(on), call, text, { "Content-Type": type }))
  // A batch of events is answered event by event.
  expect(reply.text).not.toContain('"Rejected"')
})

test.each(examples.filter(isEmpty))("$id needs nothing of its $type", ({ schema }) => {
  expect(whole(document, schema)["required"] ?? []).toEqual([])
})

test("the example of a tenant's settings leaves its money and its mail where they are", () => {
  const example = shown.find(({ id }) => id === "updateTenant")?.example
  const names = Object.keys(at(example))
  expect(names).not.toEqual([])
  for (const name of ["stripe", "notifications", "tax", "dunning"]) expect(names).not.toContain(name)
})

/** The example as it is sent: whatever names something names something real, as the row's own call does where it can. */
async function withRealIds(on: World, path: string, call: Call, example: Json): Promise<string> {
  const customer = path.startsWith("/admin/v1/customers/{id}") ? (call.id ?? "") : on.customer
  const ids: Record<string, unknown> = {
    customer_id: customer,
    customerid: customer,
    subject: customer,
    subscription_id: on.subscription,
    subscriptionid: on.subscription,
    ...call.body,
  }
  const text = typeof example === "string" ? example : JSON.stringify(example)
  if (text.includes('"payment_method_id"')) {
    const methods = `/admin/v1/customers/${customer}/payment-methods`
    ids["payment_method_id"] = (await create(on.tenant.api, methods, { payment_method: "pm_card_visa" })).id
  }
  const real = (value: Json, name = ""): Json => {
    if (Array.isArray(value)) return value.map((item) => real(item))
    if (isObject(value)) {
      return Object.fromEntries(Object.entries(value).map(([field, inner]) => [field, real(inner, field)]))
    }
    const isName = name === "coupon" || (typeof value === "string" && EXAMPLE_ID.test(value))
    return isName ? ((ids[name] ?? value) as Json) : value
  }
  const lines =
    typeof example === "string" ? text.split("\n").map((line) => JSON.parse(line) as Json) : [example]
  return lines.map((line) => JSON.stringify(real(line))).join("\n")
}
