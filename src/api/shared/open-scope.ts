// From a principal to the scope that actions work in.

import type { Principal } from "../../actions/authenticate.ts"
import type { ClaimState, Scope } from "../../actions/scope.ts"
import { scopeFor, tenantNow } from "../../actions/scope.ts"
import type { Ctx } from "./door.ts"

/** Opens the tenant's scope; the root key has none. The clock is read here, once. */
export function openScope(c: Ctx, principal: Principal, claim: ClaimState | null): void {
  c.set("claim", claim)
  if (principal.kind === "Tenant") c.set("scope", scopeOf(c, principal, claim))
}

function scopeOf(c: Ctx, principal: Extract<Principal, { kind: "Tenant" }>, claim: ClaimState | null): Scope {
  const { platform } = c.get("door")
  return scopeFor(platform, principal.tenant, {
    actor: principal.actor,
    requestId: c.get("requestId"),
    now: tenantNow(principal.tenant, platform.wallNow()),
    customerId: principal.customerId,
    claim,
  })
}
