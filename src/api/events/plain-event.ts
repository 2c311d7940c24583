// The usual event, read by hand: a schema takes many times as long, and a batch brings thousands of events.
// Law: what is read here, the schema would read to the same event. All else, the broken above all, is left to the schema, so that
// there is one place that says what is wrong.

import type { UsageEvent } from "../../actions/record-usage.ts"
import { parseInstant } from "../../domain/time.ts"
import { limits } from "../../limits.ts"
import { isUuid } from "../../runtime/ids.ts"

type Fields = Readonly<Record<string, unknown>>

const NO_FIELDS: Fields = {}

/** An event as JSON.parse gives it, or null: ask the schema. */
export function readPlainEvent(input: unknown): UsageEvent | null {
  if (!isFields(input)) return null
  const {
    id,
    event_type: eventType,
    timestamp,
    customer_id: customerId,
    subscription_id: subscriptionId,
  } = input
  if (!isName(id, limits.eventIdLength) || !isName(eventType, limits.eventTypeLength)) return null
  if (typeof timestamp !== "string" || !isIdOrAbsent(customerId) || !isIdOrAbsent(subscriptionId)) return null
  const { properties } = input
  const known = 3 + given(customerId) + given(subscriptionId) + given(properties)
  if (Object.keys(input).length !== known) return null
  if (properties !== undefined && !arePlain(properties)) return null
  const at = parseInstant(timestamp)
  if (!at.ok || at.value >= limits.latestTimestampMs) return null
  return {
    id,
    eventType,
    customerId: customerId ?? null,
    subscriptionId: subscriptionId ?? null,
    timestamp: at.value,
    properties: properties ?? NO_FIELDS,
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value)
}

function isName(value: unknown, longest: number): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= longest
}

function given(value: unknown): 0 | 1 {
  return value === undefined ? 0 : 1
}

// A batch names few customers and subscriptions, mostly one of each.
let lastIds: readonly [string, string] = ["", ""]

function isIdOrAbsent(value: unknown): value is string | undefined {
  if (value === undefined || value === lastIds[0] || value === lastIds[1]) return true
  if (typeof value !== "string" || !isUuid(value)) return false
  lastIds = [value, lastIds[0]]
  return true
}

function arePlain(properties: unknown): properties is Fields {
  if (!isFields(properties)) return false
  const names = Object.keys(properties)
  if (names.length > limits.eventProperties) return false
  let bytes = 2
  for (const name of names) {
    // The schema drops a member called __proto__.
    if (name.length > limits.propertyNameLength || name === "__proto__") return false
    bytes += memberBytes(name) + jsonBytesAtMost(properties[name], limits.eventDepth - 1)
  }
  return bytes <= limits.eventBytes
}

/** The JSON text of a value has so many bytes or fewer. Infinity if the value nests deeper than `levels`. */
export function jsonBytesAtMost(value: unknown, levels: number): number {
  if (typeof value === "string") return textBytes(value)
  // The longest number is one like -1.2345678901234567e-300.
  if (typeof value !== "object" || value === null) return 24
  if (levels === 0) return Number.POSITIVE_INFINITY
  let bytes = 2
  if (Array.isArray(value)) {
    for (const item of value) bytes += 1 + jsonBytesAtMost(item, levels - 1)
    return bytes
  }
  for (const [name, inner] of Object.entries(value)) {
    bytes += memberBytes(name) + jsonBytesAtMost(inner, levels - 1)
  }
  return bytes
}

/** A name with its colon and comma. */
function memberBytes(name: string): number {
  return textBytes(name) + 2
}

/** With the quotation marks. A UTF-16 unit takes three bytes at most, and six where it is escaped. */
function textBytes(text: string): number {
  return text.length * 6 + 2
}
