// How dunning and its settings look on the wire.

import { z } from "@hono/zod-openapi"
import type { DunningRow, PaymentRow } from "../../db/rows.ts"
import type { DunningSettings } from "../../domain/dunning.ts"
import { DUNNING_STATUSES, FINAL_ACTIONS, STEP_RESULTS } from "../../domain/dunning.ts"
import { limits } from "../../limits.ts"
import { timestamp, TimestampText } from "../shared/fields.ts"
import { PaymentSchema, paymentToApi } from "./schemas.ts"

export const DunningSettingsSchema = z
  .strictObject({
    schedule_days: z
      .array(z.int().min(1).max(limits.dunningDays))
      .max(limits.dunningSteps)
      .refine((days) => days.every((day, at) => at === 0 || day > (days[at - 1] ?? 0)), {
        error: "expected days in ascending order, each once",
      })
      .openapi({
        description: "When a failed payment is tried again: days from the first failure.",
        example: [3, 7, 14, 21],
      }),
    final_action: z.enum(FINAL_ACTIONS).openapi({
      description:
        "What becomes of the subscriptions of an invoice whose last try failed. `None` leaves them PastDue. A later payment resumes those that were paused.",
      example: "Pause",
    }),
  })
  .openapi("DunningSettings", {
    description: "What happens when a payment fails. A dunning keeps the settings that it began with.",
  })

type SettingsFields = z.infer<typeof DunningSettingsSchema>

export function dunningSettingsFrom(fields: SettingsFields): DunningSettings {
  return { scheduleDays: fields.schedule_days, finalAction: fields.final_action }
}

export function dunningSettingsToApi({ scheduleDays, finalAction }: DunningSettings): SettingsFields {
  return { schedule_days: [...scheduleDays], final_action: finalAction }
}

export const DunningSchema = z
  .object({
    id: z.string().openapi({ example: "01944b1f-0000-7000-8000-00000000000d" }),
    invoice_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000004" }),
    customer_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-000000000001" }),
    status: z.enum(DUNNING_STATUSES).openapi({
      description:
        "Active: tries are to come. Resolved: the invoice is paid, or no longer owed. Exhausted: the last try failed.",
      example: "Active",
    }),
    failed_at: TimestampText.openapi({ description: "The first failure, from which all days count." }),
    attempt_count: z.int().openapi({
      description:
        "Steps of the schedule that were taken. Tries beside it, by hand or with a new default method, are none: they are in `payments`.",
      example: 1,
    }),
    next_attempt_at: TimestampText.nullable(),
    ended_at: TimestampText.nullable(),
    settings: DunningSettingsSchema,
    steps: z
      .array(
        z.object({
          at: TimestampText,
          result: z.enum(STEP_RESULTS).openapi({
            description:
              "Succeeded: it has paid the invoice. Failed: it was tried in vain. Skipped: there was no method, or one that was declined for good. Waiting: an earlier payment had no end yet.",
            example: "Failed",
          }),
          payment_id: z.string().nullable().openapi({ example: "01944b1f-0000-7000-8000-00000000000c" }),
        }),
      )
      .openapi({ description: "The steps of the schedule that were taken, in order." }),
    payments: z.array(PaymentSchema).openapi({
      description:
        "The newest 100 payments of the invoice, those beside the schedule among them, newest first. All of them are in the list of payments.",
    }),
  })
  .openapi("Dunning")

export type DunningView = { readonly dunning: DunningRow; readonly payments: readonly PaymentRow[] }

export function dunningToApi({ dunning, payments }: DunningView): z.infer<typeof DunningSchema> {
  return {
    id: dunning.id,
    invoice_id: dunning.invoiceId,
    customer_id: dunning.customerId,
    status: dunning.status,
    failed_at: timestamp(dunning.failedAt),
    attempt_count: dunning.steps.length,
    next_attempt_at: timestamp(dunning.nextAttemptAt),
    ended_at: timestamp(dunning.endedAt),
    settings: dunningSettingsToApi(dunning.settings),
    steps: dunning.steps.map(({ at, result, paymentId }) => ({
      at: timestamp(at),
      result,
      payment_id: paymentId,
    })),
    payments: payments.map(paymentToApi),
  }
}
