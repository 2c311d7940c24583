// What an event counts for under one meter. The meter and the price preview measure by this one rule.

import type { Accumulator, Amount } from "./accumulator.ts"
import { accumulatorFrom, emptyState, feesOf, valueOf } from "./accumulator.ts"
import { unreachable } from "./assert.ts"
import type { FieldFault, SkuMeter } from "./catalog.ts"
import type { Decimal } from "./decimal.ts"
import { parseDecimal } from "./decimal.ts"
import type { Result } from "./result.ts"
import { err, ok } from "./result.ts"
import type { MeterDefinition, PropertyFilter } from "./terms.ts"
import { instant, LATEST } from "./time.ts"
import type { UsageTotal } from "./usage.ts"

export type Properties = Readonly<Record<string, unknown>>
export type PropertyProblem = "property_missing" | "property_not_a_number"
export type MeasureProblem = PropertyProblem | "too_many_groups"

/** The rules of a definition, whoever has them. */
export type MeasureRules = Omit<MeterDefinition, "key" | "eventType" | "window">

export type Measure = {
  readonly amount: Amount
  /** The value that a UniqueCount looks for; null for the others. */
  readonly member: string | null
  /** As the group of a slot: "" where the meter has none. */
  readonly group: string
}

const ONE_EVENT: Measure = { amount: 1, member: null, group: "" }
const ONE_EVENT_MEASURED = ok(ONE_EVENT)

/** What one event adds to a total; null when the meter's filters leave it out, and then it needs no property either.
 *  `properties` is whatever JSON the event carries. */
export function measureOf(rules: MeasureRules, properties: unknown): Result<Measure | null, PropertyProblem> {
  const { aggregation, property, filters, groupBy } = rules
  if (filters !== undefined && !filters.every((filter) => passes(filter, properties))) return ok(null)
  const group = groupBy === undefined ? "" : groupOf(groupBy, properties)
  switch (aggregation) {
    case "Count":
      return group === "" ? ONE_EVENT_MEASURED : ok({ amount: 1, member: null, group })
    case "UniqueCount": {
      const member = textOf(propertyOf(properties, property))
      return member === null ? err("property_missing") : ok({ amount: 1, member, group })
    }
    case "Sum":
    case "Max":
    case "Latest":
    case "WeightedSum": {
      const amount = numberIn(propertyOf(properties, property))
      return amount.ok ? ok({ amount: amount.value, member: null, group }) : amount
    }
    default:
      return unreachable(aggregation)
  }
}

function passes({ property, values }: PropertyFilter, properties: unknown): boolean {
  const text = textOf(propertyOf(properties, property))
  return text !== null && values.includes(text)
}

/** How many characters of a property tell groups apart: a group is a short name, and a meter keeps many of them in memory. */
export const GROUP_VALUE_LENGTH = 255

/** Values in the order of the meter's `groupBy`; null where the event lacks the property. */
function groupOf(groupBy: readonly string[], properties: unknown): string {
  return JSON.stringify(
    groupBy.map((name) => textOf(propertyOf(properties, name))?.slice(0, GROUP_VALUE_LENGTH) ?? null),
  )
}

/** Undefined when there is none. Only its own members: every object inherits a `constructor`. */
function propertyOf(properties: unknown, name: string | null): unknown {
  if (name === null || typeof properties !== "object" || properties === null) return undefined
  return Object.hasOwn(properties, name) ? Reflect.get(properties, name) : undefined
}

/** Values are compared by their text, so that the number 1 and the string "1" are the same, whoever sends which; of an object or
 *  a list it is the JSON with sorted keys. Null for null, for a property that isn't there and for a number beyond all bounds. */
function textOf(value: unknown): string | null {
  if (typeof value === "string") return value
  if (value === undefined || value === null) return null
  if (typeof value === "number" && !Number.isFinite(value)) return null
  return JSON.stringify(sorted(value))
}

function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(sorted)
  const entries = Object.entries(value).map(([name, inner]): [string, unknown] => [name, sorted(inner)])
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** A JSON number, or a string that holds one, which can be exact where a JSON number isn't. */
function numberIn(value: unknown): Result<Amount, PropertyProblem> {
  if (value === undefined) return err("property_missing")
  if (typeof value !== "number" && typeof value !== "string") return err("property_not_a_number")
  if (Number.isSafeInteger(value)) return ok(value as number)
  const decimal = parseDecimal(value)
  return decimal.ok ? decimal : err("property_not_a_number")
}

const FAULTS: Readonly<Record<PropertyProblem, string>> = {
  property_missing: "The meter looks at this property, and the event lacks it.",
  property_not_a_number: "Expected a decimal, as a JSON number or as text.",
}

/** What a meter would have counted of events outside of any subscription, given as their properties in the order of their time. The
 *  path of a fault is below `events`. Not of a meter that needs to know when they happened: see `needsTime`. */
export function usageOfEvents(
  rules: MeasureRules,
  events: readonly Properties[],
): Result<UsageTotal, FieldFault> {
  const all = new Tally(rules)
  const groups = new Map<string, Tally>()
  for (const [index, properties] of events.entries()) {
    const measure = measureOf(rules, properties)
    if (!measure.ok) {
      return err({ path: `events.${index}.${rules.property ?? ""}`, message: FAULTS[measure.error] })
    }
    if (measure.value === null) continue
    all.add(measure.value, index)
    const { group } = measure.value
    if (group === "") continue
    const tally = groups.get(group) ?? new Tally(rules)
    groups.set(group, tally)
    tally.add(measure.value, index)
  }
  const grouped = Array.from(groups, ([group, tally]) => {
    const values: readonly (string | null)[] = JSON.parse(group)
    return { values, value: tally.value(), events: tally.events }
  })
  const total = { value: all.value(), events: all.events, groups: grouped }
  const fees = all.fees()
  return ok(fees === null ? total : { ...total, fees })
}

/** One total of events that are all at hand. Their place stands for their time. */
class Tally {
  events = 0
  readonly #total: Accumulator
  readonly #members = new Set<string>()

  constructor({ aggregation, fee }: MeasureRules) {
    this.#total = accumulatorFrom(emptyState(aggregation, LATEST, fee ?? null))
  }

  add({ amount, member }: Measure, index: number): void {
    this.events += 1
    if (member !== null && this.#members.has(member)) return
    if (member !== null) this.#members.add(member)
    this.#total.add(amount, instant(index), "")
  }

  value(): Decimal {
    return valueOf(this.#total.state(), LATEST)
  }

  fees(): Decimal | null {
    return feesOf(this.#total.state())
  }
}

/** Whether a total depends on more of the time of its events than their order. */
export function needsTime(meter: SkuMeter): boolean {
  return meter.aggregation === "WeightedSum" || meter.window !== undefined
}
