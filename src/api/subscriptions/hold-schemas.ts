// Holds on the wire.

import { z } from "@hono/zod-openapi"
import type { Captured } from "../../actions/capture-hold.ts"
import type { Held, HeldAmount } from "../../actions/place-hold.ts"
import { limits } from "../../limits.ts"
import { EventSchema, LimitRemaining } from "../events/schemas.ts"
import { IdParam } from "../shared/door.ts"
import { AmountNanos, timestamp, TimestampText } from "../shared/fields.ts"

export const HoldParams = IdParam.extend({
  hold_id: z.string().openapi({
    param: { name: "hold_id", in: "path" },
    example: "01944b1f-0000-7000-8000-00000000000d",
  }),
})

const Events = z.array(EventSchema).min(1).max(limits.holdEvents)

export const HoldInput = z
  .strictObject({
    amount_nanos: z
      .string()
      .regex(/^[1-9]\d{0,24}$/, {
        error: "expected a whole number above zero at scale 12 of at most 25 digits, as a string",
      })
      .optional()
      .openapi({ description: "How much is set aside. Either this or `events`.", example: "5000000000000" }),
    events: Events.optional().openapi({
      description:
        "What the work will probably be charged as, in the running period: what these events would cost now is set aside. They are not recorded, and their ids stay free. Any `subscription_id` in them is this one.",
    }),
    ttl: z
      .int()
      .min(1)
      .max(limits.holdMaxMs / 1_000)
      .default(limits.holdMs / 1_000)
      .openapi({
        description:
          "Seconds, by real time also for test tenants: so long it is set aside unless it is captured or released before.",
        example: 900,
      }),
  })
  .refine(({ amount_nanos: amount, events }) => (amount === undefined) !== (events === undefined), {
    path: ["amount_nanos"],
    error: "expected either an amount_nanos or events",
  })
  .openapi("HoldInput", { example: { amount_nanos: "5000000000000", ttl: 900 } })

export const CaptureInput = z
  .strictObject({
    events: Events.openapi({ description: "What is charged. All of them are recorded, or none." }),
    keep_rest: z.boolean().default(false).openapi({
      description:
        "What the events leave of the hold stays set aside until the hold is over; otherwise it comes free.",
      example: false,
    }),
  })
  .openapi("HoldCapture")

export const HoldSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000d" }),
    subscription_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000003" }),
    amount_nanos: AmountNanos.openapi({ example: "5000000000000" }),
    status: z.enum(["Held", "Released"]).openapi({ example: "Held" }),
    period_start: TimestampText.openapi({
      description: "It is set aside in this period of the subscription.",
    }),
    period_end: TimestampText.openapi({ example: "2026-03-28T00:00:00Z" }),
    created_at: TimestampText,
    expires_at: TimestampText.openapi({ example: "2026-02-28T00:15:00Z" }),
  })
  .openapi("Hold")

export const PlacedHold = HoldSchema.extend({ limit_remaining_nanos: LimitRemaining }).openapi("PlacedHold")

export const CaptureAnswer = z
  .object({
    captured: z.literal(true).openapi({ type: "boolean", example: true }),
    results: z
      .array(
        z.object({
          event_id: z.string().openapi({ example: "evt-acme-2026-02-28-001" }),
          duplicate: z
            .boolean()
            .openapi({ description: "It had been accepted before and is counted once.", example: false }),
          billable: z.boolean().openapi({ example: true }),
        }),
      )
      .openapi({ description: "One result per event, in order." }),
    hold: z.object(HoldSchema.shape).nullable().openapi({
      description: "What stays set aside; null when the hold was given up.",
    }),
    limit_remaining_nanos: LimitRemaining,
  })
  .openapi("HoldCaptured")

export function holdToApi(
  subscriptionId: string,
  hold: HeldAmount,
  status: "Held" | "Released" = "Held",
): z.infer<typeof HoldSchema> {
  return {
    id: hold.id,
    subscription_id: subscriptionId,
    amount_nanos: hold.amount,
    status,
    period_start: timestamp(hold.periodStart),
    period_end: timestamp(hold.periodEnd),
    created_at: timestamp(hold.createdAt),
    expires_at: timestamp(hold.expiresAt),
  }
}

export function placedToApi(subscriptionId: string, { hold, leftNanos }: Held): z.infer<typeof PlacedHold> {
  return { ...holdToApi(subscriptionId, hold), ...leftToApi(leftNanos) }
}

/** `ids`: those of the events, in order. */
export function captureToApi(
  subscriptionId: string,
  ids: readonly string[],
  { results, rest, leftNanos }: Captured,
): z.infer<typeof CaptureAnswer> {
  return {
    captured: true,
    results: results.flatMap((result, at) => {
      const { accepted } = result
      return accepted
        ? [{ event_id: ids[at] ?? "", duplicate: result.duplicate, billable: result.billable }]
        : []
    }),
    hold: rest === null ? null : holdToApi(subscriptionId, rest),
    ...leftToApi(leftNanos),
  }
}

function leftToApi(leftNanos: string | null): { limit_remaining_nanos?: string } {
  return leftNanos === null ? {} : { limit_remaining_nanos: leftNanos }
}
