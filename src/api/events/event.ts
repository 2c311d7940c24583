// POST /v1/events: one event. The hot path: no D1, no validator middleware, one call to the meter.

import { createRoute } from "@hono/zod-openapi"
import type { EventResult, IdempotencyKey } from "../../actions/record-usage.ts"
import { recordEvents, recordForCustomer, rejection, worstOf } from "../../actions/record-usage.ts"
import { invalidFields } from "../../actions/refusal.ts"
import { instant } from "../../domain/time.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { admit, writes } from "../shared/access.ts"
import { keyReused } from "../shared/idempotency.ts"
import { openScope } from "../shared/open-scope.ts"
import type { Ctx, Enter } from "../shared/door.ts"
import { answerText, body, json, unwrap, writeProblems } from "../shared/door.ts"
import { Problem, problemOf } from "../shared/problems.ts"
import { answerBatch } from "./batch.ts"
import { givenKey, keyed } from "./keyed.ts"
import type { ReadEvent } from "./read-events.ts"
import { bodyKind, bodyText, cloudEventOfHeaders, parsed, readCloudEvent, readEvent } from "./read-events.ts"
import { BatchAnswer, CloudEventSchema, EventAnswer, EventSchema } from "./schemas.ts"

const { middleware: _, ...access } = writes("events:write")

const route = createRoute({
  method: "post",
  path: "/v1/events",
  operationId: "recordEvent",
  tags: ["Usage"],
  summary: "Record a usage event",
  description:
    "Counts an event once, for the life of the subscription: the same id with the same content is a duplicate, with other content a conflict. The answer comes when the event is durable. A customer's token sends events of its own subscriptions, and is believed: mint it without `events:write` where only your servers meter. Also takes CloudEvents 1.0; a batch of those is answered like /v1/events/batch.",
  ...access,
  request: {
    body: {
      required: true,
      content: {
        ...body(EventSchema).body.content,
        "application/cloudevents+json": { schema: CloudEventSchema },
        "application/cloudevents-batch+json": { schema: CloudEventSchema.array() },
      },
    },
  },
  responses: {
    200: json(EventAnswer.or(BatchAnswer), "Accepted, now or before."),
    ...writeProblems(402, 404),
  },
})

/** `enter` for an app without middleware. */
export function register(api: Api, enter?: Enter): void {
  api.openAPIRegistry.registerPath(route)
  api.post("/v1/events", async (c) => {
    enter?.(c)
    const principal = await admit(c, "events:write")
    const kind = bodyKind(c)
    if (kind === "NdJson") throw new Problem("unsupported_media_type", "Send NDJSON to /v1/events/batch.")
    const key = givenKey(c)
    const text = await bodyText(c, kind === "CloudEventBatch" ? limits.batchBytes : limits.bodyBytes)
    openScope(c, principal, null)
    if (kind === "CloudEventBatch") return keyed(c, key, () => answerBatch(c, kind, text))
    const read = readOne(c, kind, parsed(text))
    const { subscriptionId } = read.event
    if (subscriptionId !== null) return answerOne(c, read, subscriptionId, key)
    // What goes to several meters keeps its key in D1.
    return keyed(c, key, () => answerSpread(c, read))
  })
}

type GoodEvent = Extract<ReadEvent, { ok: true }>

function readOne(c: Ctx, kind: "Json" | "CloudEvent" | "CloudEventBinary", input: unknown): GoodEvent {
  const read =
    kind === "Json"
      ? readEvent(input)
      : readCloudEvent(kind === "CloudEvent" ? input : cloudEventOfHeaders(c, input))
  if (read.ok) return read
  throw problemOf(invalidFields(read.faults))
}

async function answerOne(
  c: Ctx,
  read: GoodEvent,
  subscriptionId: string,
  key: string | undefined,
): Promise<Response> {
  const idempotency = key === undefined ? null : keyUntil(c, key)
  const outcome = await recordEvents(c.get("scope"), subscriptionId, [read.event], idempotency)
  if (!outcome.ok && outcome.error.code === "idempotency_key_reused") throw keyReused()
  const { results, replayed } = unwrap(outcome)
  return answer(c, read.eventId, worstOf(results), replayed)
}

async function answerSpread(c: Ctx, read: GoodEvent): Promise<Response> {
  const results = unwrap(await recordForCustomer(c.get("scope"), read.event))
  return answer(c, read.eventId, worstOf(results), false)
}

function keyUntil(c: Ctx, key: string): IdempotencyKey {
  const now = c.get("door").platform.wallNow()
  return { key, now, expiresAt: instant(now + limits.idempotencyTtlMs) }
}

function answer(c: Ctx, eventId: string, result: EventResult, replayed: boolean): Response {
  if (result.accepted) {
    const { duplicate, billable, leftNanos } = result
    const left = leftNanos === undefined ? {} : { limit_remaining_nanos: leftNanos }
    const text = JSON.stringify({ accepted: true, event_id: eventId, duplicate, billable, ...left })
    return answerText(c, text, replayed ? { "X-Idempotency-Replayed": "true" } : undefined)
  }
  throw problemOf(rejection(result.code, null, result.by))
}
