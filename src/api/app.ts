// The native API: one app, one way to refuse bad input, one way to answer errors.

import { OpenAPIHono } from "@hono/zod-openapi"
import type { MiddlewareHandler } from "hono"
import { HTTPException } from "hono/http-exception"
import { invalidFields } from "../actions/refusal.ts"
import { BrokenInvariant } from "../domain/assert.ts"
import { isUuid, newId } from "../runtime/ids.ts"
import { log } from "../runtime/log.ts"
import { readableBody } from "./shared/body.ts"
import type { ApiEnv, Ctx, Door, Enter } from "./shared/door.ts"
import { REQUEST_ID } from "./shared/door.ts"
import { faultsOf } from "./shared/faults.ts"
import { Problem, problemOf, problemResponse } from "./shared/problems.ts"

export type Api = OpenAPIHono<ApiEnv>

/** `door` gives what a request works with; it is null where only the OpenAPI document is wanted. */
export function newApi(door: ((c: Ctx) => Door) | null): Api {
  const api = emptyApi()
  api.use(requestId)
  api.onError((error, c) => problemResponse(c, asProblem(error, c)))
  api.notFound((c) => problemResponse(c, nothingAt(c, api)))
  if (door !== null) {
    api.use(async (c, next) => {
      c.set("door", door(c))
      await next()
    })
    api.use(readableBody)
  }
  return api
}

/** Without middleware, which costs a short request more than its own work: its operations call `enter` first. */
export function newBareApi(enter: Enter): Api {
  const api = emptyApi()
  const answer = (c: Ctx, problem: Problem) => {
    c.header(REQUEST_ID, c.get("requestId"))
    return problemResponse(c, problem)
  }
  api.onError((error, c) => answer(c, asProblem(error, c)))
  api.notFound((c) => {
    enter(c)
    return answer(c, nothingAt(c, api))
  })
  return api
}

function emptyApi(): Api {
  return new OpenAPIHono<ApiEnv>({
    defaultHook: (result) => {
      if (result.success) return
      throw problemOf(invalidFields(faultsOf(result.error.issues)))
    },
  })
}

const requestId: MiddlewareHandler<ApiEnv> = async (c, next) => {
  const id = requestIdOf(c)
  c.set("requestId", id)
  await next()
  c.res.headers.set(REQUEST_ID, id)
}

/** The caller's, if it is one that can be ours. */
export function requestIdOf(c: Ctx): string {
  const given = c.req.header(REQUEST_ID)
  return given !== undefined && isUuid(given) ? given : newId()
}

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]

/** A path that other methods have is told from one that there is not. */
function nothingAt(c: Ctx, { router }: Api): Problem {
  const allowed = METHODS.filter((method) =>
    // Middleware is of all methods: it makes no path.
    router.match(method, c.req.path)[0].some(([[, route]]) => route.method === method),
  )
  const wanted = c.req.method === "HEAD" ? "GET" : c.req.method
  if (allowed.length > 0 && !allowed.includes(wanted)) {
    c.header("Allow", allowed.join(", "))
    return new Problem("method_not_allowed", `${c.req.path} is for ${allowed.join(" and ")}.`)
  }
  return new Problem("not_found", `There is nothing at ${c.req.method} ${c.req.path}.`)
}

function asProblem(error: Error, c: Ctx): Problem {
  if (error instanceof Problem) return error
  if (error instanceof HTTPException && error.status < 500) {
    return new Problem("malformed_request", error.message)
  }
  const fields = { request_id: c.get("requestId"), method: c.req.method, path: c.req.path }
  const state = error instanceof BrokenInvariant ? { state: printable(error.state) } : {}
  log.error("request failed", error, { ...fields, ...state })
  return new Problem(
    "internal_error",
    "The request was not carried out. Quote the request_id when you report this.",
  )
}

function printable(state: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(state, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value))
}
