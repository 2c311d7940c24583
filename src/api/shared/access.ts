// Who may call an operation: credentials → principal → permission → the tenant's scope. Also the request's idempotency.
// Law: a stored answer is told to nobody but the tenant (and customer) whose request made it.

import type { MiddlewareHandler } from "hono"
import type { Principal } from "../../actions/authenticate.ts"
import { authenticate } from "../../actions/authenticate.ts"
import type { ClaimState, Scope } from "../../actions/scope.ts"
import { opened, scopeFor, tenantNow } from "../../actions/scope.ts"
import { claimKey, releaseKey } from "../../db/idempotency.ts"
import { commit, storeAnswer } from "../../db/commit.ts"
import type { Scope as Permission } from "../../domain/tenant.ts"
import { instant } from "../../domain/time.ts"
import { limits } from "../../limits.ts"
import { sha256Hex } from "../../runtime/hash.ts"
import type { ApiEnv, Ctx } from "./door.ts"
import { Problem } from "./problems.ts"

type Access = {
  readonly permission: Permission | "root"
  readonly idempotent: boolean
}

const BEARER = [{ BearerAuth: [] }, { ApiKeyAuth: [] }]

/** For operations that read. */
export function reads(permission: Permission) {
  return operation({ permission, idempotent: false })
}

/** For operations that change something: they honor an Idempotency-Key. */
export function writes(permission: Permission | "root") {
  return operation({ permission, idempotent: true })
}

function operation(access: Access) {
  return {
    security: access.permission === "root" ? [{ BearerAuth: [] }] : BEARER,
    middleware: [guard(access)] as [MiddlewareHandler<ApiEnv>],
    "x-permission": access.permission,
    "x-idempotent": access.idempotent,
  }
}

function guard(access: Access): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const principal = await admit(c, access.permission)
    if (principal.kind === "Tenant" && !(await c.get("door").rates.mayCall(principal.tenant.id))) {
      throw new Problem("rate_limited", "Too many requests. Usage events are not limited.", undefined, 10)
    }
    const key = access.idempotent ? c.req.header("Idempotency-Key") : undefined
    if (key !== undefined) return withKey(c, principal, key, next)
    open(c, principal, null)
    return next()
  }
}

/** The caller of an operation, if the credentials are good and permit it. */
export async function admit(c: Ctx, permission: Permission | "root"): Promise<Principal> {
  const { platform, credentials, rates } = c.get("door")
  const credential = credentialOf(c)
  const principal = credential === null ? null : await authenticate(platform, credentials, credential)
  if (principal === null) {
    const address = c.req.header("CF-Connecting-IP") ?? "unknown"
    // Only guesses count: a request without credentials tries nothing.
    if (credential !== null && !(await rates.mayTryCredentials(address))) {
      throw new Problem("rate_limited", "Too many failed attempts to authenticate.", undefined, 60)
    }
    throw new Problem(
      "unauthenticated",
      "Send `Authorization: Bearer <API key or token>` or `X-API-Key: <API key>`; this one is missing, wrong, expired or revoked.",
    )
  }
  c.set("principal", principal)
  permit(c, principal, permission)
  return principal
}

function permit(c: Ctx, principal: Principal, permission: Permission | "root"): void {
  if (principal.kind === "Root" || permission === "root") {
    if (principal.kind === "Root" && permission === "root") return
    throw new Problem(
      "forbidden",
      permission === "root"
        ? "Only the root key may do this."
        : "The root key only creates tenants; use a key of the tenant.",
    )
  }
  if (principal.customerId !== null && c.req.path.startsWith("/admin/")) {
    throw new Problem("forbidden", "A customer's token does not reach /admin/v1.")
  }
  if (!principal.permissions.has(permission)) {
    throw new Problem("forbidden", `These credentials lack the scope ${permission}.`)
  }
}

function credentialOf(c: Ctx): string | null {
  const authorization = c.req.header("Authorization")
  if (authorization !== undefined) {
    const bearer = /^Bearer +(\S+)$/i.exec(authorization)
    return bearer?.[1] ?? null
  }
  return c.req.header("X-API-Key") ?? null
}

