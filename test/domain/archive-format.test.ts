// Archives are read as they were written.

import * as fc from "fast-check"
import { describe, expect, it } from "vitest"
import { eventsOf, keyOf, manifestKeyOf, textOf } from "../../src/archive/format.ts"
import type { ArchivedCorrection, ArchivedEvent } from "../../src/domain/archive.ts"
import { instant } from "../../src/domain/time.ts"

const time = fc.integer({ min: 0, max: 32_503_679_999_999 }).map(instant)
// As JSON keeps it: a stored event came as JSON.
const properties = fc
  .dictionary(fc.string(), fc.jsonValue())
  .map((value): Record<string, unknown> => JSON.parse(JSON.stringify(value)))
const said = { seq: fc.nat(), id: fc.string(), madeAt: time, reason: fc.option(fc.string()) }
const correction: fc.Arbitrary<ArchivedCorrection> = fc.oneof(
  fc.record({ ...said, kind: fc.constant("Void" as const) }),
  fc.record({ ...said, kind: fc.constant("Amend" as const), occurredAt: time, properties }),
)
const event: fc.Arbitrary<ArchivedEvent> = fc.record({
  seq: fc.nat(),
  id: fc.string(),
  eventType: fc.string(),
  occurredAt: time,
  receivedAt: time,
  properties,
  billable: fc.boolean(),
  corrections: fc.array(correction, { maxLength: 3 }),
})

describe("an archive", () => {
  it("is read as it was written, a line for each event", () => {
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const text = textOf(events)
        expect(eventsOf(text)).toEqual(events)
        expect(text.split("\n")).toHaveLength(events.length + 1)
      }),
    )
  })

  it("is refused when its last line was cut off", () => {
    const text = textOf([
      {
        seq: 1,
        id: "a",
        eventType: "api.request",
        occurredAt: instant(0),
        receivedAt: instant(1),
        properties: {},
        billable: true,
        corrections: [],
      },
    ])
    expect(() => eventsOf(text.slice(0, -1))).toThrow(/last line/)
  })

  it("has a key in the order of its events that names its content", () => {
    const owner = { tenantId: "t", subscriptionId: "s" }
    const key = keyOf(owner, 9, 10, "0123456789abcdef0123456789abcdef")
    expect(key).toBe("usage/t/s/000000000009-000000000010-0123456789abcdef.ndjson.gz")
    expect(manifestKeyOf(key)).toBe("usage/t/s/000000000009-000000000010-0123456789abcdef.manifest.json")
    expect(keyOf(owner, 10, 10, "00") > key).toBe(true)
  })
})
