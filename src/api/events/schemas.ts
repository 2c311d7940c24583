// How usage events look on the wire: our own shape, and CloudEvents 1.0.

import { z } from "@hono/zod-openapi"
import type { UsageEvent } from "../../actions/record-usage.ts"
import { limits } from "../../limits.ts"
import { Id, Timestamp } from "../shared/fields.ts"

const EventId = z.string().min(1).max(limits.eventIdLength)
const EventType = z.string().min(1).max(limits.eventTypeLength)

export const Properties = z
  .record(z.string().max(limits.propertyNameLength), z.unknown())
  .refine((properties) => Object.keys(properties).length <= limits.eventProperties, {
    error: `expected at most ${limits.eventProperties} properties`,
  })
  .refine((properties) => isShallow(properties, limits.eventDepth), {
    error: `expected at most ${limits.eventDepth} levels of nesting`,
  })
  .openapi({
    type: "object",
    additionalProperties: true,
    description: "What was used. A meter that sums a property takes a number or a decimal as text.",
    example: { model: "gpt-4", tokens: 1500, region: "us-east-1" },
  })

export const EventSchema = z
  .strictObject({
    id: EventId.openapi({
      description: "Your id of the event; it is counted once for the life of the subscription.",
      example: "evt-acme-2026-02-28-001",
    }),
    event_type: EventType.openapi({ example: "api.request" }),
    customer_id: Id("customer").optional(),
    subscription_id: Id("subscription").optional().openapi({
      description:
        "Without it the event goes to each running subscription of the customer that meters its type.",
      example: "01944b1f-0000-7000-8000-000000000003",
    }),
    timestamp: Timestamp.openapi({
      type: "string",
      format: "date-time",
      description: "When it happened: it decides the period. At most five minutes ahead.",
      example: "2026-02-28T12:34:56Z",
    }),
    properties: Properties.optional(),
  })
  .openapi("Event")

export const CloudEventSchema = z
  .looseObject({
    specversion: z.literal("1.0").openapi({ example: "1.0" }),
    id: EventId.openapi({ description: "With `source` the key of the event.", example: "A234-1234-1234" }),
    source: z.string().min(1).max(limits.eventIdLength).openapi({ example: "/gateway/eu-1" }),
    type: EventType.openapi({ description: "The event type.", example: "api.request" }),
    time: Timestamp.openapi({ type: "string", format: "date-time", example: "2026-02-28T12:34:56Z" }),
    subject: z.string().optional().openapi({
      description: "The customer id, unless `customerid` gives it.",
      example: "01944b1f-0000-7000-8000-000000000001",
    }),
    customerid: Id("customer").optional(),
    subscriptionid: Id("subscription")
      .optional()
      .openapi({ example: "01944b1f-0000-7000-8000-000000000003" }),
    data: Properties.optional(),
  })
  .openapi("CloudEvent")

export const LimitRemaining = z.string().optional().openapi({
  description:
    "What is left of the customer's lowest hard limit, as far as this subscription knows. Absent where there is none.",
  example: "48500000000000",
})

export const EventAnswer = z
  .object({
    accepted: z.literal(true).openapi({ type: "boolean", example: true }),
    event_id: z.string().openapi({ example: "evt-acme-2026-02-28-001" }),
    duplicate: z
      .boolean()
      .openapi({ description: "It had been accepted before and is counted once.", example: false }),
    billable: z.boolean().openapi({
      description:
        "False: no meter counts it, or it lies before the subscription's start. Of a duplicate: as the event stands now, after its corrections.",
      example: true,
    }),
    limit_remaining_nanos: LimitRemaining,
  })
  .openapi("EventAccepted")

export const BatchAnswer = z
  .object({
    accepted: z.int().openapi({ description: "Events that were new.", example: 1 }),
    duplicates: z.int().openapi({ example: 0 }),
    rejected: z.int().openapi({ example: 0 }),
    results: z.array(
      z.object({
        event_id: z.string().nullable().openapi({ example: "evt-acme-2026-02-28-001" }),
        status: z.enum(["Accepted", "Duplicate", "Rejected"]).openapi({ example: "Accepted" }),
        billable: z.boolean().optional().openapi({ example: true }),
        limit_remaining_nanos: LimitRemaining,
        code: z.string().optional().openapi({ description: "Why it was rejected." }),
        message: z.string().optional(),
      }),
    ),
  })
  .openapi("BatchResult", {
    description: "One result per event, in order.",
    example: {
      accepted: 1,
      duplicates: 0,
      rejected: 1,
      results: [
        { event_id: "evt-1", status: "Accepted", billable: true },
        {
          event_id: "evt-2",
          status: "Rejected",
          code: "timestamp_in_future",
          message: "The timestamp lies ahead.",
        },
      ],
    },
  })

export function eventFrom(input: z.output<typeof EventSchema>): UsageEvent {
  return {
    id: input.id,
    eventType: input.event_type,
    customerId: input.customer_id ?? null,
    subscriptionId: input.subscription_id ?? null,
    timestamp: input.timestamp,
    properties: input.properties ?? {},
  }
}

/** Two sources may use one id for two events: the key is both. */
export function cloudEventFrom(input: z.output<typeof CloudEventSchema>): UsageEvent {
  return {
    id: `${input.source}#${input.id}`,
    eventType: input.type,
    customerId: input.customerid ?? input.subject ?? null,
    subscriptionId: input.subscriptionid ?? null,
    timestamp: input.time,
    properties: input.data ?? {},
  }
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null) return true
  return levels > 0 && Object.values(value).every((inner) => isShallow(inner, levels - 1))
}
