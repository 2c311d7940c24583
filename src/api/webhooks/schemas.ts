// Webhook endpoints, events and deliveries on the wire.

import { z } from "@hono/zod-openapi"
import type { CreatedWebhook } from "../../actions/create-webhook.ts"
import type { WebhookDeliveryRow, WebhookEndpointRow, WebhookEventRow } from "../../db/rows.ts"
import { EVENT_TYPES, EVERYTHING, eventTypes } from "../../domain/webhook-events.ts"
import type { Attempt } from "../../domain/webhook.ts"
import { DELIVERY_STATUSES, ENDPOINT_STATUSES } from "../../domain/webhook.ts"
import { limits } from "../../limits.ts"
import { Text, timestamp, TimestampText } from "../shared/fields.ts"

const catalog = eventTypes.map((type) => `* \`${type}\`: ${EVENT_TYPES[type]}`).join("\n")

const EventTypeSchema = z
  .enum(eventTypes)
  .openapi({ description: `What happened.\n\n${catalog}`, example: "invoice.finalized" })

const EventFilterSchema = z.enum([EVERYTHING, ...eventTypes]).openapi({ example: "invoice.finalized" })

const Events = z
  .array(EventFilterSchema)
  .min(1)
  .max(eventTypes.length + 1)
  .openapi({
    description: `The types that are sent, or \`*\` for all of them.\n\n${catalog}`,
    example: ["invoice.finalized", "payment.failed"],
  })

const Url = z.string().min(1).max(limits.webhookUrlLength).openapi({
  description:
    "https, on the public internet, without credentials. Local development also takes http and private addresses.",
  example: "https://example.com/webhooks/billing",
})

const Description = Text.nullable().optional().openapi({ example: "Production" })

export const WebhookInput = z
  .strictObject({ url: Url, events: Events, description: Description })
  .openapi("WebhookInput")

export const WebhookUpdate = z
  .strictObject({
    url: Url.optional(),
    events: Events.optional(),
    description: Description,
    status: z.enum(ENDPOINT_STATUSES).optional().openapi({
      description:
        "`Disabled`: nothing is sent. `Enabled`: it is sent again, beginning with what it has missed, as far as that is kept.",
      example: "Enabled",
    }),
  })
  .openapi("WebhookUpdate")

const fields = {
  id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000e" }),
  url: z.string().openapi({ example: "https://example.com/webhooks/billing" }),
  events: z.array(EventFilterSchema),
  description: z.string().nullable().openapi({ example: "Production" }),
  status: z.enum(ENDPOINT_STATUSES).openapi({ example: "Enabled" }),
  disabled_reason: z
    .string()
    .nullable()
    .openapi({ description: "Why it was disabled, if not by you.", example: null }),
  failing_since: TimestampText.nullable().openapi({
    description: "Since when no delivery arrived. After three days of it the endpoint is disabled.",
    example: null,
  }),
  previous_secret_until: TimestampText.nullable().openapi({
    description: "Until when the secret before the present one is signed with too.",
    example: null,
  }),
  created_at: TimestampText,
}

export const WebhookSchema = z.object(fields).openapi("Webhook")

export const CreatedWebhookSchema = z
  .object({
    ...fields,
    secret: z.string().openapi({
      description: "What deliveries are signed with. It is told only here.",
      example: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    }),
  })
  .openapi("CreatedWebhook")

const DataSchema = z.looseObject({}).openapi({
  description:
    "What the event is of, as the API showed it when the event was first sent or listed: an invoice with its lines, a subscription, a customer …",
  example: { id: "01944b1f-0000-7000-8000-000000000004", status: "Open" },
})

export const WebhookEventSchema = z
  .object({
    id: z.string().openapi({
      description: "The same in every delivery of the event: whoever has seen it ignores it.",
      example: "01944b1f-0000-7000-8000-00000000000f",
    }),
    type: EventTypeSchema,
    created_at: TimestampText,
    sequence: z.int().openapi({
      description: "Counts your events, without a gap, in the order in which they happened.",
      example: 42,
    }),
    subscription_id: z.string().nullable().openapi({ example: "01944b1f-0000-7000-8000-000000000003" }),
    subscription_sequence: z.int().nullable().openapi({
      description: "Counts the events of the subscription in the same way.",
      example: 7,
    }),
    data: DataSchema,
  })
  .openapi("WebhookEvent")

const AttemptSchema = z.object({
  attempted_at: TimestampText,
  url: z.string().openapi({ example: "https://example.com/webhooks/billing" }),
  response_status: z.int().nullable().openapi({ description: "Null without an answer.", example: 200 }),
  response_body: z.string().nullable().openapi({ description: "Its beginning.", example: "ok" }),
  duration_ms: z.int().openapi({ example: 84 }),
  error: z.string().nullable().openapi({ description: "Why it does not count as delivered.", example: null }),
})

export const DeliverySchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000010" }),
    webhook_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000e" }),
    event_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000f" }),
    event_type: z.enum(eventTypes).nullable().openapi({
      description: "Null when the event is no longer kept.",
      example: "invoice.finalized",
    }),
    sequence: z.int().openapi({ example: 42 }),
    status: z.enum(DELIVERY_STATUSES).openapi({
      description: "`Failed`: it was tried for three days, or the event is no longer kept.",
      example: "Delivered",
    }),
    attempts: z.int().openapi({ description: "Tries so far.", example: 1 }),
    next_attempt_at: TimestampText.nullable().openapi({
      description:
        "When it may be tried next. It also waits for earlier events of its subscription, and for an endpoint that is broken.",
      example: null,
    }),
    done_at: TimestampText.nullable(),
    created_at: TimestampText,
    body: z.string().nullable().openapi({
      description: "What each try sent; null before the first one, and when the event is no longer kept.",
      example: '{"id":"01944b1f-0000-7000-8000-00000000000f","type":"invoice.finalized"}',
    }),
    log: z.array(AttemptSchema).openapi({ description: "The last tries, oldest first." }),
  })
  .openapi("WebhookDelivery")

export function webhookToApi(row: WebhookEndpointRow): z.infer<typeof WebhookSchema> {
  return {
    id: row.id,
    url: row.url,
    events: [...row.events],
    description: row.description,
    status: row.status,
    disabled_reason: row.disabledReason,
    failing_since: timestamp(row.failingSince),
    previous_secret_until: timestamp(row.previousUntil),
    created_at: timestamp(row.createdAt),
  }
}

export function createdWebhookToApi({ endpoint, secret }: CreatedWebhook) {
  return { ...webhookToApi(endpoint), secret }
}

export function deliveryToApi(
  row: WebhookDeliveryRow,
  event: WebhookEventRow | null,
): z.infer<typeof DeliverySchema> {
  return {
    id: row.id,
    webhook_id: row.endpointId,
    event_id: row.eventId,
    event_type: event?.type ?? null,
    sequence: row.sequence,
    status: row.status,
    attempts: row.attempts,
    next_attempt_at: row.status === "Pending" ? timestamp(row.nextAttemptAt) : null,
    done_at: timestamp(row.doneAt),
    created_at: timestamp(row.createdAt),
    body: event?.body ?? null,
    log: row.log.map(attemptToApi),
  }
}

function attemptToApi(attempt: Attempt): z.infer<typeof AttemptSchema> {
  return {
    attempted_at: timestamp(attempt.at),
    url: attempt.url,
    response_status: attempt.responseStatus,
    response_body: attempt.responseBody,
    duration_ms: attempt.durationMs,
    error: attempt.error,
  }
}
