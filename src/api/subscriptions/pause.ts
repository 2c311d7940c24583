// POST /v1/subscriptions/{id}/pause and …/resume, each with …/preview

import { createRoute } from "@hono/zod-openapi"
import {
  pauseSubscription,
  previewPause,
  previewResume,
  resumeSubscription,
} from "../../actions/pause-subscription.ts"
import type { Api } from "../app.ts"
import { businessWrites, writes } from "../shared/access.ts"
import { body, IdParam, json, reply, unwrap, writeProblems } from "../shared/door.ts"
import { ChangePreviewSchema, PauseInput, previewToApi, ResumeInput } from "./change-schemas.ts"
import { SubscriptionSchema, subscriptionToApi } from "./subscription-schemas.ts"

const pauseRoute = createRoute({
  method: "post",
  path: "/v1/subscriptions/{id}/pause",
  operationId: "pauseSubscription",
  tags: ["Subscriptions"],
  summary: "Pause a subscription",
  description:
    "From now on neither fees nor usage are charged: events are kept and not billed. What was paid in advance for the time comes off the next invoice. Only the business does this.",
  ...businessWrites("subscriptions:write"),
  request: { params: IdParam, ...body(PauseInput, false) },
  responses: { 200: json(SubscriptionSchema, "The subscription, Paused."), ...writeProblems(404) },
})

const previewPauseRoute = createRoute({
  method: "post",
  path: "/v1/subscriptions/{id}/pause/preview",
  operationId: "previewPause",
  tags: ["Subscriptions"],
  summary: "Preview a pause",
  description: "What pausing would do and give back. Changes nothing.",
  ...writes("subscriptions:read"),
  request: { params: IdParam, ...body(PauseInput, false) },
  responses: { 200: json(ChangePreviewSchema, "What would happen."), ...writeProblems(404) },
})

const resumeRoute = createRoute({
  method: "post",
  path: "/v1/subscriptions/{id}/resume",
  operationId: "resumeSubscription",
  tags: ["Subscriptions"],
  summary: "Resume a paused subscription",
  description:
    "Charges go on from now: fees that are paid in advance for the rest of the running period at once. Periods stay as they were, or begin anew. Only the business does this.",
  ...businessWrites("subscriptions:write"),
  request: { params: IdParam, ...body(ResumeInput, false) },
  responses: { 200: json(SubscriptionSchema, "The subscription as it is now."), ...writeProblems(404) },
})

const previewResumeRoute = createRoute({
  method: "post",
  path: "/v1/subscriptions/{id}/resume/preview",
  operationId: "previewResume",
  tags: ["Subscriptions"],
  summary: "Preview a resumption",
  description: "What resuming would do and charge. Changes nothing.",
  ...writes("subscriptions:read"),
  request: { params: IdParam, ...body(ResumeInput, false) },
  responses: { 200: json(ChangePreviewSchema, "What would happen."), ...writeProblems(404) },
})

export function register(api: Api): void {
  api.openapi(pauseRoute, async (c) => {
    const input = { resumeAt: c.req.valid("json").resume_at ?? null }
    const id = c.req.valid("param").id
    const row = unwrap(await pauseSubscription(c.get("scope"), id, input, reply(200, subscriptionToApi)))
    return c.json(subscriptionToApi(row), 200)
  })

  api.openapi(previewPauseRoute, async (c) => {
    const input = { resumeAt: c.req.valid("json").resume_at ?? null }
    const preview = unwrap(await previewPause(c.get("scope"), c.req.valid("param").id, input))
    return c.json(previewToApi(preview), 200)
  })

  api.openapi(resumeRoute, async (c) => {
    const input = { anchor: c.req.valid("json").anchor }
    const id = c.req.valid("param").id
    const row = unwrap(await resumeSubscription(c.get("scope"), id, input, reply(200, subscriptionToApi)))
    return c.json(subscriptionToApi(row), 200)
  })

  api.openapi(previewResumeRoute, async (c) => {
    const input = { anchor: c.req.valid("json").anchor }
    const preview = unwrap(await previewResume(c.get("scope"), c.req.valid("param").id, input))
    return c.json(previewToApi(preview), 200)
  })
}
