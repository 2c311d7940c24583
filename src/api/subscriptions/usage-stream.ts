// GET /v1/subscriptions/{id}/usage/stream: the usage as it changes, as Server-Sent Events.
// Law: nothing waits but for its reader. Each piece is made when the reader has taken the one before, by credentials that are good
// at that time; when the reader goes, the next piece isn't asked for.

import { createRoute, z } from "@hono/zod-openapi"
import type { UsageNews, UsageWatch } from "../../actions/watch-usage.ts"
import { watchUsage } from "../../actions/watch-usage.ts"
import { limits } from "../../limits.ts"
import { log } from "../../runtime/log.ts"
import type { Api } from "../app.ts"
import { admit, reads } from "../shared/access.ts"
import type { Ctx } from "../shared/door.ts"
import { IdParam, problems, unwrap } from "../shared/door.ts"
import { Problem } from "../shared/problems.ts"
import { usageToApi } from "./schemas.ts"

const PERMISSION = "metering:read"
const { middleware, ...access } = reads(PERMISSION)

const EXAMPLE = `retry: ${limits.streamRetryMs}

id: 4711.3.0
data: {"subscription_id":"01944b1f-0000-7000-8000-000000000003","period_start":"2026-02-28T00:00:00Z",…}

: keep-alive

`

const StreamText = z.string().openapi({
  description:
    "Server-Sent Events (text/event-stream, WHATWG HTML). The `data` of each one is a `Usage` as JSON on one line; its `id` names the state. Lines " +
    "that begin with a colon are comments.",
  example: EXAMPLE,
})

const route = createRoute({
  method: "get",
  path: "/v1/subscriptions/{id}/usage/stream",
  operationId: "streamSubscriptionUsage",
  tags: ["Usage"],
  summary: "Follow the usage of the running period",
  description:
    "The present usage at once, then the usage after each change, at most four times a second: of several changes in between, the last one. " +
    `A comment every ${limits.streamQuietMs / 1_000} seconds says that the stream is alive. It ends after some minutes; connect again with the ` +
    "`Last-Event-ID` that you saw, as an EventSource does by itself, and nothing is repeated.",
  ...access,
  request: {
    params: IdParam,
    headers: z.object({
      "Last-Event-ID": z
        .string()
        .optional()
        .openapi({ description: "The `id` of the last event that was seen.", example: "4711.3.0" }),
    }),
  },
  responses: {
    200: { description: "The stream.", content: { "text/event-stream": { schema: StreamText } } },
    ...problems(404),
  },
})

export function register(api: Api): void {
  api.openAPIRegistry.registerPath(route)
  api.get("/v1/subscriptions/:id/usage/stream", middleware[0], async (c) => {
    const seen = c.req.header("Last-Event-ID") ?? null
    const watch = unwrap(await watchUsage(c.get("scope"), c.req.param("id"), seen))
    return c.body(streamOf(watch, c), 200, {
      "Content-Type": "text/event-stream; charset=utf-8",
      // Who compresses or buffers on the way would hold the events back.
      "Cache-Control": "no-store, no-transform",
    })
  })
}

function streamOf(watch: UsageWatch, c: Ctx): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  let isLeft = false
  return new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode(`retry: ${limits.streamRetryMs}\n\n`))
    },
    async pull(controller) {
      const news = await nextNews(watch, c)
      if (isLeft) return
      if (news === null) controller.close()
      else controller.enqueue(encoder.encode(textOf(news)))
    },
    cancel() {
      isLeft = true
    },
  })
}

/** Null at the end, and when the credentials are good no more. What failed is no answer's fault: the reader connects again. */
async function nextNews(watch: UsageWatch, c: Ctx): Promise<UsageNews | null> {
  try {
    const next = await watch.next()
    if (next.done === true) return null
    await admit(c, PERMISSION)
    return next.value
  } catch (error) {
    if (!(error instanceof Problem))
      log.error("a usage stream failed", error, { request_id: c.get("requestId") })
    return null
  }
}

function textOf(news: UsageNews): string {
  if (news.kind === "Quiet") return ": keep-alive\n\n"
  return `id: ${news.id}\ndata: ${JSON.stringify(usageToApi(news.usage))}\n\n`
}
