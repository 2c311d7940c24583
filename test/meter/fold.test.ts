// Totals against brute force over the same events: in any order, in any number of folds.

import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { valueOf } from "../../src/domain/accumulator.ts"
import { add, compare, decimalOf, formatDecimal, max, multiply, ZERO } from "../../src/domain/decimal.ts"
import type { Decimal } from "../../src/domain/decimal.ts"
import { cadenceDuration } from "../../src/domain/period.ts"
import { decimalOfRatio, ratio } from "../../src/domain/ratio.ts"
import type { Aggregation, MeterDefinition, MeterRest, MeterTerms } from "../../src/domain/terms.ts"
import { meterDefinition } from "../../src/domain/terms.ts"
import { parseInstant, type Instant } from "../../src/domain/time.ts"
import { limits } from "../../src/limits.ts"
import { CompiledTerms } from "../../src/meter/compiled-terms.ts"
import { Fold } from "../../src/meter/fold.ts"
import { MemorySlots } from "./memory-slots.ts"

type Event = {
  readonly id: string
  readonly occurredAt: Instant
  readonly properties: Readonly<Record<string, unknown>>
}

const at = (text: string): Instant => {
  const parsed = parseInstant(text)
  if (!parsed.ok) throw new Error(text)
  return parsed.value
}

const HOUR = 3_600_000
const START = at("2026-01-01T00:00:00Z")
const END = at("2026-02-01T00:00:00Z")
const SUBSCRIPTION: Omit<MeterTerms, "meters"> = {
  version: 1,
  tenantId: "t",
  subscriptionId: "s",
  customerId: "c",
  startedAt: START,
  endsAt: null,
  schedule: { anchor: START, timeZone: "UTC", every: cadenceDuration("Monthly", 1) },
}

const meter = (aggregation: Aggregation, rest: MeterRest = {}): MeterDefinition =>
  meterDefinition("e", aggregation, aggregation === "Count" ? null : "n", rest)

function fold(slots: MemorySlots, definition: MeterDefinition, events: readonly Event[], seq = 1): void {
  const terms = new CompiledTerms({ ...SUBSCRIPTION, meters: [definition] })
  const folded = new Fold(slots)
  for (const event of events) {
    const period = terms.countedPeriod(event.occurredAt)
    const measures = terms.measure("e", event.properties)
    if (period === null || !measures.ok) throw new Error("every event here counts")
    for (const measured of measures.value) folded.add(period, measured, event)
  }
  slots.put(folded.changed(seq))
}

function folded(definition: MeterDefinition, ...chunks: readonly (readonly Event[])[]): MemorySlots {
  const slots = new MemorySlots()
  for (const [index, chunk] of chunks.entries()) fold(slots, definition, chunk, index + 1)
  return slots
}

const values = (slots: MemorySlots, kind: "Period" | "Group" | "Window" | "Hour") =>
  slots.all(kind).map((slot) => formatDecimal(valueOf(slot.state, slot.end)))

const event = (time: string, n: unknown, id: string = time, more: object = {}): Event => ({
  id,
  occurredAt: at(time),
  properties: { n, ...more },
})

// The same by brute force.

const numberOf = ({ properties }: Event): Decimal => decimalOf(String(properties["n"]))
const sumOf = (events: readonly Event[]): Decimal => events.map(numberOf).reduce(add, ZERO)

function aggregate(aggregation: Aggregation, events: readonly Event[], end: Instant): Decimal {
  const newest = events.toSorted((a, b) => a.occurredAt - b.occurredAt || (a.id < b.id ? -1 : 1)).at(-1)
  const highest = events.map(numberOf).toSorted(compare).at(-1)
  switch (aggregation) {
    case "Count":
      return decimalOf(`${events.length}`)
    case "Sum":
      return sumOf(events)
    case "Max":
      return highest ?? ZERO
    case "UniqueCount":
      return decimalOf(`${new Set(events.map(({ properties }) => String(properties["n"]))).size}`)
    case "Latest":
      return newest === undefined ? ZERO : numberOf(newest)
    case "WeightedSum": {
      const ms = events
        .map((e) => multiply(numberOf(e), decimalOf(`${end - e.occurredAt}`)))
        .reduce(add, ZERO)
      return decimalOfRatio(ratio(ms.coefficient, BigInt(HOUR) * 10n ** BigInt(ms.scale)))
    }
  }
}

