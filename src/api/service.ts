// What anybody may read: /health, the OpenAPI documents and the explorer, which people who come to / or /docs are sent to.

import { createRoute, z } from "@hono/zod-openapi"
import type { Api } from "./app.ts"
import { docsPage, docsPageHeaders } from "./docs-page.ts"
import { document30, document31 } from "./describe.ts"
import type { Ctx } from "./shared/door.ts"
import { json } from "./shared/door.ts"

const EXPLORER = "/docs/api"

const health = createRoute({
  method: "get",
  path: "/health",
  operationId: "getHealth",
  tags: ["Service"],
  summary: "Is the service up",
  description: "Answers from the edge, without touching any store.",
  security: [],
  responses: {
    200: json(
      z.object({ status: z.literal("ok").openapi({ type: "string", example: "ok" }) }).openapi("Health"),
      "It is.",
    ),
    "4XX": { description: "The request could not be read." },
  },
})

export function register(api: Api): void {
  api.openapi(health, (c) => c.json({ status: "ok" as const }, 200))
  const text30 = once(() => JSON.stringify(document30(api)))
  const text31 = once(() => JSON.stringify(document31(api)))
  const headers = { "Content-Type": "application/json", "Access-Control-Allow-Origin": "*" }
  api.get("/openapi.json", (c) => c.body(text30(), 200, headers))
  api.get("/openapi-3.1.json", (c) => c.body(text31(), 200, headers))
  for (const path of ["/docs", "/docs/", "/docs/api/"]) api.get(path, (c) => c.redirect(EXPLORER))
  api.get("/", (c) => (isVisitor(c) ? c.redirect(EXPLORER) : c.notFound()))
  api.get(EXPLORER, (c) => c.body(docsPage("/openapi.json"), 200, docsPageHeaders))
}

/** Somebody with a browser who looks what is here; programs get JSON. */
function isVisitor(c: Ctx): boolean {
  const hasCredentials =
    c.req.header("Authorization") !== undefined || c.req.header("X-API-Key") !== undefined
  return !hasCredentials && (c.req.header("Accept") ?? "").includes("text/html")
}

function once(make: () => string): () => string {
  let made: string | null = null
  return () => (made ??= make())
}
