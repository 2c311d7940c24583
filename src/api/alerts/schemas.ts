// Spend alerts on the wire.

import { z } from "@hono/zod-openapi"
import type { NewAlert } from "../../actions/create-alert.ts"
import type { AlertRow } from "../../db/rows.ts"
import { ALERT_TYPES } from "../../domain/alert.ts"
import { AmountNanos, PositiveNanos, timestamp, TimestampText } from "../shared/fields.ts"

const AlertTypeSchema = z.enum(ALERT_TYPES).openapi({
  description:
    "`SoftLimit`: crossing it is told once, and usage goes on. `HardLimit`: the event that would cross it is refused.",
  example: "HardLimit",
})

/** As a price, but a threshold of nothing would be no threshold. */
const ThresholdNanos = PositiveNanos.openapi({
  description: "What may be spent. A spend that equals it is within; one that is higher crosses it.",
  example: "125000000000000",
})

export const AlertInput = z
  .strictObject({ alert_type: AlertTypeSchema, threshold_nanos: ThresholdNanos })
  .openapi("AlertInput")

export const AlertSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000c" }),
    customer_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    alert_type: AlertTypeSchema,
    threshold_nanos: AmountNanos.openapi({ example: "125000000000000" }),
    triggered_at: TimestampText.nullable().openapi({
      description:
        "When it was last crossed, or last began to refuse; null if it was not since it was reset.",
      example: null,
    }),
    times_triggered: z.int().openapi({ example: 0 }),
    reset_at: TimestampText.nullable().openapi({
      description: "From when on it counts anew.",
      example: null,
    }),
    created_at: TimestampText,
  })
  .openapi("Alert")

export function alertFrom(input: z.infer<typeof AlertInput>): NewAlert {
  return { alertType: input.alert_type, thresholdNanos: input.threshold_nanos }
}

export function alertToApi(row: AlertRow): z.infer<typeof AlertSchema> {
  return {
    id: row.id,
    customer_id: row.customerId,
    alert_type: row.alertType,
    threshold_nanos: row.thresholdNanos,
    triggered_at: timestamp(row.triggeredAt),
    times_triggered: row.timesTriggered,
    reset_at: timestamp(row.resetAt),
    created_at: timestamp(row.createdAt),
  }
}