function bruteForce({ aggregation, window }: MeterDefinition, events: readonly Event[]): Decimal {
  if (window === undefined || window === null) return aggregate(aggregation, events, END)
  if (window.kind === "Tumbling") {
    const windows = Map.groupBy(events, (e) => Math.floor((e.occurredAt - START) / window.sizeMs))
    return [...windows.values()].map((all) => aggregate(aggregation, all, END)).reduce(add, ZERO)
  }
  // The sum of (t - size, t] changes only where an event comes in or falls out.
  const turns = events.flatMap((e) => [e.occurredAt, e.occurredAt + window.sizeMs]).filter((t) => t < END)
  return turns
    .map((t) => events.filter((e) => e.occurredAt > t - window.sizeMs && e.occurredAt <= t))
    .map((all) => aggregate(aggregation, all, END))
    .reduce(max, ZERO)
}

// Numbers as JSON has them and as text, around the bound of what a plain number holds exactly.
const number = fc.oneof(
  fc.integer({ min: -3, max: 9 }),
  fc.constantFrom("0.1", "-2.25", "1", 0.3, Number.MAX_SAFE_INTEGER, "9007199254740993", "-9007199254740992"),
)
// Few enough hours and milliseconds that events meet, and the ends of the period.
const time = fc.oneof(
  fc
    .tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 2 }))
    .map(([h, ms]) => START + h * HOUR + ms),
  fc.integer({ min: START, max: END - 1 }),
  fc.constantFrom(START, END - 1, END - HOUR, START + HOUR - 1),
)
const someEvents = fc
  .array(fc.tuple(time, number, fc.constantFrom("eu", "us", undefined)), { maxLength: 30 })
  .map((all) =>
    all.map(([occurredAt, n, region], index) => ({
      id: `id-${(index * 7919) % 1000}`,
      occurredAt: occurredAt as Instant,
      properties: { n, ...(region === undefined ? {} : { region }) },
    })),
  )

/** The events in another order, in up to three folds. */
const shuffled = someEvents.chain((events) =>
  fc.record({
    events: fc.constant(events),
    order: fc.shuffledSubarray(events, { minLength: events.length }),
    cuts: fc.tuple(fc.nat(30), fc.nat(30)).map((cuts) => cuts.toSorted((a, b) => a - b)),
  }),
)

const ALL: readonly Aggregation[] = ["Count", "Sum", "Max", "UniqueCount", "Latest", "WeightedSum"]
const DEFINITIONS: readonly (readonly [name: string, definition: MeterDefinition])[] = [
  ...ALL.map((aggregation) => [aggregation, meter(aggregation)] as const),
  ...ALL.filter((aggregation) => aggregation !== "WeightedSum").map((aggregation) => {
    const window = { kind: "Tumbling", sizeMs: 5 * HOUR } as const
    return [`${aggregation}, tumbling`, meter(aggregation, { window })] as const
  }),
  ...(["Count", "Sum"] as const).flatMap((aggregation) =>
    // Also one that no part of a period is as long as.
    [2 * HOUR, 7 * HOUR + 1, 40 * 24 * HOUR].map((sizeMs) => {
      return [
        `${aggregation}, sliding ${sizeMs}`,
        meter(aggregation, { window: { kind: "Sliding", sizeMs } }),
      ] as const
    }),
  ),
]

describe.each(DEFINITIONS)("%s", (_, definition) => {
  it("is what brute force over all events says, in any order and in any number of folds", () => {
    fc.assert(
      fc.property(shuffled, ({ events, order, cuts: [a = 0, b = 0] }) => {
        const slots = folded(definition, order.slice(0, a), order.slice(a, b), order.slice(b))
        const expected = events.length === 0 ? [] : [formatDecimal(bruteForce(definition, events))]
        expect(values(slots, "Period")).toEqual(expected)
        expect(slots.all("Period").map(({ count }) => count)).toEqual(
          events.length === 0 ? [] : [events.length],
        )
      }),
      { numRuns: 60 },
    )
  })

  it("is the same within each group, and each hour aggregates its own events", () => {
    const grouped = { ...definition, groupBy: ["region"] }
    fc.assert(
      fc.property(shuffled, ({ events, order, cuts: [a = 0] }) => {
        const slots = folded(grouped, order.slice(0, a), order.slice(a))
        const byGroup = Map.groupBy(events, ({ properties }) =>
          JSON.stringify([properties["region"] ?? null]),
        )
        const groups = slots
          .all("Group")
          .map(({ group, state, end }) => [group, formatDecimal(valueOf(state, end))])
        expect(Object.fromEntries(groups)).toEqual(
          Object.fromEntries(
            [...byGroup].map(([group, all]) => [group, formatDecimal(bruteForce(definition, all))]),
          ),
        )
        const byHour = Map.groupBy(events, ({ occurredAt }) => Math.floor(occurredAt / HOUR) * HOUR)
        const hours = slots
          .all("Hour")
          .map(({ start, state, end }) => [start, formatDecimal(valueOf(state, end))])
        expect(Object.fromEntries(hours)).toEqual(
          Object.fromEntries(
            [...byHour].map(([hour, all]) => {
              return [hour, formatDecimal(aggregate(definition.aggregation, all, (hour + HOUR) as Instant))]
            }),
          ),
        )
      }),
      { numRuns: 30 },
    )
  })
})

