// GET /v1/invoices/{id}/lines/{line_id}/events

import { createRoute, z } from "@hono/zod-openapi"
import { readLineEvents } from "../../actions/read-line-events.ts"
import type { Api } from "../app.ts"
import { reads } from "../shared/access.ts"
import { IdParam, json, linkNext, problems, unwrap } from "../shared/door.ts"
import { EventPageQuery, eventToApi, StoredEventSchema } from "../subscriptions/events.ts"

const route = createRoute({
  method: "get",
  path: "/v1/invoices/{id}/lines/{line_id}/events",
  operationId: "listInvoiceLineEvents",
  tags: ["Invoices"],
  summary: "List the events behind a line",
  description:
    "The usage that the line bills, the newest first, as it stands now. Where a charge is split over invoices, each event is behind one of its lines; one that was " +
    "corrected after it was billed is also behind the line that bills the difference. A recurring fee has no events.",
  ...reads("invoices:read"),
  request: {
    params: IdParam.extend({
      line_id: z.string().openapi({
        param: { name: "line_id", in: "path" },
        example: "01944b1f-0000-7000-8000-000000000006",
      }),
    }),
    query: EventPageQuery,
  },
  responses: {
    200: json(z.array(StoredEventSchema), "A page of events. It may be short while there is a next one."),
    ...problems(404, 422),
  },
})

export function register(api: Api): void {
  api.openapi(route, async (c) => {
    const { id, line_id: lineId } = c.req.valid("param")
    const { limit, cursor } = c.req.valid("query")
    const page = { limit, before: cursor ?? null }
    const { subscriptionId, events, next } = unwrap(await readLineEvents(c.get("scope"), id, lineId, page))
    linkNext(c, next)
    return c.json(
      events.map((event) => eventToApi(subscriptionId ?? "", event)),
      200,
    )
  })
}
