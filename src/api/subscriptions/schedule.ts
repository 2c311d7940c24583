// GET /v1/subscriptions/{id}/schedule

import { createRoute, z } from "@hono/zod-openapi"
import { findSubscription } from "../../actions/find.ts"
import type { Period } from "../../domain/period.ts"
import { periodsFrom } from "../../domain/period.ts"
import { lastInstant } from "../../domain/subscription.ts"
import { formatLocal } from "../../domain/time.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { reads } from "../shared/access.ts"
import { IdParam, json, problems, unwrap } from "../shared/door.ts"
import { timestamp, TimestampText } from "../shared/fields.ts"

const PeriodSchema = z
  .object({
    index: z.int().openapi({ description: "Counts the periods from 0.", example: 0 }),
    period_start: TimestampText,
    period_end: TimestampText.openapi({ example: "2026-03-28T00:00:00Z" }),
    local_start: TimestampText.openapi({
      description: "In the time zone of the subscription, with its offset.",
      example: "2026-02-28T00:00:00+00:00",
    }),
    local_end: TimestampText.openapi({ example: "2026-03-28T00:00:00+00:00" }),
    is_stub: z.boolean().openapi({
      description: "Whether it is a part of a period: fees are then charged by its share of that.",
      example: false,
    }),
  })
  .openapi("Period")

const ScheduleQuery = z.object({
  count: z.coerce
    .number()
    .int()
    .min(1)
    .max(limits.scheduleCount)
    .default(12)
    .openapi({ description: "How many periods.", example: 12 }),
  from_index: z.coerce.number().int().min(0).max(limits.scheduleIndex).optional().openapi({
    description: "The first period of the list; 0 is the first of all. The one that runs by default.",
    example: 0,
  }),
})

const route = createRoute({
  method: "get",
  path: "/v1/subscriptions/{id}/schedule",
  operationId: "getSubscriptionSchedule",
  tags: ["Subscriptions"],
  summary: "List the periods to come",
  description:
    "The running period and those that follow, in order, up to the end of a subscription that has one. Of a start in the past the first is the one that is closed next; " +
    "with `from_index` the list also has what is over.",
  ...reads("subscriptions:read"),
  request: { params: IdParam, query: ScheduleQuery },
  responses: {
    200: json(z.array(PeriodSchema), "The periods, half-open: `[period_start, period_end)`."),
    ...problems(404, 422),
  },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const row = unwrap(await findSubscription(c.get("scope"), c.req.valid("param").id))
    const { count, from_index: from = row.periodIndex } = c.req.valid("query")
    const periods = periodsFrom(row.schedule, from, count, lastInstant(row))
    return c.json(periods.map(periodToApi(row.schedule.timeZone)), 200)
  })
}

const periodToApi =
  (timeZone: string) =>
  (period: Period): z.infer<typeof PeriodSchema> => ({
    index: period.index,
    period_start: timestamp(period.start),
    period_end: timestamp(period.end),
    local_start: formatLocal(period.start, timeZone),
    local_end: formatLocal(period.end, timeZone),
    is_stub: period.whole !== undefined,
  })