describe("by hand", () => {
  it("a level of 10 for three hours, then of 5 to the end of the month, in hours", () => {
    const slots = folded(meter("WeightedSum"), [
      event("2026-01-31T12:00:00Z", 10),
      event("2026-01-31T15:00:00Z", -5),
    ])
    // 10 × 3 h + 5 × 9 h.
    expect(values(slots, "Period")).toEqual(["75"])
    const [period] = slots.all("Period")
    if (period === undefined) throw new Error("there is one")
    const asOf = (when: string) => formatDecimal(valueOf(period.state, at(when)))
    expect(asOf("2026-01-31T16:00:00Z")).toBe("35")
    expect(asOf("2026-02-07T00:00:00Z")).toBe("75")
    // Before the latest event the clock is behind: its hours are none yet, not fewer than none.
    expect(asOf("2026-01-31T14:00:00Z")).toBe("30")
  })

  it("a third of an hour is rounded to 18 digits when it is read, not before", () => {
    const third = (hour: string, id: string) => event(`2026-01-31T${hour}:40:00Z`, 1, id)
    expect(values(folded(meter("WeightedSum"), [third("23", "a")]), "Period")).toEqual([
      "0.333333333333333333",
    ])
    const three = [third("23", "a"), third("23", "b"), third("23", "c")]
    expect(values(folded(meter("WeightedSum"), three), "Period")).toEqual(["1"])
  })

  it("the peak of each day, added up", () => {
    const daily = meter("Max", { window: { kind: "Tumbling", sizeMs: 24 * HOUR } })
    const day1 = [event("2026-01-01T08:00:00Z", 5), event("2026-01-01T23:59:59Z", 8)]
    const day2 = [event("2026-01-02T00:00:00Z", 3)]
    const slots = folded(daily, [...day1, ...day2])
    expect(values(slots, "Window")).toEqual(["8", "3"])
    expect(values(slots, "Period")).toEqual(["11"])
    // A late peak of the first day raises it from 8 to 12.
    fold(slots, daily, [event("2026-01-01T10:00:00Z", 12)])
    expect(values(slots, "Period")).toEqual(["15"])
  })

  it("negative peaks stay negative", () => {
    expect(values(folded(meter("Max"), [event("2026-01-02T00:00:00Z", -7)]), "Period")).toEqual(["-7"])
  })

  it("the highest hour, wherever it begins, and a late event within it", () => {
    const hourly = meter("Sum", { window: { kind: "Sliding", sizeMs: HOUR } })
    const first = [
      event("2026-01-05T10:30:00Z", 4),
      event("2026-01-05T11:15:00Z", 4),
      event("2026-01-05T11:30:00Z", 1),
    ]
    const slots = folded(hourly, first)
    // At 11:30 the event of 10:30 has just left the window.
    expect(values(slots, "Period")).toEqual(["8"])
    fold(slots, hourly, [event("2026-01-05T11:00:00Z", 2.5)])
    expect(values(slots, "Period")).toEqual(["10.5"])
    fold(slots, hourly, [event("2026-01-05T11:10:00Z", -3)])
    // 4 + 2.5 at 11:00; at 11:15 it is 7.5, at 11:30 without the 4 it is 4.5.
    expect(values(slots, "Period")).toEqual(["7.5"])
  })

  it("of two events of one time the greater id is the latest", () => {
    const two = [event("2026-01-02T00:00:00Z", 1, "b"), event("2026-01-02T00:00:00Z", 2, "a")]
    expect(values(folded(meter("Latest"), two), "Period")).toEqual(["1"])
    expect(values(folded(meter("Latest"), two.toReversed()), "Period")).toEqual(["1"])
  })

  it("a value is the same as a number and as text", () => {
    const all = [1, "1", true, "true", "a", { x: 1, y: 2 }, { y: 2, x: 1 }]
    const events = all.map((n, index) => event("2026-01-02T00:00:00Z", n, `${index}`))
    // 1, true, a and the object.
    expect(values(folded(meter("UniqueCount"), events), "Period")).toEqual(["4"])
  })

  it("every period, hour and group has totals of its own", () => {
    const slots = folded(meter("Count", { groupBy: ["b", "a"] }), [
      event("2026-01-31T23:30:00Z", 0, "1", { a: 1, b: "x" }),
      event("2026-02-01T00:00:00Z", 0, "2", { a: 1 }),
      event("2026-02-01T00:59:59Z", 0, "3", { b: "x", a: "1" }),
    ])
    expect(values(slots, "Period")).toEqual(["1", "2"])
    expect(values(slots, "Hour")).toEqual(["1", "2"])
    // In the order of the names of the properties.
    expect(slots.all("Group").map(({ start, group }) => [start, group])).toEqual([
      [START, '["1","x"]'],
      [END, '["1",null]'],
      [END, '["1","x"]'],
    ])
  })
})

