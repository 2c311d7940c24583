// The Idempotency-Key of a request: claimed before the work, answered with it, given back when it is refused.
// Law: a stored answer is told to nobody but the tenant (and customer) whose request made it.

import type { Principal } from "../../actions/authenticate.ts"
import type { ClaimState } from "../../actions/scope.ts"
import { opened } from "../../actions/scope.ts"
import { commit, storeAnswer } from "../../db/commit.ts"
import { claimKey, releaseKey } from "../../db/idempotency.ts"
import { instant } from "../../domain/time.ts"
import { limits } from "../../limits.ts"
import { sha256Hex } from "../../runtime/hash.ts"
import type { Ctx } from "./door.ts"
import { openScope } from "./open-scope.ts"
import { Problem } from "./problems.ts"

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
  openScope(c, principal, state)
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

/** Whoever repeats a request repeats its bytes, and is the same customer. No body is the same as an empty object. */
async function requestHash(c: Ctx, customerId: string | null): Promise<string> {
  const bytes = new Uint8Array(await c.req.arrayBuffer())
  const body = await sha256Hex(bytes.length === 0 ? "{}" : bytes)
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
