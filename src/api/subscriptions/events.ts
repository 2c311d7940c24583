// GET /v1/subscriptions/{id}/events

import { createRoute, z } from "@hono/zod-openapi"
import type { StoredEvent } from "../../actions/read-events.ts"
import { readEvents } from "../../actions/read-events.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { reads } from "../shared/access.ts"
import { IdParam, json, linkNext, problems, unwrap } from "../shared/door.ts"
import { timestamp, TimestampText } from "../shared/fields.ts"

export const StoredEventSchema = z
  .object({
    id: z.string().openapi({
      description: "The id that counts it once; of a CloudEvent `source#id`.",
      example: "evt-acme-2026-02-28-001",
    }),
    event_type: z.string().openapi({ example: "api.request" }),
    customer_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    subscription_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000003" }),
    timestamp: TimestampText.openapi({ example: "2026-02-28T12:34:56Z" }),
    received_at: TimestampText.openapi({ example: "2026-02-28T12:34:57Z" }),
    billable: z.boolean().openapi({ example: true }),
    status: z.enum(["Recorded", "Amended", "Voided"]).openapi({
      description: "`Recorded`: as it came. `Amended`: told as it was amended last. `Voided`: taken back.",
      example: "Recorded",
    }),
    properties: z
      .record(z.string(), z.unknown())
      .openapi({ type: "object", additionalProperties: true, example: { model: "gpt-4", tokens: 1500 } }),
  })
  .openapi("StoredEvent")

/** Events are paged by their number. */
export const EventPageQuery = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(limits.pageSizeMax)
    .default(limits.pageSize)
    .openapi({ description: "Rows of a page.", example: 50 }),
  cursor: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .openapi({ description: "Where the page starts: from the `Link` header of the page before." }),
})

const route = createRoute({
  method: "get",
  path: "/v1/subscriptions/{id}/events",
  operationId: "listSubscriptionEvents",
  tags: ["Usage"],
  summary: "List the raw events",
  description: "As they stand, the newest first.",
  ...reads("metering:read"),
  request: {
    params: IdParam,
    query: EventPageQuery.extend({
      event_type: z.string().optional().openapi({ example: "api.request" }),
    }),
  },
  responses: { 200: json(z.array(StoredEventSchema), "A page of events."), ...problems(404, 422) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const id = c.req.valid("param").id
    const { limit, cursor, event_type: eventType } = c.req.valid("query")
    const page = { limit, before: cursor ?? null, eventType: eventType ?? null }
    const { events, next } = unwrap(await readEvents(c.get("scope"), id, page))
    linkNext(c, next)
    return c.json(
      events.map((event) => eventToApi(id, event)),
      200,
    )
  })
}

export function eventToApi(subscriptionId: string, event: StoredEvent): z.infer<typeof StoredEventSchema> {
  return {
    id: event.id,
    event_type: event.eventType,
    customer_id: event.customerId,
    subscription_id: subscriptionId,
    timestamp: timestamp(event.timestamp),
    received_at: timestamp(event.receivedAt),
    billable: event.billable,
    status: event.status ?? "Recorded",
    properties: event.properties,
  }
}
