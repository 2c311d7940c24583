// What every door of the API asks of a body: bounded, and of a type that is read here.

import type { MiddlewareHandler } from "hono"
import { bodyLimit } from "hono/body-limit"
import { limits } from "../../limits.ts"
import type { ApiEnv, Ctx } from "./door.ts"
import { Problem, problemResponse } from "./problems.ts"

const limitBody = bodyLimit({
  maxSize: limits.bodyBytes,
  onError: (c) => problemResponse(c, tooLarge(limits.bodyBytes)),
})

export function tooLarge(bytes: number): Problem {
  return new Problem("payload_too_large", `The body may have at most ${bytes} bytes here.`)
}

/** Bodies are JSON and bounded; an empty one is no body, whatever its content type says. Events have rules of their own. */
export const readableBody: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const method = c.req.method
  if (method === "GET" || method === "HEAD" || c.req.path.startsWith("/v1/events")) return next()
  return limitBody(c, async () => {
    const { byteLength } = await c.req.arrayBuffer()
    const type = c.req.header("Content-Type")
    if (byteLength === 0) {
      if (type !== undefined) withoutContentType(c)
    } else if (type === undefined || !/^application\/([a-z0-9.-]+\+)?json\b/i.test(type)) {
      throw new Problem("unsupported_media_type", "Send the body as `Content-Type: application/json`.")
    }
    await next()
  })
}

function withoutContentType(c: Ctx): void {
  const headers = new Headers(c.req.raw.headers)
  headers.delete("Content-Type")
  c.req.raw = new Request(c.req.url, { method: c.req.method, headers })
}
