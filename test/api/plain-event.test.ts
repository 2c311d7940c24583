// An event read by hand is the event that the schema reads, and what the schema refuses is never read by hand.

import fc from "fast-check"
import { expect, test } from "vitest"
import { z } from "zod"
import { batchAnswer } from "../../src/api/events/batch-answer.ts"
import { jsonBytesAtMost, readPlainEvent } from "../../src/api/events/plain-event.ts"
import type { ReadEvent } from "../../src/api/events/read-events.ts"
import { BatchAnswer, EventSchema, eventFrom } from "../../src/api/events/schemas.ts"
import type { BatchResult } from "../../src/actions/record-usage.ts"

const ID = "01944b1f-0000-7000-8000-000000000003"
const USUAL = {
  id: "evt-1",
  event_type: "api.request",
  customer_id: "01944b1f-0000-7000-8000-000000000001",
  subscription_id: ID,
  timestamp: "2026-02-28T12:34:56.789Z",
  properties: { model: "gpt-4", tokens: 1500, cached: false, tags: ["a", { b: null }] },
}

test("the usual event is read by hand", () => {
  expect(readPlainEvent(USUAL)).toEqual({
    id: "evt-1",
    eventType: "api.request",
    customerId: "01944b1f-0000-7000-8000-000000000001",
    subscriptionId: ID,
    timestamp: Date.UTC(2026, 1, 28, 12, 34, 56, 789),
    properties: USUAL.properties,
  })
  const { customer_id: _, subscription_id: __, properties: ___, ...least } = USUAL
  expect(readPlainEvent(least)).toMatchObject({ customerId: null, subscriptionId: null, properties: {} })
})

const odd = fc.oneof(
  fc.constantFrom<unknown>(null, 0, true, "", ID, ID.toUpperCase(), "x".repeat(255), "x".repeat(256), [], {}),
  fc.constantFrom(
    "2026-02-30T00:00:00Z",
    "2999-12-31T23:59:59.999Z",
    "3000-01-01T00:00:00Z",
    "1969-12-31T23:59:59Z",
  ),
  fc.jsonValue(),
)
const nested = (levels: number): unknown =>
  levels === 0 ? 1 : levels % 2 === 0 ? [nested(levels - 1)] : { n: nested(levels - 1) }
const properties = fc.oneof(
  fc.dictionary(fc.string(), fc.jsonValue(), { noNullPrototype: true }),
  fc.integer({ min: 6, max: 10 }).map((levels) => ({ deep: nested(levels) })),
  fc
    .integer({ min: 62, max: 66 })
    .map((count) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, at]))),
  fc.integer({ min: 253, max: 257 }).map((length) => ({ ["n".repeat(length)]: 1 })),
  fc
    .constantFrom('{"__proto__":1}', '{"a":{"__proto__":{"b":1}}}', '{"constructor":1,"toString":2}')
    .map((json) => JSON.parse(json) as unknown),
)
const event = fc
  .record({
    base: fc.constant<object>(USUAL),
    properties: fc.option(properties, { nil: undefined }),
    changes: fc.dictionary(fc.constantFrom(...Object.keys(USUAL), "surprise", "__proto__", "toString"), odd, {
      maxKeys: 2,
    }),
    without: fc.subarray(Object.keys(USUAL), { maxLength: 1 }),
  })
  .map(({ base, properties: given, changes, without }) => {
    const fields = new Map([...Object.entries({ ...base, properties: given }), ...Object.entries(changes)])
    for (const name of without) fields.delete(name)
    const members = [...fields].filter(([, value]) => value !== undefined)
    return JSON.parse(
      `{${members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join()}}`,
    ) as unknown
  })

test("whatever is read by hand, the schema reads to the same", () => {
  let byHand = 0
  fc.assert(
    fc.property(fc.oneof(event, fc.jsonValue()), (input) => {
      const plain = readPlainEvent(input)
      if (plain === null) return
      byHand += 1
      const read = EventSchema.safeParse(input)
      expect(read.success && eventFrom(read.data)).toEqual(plain)
    }),
    { numRuns: 5_000 },
  )
  expect(byHand).toBeGreaterThan(500)
})

test("no JSON text is longer than it is thought to be at most", () => {
  const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).byteLength
  const value = fc.oneof(fc.jsonValue({ stringUnit: "binary" }), fc.string({ unit: "binary" }), fc.double())
  fc.assert(
    fc.property(value, (input) => {
      expect(bytes(input)).toBeLessThanOrEqual(jsonBytesAtMost(input, 100))
    }),
  )
  expect(bytes("\u0001")).toBe(jsonBytesAtMost("\u0001", 0))
  expect(jsonBytesAtMost([[1]], 2)).toBeLessThan(100)
  expect(jsonBytesAtMost([[1]], 1)).toBe(Number.POSITIVE_INFINITY)
})

test("the answer to a batch is JSON of the documented form, result by result", () => {
  const good = (eventId: string): ReadEvent => ({ ok: true, eventId, event: { ...readPlain(), id: eventId } })
  const faults = [
    { path: "timestamp", message: 'expected "x"' },
    { path: "", message: "no" },
  ]
  const reads: ReadEvent[] = [
    good('a"\n'),
    { ok: false, eventId: null, faults },
    good("b"),
    good("c"),
    good("\ud800"),
  ]
  const told: BatchResult[] = [
    { accepted: true, duplicate: false, billable: true },
    { accepted: true, duplicate: true, billable: false },
    { accepted: false, code: "not_found" },
    { accepted: false, code: "property_missing" },
  ]
  const answer = z.strictObject(BatchAnswer.shape).parse(JSON.parse(batchAnswer(reads, told)))
  // Printed, because half a character in a report of a failure ends the connection that reports it.
  const printed = answer.results.map((result) => ({ ...result, event_id: JSON.stringify(result.event_id) }))
  expect({ ...answer, results: printed }).toEqual({
    accepted: 1,
    duplicates: 1,
    rejected: 3,
    results: [
      { event_id: '"a\\"\\n"', status: "Accepted", billable: true },
      {
        event_id: "null",
        status: "Rejected",
        code: "invalid_request",
        message: 'timestamp: expected "x"; no',
      },
      { event_id: '"b"', status: "Duplicate", billable: false },
      {
        event_id: '"c"',
        status: "Rejected",
        code: "not_found",
        message: "There is no such subscription, or no such customer where none is named.",
      },
      { event_id: '"\\ud800"', status: "Rejected", code: "property_missing", message: expect.any(String) },
    ],
  })
  expect(JSON.parse(batchAnswer([], []))).toEqual({ accepted: 0, duplicates: 0, rejected: 0, results: [] })
})

function readPlain() {
  const plain = readPlainEvent(USUAL)
  if (plain === null) throw new Error("the usual event is read by hand")
  return plain
}
