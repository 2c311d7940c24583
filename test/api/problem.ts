// What every error answer is, and that the document knows of it.

import { expect } from "vitest"
import type { Reply } from "../support/client.ts"
import type { Document, Operation, Schema } from "./document.ts"
import { at } from "./document.ts"
import { mismatches } from "./schema.ts"

export type Fault = { readonly path: string; readonly message: string }

export type Problem = {
  readonly status: number
  readonly code: string
  readonly detail: string
  readonly request_id: string
  readonly errors?: readonly Fault[]
}

/** Holds an answer to be a problem of this status, and gives it back. */
export function problemOf(document: Document, reply: Reply, ...statuses: readonly number[]): Problem {
  if (!statuses.includes(reply.status))
    throw new Error(`not ${statuses.join(", ")}: ${reply.status} ${reply.text}`)
  expect(reply.headers.get("Content-Type")).toBe("application/problem+json")
  const problem = JSON.parse(reply.text) as Problem & Schema
  expect(mismatches(document, at(document, "components", "schemas", "Problem"), problem)).toEqual([])
  expect(problem.status).toBe(reply.status)
  expect(problem.request_id).toMatch(/^[0-9a-f-]{36}$/)
  expect(problem.request_id).toBe(reply.headers.get("X-Request-Id"))
  if (reply.status === 401) expect(reply.headers.get("WWW-Authenticate")).toBe("Bearer")
  return problem
}

/** As `problemOf`, of an operation, whose description must name the status. */
export function documentedProblem(
  document: Document,
  { responses }: Operation,
  reply: Reply,
  ...statuses: readonly number[]
): Problem {
  const problem = problemOf(document, reply, ...statuses)
  expect(Object.keys(responses)).toContain(String(reply.status))
  return problem
}

export function pathsOf({ errors = [] }: Problem): string[] {
  return errors.map(({ path }) => path)
}
