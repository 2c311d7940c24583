// What events come to under one meter, outside of any subscription: for previews of a price.

import type { FieldFault, SkuMeter } from "./catalog.ts"
import type { Decimal } from "./decimal.ts"
import { add, ONE, parseDecimal, ZERO } from "./decimal.ts"
import type { Result } from "./result.ts"
import { err, ok } from "./result.ts"

export type Properties = Readonly<Record<string, unknown>>

/** The total of events, given as their properties. The path of a fault is below `events`. */
export function measure(meter: SkuMeter, events: readonly Properties[]): Result<Decimal, FieldFault> {
  let total = ZERO
  for (const [index, properties] of events.entries()) {
    const value = valueIn(meter, properties, `events.${index}`)
    if (!value.ok) return value
    total = add(total, value.value)
  }
  return ok(total)
}

function valueIn(meter: SkuMeter, properties: Properties, path: string): Result<Decimal, FieldFault> {
  const name = meter.property
  if (meter.aggregation === "Count" || name === null) return ok(ONE)
  // Only its own members: every object inherits a `constructor`.
  const value: unknown = Object.hasOwn(properties, name) ? properties[name] : undefined
  const at = `${path}.${name}`
  if (value === undefined)
    return err({ path: at, message: "The meter adds up this property, and the event lacks it." })
  const parsed = typeof value === "number" || typeof value === "string" ? parseDecimal(value) : null
  return parsed?.ok === true
    ? parsed
    : err({ path: at, message: "Expected a decimal, as a JSON number or as text." })
}
