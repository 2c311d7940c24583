// The frame that every address of Billy's stands in.
// Law: an unknown name is a 404 before anybody asks who is calling, and so is a method that an address does not have; then
// comes the key (403), and then the form (400).

import { Hono } from "hono"
import type { Outcome } from "../actions/act.ts"
import type { Scope } from "../actions/scope.ts"
import { BrokenInvariant } from "../domain/assert.ts"
import { newId } from "../runtime/ids.ts"
import { log } from "../runtime/log.ts"
import { admit } from "./admit.ts"
import type { Api, BillyEnv, Ctx, Door } from "./door.ts"
import { DomainError, domainResponse, FrameError, frameResponse, refused } from "./errors.ts"
import type { Kind } from "./guid.ts"
import { idOf } from "./guid.ts"
import { ownerOf } from "../db/owners.ts"
import { answerPreflight, markOrigin } from "./origins.ts"
import type { Json } from "./print.ts"
import { print } from "./print.ts"
import { pathOf } from "./where.ts"

type Method = "GET" | "POST" | "PUT" | "DELETE"
type Answering = Response | Promise<Response>
export type Serve = (c: Ctx, scope: Scope) => Answering
/** `id` is the core's id of the entity that the address names, which is the caller's own. */
export type ServeOne = (c: Ctx, scope: Scope, id: string) => Answering
type Methods<S> = { readonly [M in Method]?: S }

/** Which tenant has an entity; null: there is none of this id. */
type Owner = (c: Ctx, id: string) => Promise<string | null>

type EntityKind = Exclude<Kind, "failure">

const COLLECTIONS: Readonly<Record<EntityKind, string>> = {
  company: "companies",
  customer: "customers",
  plan: "plans",
  subscription: "subscriptions",
  invoice: "invoices",
  transaction: "transactions",
}

export function newApi(door: (c: Ctx) => Door): Api {
  const api = new Hono<BillyEnv>({ getPath: (request) => pathOf(request.url) })
  api.use(async (c, next) => {
    c.set("requestId", newId())
    c.set("door", door(c))
    const preflight = answerPreflight(c)
    if (preflight === null) await next()
    else c.res = preflight
    c.res.headers.set("X-Request-Id", c.get("requestId"))
    markOrigin(c)
  })
  api.notFound((c) => frameResponse(c, new FrameError(404, c.req.path)))
  api.onError(answerError)
  return api
}

function answerError(error: Error, c: Ctx): Response {
  if (error instanceof FrameError) return frameResponse(c, error)
  if (error instanceof DomainError) return domainResponse(c, error)
  const state = error instanceof BrokenInvariant ? { state: printable(error.state) } : {}
  const path = withoutKey(c.req.path)
  const fields = { request_id: c.get("requestId"), method: c.req.method, path, ...state }
  log.error("request failed", error, fields)
  return frameResponse(
    c,
    new FrameError(500, `Quote the request ${c.get("requestId")} when you report this.`),
  )
}

/** A callback address has its key in it, which no log may tell. */
function withoutKey(path: string): string {
  return path.replace(/(\/callbacks\/)[^/]+/, "$1…")
}

function printable(state: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(state, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value))
}

/** What asks for a key and names no entity. */
export function collection(api: Api, kind: EntityKind, methods: Methods<Serve>): void {
  api.all(`/v1/${COLLECTIONS[kind]}`, async (c) => {
    const serve = forMethod(c, methods)
    return serve(c, await admit(c, unauthorized(kind, "IndexView")))
  })
}

/** `owner`: where an entity is found, if it is not one row under its own id. */
export function entity(api: Api, kind: EntityKind, methods: Methods<ServeOne>, owner?: Owner): void {
  api.all(`/v1/${COLLECTIONS[kind]}/:guid`, (c) => serveOne(c, kind, methods, owner))
}

/** What is done to an entity, by POST. */
export function action(api: Api, kind: EntityKind, name: string, serve: ServeOne): void {
  api.all(`/v1/${COLLECTIONS[kind]}/:guid/${name}`, (c) => serveOne(c, kind, { POST: serve }))
}

/** A list under an entity. It is read by any method, and what stands behind its name is of no account. */
export function nested(api: Api, kind: EntityKind, name: string, serve: ServeOne): void {
  const any = { GET: serve, POST: serve, PUT: serve, DELETE: serve }
  api.all(`/v1/${COLLECTIONS[kind]}/:guid/${name}/*`, (c) => serveOne(c, kind, any))
}

async function serveOne(
  c: Ctx,
  kind: EntityKind,
  methods: Methods<ServeOne>,
  owner: Owner = (_, id) => ownerOf(c.get("door").platform.db, kind, id),
): Promise<Response> {
  const guid = c.req.param("guid") ?? ""
  const id = idOf(kind, guid)
  const tenantId = id === null ? null : await owner(c, id)
  if (id === null || tenantId === null) throw new FrameError(404, `No such ${kind} ${guid}`)
  const serve = forMethod(c, methods)
  const refusal = unauthorized(kind, "View")
  const scope = await admit(c, refusal)
  if (scope.tenant.id !== tenantId) throw new FrameError(403, refusal)
  return serve(c, scope, id)
}

function forMethod<S>(c: Ctx, methods: Methods<S>): S {
  const method = c.req.method === "HEAD" ? "GET" : c.req.method
  const serve = Object.hasOwn(methods, method) ? methods[method as Method] : undefined
  if (serve === undefined) throw new FrameError(404, c.req.path)
  return serve
}

/** The same for who has no key and for who has another company's. */
function unauthorized(kind: EntityKind, view: "View" | "IndexView"): string {
  return `Unauthorized: ${kind.charAt(0).toUpperCase()}${kind.slice(1)}${view} failed permission check`
}

export function answer(c: Ctx, value: Json): Response {
  return c.body(print(value), 200, { "Content-Type": "application/json; charset=UTF-8" })
}

/** The value of an action, or the refusal in Billy's terms. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw refused(outcome.error)
  return outcome.value
}
