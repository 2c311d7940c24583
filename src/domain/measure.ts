// What an event counts for under one meter. The meter and the price preview measure by this one rule.

import { unreachable } from "./assert.ts"
import type { FieldFault, SkuMeter } from "./catalog.ts"
import type { Decimal } from "./decimal.ts"
import { add, ONE, parseDecimal, ZERO } from "./decimal.ts"
import type { Result } from "./result.ts"
import { err, ok } from "./result.ts"
import type { Aggregation } from "./terms.ts"

export type Properties = Readonly<Record<string, unknown>>
export type MeasureProblem = "property_missing" | "property_not_a_number"

/** What one event adds to a total. `properties` is whatever JSON the event carries. */
export function measureOf(
  meter: { readonly aggregation: Aggregation; readonly property: string | null },
  properties: unknown,
): Result<Decimal, MeasureProblem> {
  switch (meter.aggregation) {
    case "Count":
      return ok(ONE)
    case "Sum":
      return numberIn(properties, meter.property)
    default:
      return unreachable(meter.aggregation)
  }
}

/** A JSON number, or a string that holds one, which can be exact where a JSON number isn't. */
function numberIn(properties: unknown, name: string | null): Result<Decimal, MeasureProblem> {
  if (name === null || typeof properties !== "object" || properties === null) return err("property_missing")
  // Only its own members: every object inherits a `constructor`.
  if (!Object.hasOwn(properties, name)) return err("property_missing")
  const value: unknown = Reflect.get(properties, name)
  if (typeof value !== "number" && typeof value !== "string") return err("property_not_a_number")
  const decimal = parseDecimal(value)
  return decimal.ok ? decimal : err("property_not_a_number")
}

const FAULTS: Readonly<Record<MeasureProblem, string>> = {
  property_missing: "The meter adds up this property, and the event lacks it.",
  property_not_a_number: "Expected a decimal, as a JSON number or as text.",
}

/** The total of events outside of any subscription, given as their properties. The path of a fault is below `events`. */
export function measure(meter: SkuMeter, events: readonly Properties[]): Result<Decimal, FieldFault> {
  let total = ZERO
  for (const [index, properties] of events.entries()) {
    const value = measureOf(meter, properties)
    if (!value.ok) {
      return err({ path: `events.${index}.${meter.property ?? ""}`, message: FAULTS[value.error] })
    }
    total = add(total, value.value)
  }
  return ok(total)
}