describe("filters", () => {
  const eu = meterDefinition("e", "Sum", "n", { filters: [{ property: "region", values: ["eu", "1"] }] })
  const terms = new CompiledTerms({ ...SUBSCRIPTION, meters: [eu, meter("Count")] })
  const countedBy = (properties: object) => {
    const measures = terms.measure("e", properties)
    return measures.ok
      ? measures.value.map(({ meter: { definition } }) => definition.aggregation)
      : measures.error
  }

  it("leave events out, which then need no property of the meter", () => {
    expect(countedBy({ n: 1, region: "eu" })).toEqual(["Sum", "Count"])
    expect(countedBy({ n: 1, region: 1 })).toEqual(["Sum", "Count"])
    expect(countedBy({ n: 1, region: "us" })).toEqual(["Count"])
    expect(countedBy({ region: "us" })).toEqual(["Count"])
    expect(countedBy({})).toEqual(["Count"])
    expect(countedBy({ region: null })).toEqual(["Count"])
  })

  it("pass events that are refused for what they lack", () => {
    expect(countedBy({ region: "eu" })).toBe("property_missing")
    expect(countedBy({ region: "eu", n: "many" })).toBe("property_not_a_number")
  })
})

describe("too many groups", () => {
  const byUser = meter("Count", { groupBy: ["user"] })
  const terms = new CompiledTerms({ ...SUBSCRIPTION, meters: [byUser] })
  const period = terms.countedPeriod(START)
  if (period === null) throw new Error("there is one")
  const measured = (user: number) => {
    const measures = terms.measure("e", { user })
    if (!measures.ok || measures.value[0] === undefined) throw new Error("it counts")
    return measures.value[0]
  }
  const counted = (user: number) => ({ id: `${user}`, occurredAt: START, properties: { user } })

  it("are told before the event is counted, whether those there are are stored or new", () => {
    const slots = folded(
      byUser,
      Array.from({ length: limits.meterGroups - 2 }, (_, user) => counted(user)),
    )
    const next = new Fold(slots)
    expect(next.check(period, measured(-1))).toBeNull()
    next.add(period, measured(-1), counted(-1))
    next.add(period, measured(-2), counted(-2))
    expect(next.check(period, measured(-1))).toBeNull()
    expect(next.check(period, measured(5))).toBeNull()
    expect(next.check(period, measured(-3))).toBe("too_many_groups")
    slots.put(next.changed(2))
    expect(slots.all("Group")).toHaveLength(limits.meterGroups)
    expect(new Fold(slots).check(period, measured(-3))).toBe("too_many_groups")
  })

  it("that are counted all the same are in the total and have none of their own", () => {
    const slots = folded(
      byUser,
      Array.from({ length: limits.meterGroups + 5 }, (_, user) => counted(user)),
    )
    expect(slots.all("Group")).toHaveLength(limits.meterGroups)
    expect(values(slots, "Period")).toEqual([`${limits.meterGroups + 5}`])
  })
})
