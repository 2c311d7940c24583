// POST /v1/subscriptions/{id}/events/{event_id}/amend

import { createRoute, z } from "@hono/zod-openapi"
import { amendEvent } from "../../actions/amend-event.ts"
import { invalid } from "../../actions/refusal.ts"
import { limits } from "../../limits.ts"
import { parseExactJson } from "../../runtime/json.ts"
import type { Api } from "../app.ts"
import { Properties } from "../events/schemas.ts"
import { businessWrites } from "../shared/access.ts"
import type { Ctx } from "../shared/door.ts"
import { body, json, reply, unwrap, writeProblems } from "../shared/door.ts"
import { Timestamp } from "../shared/fields.ts"
import { problemOf } from "../shared/problems.ts"
import { EventHistorySchema, EventParams, historyToApi, Reason } from "./event-history.ts"

const AmendInput = z
  .strictObject({
    timestamp: Timestamp.optional().openapi({
      type: "string",
      format: "date-time",
      description: "When it happened, if the event told it wrong. It may move to another period.",
      example: "2026-02-28T12:34:56Z",
    }),
    properties: Properties.optional().openapi({
      type: "object",
      additionalProperties: true,
      description: "All of them, as they should have been: they take the place of those that it has.",
      example: { model: "gpt-4", tokens: 150 },
    }),
    reason: Reason,
  })
  .openapi("EventAmendment")

const route = createRoute({
  method: "post",
  path: "/v1/subscriptions/{id}/events/{event_id}/amend",
  operationId: "amendSubscriptionEvent",
  tags: ["Usage"],
  summary: "Correct an event",
  description:
    "Tells anew when the event happened, what was used, or both; it is judged as a new event would be. Totals follow, also those of a period that was billed: the " +
    "difference is a line of the next invoice, below zero if need be. A spend limit doesn't refuse a correction. A voided event is amended no more. A customer's " +
    "token may not do this.",
  ...businessWrites("events:write"),
  request: { params: EventParams, ...body(AmendInput) },
  responses: { 200: json(EventHistorySchema, "The event as it stands."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const { id, event_id: eventId } = c.req.valid("param")
    const { timestamp, reason } = c.req.valid("json")
    const properties = await exactProperties(c)
    const amendment = { timestamp: timestamp ?? null, properties, reason: reason ?? null }
    const told = historyToApi(id)
    const amended = await amendEvent(c.get("scope"), id, eventId, amendment, reply(200, told))
    return c.json(told(unwrap(amended)), 200)
  })
}

/** The properties as events are read: a number that a double can't hold is kept as text. */
async function exactProperties(c: Ctx): Promise<z.output<typeof Properties> | null> {
  const text = await c.req.text()
  // Without a body there is nothing to amend, and that is what the action says.
  if (text === "") return null
  const { properties } = AmendInput.parse(parseExactJson(text))
  if (properties === undefined) return null
  const bytes = new TextEncoder().encode(JSON.stringify(properties)).byteLength
  if (bytes <= limits.eventBytes) return properties
  throw problemOf(invalid("properties", `An event may have at most ${limits.eventBytes} bytes.`))
}
