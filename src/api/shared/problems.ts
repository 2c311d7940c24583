// RFC 9457 problem answers. `code` is a closed set: each has one status and one title, and clients branch on it.

import { z } from "@hono/zod-openapi"
import type { Context } from "hono"
import type { ContentfulStatusCode } from "hono/utils/http-status"
import type { Fault, Refusal, RefusalCode } from "../../actions/refusal.ts"
import { limits } from "../../limits.ts"

type DoorCode =
  | "malformed_request"
  | "unauthenticated"
  | "method_not_allowed"
  | "payload_too_large"
  | "unsupported_media_type"
  | "rate_limited"
  | "idempotency_in_progress"
  | "internal_error"

export type ProblemCode = RefusalCode | DoorCode

const PROBLEMS: Readonly<Record<ProblemCode, readonly [status: ContentfulStatusCode, title: string]>> = {
  malformed_request: [400, "The request could not be read"],
  unauthenticated: [401, "No valid credentials"],
  spend_limit_reached: [402, "The spend limit is reached"],
  forbidden: [403, "The credentials do not permit this"],
  not_found: [404, "Not found"],
  method_not_allowed: [405, "The path has other methods"],
  conflict: [409, "Conflict with the present state"],
  invalid_state: [409, "Not possible in the present state"],
  already_exists: [409, "Already exists"],
  idempotency_in_progress: [409, "The first request with this Idempotency-Key is still running"],
  event_id_conflict: [409, "Another event with this id exists"],
  subscription_ended: [409, "The subscription has ended"],
  period_finalized: [409, "The period is closed to late events"],
  payload_too_large: [413, "The request is too large"],
  unsupported_media_type: [415, "Unsupported content type"],
  invalid_request: [422, "The request is invalid"],
  currency_mismatch: [422, "The currencies differ"],
  idempotency_key_reused: [422, "The Idempotency-Key was used for another request"],
  event_not_metered: [422, "No subscription meters this event"],
  timestamp_in_future: [422, "The event lies in the future"],
  property_missing: [422, "A meter needs a property that the event lacks"],
  property_not_a_number: [422, "A meter adds up a property that is no number"],
  too_many_groups: [422, "The meter has no room for another group"],
  amount_out_of_range: [422, "The amount is out of range"],
  rate_limited: [429, "Too many requests"],
  meter_busy: [429, "The meter is busy"],
  archive_damaged: [500, "An archive can't be read"],
  internal_error: [500, "Something went wrong on our side"],
  processor_unavailable: [503, "The payment processor gives no answer"],
}

export const PROBLEM_CODES = Object.keys(PROBLEMS) as [ProblemCode, ...ProblemCode[]]

export const ProblemSchema = z
  .object({
    type: z.string().openapi({ example: "https://ledgerline.dev/problems/invalid_request" }),
    title: z.string().openapi({ example: "The request is invalid" }),
    status: z.int().openapi({ example: 422 }),
    detail: z
      .string()
      .openapi({ example: "account_type: expected one of Organization, Individual, Subsidiary." }),
    code: z.enum(PROBLEM_CODES).openapi({ example: "invalid_request" }),
    request_id: z.string().openapi({ example: "01944b1f-0000-7000-8000-0000000000aa" }),
    errors: z
      .array(
        z.object({
          path: z
            .string()
            .openapi({ description: "Where in the request the fault is.", example: "account_type" }),
          message: z.string().openapi({ example: "expected one of Organization, Individual, Subsidiary" }),
        }),
      )
      .optional()
      .openapi({ description: "For invalid input: each fault with its place." }),
  })
  .openapi("Problem", { description: "An error, as RFC 9457 has it." })

/** Thrown in the door, answered by `onError`. */
export class Problem extends Error {
  override readonly name = "Problem"
  readonly code: ProblemCode
  readonly errors: readonly Fault[] | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(code: ProblemCode, detail: string, errors?: readonly Fault[], retryAfterSeconds?: number) {
    super(detail)
    this.code = code
    this.errors = errors
    this.retryAfterSeconds = retryAfterSeconds
  }
}

export function problemOf(refusal: Refusal): Problem {
  return new Problem(refusal.code, refusal.detail, refusal.errors, RETRY_AFTER_SECONDS[refusal.code])
}

/** When it is worth to try again. */
const RETRY_AFTER_SECONDS: Readonly<Partial<Record<RefusalCode, number>>> = {
  meter_busy: 1,
  processor_unavailable: limits.processorRetrySeconds,
}

export function problemResponse(c: Context, problem: Problem): Response {
  const [status, title] = PROBLEMS[problem.code]
  if (problem.retryAfterSeconds !== undefined) c.header("Retry-After", String(problem.retryAfterSeconds))
  if (status === 401) c.header("WWW-Authenticate", "Bearer")
  const body = {
    type: `https://ledgerline.dev/problems/${problem.code}`,
    title,
    status,
    detail: problem.message,
    code: problem.code,
    request_id: (c.get("requestId") as string | undefined) ?? "",
    ...(problem.errors === undefined ? {} : { errors: problem.errors }),
  }
  return c.body(JSON.stringify(body), status, { "Content-Type": "application/problem+json" })
}
