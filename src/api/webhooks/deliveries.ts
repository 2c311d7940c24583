// GET /admin/v1/webhooks/{id}/deliveries, POST …/deliveries/{delivery_id}/retry, GET /admin/v1/webhook-events

import { createRoute, z } from "@hono/zod-openapi"
import { findWebhook, listEvents } from "../../actions/find-webhook.ts"
import { retryDelivery } from "../../actions/test-webhook.ts"
import type { WebhookDeliveryRow } from "../../db/rows.ts"
import { limits } from "../../limits.ts"
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
  unwrap,
  writeProblems,
} from "../shared/door.ts"
import { Empty } from "../shared/fields.ts"
import { DeliverySchema, deliveryToApi, WebhookEventSchema } from "./schemas.ts"

const DeliveryParams = IdParam.extend({
  delivery_id: z.string().openapi({
    param: { name: "delivery_id", in: "path" },
    example: "01944b1f-0000-7000-8000-000000000010",
  }),
})

const listRoute = createRoute({
  method: "get",
  path: "/admin/v1/webhooks/{id}/deliveries",
  operationId: "listWebhookDeliveries",
  tags: ["Webhooks"],
  summary: "List the deliveries of an endpoint",
  description: "Newest first, each with its last tries. They are kept for 30 days.",
  ...reads("webhooks:read"),
  request: { params: IdParam, query: PageQuery },
  responses: { 200: json(z.array(DeliverySchema), "A page of deliveries."), ...problems(404, 422) },
})

const retryRoute = createRoute({
  method: "post",
  path: "/admin/v1/webhooks/{id}/deliveries/{delivery_id}/retry",
  operationId: "retryWebhookDelivery",
  tags: ["Webhooks"],
  summary: "Send a delivery again",
  description:
    "Whatever became of it: it is due at once, under the same event id, and is tried for three days.",
  ...writes("webhooks:write"),
  request: { params: DeliveryParams, ...body(Empty, false) },
  responses: { 200: json(DeliverySchema, "The delivery."), ...writeProblems(404) },
})

const EventQuery = z.object({
  after: z.coerce.number().int().min(0).default(0).openapi({
    description: "The last sequence that you have.",
    example: 41,
  }),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(limits.pageSizeMax)
    .default(limits.pageSize)
    .openapi({ description: "Events of a page.", example: 50 }),
})

const eventsRoute = createRoute({
  method: "get",
  path: "/admin/v1/webhook-events",
  operationId: "listWebhookEvents",
  tags: ["Webhooks"],
  summary: "List events",
  description:
    "Everything that happened behind a sequence, oldest first and without a gap, also what no endpoint wanted: what a receiver that was away catches up with. Each is what is delivered, byte for byte. Events are kept for 30 days.",
  ...reads("webhooks:read"),
  request: { query: EventQuery },
  responses: { 200: json(z.array(WebhookEventSchema), "A page of events."), ...problems(422) },
})

export function register(api: Api): void {
  api.openapi(listRoute, async (c) => {
    const scope = c.get("scope")
    const { id } = unwrap(await findWebhook(scope, c.req.valid("param").id))
    const page = await scope.read.webhooks.deliveries(pageFrom(c.req.valid("query")), id)
    linkNext(c, page.next)
    return c.json(
      page.rows.map(({ delivery, event }) => deliveryToApi(delivery, event)),
      200,
    )
  })

  api.openapi(retryRoute, async (c) => {
    const scope = c.get("scope")
    const { id, delivery_id: deliveryId } = c.req.valid("param")
    const found = await scope.read.webhooks.delivery(id, deliveryId)
    const event = found === null ? null : await scope.read.webhooks.event(found.eventId)
    const toApi = (row: WebhookDeliveryRow) => deliveryToApi(row, event)
    return c.json(toApi(unwrap(await retryDelivery(scope, id, deliveryId, reply(200, toApi)))), 200)
  })

  api.openapi(eventsRoute, async (c) => {
    const { after, limit } = c.req.valid("query")
    const { bodies, next } = await listEvents(c.get("scope"), after, limit)
    const url = new URL(c.req.url)
    url.searchParams.set("after", String(next))
    if (next !== null) c.header("Link", `<${url.href}>; rel="next"`)
    return c.json(
      bodies.map((text) => JSON.parse(text) as z.infer<typeof WebhookEventSchema>),
      200,
    )
  })
}
