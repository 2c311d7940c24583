// POST /v1/events/batch: up to 5,000 events of any mix of subscriptions, one result each, safe to send again whole.

import { createRoute, z } from "@hono/zod-openapi"
import type { BatchResult, UsageEvent } from "../../actions/record-usage.ts"
import { recordBatch, rejectionText } from "../../actions/record-usage.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { writes } from "../shared/access.ts"
import type { Ctx } from "../shared/door.ts"
import { json, writeProblems } from "../shared/door.ts"
import { Problem } from "../shared/problems.ts"
import type { BodyKind, ReadEvent } from "./read-events.ts"
import { bodyKind, bodyText, parsed, readCloudEvent, readEvent } from "./read-events.ts"
import { BatchAnswer, CloudEventSchema, EventSchema } from "./schemas.ts"

const { middleware, ...access } = writes("events:write")

const Events = z
  .union([z.array(EventSchema), z.strictObject({ events: z.array(EventSchema) })])
  .openapi("EventBatch")

const route = createRoute({
  method: "post",
  path: "/v1/events/batch",
  operationId: "recordEvents",
  tags: ["Usage"],
  summary: "Record a batch of usage events",
  description: `Up to ${limits.batchEvents} events or 5 MiB, of any mix of subscriptions: a JSON array, \`{"events": […]}\`, NDJSON, or a batch of CloudEvents. A broken event is rejected alone; the rest is kept.`,
  ...access,
  request: {
    body: {
      required: true,
      content: {
        "application/json": { schema: Events },
        "application/x-ndjson": {
          schema: z.string().openapi({ description: "One event per line.", example: "{}" }),
        },
        "application/cloudevents-batch+json": { schema: z.array(CloudEventSchema) },
      },
    },
  },
  responses: { 200: json(BatchAnswer, "One result per event, in order."), ...writeProblems() },
})

export function register(api: Api): void {
  api.openAPIRegistry.registerPath(route)
  api.post("/v1/events/batch", middleware[0], async (c) => {
    const kind = bodyKind(c)
    return answerBatch(c, kind, await bodyText(c, limits.batchBytes))
  })
}

export async function answerBatch(c: Ctx, kind: BodyKind, text: string): Promise<Response> {
  const reads = readAll(kind, text)
  if (reads.length > limits.batchEvents) {
    throw new Problem(
      "payload_too_large",
      `A batch has at most ${limits.batchEvents} events; this one has ${reads.length}.`,
    )
  }
  const good: UsageEvent[] = reads.flatMap((read) => (read.ok ? [read.event] : []))
  const told = await recordBatch(c.get("scope"), good)
  let next = 0
  const results = reads.map((read) =>
    read.ok ? resultToApi(read.eventId, told[next++]) : invalidToApi(read),
  )
  const count = (status: string) => results.filter((result) => result.status === status).length
  const answer: z.infer<typeof BatchAnswer> = {
    accepted: count("Accepted"),
    duplicates: count("Duplicate"),
    rejected: count("Rejected"),
    results,
  }
  return c.json(answer, 200)
}

function readAll(kind: BodyKind, text: string): ReadEvent[] {
  if (kind === "NdJson") {
    return text
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map(readLine)
  }
  if (kind === "CloudEventBinary") {
    throw new Problem("unsupported_media_type", "A binary CloudEvent is one event: send it to /v1/events.")
  }
  const input = parsed(text)
  if (kind === "CloudEvent") return [readCloudEvent(input)]
  const events = Array.isArray(input) ? input : kind === "Json" ? listOf(input) : null
  if (events === null) throw notABatch()
  return events.map(kind === "Json" ? readEvent : readCloudEvent)
}

function listOf(input: unknown): unknown[] | null {
  if (typeof input !== "object" || input === null || Object.keys(input).join() !== "events") return null
  const events: unknown = Reflect.get(input, "events")
  return Array.isArray(events) ? events : null
}

function notABatch(): Problem {
  const message = 'expected an array of events or {"events": […]}'
  return new Problem("invalid_request", message, [{ path: "events", message }])
}

/** A line that is no JSON spoils only itself. */
function readLine(line: string): ReadEvent {
  try {
    return readEvent(parsed(line))
  } catch {
    return { ok: false, eventId: null, faults: [{ path: "", message: "The line is not JSON." }] }
  }
}

type ResultToApi = z.infer<typeof BatchAnswer>["results"][number]

function resultToApi(eventId: string, result: BatchResult | undefined): ResultToApi {
  if (result === undefined) throw new Error("An event of the batch has no result.")
  if (result.accepted) {
    return {
      event_id: eventId,
      status: result.duplicate ? "Duplicate" : "Accepted",
      billable: result.billable,
    }
  }
  return { event_id: eventId, status: "Rejected", code: result.code, message: rejected(result.code) }
}

function invalidToApi(read: Extract<ReadEvent, { ok: false }>): ResultToApi {
  const message = read.faults.map((fault) =>
    fault.path === "" ? fault.message : `${fault.path}: ${fault.message}`,
  )
  return { event_id: read.eventId, status: "Rejected", code: "invalid_request", message: message.join("; ") }
}

function rejected(code: Exclude<BatchResult, { accepted: true }>["code"]): string {
  switch (code) {
    case "not_found":
      return "There is no such subscription."
    case "meter_busy":
      return "The subscription's meter has more events waiting than it takes. Send again shortly."
    case "event_not_metered":
      return "The customer has no running subscription whose plan meters this type."
    default:
      return rejectionText(code)
  }
}
