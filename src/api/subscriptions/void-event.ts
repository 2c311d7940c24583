// POST /v1/subscriptions/{id}/events/{event_id}/void

import { createRoute, z } from "@hono/zod-openapi"
import { voidEvent } from "../../actions/void-event.ts"
import type { Api } from "../app.ts"
import { businessWrites } from "../shared/access.ts"
import { body, json, reply, unwrap, writeProblems } from "../shared/door.ts"
import { EventHistorySchema, EventParams, historyToApi, Reason } from "./event-history.ts"

const VoidInput = z.strictObject({ reason: Reason }).openapi("EventVoid")

const route = createRoute({
  method: "post",
  path: "/v1/subscriptions/{id}/events/{event_id}/void",
  operationId: "voidSubscriptionEvent",
  tags: ["Usage"],
  summary: "Take an event back",
  description:
    "The event leaves all totals, also those of a period that was billed: the difference is a line of the next invoice. Its id stays used: sent again, it is a " +
    "duplicate and is not counted. Voiding it twice does nothing more. A customer's token may not do this.",
  ...businessWrites("events:write"),
  request: { params: EventParams, ...body(VoidInput, false) },
  responses: { 200: json(EventHistorySchema, "The event as it stands."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const { id, event_id: eventId } = c.req.valid("param")
    const { reason } = c.req.valid("json")
    const told = historyToApi(id)
    const voided = await voidEvent(c.get("scope"), id, eventId, reason ?? null, reply(200, told))
    return c.json(told(unwrap(voided)), 200)
  })
}
