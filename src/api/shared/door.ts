// The variables of a request and the small words that every operation is written with.

import { z } from "@hono/zod-openapi"
import type { Context } from "hono"
import type { Outcome, Reply } from "../../actions/act.ts"
import type { CredentialCache, Principal } from "../../actions/authenticate.ts"
import type { ClaimState, Platform, Scope } from "../../actions/scope.ts"
import type { RateLimits } from "./limits.ts"
import { limits } from "../../limits.ts"
import { isUuid } from "../../runtime/ids.ts"
import { Problem, ProblemSchema, problemOf } from "./problems.ts"

export type Door = {
  readonly platform: Platform
  readonly credentials: CredentialCache
  readonly rates: RateLimits
}

export type ApiEnv = {
  Bindings: object
  Variables: { door: Door; requestId: string; principal: Principal; claim: ClaimState | null; scope: Scope }
}

export type Ctx = Context<ApiEnv>

/** Gives a request what middleware gives it elsewhere. */
export type Enter = (c: Ctx) => void

export const REQUEST_ID = "X-Request-Id"

/** The value of an action, or the problem that its refusal is. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw problemOf(outcome.error)
  return outcome.value
}

/** An answer whose JSON is printed already. */
export function answerText(c: Ctx, text: string, headers: Readonly<Record<string, string>> = {}): Response {
  const always = { "Content-Type": "application/json", [REQUEST_ID]: c.get("requestId") }
  return new Response(text, { headers: { ...always, ...headers } })
}

/** The answer that an action stores with its effect: the same JSON that the handler sends. */
export function reply<T>(status: number, convert: (value: T) => unknown): Reply<T> {
  return (value) => ({ status, body: JSON.stringify(convert(value)) })
}

/** As `reply`, for an answer that holds a credential. */
export function replySecret<T>(status: number, convert: (value: T) => unknown): Reply<T> {
  return (value) => ({ status, body: JSON.stringify(convert(value)), secret: true })
}

export const replyNothing: Reply<unknown> = () => ({ status: 204, body: "" })

export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { "application/json": { schema } } } as const
}

export function body<T extends z.ZodType>(schema: T, required = true) {
  return { body: { required, content: { "application/json": { schema } } } } as const
}

const PROBLEM_TEXT = {
  400: "The request could not be read: broken JSON, a bad header or parameter.",
  401: "No valid credentials.",
  402: "A spend limit would be exceeded.",
  403: "The credentials do not permit this.",
  404: "Not found, also when it is another tenant's.",
  409: "Conflict with the present state.",
  413: "The body is too large.",
  415: "The content type is not supported.",
  422: "Well-formed but invalid; `errors` names each fault.",
  429: "Too many requests; see `Retry-After`.",
  503: "The payment processor gives no answer; see `Retry-After`, and repeat with the same Idempotency-Key.",
} as const

type ProblemStatus = keyof typeof PROBLEM_TEXT

const problemContent = { "application/problem+json": { schema: ProblemSchema } } as const

/** The error answers of an operation; those that every operation can give are always among them. */
export function problems<const S extends readonly ProblemStatus[]>(...statuses: S) {
  const all = [...new Set<ProblemStatus>([400, 401, 403, 429, ...statuses])].toSorted((a, b) => a - b)
  return Object.fromEntries(
    all.map((status) => [status, { description: PROBLEM_TEXT[status], content: problemContent }]),
  ) as unknown as { [K in S[number] | 400 | 401 | 403 | 429]: { description: string } }
}

/** The errors of an operation that changes something with a JSON body. */
export function writeProblems<const S extends readonly ProblemStatus[]>(...statuses: S) {
  return problems(409, 413, 415, 422, ...statuses)
}

export const IdParam = z.object({
  id: z
    .string()
    .openapi({ param: { name: "id", in: "path" }, example: "01944b1f-0000-7000-8000-000000000001" }),
})

export const PageQuery = z.object({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(limits.pageSizeMax)
    .default(limits.pageSize)
    .openapi({ description: "Rows of a page.", example: 50 }),
  cursor: z
    .string()
    .optional()
    .openapi({ description: "Where the page starts: from the `Link` header of the page before." }),
})

export function pageFrom(query: { limit: number; cursor?: string | undefined }) {
  if (query.cursor !== undefined && !isUuid(query.cursor)) {
    const message = "The cursor is not one that a Link header gave."
    throw new Problem("invalid_request", message, [{ path: "cursor", message }])
  }
  return { limit: query.limit, before: query.cursor ?? null }
}

/** Says where the next page is, while there is one. */
export function linkNext(c: Context, next: string | number | null): void {
  if (next === null) return
  const url = new URL(c.req.url)
  url.searchParams.set("cursor", String(next))
  c.header("Link", `<${url.href}>; rel="next"`)
}
