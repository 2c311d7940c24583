// POST /v1/events/batch: up to 5,000 events of any mix of subscriptions, one result each, safe to send again whole.

import { createRoute, z } from "@hono/zod-openapi"
import type { UsageEvent } from "../../actions/record-usage.ts"
import { recordBatch } from "../../actions/record-usage.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { admit, writes } from "../shared/access.ts"
import { openScope } from "../shared/open-scope.ts"
import type { Ctx, Enter } from "../shared/door.ts"
import { answerText, json, writeProblems } from "../shared/door.ts"
import { Problem } from "../shared/problems.ts"
import { batchAnswer } from "./batch-answer.ts"
import { givenKey, keyed } from "./keyed.ts"
import type { BodyKind, ReadEvent } from "./read-events.ts"
import { bodyKind, bodyText, parsed, readCloudEvent, readEvent } from "./read-events.ts"
import { BatchAnswer, CloudEventSchema, EventSchema } from "./schemas.ts"

const { middleware: _, ...access } = writes("events:write")

const Events = z
  .union([z.array(EventSchema), z.strictObject({ events: z.array(EventSchema) })])
  .openapi("EventBatch")

const NDJSON = JSON.stringify({
  id: "evt-acme-2026-02-28-002",
  event_type: "api.request",
  customer_id: "01944b1f-0000-7000-8000-000000000001",
  subscription_id: "01944b1f-0000-7000-8000-000000000003",
  timestamp: "2026-02-28T12:34:56Z",
  properties: { model: "gpt-4", tokens: 1500, region: "us-east-1" },
})

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
          schema: z.string().openapi({ description: "One event per line.", example: NDJSON }),
        },
        "application/cloudevents-batch+json": { schema: z.array(CloudEventSchema) },
      },
    },
  },
  responses: { 200: json(BatchAnswer, "One result per event, in order."), ...writeProblems() },
})

/** `enter` for an app without middleware. */
export function register(api: Api, enter?: Enter): void {
  api.openAPIRegistry.registerPath(route)
  api.post("/v1/events/batch", async (c) => {
    enter?.(c)
    const principal = await admit(c, "events:write")
    const kind = bodyKind(c)
    const key = givenKey(c)
    const text = await bodyText(c, limits.batchBytes)
    openScope(c, principal, null)
    return keyed(c, key, () => answerBatch(c, kind, text))
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
  const good: UsageEvent[] = []
  for (const read of reads) if (read.ok) good.push(read.event)
  return answerText(c, batchAnswer(reads, await recordBatch(c.get("scope"), good)))
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
