// Reads the events of a request: our JSON, NDJSON and CloudEvents (structured, batched and binary), bounded.

import type { z } from "@hono/zod-openapi"
import type { UsageEvent } from "../../actions/record-usage.ts"
import type { Fault } from "../../actions/refusal.ts"
import { limits } from "../../limits.ts"
import { parseExactJson } from "../../runtime/json.ts"
import { tooLarge } from "../shared/body.ts"
import type { Ctx } from "../shared/door.ts"
import { faultsOf } from "../shared/faults.ts"
import { Problem } from "../shared/problems.ts"
import { jsonBytesAtMost, readPlainEvent } from "./plain-event.ts"
import { CloudEventSchema, cloudEventFrom, EventSchema, eventFrom } from "./schemas.ts"

/** `eventId` is what the sender called it: it is told back. */
export type ReadEvent =
  | { readonly ok: true; readonly eventId: string; readonly event: UsageEvent }
  | { readonly ok: false; readonly eventId: string | null; readonly faults: readonly Fault[] }

export type BodyKind = "Json" | "NdJson" | "CloudEvent" | "CloudEventBatch" | "CloudEventBinary"

export function bodyKind(c: Ctx): BodyKind {
  const type = (c.req.header("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase()
  switch (type) {
    case "application/json":
      return c.req.header("ce-specversion") === undefined ? "Json" : "CloudEventBinary"
    case "application/x-ndjson":
    case "application/ndjson":
    case "application/jsonl":
      return "NdJson"
    case "application/cloudevents+json":
      return "CloudEvent"
    case "application/cloudevents-batch+json":
      return "CloudEventBatch"
    case undefined:
    default:
      throw new Problem(
        "unsupported_media_type",
        "Send application/json, application/cloudevents+json, application/cloudevents-batch+json or, to /v1/events/batch, application/x-ndjson.",
      )
  }
}

export async function bodyText(c: Ctx, maxBytes: number): Promise<string> {
  const announced = c.req.header("Content-Length")
  if (announced !== undefined && Number(announced) > maxBytes) throw tooLarge(maxBytes)
  const text = utf8(await c.req.arrayBuffer())
  // A UTF-16 unit is at least one byte and at most three.
  if (text.length > maxBytes || (text.length * 3 > maxBytes && byteLength(text) > maxBytes))
    throw tooLarge(maxBytes)
  return text
}

// It keeps nothing from one text to the next, so one serves all requests.
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false })

function utf8(bytes: ArrayBuffer): string {
  try {
    return decoder.decode(bytes)
  } catch {
    throw new Problem("malformed_request", "The body is not UTF-8.")
  }
}

export function parsed(text: string): unknown {
  try {
    return parseExactJson(text)
  } catch {
    throw new Problem("malformed_request", "The body is not JSON.")
  }
}

export function readEvent(input: unknown): ReadEvent {
  const event = readPlainEvent(input)
  if (event !== null) return { ok: true, eventId: event.id, event }
  return validated(input, EventSchema.safeParse(input), eventFrom)
}

export function readCloudEvent(input: unknown): ReadEvent {
  return validated(input, CloudEventSchema.safeParse(input), cloudEventFrom)
}

/** Binary mode: the attributes are `ce-` headers and the body is the data. */
export function cloudEventOfHeaders(c: Ctx, data: unknown): Record<string, unknown> {
  const attributes: Record<string, unknown> = { data }
  for (const [name, value] of Object.entries(c.req.header())) {
    if (name.startsWith("ce-")) attributes[name.slice("ce-".length)] = value
  }
  return attributes
}

type Parsed<T> =
  | { readonly success: true; readonly data: T }
  | { readonly success: false; readonly error: { readonly issues: readonly z.core.$ZodIssue[] } }

function validated<T extends { readonly id: string }>(
  input: unknown,
  result: Parsed<T>,
  convert: (value: T) => UsageEvent,
): ReadEvent {
  const eventId = idOf(input)
  if (!result.success) {
    return { ok: false, eventId, faults: faultsOf(result.error.issues) }
  }
  const event = convert(result.data)
  if (isTooLarge(event)) {
    const message = `An event may have at most ${limits.eventBytes} bytes.`
    return { ok: false, eventId, faults: [{ path: "properties", message }] }
  }
  return { ok: true, eventId: result.data.id, event }
}

function idOf(input: unknown): string | null {
  const id: unknown = typeof input === "object" && input !== null ? Reflect.get(input, "id") : null
  return typeof id === "string" ? id.slice(0, limits.eventIdLength) : null
}

/** Only an event with many or long properties can be too large, so most are not serialized to find out. */
function isTooLarge({ properties }: UsageEvent): boolean {
  if (jsonBytesAtMost(properties, limits.eventDepth) <= limits.eventBytes) return false
  return byteLength(JSON.stringify(properties)) > limits.eventBytes
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).byteLength
}
