// Makes a short-lived token for a customer, to be used in that customer's browser or app.

import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import { instant } from "../domain/time.ts"
import { signHs256 } from "../runtime/jwt.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { notFound, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type CustomerToken = { readonly token: string; readonly expiresAt: Instant }

/** `ttlSeconds` is at most an hour. Tokens live by wall time, also those of a tenant whose clock stands elsewhere. */
export async function createCustomerToken(
  scope: Scope,
  customerId: string,
  ttlSeconds: number,
  reply: Reply<CustomerToken>,
): Promise<Outcome<CustomerToken>> {
  const customer = await scope.read.customers.byId(customerId)
  if (customer === null) return err(notFound("customer"))
  if (customer.status === "Closed") return err(refusal("invalid_state", "The customer is Closed."))
  const issuedAt = Math.floor(scope.platform.wallNow() / 1_000)
  const exp = issuedAt + ttlSeconds
  const claims = { sub: customerId, tenant: scope.tenant.id, scope: "customer", iat: issuedAt, exp }
  const token = await signHs256(claims, scope.platform.jwtSecret)
  const value = { token, expiresAt: instant(exp * 1_000) }
  const audit = {
    action: "customer.token_issued",
    subjectType: "Customer",
    subjectId: customerId,
    customerId,
    after: { expires_at: exp },
  }
  return act(scope, async () => ok({ value, commit: { audit: [audit] } }), reply)
}
