// The two shapes of Billy's refusals: those of its framework, a sentence as HTML or plain text, and those of its domain,
// which are JSON. Clients look at the status; of the JSON they read `error_class`.

import type { Context } from "hono"
import type { Refusal } from "../actions/refusal.ts"
import { print, pythonText } from "./print.ts"

type FrameStatus = 400 | 403 | 404 | 413 | 429 | 500 | 503

const FRAME: Readonly<Record<FrameStatus, readonly [title: string, explanation: string]>> = {
  400: [
    "Bad Request",
    "The server could not comply with the request since it is either malformed or otherwise incorrect.",
  ],
  403: ["Forbidden", "Access was denied to this resource."],
  404: ["Not Found", "The resource could not be found."],
  413: ["Request Entity Too Large", "The body of your request was too large for this server."],
  429: ["Too Many Requests", "There were too many requests. Try again later."],
  500: [
    "Internal Server Error",
    "The server has either erred or is incapable of performing the requested operation.",
  ],
  503: ["Service Unavailable", "The server is currently unavailable. Please try again at a later time."],
}

/** A refusal of the framework. Thrown. */
export class FrameError extends Error {
  override readonly name = "FrameError"
  readonly status: FrameStatus

  constructor(status: FrameStatus, detail: string) {
    super(detail)
    this.status = status
  }
}

export type ErrorClass =
  | "InvalidURIFormat"
  | "InvalidCustomer"
  | "InvalidFundingInstrument"
  | "InvalidOperationError"
  | "DuplicateExternalIDError"
  | "InvalidCallbackPayload"
  | "DuplicateEventError"

/** A refusal of the domain. Thrown. */
export class DomainError extends Error {
  override readonly name = "DomainError"
  readonly errorClass: ErrorClass

  constructor(errorClass: ErrorClass, message: string) {
    super(message)
    this.errorClass = errorClass
  }
}

/** A GUID, or something else, where a URI belongs. */
export function notAUri(what: string, example: string, received: string): DomainError {
  const text = `The ${what} should be something like ${example}, but we received ${pythonText(received)}. `
  return new DomainError("InvalidURIFormat", `${text}Remember, it should be a URI rather than a GUID`)
}

/** What the core refuses where Billy has no words of its own: the request is at fault, or its moment. */
export function refused({ code, detail }: Refusal): FrameError | DomainError {
  if (code === "invalid_state" || code === "conflict") return new DomainError("InvalidOperationError", detail)
  if (code === "not_found") return new FrameError(404, detail)
  if (code === "processor_unavailable") return new FrameError(503, detail)
  return code === "forbidden" ? new FrameError(403, detail) : new FrameError(400, detail)
}

export function frameResponse(c: Context, { status, message }: FrameError): Response {
  const [title, explanation] = FRAME[status]
  const heading = `${status} ${title}`
  if (!acceptsHtml(c.req.header("Accept"))) {
    const text = `${heading}\n\n${explanation}\n\n\n${message}\n\n`
    return c.body(text, status, { "Content-Type": "text/plain; charset=UTF-8" })
  }
  const page = `<html>
 <head>
  <title>${heading}</title>
 </head>
 <body>
  <h1>${heading}</h1>
  ${explanation}<br/><br/>
${escapeHtml(message)}


 </body>
</html>`
  return c.body(page, status, { "Content-Type": "text/html; charset=UTF-8" })
}

export function domainResponse(c: Context, { errorClass, message }: DomainError): Response {
  const status = errorClass === "DuplicateExternalIDError" ? 409 : 400
  const body = print({ error_class: errorClass, error_message: message })
  return c.body(body, status, { "Content-Type": "application/json; charset=UTF-8" })
}

/** curl and python-requests take everything; who names JSON alone, or nothing, gets text. */
function acceptsHtml(accept: string | undefined): boolean {
  return accept !== undefined && /(?:text\/html|text\/\*|\*\/\*)/i.test(accept)
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
}
