// How an event and its history look on the wire, and the path by which one event is named.

import { z } from "@hono/zod-openapi"
import type { EventChange, EventHistory } from "../../actions/correct-event.ts"
import { limits } from "../../limits.ts"
import { IdParam } from "../shared/door.ts"
import { Text, timestamp, TimestampText } from "../shared/fields.ts"
import { eventToApi, StoredEventSchema } from "./events.ts"

export const EventParams = IdParam.extend({
  event_id: z.string().openapi({
    param: { name: "event_id", in: "path" },
    description: "The id that the event was sent with, percent-encoded; of a CloudEvent `source#id`.",
    example: "evt-acme-2026-02-28-001",
  }),
})

export const Reason = Text.min(1)
  .optional()
  .openapi({ description: "Kept in the history of the event.", example: "Sent twice by a retry" })

const HistoryEntry = z
  .object({
    change: z.enum(["Recorded", "Amended", "Voided"]).openapi({ example: "Recorded" }),
    at: TimestampText.openapi({ example: "2026-02-28T12:34:57Z" }),
    timestamp: TimestampText.optional().openapi({
      description: "As the event was from then on, and so `properties`; neither is there when it was voided.",
      example: "2026-02-28T12:34:56Z",
    }),
    properties: z
      .record(z.string(), z.unknown())
      .optional()
      .openapi({ type: "object", additionalProperties: true, example: { model: "gpt-4", tokens: 1500 } }),
    reason: z.string().nullable().openapi({ example: null }),
  })
  .openapi("EventChange")

export const EventHistorySchema = StoredEventSchema.extend({
  history: z.array(HistoryEntry).openapi({
    description: `How the event came, then each correction, oldest first. An event is corrected at most ${limits.eventCorrections} times.`,
  }),
}).openapi("EventHistory")

export function historyToApi(subscriptionId: string) {
  return ({ event, history }: EventHistory): z.infer<typeof EventHistorySchema> => ({
    ...eventToApi(subscriptionId, event),
    history: history.map(changeToApi),
  })
}

function changeToApi({ kind, at, content, reason }: EventChange): z.infer<typeof HistoryEntry> {
  return {
    change: kind,
    at: timestamp(at),
    ...(content === null
      ? {}
      : { timestamp: timestamp(content.timestamp), properties: { ...content.properties } }),
    reason,
  }
}
