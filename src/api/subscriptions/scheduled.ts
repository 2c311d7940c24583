// GET /v1/subscriptions/{id}/scheduled-changes, DELETE …/{change_id}, GET /v1/subscriptions/{id}/upcoming-invoice

import { createRoute, z } from "@hono/zod-openapi"
import { findSubscription, findSubscriptionTerms } from "../../actions/find.ts"
import { upcomingInvoice } from "../../actions/follow-up.ts"
import type { Scheduled } from "../../actions/scheduled-changes.ts"
import { scheduledOf, withdrawChange } from "../../actions/scheduled-changes.ts"
import type { Api } from "../app.ts"
import { InvoiceSchema, invoiceToApi } from "../invoices/schemas.ts"
import { reads, writes } from "../shared/access.ts"
import { IdParam, json, problems, reply, unwrap, writeProblems } from "../shared/door.ts"
import { timestamp, TimestampText } from "../shared/fields.ts"
import { SubscriptionSchema, subscriptionToApi } from "./subscription-schemas.ts"

const ScheduledSchema = z
  .object({
    id: z.string().openapi({
      description: "Withdraws it; a cancellation's is `cancel`, a resumption's `resume`.",
      example: "01944b1f-0000-7000-8000-0000000000c1",
    }),
    kind: z.enum(["Change", "Cancel", "Resume"]).openapi({ example: "Change" }),
    effective_at: TimestampText,
    plan_id: z.string().nullable().openapi({
      description: "What it is sold under from then on; null where that does not change.",
      example: "01944b1f-0000-7000-8000-000000000002",
    }),
    plan_version: z.int().nullable().openapi({ example: 1 }),
    quantity: z.string().nullable().openapi({ example: "25" }),
    quantities: z.record(z.string(), z.string()).openapi({ example: {} }),
  })
  .openapi("ScheduledChange")

const listRoute = createRoute({
  method: "get",
  path: "/v1/subscriptions/{id}/scheduled-changes",
  operationId: "listScheduledChanges",
  tags: ["Subscriptions"],
  summary: "List what is scheduled",
  description: "Changes, a cancellation, a resumption that are still to come, in order of time.",
  ...reads("subscriptions:read"),
  request: { params: IdParam },
  responses: { 200: json(z.array(ScheduledSchema), "What is to come, all of it."), ...problems(404) },
})

const withdrawRoute = createRoute({
  method: "delete",
  path: "/v1/subscriptions/{id}/scheduled-changes/{change_id}",
  operationId: "withdrawScheduledChange",
  tags: ["Subscriptions"],
  summary: "Withdraw what is scheduled",
  description: "The subscription goes on as if it had never been scheduled.",
  ...writes("subscriptions:write"),
  request: {
    params: IdParam.extend({
      change_id: z.string().openapi({
        param: { name: "change_id", in: "path" },
        example: "01944b1f-0000-7000-8000-0000000000c1",
      }),
    }),
  },
  responses: { 200: json(SubscriptionSchema, "The subscription as it is now."), ...writeProblems(404) },
})

const upcomingRoute = createRoute({
  method: "get",
  path: "/v1/subscriptions/{id}/upcoming-invoice",
  operationId: "getUpcomingInvoice",
  tags: ["Subscriptions"],
  summary: "Preview the next invoice",
  description:
    "What the end of the running period will bill, with the usage until now: by the same code as the close, which stops before anything is stored. Its ids are of this answer only.",
  ...reads("subscriptions:read"),
  request: { params: IdParam },
  responses: { 200: json(InvoiceSchema, "The invoice as it would be."), ...problems(404, 409) },
})

export function register(api: Api): void {
  api.openapi(listRoute, async (c) => {
    const scope = c.get("scope")
    const row = unwrap(await findSubscription(scope, c.req.valid("param").id))
    return c.json(scheduledOf(row, scope.now).map(scheduledToApi), 200)
  })

  api.openapi(withdrawRoute, async (c) => {
    const { id, change_id: changeId } = c.req.valid("param")
    const row = unwrap(await withdrawChange(c.get("scope"), id, changeId, reply(200, subscriptionToApi)))
    return c.json(subscriptionToApi(row), 200)
  })

  api.openapi(upcomingRoute, async (c) => {
    const scope = c.get("scope")
    const terms = unwrap(await findSubscriptionTerms(scope, c.req.valid("param").id))
    return c.json(invoiceToApi(unwrap(await upcomingInvoice(scope, terms))), 200)
  })
}

function scheduledToApi(scheduled: Scheduled): z.infer<typeof ScheduledSchema> {
  const { id, kind, at } = scheduled
  const segment = scheduled.kind === "Change" ? scheduled.segment : null
  return {
    id,
    kind,
    effective_at: timestamp(at),
    plan_id: segment?.planId ?? null,
    plan_version: segment?.planVersion ?? null,
    quantity: segment?.quantities.all ?? null,
    quantities: { ...segment?.quantities.bySku },
  }
}
