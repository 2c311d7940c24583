// Makes a short-lived token for a customer, to be used in that customer's browser or app.

import { err, ok } from "../domain/result.ts"
import type { Scope as Permission } from "../domain/tenant.ts"
import type { Instant } from "../domain/time.ts"
import { instant } from "../domain/time.ts"
import { signHs256 } from "../runtime/jwt.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type CustomerToken = {
  readonly token: string
  readonly scopes: readonly Permission[]
  readonly expiresAt: Instant
}

/** What it may do, of what customers may, and how long it lives: an hour at most. */
export type NewCustomerToken = { readonly scopes: readonly Permission[]; readonly ttlSeconds: number }

/** Tokens live by wall time, also those of a tenant whose clock stands elsewhere. */
export async function createCustomerToken(
  scope: Scope,
  customerId: string,
  { scopes, ttlSeconds }: NewCustomerToken,
  reply: Reply<CustomerToken>,
): Promise<Outcome<CustomerToken>> {
  const customer = await scope.read.customers.byId(customerId)
  if (customer === null) return err(notFound("customer"))
  if (customer.status === "Closed") return err(refusal("invalid_state", "The customer is Closed."))
  const issuedAt = Math.floor(scope.platform.wallNow() / 1_000)
  const exp = issuedAt + ttlSeconds
  const permissions = scopes.join(" ")
  const claims = {
    sub: customerId,
    tenant: scope.tenant.id,
    scope: "customer",
    permissions,
    iat: issuedAt,
    exp,
  }
  const token = await signHs256(claims, scope.platform.jwtSecret)
  const value = { token, scopes, expiresAt: instant(exp * 1_000) }
  const audit = {
    action: "customer.token_issued",
    subjectType: "Customer",
    subjectId: customerId,
    customerId,
    after: { expires_at: exp, scopes },
  }
  return act(scope, async () => ok({ value, commit: { audit: [audit] } }), reply)
}
