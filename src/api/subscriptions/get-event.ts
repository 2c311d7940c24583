// GET /v1/subscriptions/{id}/events/{event_id}

import { createRoute } from "@hono/zod-openapi"
import { readEvent } from "../../actions/read-event.ts"
import type { Api } from "../app.ts"
import { reads } from "../shared/access.ts"
import { json, problems, unwrap } from "../shared/door.ts"
import { EventHistorySchema, EventParams, historyToApi } from "./event-history.ts"

const route = createRoute({
  method: "get",
  path: "/v1/subscriptions/{id}/events/{event_id}",
  operationId: "getSubscriptionEvent",
  tags: ["Usage"],
  summary: "Get one event with its history",
  description: "As it stands, and how it came to it.",
  ...reads("metering:read"),
  request: { params: EventParams },
  responses: { 200: json(EventHistorySchema, "The event."), ...problems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const { id, event_id: eventId } = c.req.valid("param")
    return c.json(historyToApi(id)(unwrap(await readEvent(c.get("scope"), id, eventId))), 200)
  })
}
