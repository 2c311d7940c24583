// GET /v1/subscriptions/{id}/usage

import { createRoute } from "@hono/zod-openapi"
import { readUsage } from "../../actions/read-usage.ts"
import type { Api } from "../app.ts"
import { reads } from "../shared/access.ts"
import { IdParam, json, problems, unwrap } from "../shared/door.ts"
import { UsageSchema, usageToApi } from "./schemas.ts"

const route = createRoute({
  method: "get",
  path: "/v1/subscriptions/{id}/usage",
  operationId: "getSubscriptionUsage",
  tags: ["Usage"],
  summary: "Get the usage of the running period",
  description: "Strongly consistent: an accepted event is in the very next read.",
  ...reads("metering:read"),
  request: { params: IdParam },
  responses: { 200: json(UsageSchema, "Every meter of the subscription with its total."), ...problems(404) },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const usage = unwrap(await readUsage(c.get("scope"), c.req.valid("param").id))
    return c.json(usageToApi(usage), 200)
  })
}
