// POST and GET /admin/v1/customers/{id}/alerts, DELETE …/alerts/{alert_id}, POST …/alerts/{alert_id}/reset

import { createRoute, z } from "@hono/zod-openapi"
import { createAlert } from "../../actions/create-alert.ts"
import { deleteAlert } from "../../actions/delete-alert.ts"
import { findCustomer } from "../../actions/find.ts"
import { resetAlert } from "../../actions/reset-alert.ts"
import type { Api } from "../app.ts"
import { reads, writes } from "../shared/access.ts"
import {
  body,
  IdParam,
  json,
  linkNext,
  pageFrom,
  PageQuery,
  problems,
  reply,
  replyNothing,
  unwrap,
  writeProblems,
} from "../shared/door.ts"
import { Empty } from "../shared/fields.ts"
import { AlertInput, alertFrom, AlertSchema, alertToApi } from "./schemas.ts"

const AlertParams = IdParam.extend({
  alert_id: z.string().openapi({
    param: { name: "alert_id", in: "path" },
    example: "01944b1f-0000-7000-8000-00000000000c",
  }),
})

const createAlertRoute = createRoute({
  method: "post",
  path: "/admin/v1/customers/{id}/alerts",
  operationId: "createAlert",
  tags: ["Alerts"],
  summary: "Create a spend alert",
  description:
    "Counts what the metered prices of the customer's subscriptions come to in the running period of each, and those of children that consolidate to it. Fees do not count. It holds from the answer on, also for what was spent before. At a HardLimit the event that would cross it is refused with 402 `spend_limit_reached`, and so is every later one until the alert is reset or the next period begins.",
  ...writes("customers:write"),
  request: { params: IdParam, ...body(AlertInput) },
  responses: { 201: json(AlertSchema, "The alert."), ...writeProblems(404) },
})

const listAlertsRoute = createRoute({
  method: "get",
  path: "/admin/v1/customers/{id}/alerts",
  operationId: "listAlerts",
  tags: ["Alerts"],
  summary: "List spend alerts",
  description: "The customer's alerts, newest first.",
  ...reads("customers:read"),
  request: { params: IdParam, query: PageQuery },
  responses: { 200: json(z.array(AlertSchema), "A page of alerts."), ...problems(404, 422) },
})

const resetAlertRoute = createRoute({
  method: "post",
  path: "/admin/v1/customers/{id}/alerts/{alert_id}/reset",
  operationId: "resetAlert",
  tags: ["Alerts"],
  summary: "Reset a spend alert",
  description:
    "The alert counts anew from here, as if nothing had been spent in the running periods. A HardLimit lets events pass again, a SoftLimit can be crossed once more.",
  ...writes("customers:write"),
  request: { params: AlertParams, ...body(Empty, false) },
  responses: { 200: json(AlertSchema, "The alert."), ...writeProblems(404) },
})

const deleteAlertRoute = createRoute({
  method: "delete",
  path: "/admin/v1/customers/{id}/alerts/{alert_id}",
  operationId: "deleteAlert",
  tags: ["Alerts"],
  summary: "Delete a spend alert",
  description: "It limits nothing any more. What it did stays in the audit trail.",
  ...writes("customers:write"),
  request: { params: AlertParams },
  responses: { 204: { description: "Deleted." }, ...problems(404, 409, 422) },
})

export function register(api: Api): void {
  api.openapi(createAlertRoute, async (c) => {
    const input = alertFrom(c.req.valid("json"))
    const { id } = c.req.valid("param")
    const row = unwrap(await createAlert(c.get("scope"), id, input, reply(201, alertToApi)))
    return c.json(alertToApi(row), 201)
  })

  api.openapi(listAlertsRoute, async (c) => {
    const scope = c.get("scope")
    const customer = unwrap(await findCustomer(scope, c.req.valid("param").id))
    const page = await scope.read.budgets.alerts(pageFrom(c.req.valid("query")), customer.id)
    linkNext(c, page.next)
    return c.json(page.rows.map(alertToApi), 200)
  })

  api.openapi(resetAlertRoute, async (c) => {
    const { id: customerId, alert_id: alertId } = c.req.valid("param")
    const row = unwrap(await resetAlert(c.get("scope"), { customerId, alertId }, reply(200, alertToApi)))
    return c.json(alertToApi(row), 200)
  })

  api.openapi(deleteAlertRoute, async (c) => {
    const { id: customerId, alert_id: alertId } = c.req.valid("param")
    unwrap(await deleteAlert(c.get("scope"), { customerId, alertId }, replyNothing))
    return c.body(null, 204)
  })
}
