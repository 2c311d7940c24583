// POST /v1/companies/{guid}/callbacks/{callback_key}: a processor says that something has happened. The key in the address lets it
// in; what has happened is asked of the processor.

import { scopeFor, tenantNow } from "../actions/scope.ts"
import type { Scope } from "../actions/scope.ts"
import { takeCallback } from "../actions/take-callback.ts"
import { companyOfAddress } from "./companies.ts"
import type { Api, Ctx } from "./door.ts"
import { DomainError, refused } from "./errors.ts"
import { answer } from "./http.ts"
import { bodyOf } from "./params.ts"

export function register(api: Api): void {
  api.post("/v1/companies/:guid/callbacks/:key", async (c) => {
    const scope = await scopeOf(c)
    const eventId = await eventIdOf(c)
    const taken = await takeCallback(scope, eventId)
    if (taken.ok) return answer(c, { code: taken.value === "Ignored" ? "ignore" : "ok" })
    const { code, detail } = taken.error
    if (code === "not_found") throw new DomainError("InvalidCallbackPayload", detail)
    if (code !== "already_exists") throw refused(taken.error)
    throw new DomainError("DuplicateEventError", `Event ${eventId} already exists for its transaction`)
  })
}

async function scopeOf(c: Ctx): Promise<Scope> {
  const { platform } = c.get("door")
  const tenant = await companyOfAddress(c)
  const wall = platform.wallNow()
  return scopeFor(platform, tenant, {
    actor: { type: "System", id: "callback" },
    requestId: c.get("requestId"),
    now: tenantNow(tenant, wall),
    // While the clock is advanced, the advance itself runs what becomes due.
    announce: tenant.advance === null,
  })
}

/** Of the body no more is believed than which event it means. */
async function eventIdOf(c: Ctx): Promise<string> {
  const event = parsed(new TextDecoder().decode(await bodyOf(c)))
  const id = event["id"]
  if (typeof id === "string" && id !== "" && typeof event["type"] === "string") return id
  throw new DomainError(
    "InvalidCallbackPayload",
    "The callback names no event: its body needs an id and a type",
  )
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
