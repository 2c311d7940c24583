// Who is calling: the user name of HTTP Basic is the key, the password is not looked at.
// Law: whatever is wrong with a key, the answer is 403 and says no more.

import { authenticate } from "../actions/authenticate.ts"
import type { Scope } from "../actions/scope.ts"
import { scopeFor, tenantNow } from "../actions/scope.ts"
import { SCOPES } from "../domain/tenant.ts"
import { FrameError } from "./errors.ts"
import type { Ctx } from "./door.ts"

/** The scope of the company whose key this is. `refusal`: what is said to who has none. */
export async function admit(c: Ctx, refusal = "Unauthorized"): Promise<Scope> {
  const { platform, credentials, rates } = c.get("door")
  const key = keyOf(c)
  const principal = key === null ? null : await authenticate(platform, credentials, key)
  if (principal === null && key !== null) await countGuess(c)
  // A key that may not do everything is no company's key.
  const isFull =
    principal?.kind === "Tenant" &&
    principal.customerId === null &&
    SCOPES.every((permission) => principal.permissions.has(permission))
  if (!isFull) throw new FrameError(403, refusal)
  const { tenant, actor } = principal
  if (!(await rates.mayCall(tenant.id))) throw tooMany()
  return scopeFor(platform, tenant, {
    actor,
    requestId: c.get("requestId"),
    now: tenantNow(tenant, platform.wallNow()),
  })
}

/** What an address tries in vain is counted. */
export async function countGuess(c: Ctx): Promise<void> {
  if (!(await c.get("door").rates.mayTryCredentials(addressOf(c)))) throw tooMany()
}

/** What anybody may do without a key is counted as the calls of a tenant are. */
export async function countStranger(c: Ctx): Promise<void> {
  if (!(await c.get("door").rates.mayCall(`address ${addressOf(c)}`))) throw tooMany()
}

function addressOf(c: Ctx): string {
  return c.req.header("CF-Connecting-IP") ?? "unknown"
}

function tooMany(): FrameError {
  return new FrameError(429, "Too many requests")
}

/** The user name; null: there is none that can be read. */
export function keyOf(c: Ctx): string | null {
  const encoded = /^Basic\s+(\S+)\s*$/i.exec(c.req.header("Authorization") ?? "")?.[1]
  if (encoded === undefined) return null
  try {
    const text = atob(encoded)
    const colon = text.indexOf(":")
    return colon === -1 ? null : text.slice(0, colon)
  } catch {
    return null
  }
}
