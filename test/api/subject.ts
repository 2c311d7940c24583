// An operation under test: the document's description of it, the table's way to call it, and how to send a call.

import { exports } from "cloudflare:workers"
import type { Reply } from "../support/client.ts"
import { byCall, ORIGIN, request, ROOT_KEY } from "../support/client.ts"
import type { Document, Operation, Schema } from "./document.ts"
import { at, operationsOf, successOf } from "./document.ts"
import type { Call, Row } from "./operations.ts"
import { rows } from "./operations.ts"
import type { Problem } from "./problem.ts"
import { documentedProblem } from "./problem.ts"
import type { World } from "./world.ts"

export const UNKNOWN_ID = "01944b1f-0000-7000-8000-0000000000ff"

type Headers = Readonly<Record<string, string>>

export type Subject = {
  readonly id: string
  readonly operation: Operation
  readonly row: Row
  readonly isRoot: boolean
  /** The credential that may do it. */
  readonly key: (world: World) => string
  readonly send: (credential: string | null, call: Call, headers?: Headers) => Promise<Reply>
  /** Sends a body as it stands. */
  readonly sendText: (
    credential: string | null,
    call: Call,
    text: string,
    headers?: Headers,
  ) => Promise<Reply>
  /** Holds an answer to be a problem of one of these statuses, which the document has for this operation. */
  readonly problem: (reply: Reply, ...statuses: readonly number[]) => Problem
  /** Holds an answer to be the operation's success. */
  readonly done: (reply: Reply) => Reply
}

/** The document of the running worker, and what there is in it. */
export async function subjectsOfWorker(): Promise<{ document: Document; subjects: Subject[] }> {
  const answer = await exports.default.fetch(`${ORIGIN}/openapi.json`)
  const document = await answer.json<Document>()
  return { document, subjects: operationsOf(document).map((operation) => subjectOf(document, operation)) }
}

function subjectOf(document: Document, operation: Operation): Subject {
  const { operationId, method, path, permission } = operation
  const isRoot = permission === "root"
  const sendBody = (credential: string | null, { id, more }: Call, body: unknown, headers: Headers = {}) => {
    const auth: Headers = credential === null ? {} : { Authorization: `Bearer ${credential}` }
    const parameters: Record<string, string> = { ...more, id: id ?? UNKNOWN_ID }
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => parameters[name] ?? UNKNOWN_ID)
    return request(method, filled, body, { ...auth, ...headers }, byCall)
  }
  return {
    id: operationId,
    operation,
    row: rows[operationId] ?? { call: () => ({}) },
    isRoot,
    key: (world) => (isRoot ? ROOT_KEY : world.tenant.key),
    send: (credential, call, headers) => sendBody(credential, call, call.body, headers),
    sendText: sendBody,
    problem: (reply, ...statuses) => documentedProblem(document, operation, reply, ...statuses),
    done: (reply) => {
      if (reply.status === successOf(operation)) return reply
      throw new Error(`${operationId}: ${reply.status} ${reply.text}`)
    },
  }
}

export function isPublic({ operation }: Subject): boolean {
  return operation.security.length === 0
}

/** How its success is told: the media type and what the document says of it. */
export function successMedia({ operation }: Subject): readonly [type: string, media: Schema] {
  const content = at(operation.responses[String(successOf(operation))], "content")
  const [type = ""] = Object.keys(content)
  return [type, at(content, type)]
}