/** Opens the tenant's scope; the root key has none. The clock is read here, once. */
function open(c: Ctx, principal: Principal, claim: ClaimState | null): void {
  c.set("claim", claim)
  if (principal.kind === "Tenant") c.set("scope", scopeOf(c, principal, claim))
}

export function scopeOf(
  c: Ctx,
  principal: Extract<Principal, { kind: "Tenant" }>,
  claim: ClaimState | null,
): Scope {
  const { platform } = c.get("door")
  return scopeFor(platform, principal.tenant, {
    actor: principal.actor,
    requestId: c.get("requestId"),
    now: tenantNow(principal.tenant, platform.wallNow()),
    customerId: principal.customerId,
    claim,
  })
}

/** Runs the operation under a claimed key; only a success that was committed keeps the key. */
export async function withKey(
  c: Ctx,
  principal: Principal,
  key: string,
  next: () => Promise<void>,
): Promise<Response | void> {
  const { platform } = c.get("door")
  const tenantId = principal.kind === "Root" ? "root" : principal.tenant.id
  const customerId = principal.kind === "Root" ? null : principal.customerId
  checkKey(key)
  const wall = platform.wallNow()
  const outcome = await claimKey(platform.db, {
    tenantId,
    scope: await sha256Hex(`${c.req.method} ${c.req.path}\n${key}`),
    requestHash: await requestHash(c, customerId),
    token: platform.newId(),
    now: wall,
    leaseUntil: instant(wall + limits.idempotencyLeaseMs),
    expiresAt: instant(wall + limits.idempotencyTtlMs),
  })
  switch (outcome.kind) {
    case "Replay":
      return replay(c, outcome.answer.status, await opened(platform, outcome.answer))
    case "Reused":
      throw keyReused()
    case "InProgress": {
      const seconds = Math.ceil(outcome.retryAfterMs / 1_000)
      const text = "The first request with this Idempotency-Key is still running. Try again in a moment."
      throw new Problem("idempotency_in_progress", text, undefined, seconds)
    }
    case "Claimed":
  }
  const state: ClaimState = { claim: outcome.claim, stored: false }
  open(c, principal, state)
  try {
    await next()
  } catch (error) {
    if (!state.stored) await releaseKey(platform.db, state.claim)
    throw error
  }
  if (state.stored) return
  const succeeded = c.error === undefined && c.res.status < 300
  if (!succeeded) return releaseKey(platform.db, state.claim)
  // An operation without a commit of its own (a preview, a batch of events): its answer is kept afterwards, which is
  // safe because doing it again would do no harm.
  const answer = { status: c.res.status, body: await c.res.clone().text() }
  const actor = principal.kind === "Root" ? { type: "Root" as const, id: "root" } : principal.actor
  const context = { tenantId, now: wall, actor, requestId: "", claim: null, jobId: null }
  await commit(
    platform.db,
    { ...context, newId: platform.newId },
    { guards: [storeAnswer(platform.db, state.claim, answer)], audit: [] },
  )
}

/** Whoever repeats a request repeats its bytes, and is the same customer. */
async function requestHash(c: Ctx, customerId: string | null): Promise<string> {
  const body = await sha256Hex(new Uint8Array(await c.req.arrayBuffer()))
  return sha256Hex(`${customerId ?? ""}\n${body}`)
}

export function checkKey(key: string): void {
  if (key.length >= 1 && key.length <= limits.idempotencyKeyLength) return
  const message = `An Idempotency-Key has 1 to ${limits.idempotencyKeyLength} characters.`
  throw new Problem("invalid_request", message, [{ path: "Idempotency-Key", message }])
}

export function keyReused(): Problem {
  const text =
    "This Idempotency-Key was used with another body on this path. Use a new key for a new request."
  return new Problem("idempotency_key_reused", text, [{ path: "Idempotency-Key", message: text }])
}

function replay(c: Ctx, status: number, body: string): Response {
  const headers = { "Content-Type": "application/json", "X-Idempotency-Replayed": "true" }
  if (status === 204) return new Response(null, { status, headers: { "X-Idempotency-Replayed": "true" } })
  return c.body(body, status as 200, headers)
}
