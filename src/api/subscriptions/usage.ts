// GET /v1/subscriptions/{id}/usage: the running period's usage, and with a window, usage along time.

import { createRoute, z } from "@hono/zod-openapi"
import { readSeries } from "../../actions/read-series.ts"
import { readUsage } from "../../actions/read-usage.ts"
import { CHART_WINDOWS } from "../../domain/chart-windows.ts"
import { limits } from "../../limits.ts"
import type { Api } from "../app.ts"
import { reads } from "../shared/access.ts"
import { IdParam, json, problems, unwrap } from "../shared/door.ts"
import { Timestamp } from "../shared/fields.ts"
import { Problem } from "../shared/problems.ts"
import { seriesToApi, UsageSchema, usageToApi } from "./schemas.ts"

const SeriesQuery = z.object({
  window: z
    .enum(CHART_WINDOWS)
    .optional()
    .openapi({ description: "Asks for a series too: a point for each hour or day.", example: "Day" }),
  from: Timestamp.optional().openapi({
    type: "string",
    format: "date-time",
    description: "Only with a window. The start of the running period by default.",
  }),
  to: Timestamp.optional().openapi({
    type: "string",
    format: "date-time",
    description: "Only with a window; the series ends before it. The end of the running period by default.",
  }),
})

const DESCRIPTION =
  "Strongly consistent: an accepted event is in the very next read. Where other prices begin within the period, each part of it is counted and priced by itself, and " +
  "listed with its `service_start` and `service_end`; `amount_nanos` is that of all parts. With a `window` it has a series too: every hour or day of the subscription's time " +
  `zone that has some of [from, to), each one whole, at most ${limits.seriesPoints}. A day has 23 or 25 hours where the clock changes. Each value is what the events of the ` +
  "hour or day come to by the meter's aggregation, without regard to its window; of a WeightedSum it is what the level changed by."

const route = createRoute({
  method: "get",
  path: "/v1/subscriptions/{id}/usage",
  operationId: "getSubscriptionUsage",
  tags: ["Usage"],
  summary: "Get the usage of the running period, and along time",
  description: DESCRIPTION,
  ...reads("metering:read"),
  request: { params: IdParam, query: SeriesQuery },
  responses: {
    200: json(
      UsageSchema,
      "Every meter of the subscription with its total, and with its points if asked for.",
    ),
    ...problems(404, 422),
  },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const scope = c.get("scope")
    const { id } = c.req.valid("param")
    const { window, from, to } = c.req.valid("query")
    if (window === undefined) {
      if (from !== undefined || to !== undefined) throw withoutWindow()
      return c.json(usageToApi(unwrap(await readUsage(scope, id))), 200)
    }
    const query = { window, from: from ?? null, to: to ?? null }
    const [series, usage] = await Promise.all([readSeries(scope, id, query), readUsage(scope, id)])
    return c.json({ series: unwrap(series).map(seriesToApi), ...usageToApi(unwrap(usage)) }, 200)
  })
}

function withoutWindow(): Problem {
  const message = "`from` and `to` are those of a series: say its window, Hour or Day."
  return new Problem("invalid_request", message, [{ path: "window", message }])
}
