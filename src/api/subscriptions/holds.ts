// POST and GET /v1/subscriptions/{id}/holds, POST …/holds/{hold_id}/capture, POST …/holds/{hold_id}/release

import { createRoute, z } from "@hono/zod-openapi"
import { captureHold } from "../../actions/capture-hold.ts"
import { listHolds } from "../../actions/list-holds.ts"
import { placeHold } from "../../actions/place-hold.ts"
import type { UsageEvent } from "../../actions/record-usage.ts"
import type { Fault } from "../../actions/refusal.ts"
import { invalidFields } from "../../actions/refusal.ts"
import { releaseHold } from "../../actions/release-hold.ts"
import { parseExactJson } from "../../runtime/json.ts"
import type { Api } from "../app.ts"
import { readEvent } from "../events/read-events.ts"
import { reads, writes } from "../shared/access.ts"
import type { Ctx } from "../shared/door.ts"
import {
  body,
  IdParam,
  json,
  linkNext,
  pageFrom,
  PageQuery,
  problems,
  unwrap,
  writeProblems,
} from "../shared/door.ts"
import { Empty } from "../shared/fields.ts"
import { problemOf } from "../shared/problems.ts"
import {
  CaptureAnswer,
  CaptureInput,
  captureToApi,
  HoldInput,
  HoldParams,
  HoldSchema,
  holdToApi,
  PlacedHold,
  placedToApi,
} from "./hold-schemas.ts"

const placeRoute = createRoute({
  method: "post",
  path: "/v1/subscriptions/{id}/holds",
  operationId: "placeHold",
  tags: ["Usage"],
  summary: "Set budget aside",
  description:
    "Before work is begun: until it is captured, released or over, a hold counts like spend for every limit of the customer, so what is set aside can't be used up by " +
    "others meanwhile. One that would go beyond a hard limit is refused with 402 `spend_limit_reached`, and refuses nothing after it. Without a limit it limits nothing.",
  ...writes("events:write"),
  request: { params: IdParam, ...body(HoldInput) },
  responses: { 201: json(PlacedHold, "The hold."), ...writeProblems(402, 404) },
})

const listRoute = createRoute({
  method: "get",
  path: "/v1/subscriptions/{id}/holds",
  operationId: "listHolds",
  tags: ["Usage"],
  summary: "List the holds",
  description:
    "What is set aside now, newest first. A hold that was captured, released or is over is there no more.",
  ...reads("metering:read"),
  request: { params: IdParam, query: PageQuery },
  responses: { 200: json(z.array(HoldSchema), "A page of holds."), ...problems(404, 422) },
})

const captureRoute = createRoute({
  method: "post",
  path: "/v1/subscriptions/{id}/holds/{hold_id}/capture",
  operationId: "captureHold",
  tags: ["Usage"],
  summary: "Charge events to a hold",
  description:
    "Records events, all of them or none, and gives up the hold in the same transaction: what was set aside is theirs, also when a limit refuses everything else. If they cost " +
    "more, the rest must be within the limits. Events of another period than the hold's are not covered by it. Sent again, it counts nothing twice and tells of duplicates.",
  ...writes("events:write"),
  request: { params: HoldParams, ...body(CaptureInput) },
  responses: { 200: json(CaptureAnswer, "The events are recorded."), ...writeProblems(402, 404) },
})

const releaseRoute = createRoute({
  method: "post",
  path: "/v1/subscriptions/{id}/holds/{hold_id}/release",
  operationId: "releaseHold",
  tags: ["Usage"],
  summary: "Give up a hold",
  description: "What was set aside is free at once.",
  ...writes("events:write"),
  request: { params: HoldParams, ...body(Empty, false) },
  responses: { 200: json(HoldSchema, "The hold as it was."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(placeRoute, async (c) => {
    const { id } = c.req.valid("param")
    const { amount_nanos: amount, ttl } = c.req.valid("json")
    const events = amount === undefined ? await eventsOf(c, id) : null
    const wanted = { amountNanos: amount ?? null, events, ttlMs: ttl * 1_000 }
    return c.json(placedToApi(id, unwrap(await placeHold(c.get("scope"), id, wanted))), 201)
  })

  api.openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param")
    const { holds, next } = unwrap(await listHolds(c.get("scope"), id, pageFrom(c.req.valid("query"))))
    linkNext(c, next)
    return c.json(
      holds.map((hold) => holdToApi(id, hold)),
      200,
    )
  })

  api.openapi(captureRoute, async (c) => {
    const { id, hold_id: holdId } = c.req.valid("param")
    const events = await eventsOf(c, id)
    const capture = { holdId, events, keepRest: c.req.valid("json").keep_rest }
    const captured = unwrap(await captureHold(c.get("scope"), id, capture))
    const ids = events.map((event) => event.id)
    return c.json(captureToApi(id, ids, captured), 200)
  })

  api.openapi(releaseRoute, async (c) => {
    const { id, hold_id: holdId } = c.req.valid("param")
    return c.json(holdToApi(id, unwrap(await releaseHold(c.get("scope"), id, holdId)), "Released"), 200)
  })
}

const Raw = z.object({ events: z.array(z.unknown()) })

/** The events of the body as they are read everywhere: a number that a double can't hold is kept as text. */
async function eventsOf(c: Ctx, subscriptionId: string): Promise<UsageEvent[]> {
  const { events } = Raw.parse(parseExactJson(await c.req.text()))
  const faults: Fault[] = []
  const read: UsageEvent[] = []
  for (const [at, input] of events.entries()) {
    const one = readEvent(input)
    if (!one.ok)
      faults.push(...one.faults.map(({ path, message }) => ({ path: `events.${at}.${path}`, message })))
    else if (one.event.subscriptionId !== null && one.event.subscriptionId !== subscriptionId) {
      faults.push({ path: `events.${at}.subscription_id`, message: "expected this subscription, or none" })
    } else read.push(one.event)
  }
  if (faults.length > 0) throw problemOf(invalidFields(faults))
  return read
}
