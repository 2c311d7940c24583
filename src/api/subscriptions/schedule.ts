// GET /v1/subscriptions/{id}/schedule

import { createRoute, z } from "@hono/zod-openapi"
import { findSubscription } from "../../actions/find.ts"
import { scheduleFrom } from "../../domain/close.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { reads } from "../shared/access.ts"
import { IdParam, json, problems, unwrap } from "../shared/door.ts"
import { PeriodSchema, periodToApi } from "./schemas.ts"

const route = createRoute({
  method: "get",
  path: "/v1/subscriptions/{id}/schedule",
  operationId: "getSubscriptionSchedule",
  tags: ["Subscriptions"],
  summary: "List the periods to come",
  description:
    "The running period and those that follow, in order, up to the end of a subscription that is to be cancelled.",
  ...reads("subscriptions:read"),
  request: {
    params: IdParam,
    query: z.object({
      count: z.coerce
        .number()
        .int()
        .min(1)
        .max(limits.scheduleCount)
        .default(12)
        .openapi({ description: "How many periods.", example: 12 }),
    }),
  },
  responses: {
    200: json(z.array(PeriodSchema), "The periods, half-open: `[period_start, period_end)`."),
    ...problems(404, 422),
  },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const row = unwrap(await findSubscription(c.get("scope"), c.req.valid("param").id))
    return c.json(scheduleFrom(row, c.req.valid("query").count).map(periodToApi), 200)
  })
}
