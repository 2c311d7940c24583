// Which pages of other origins a browser lets read Billy's answers: those that the operator named, and no others.
// Laws: an origin is compared by its parts, never by how it begins; what an address answers is the same for every origin.

import type { Ctx } from "./door.ts"

const HEADERS: Readonly<Record<string, string>> = {
  "Access-Control-Allow-Credentials": "true",
  "Access-Control-Allow-Methods": "GET, POST, PUT, DELETE, PATCH, OPTIONS",
  "Access-Control-Allow-Headers": "Content-Type,Authorization",
}

/** The origins in a text, with spaces, commas or new lines between them. What is no address is none. */
export function readOrigins(text: string | undefined): readonly URL[] {
  return (text ?? "").split(/[\s,]+/).flatMap((word) => addressIn(word) ?? [])
}

/** Scheme and host are those of one that is allowed, and so is the port where that one names it. */
export function isAllowed(origin: string, allowed: readonly URL[]): boolean {
  const asking = addressIn(origin)
  if (asking === null) return false
  return allowed.some(({ protocol, hostname, port }) => {
    return (
      protocol === asking.protocol && hostname === asking.hostname && (port === "" || port === asking.port)
    )
  })
}

function addressIn(text: string): URL | null {
  return URL.canParse(text) && /^https?:\/\//i.test(text) ? new URL(text) : null
}

/** The answer to a browser that asks before it calls; null: this is no such question, or not from an origin that is allowed. */
export function answerPreflight(c: Ctx): Response | null {
  const isAsked = c.req.method === "OPTIONS" && c.req.header("Access-Control-Request-Method") !== undefined
  return isAsked && originOf(c) !== null ? c.body(null, 200) : null
}

export function markOrigin(c: Ctx): void {
  if (c.get("door").allowedOrigins.length === 0) return
  c.res.headers.append("Vary", "Origin")
  const origin = originOf(c)
  if (origin === null) return
  c.res.headers.set("Access-Control-Allow-Origin", origin)
  for (const [name, value] of Object.entries(HEADERS)) c.res.headers.set(name, value)
}

/** Whose page asks, if it may. */
function originOf(c: Ctx): string | null {
  const origin = c.req.header("Origin")
  return origin !== undefined && isAllowed(origin, c.get("door").allowedOrigins) ? origin : null
}
