// Who is calling. Keys and tenants are remembered in the isolate for at most a minute, so that the hot path does not
// touch D1; a revoked key is therefore dead everywhere within that minute.

import type { Actor } from "../db/commit.ts"
import type { TenantRow } from "../db/rows.ts"
import { keyByHash, tenantById } from "../db/system.ts"
import type { Instant } from "../domain/time.ts"
import type { Scope as Permission } from "../domain/tenant.ts"
import { CUSTOMER_SCOPES, SCOPES } from "../domain/tenant.ts"
import { limits } from "../limits.ts"
import { sameSecret, sha256Hex } from "../runtime/hash.ts"
import { isUuid } from "../runtime/ids.ts"
import { verifyHs256 } from "../runtime/jwt.ts"
import type { Platform } from "./scope.ts"

export type Principal =
  | { readonly kind: "Root" }
  | {
      readonly kind: "Tenant"
      readonly tenant: TenantRow
      readonly actor: Actor
      readonly permissions: ReadonlySet<Permission>
      readonly customerId: string | null
    }

type Cached<T> = { readonly value: T; readonly until: number }

/** What an isolate remembers of credentials. One per isolate; tests make their own. */
export class CredentialCache {
  readonly #entries = new Map<string, Cached<Principal | TenantRow>>()

  get(key: string, now: Instant): Principal | TenantRow | null {
    const entry = this.#entries.get(key)
    if (entry === undefined || entry.until <= now) return null
    return entry.value
  }

  set(key: string, value: Principal | TenantRow, until: number): void {
    // Dropping everything when full is crude and cheap: it costs each caller one read of D1.
    if (this.#entries.size >= limits.credentialCacheEntries) this.#entries.clear()
    this.#entries.set(key, { value, until })
  }

  clear(): void {
    this.#entries.clear()
  }
}

const KEY = /^b[spr]k_(live|test)_[0-9A-Za-z]{32,64}$/
/** What programs written for Billy have: 32 random bytes in base58. */
const BILLY_KEY = /^[1-9A-HJ-NP-Za-km-z]{40,44}$/

/** The principal behind a credential, or null. Never says why not: that would help only an attacker. */
export async function authenticate(
  platform: Platform,
  cache: CredentialCache,
  credential: string,
): Promise<Principal | null> {
  const now = platform.wallNow()
  const known = cache.get(credential, now)
  if (known !== null && "kind" in known) return freshClock(platform, known)
  const until = now + limits.credentialCacheMs
  if (KEY.test(credential)) {
    const principal = await principalOfKey(platform, credential)
    if (principal !== null) cache.set(credential, principal, until)
    return principal
  }
  if (credential.split(".").length === 3) {
    const found = await principalOfToken(platform, cache, credential, now)
    if (found === null) return null
    cache.set(credential, found.principal, Math.min(until, found.expiresAt))
    return freshClock(platform, found.principal)
  }
  if (await sameSecret(credential, platform.rootKey)) return { kind: "Root" }
  if (!BILLY_KEY.test(credential)) return null
  const principal = await principalOfKey(platform, credential)
  if (principal !== null) cache.set(credential, principal, until)
  return principal
}

/** A test tenant's clock must be read each time; a live tenant's hot path stays away from D1. */
async function freshClock(platform: Platform, principal: Principal): Promise<Principal | null> {
  if (principal.kind === "Root" || principal.tenant.mode === "live") return principal
  const tenant = await tenantById(platform.db, principal.tenant.id)
  return tenant === null ? null : { ...principal, tenant }
}

async function principalOfKey(platform: Platform, key: string): Promise<Principal | null> {
  const row = await keyByHash(platform.db, await sha256Hex(key))
  if (row === null) return null
  const tenant = await tenantById(platform.db, row.tenantId)
  if (tenant === null) return null
  return {
    kind: "Tenant",
    tenant,
    actor: { type: "ApiKey", id: row.id },
    permissions: new Set(row.kind === "Secret" ? SCOPES : row.scopes),
    customerId: null,
  }
}

type TokenPrincipal = { readonly principal: Principal; readonly expiresAt: number }

/** Tokens: `sub`, `exp`, `scope` (`customer` or `admin`), `tenant` and, for fewer rights, `permissions`; a customer's lives an hour at
 *  most, an admin's eight. */
async function principalOfToken(
  platform: Platform,
  cache: CredentialCache,
  token: string,
  now: Instant,
): Promise<TokenPrincipal | null> {
  const claims = await verifyHs256(token, platform.jwtSecret)
  if (claims === null) return null
  const { sub, exp, scope, tenant: tenantId } = claims
  if (typeof sub !== "string" || typeof exp !== "number" || typeof tenantId !== "string") return null
  if (scope !== "customer" && scope !== "admin") return null
  const longest = scope === "customer" ? limits.customerTokenMs : limits.adminTokenMs
  const expiresAt = exp * 1_000
  if (expiresAt <= now || expiresAt > now + longest + 1_000) return null
  if (scope === "customer" && !isUuid(sub)) return null
  const permissions = narrowed(scope === "customer" ? CUSTOMER_SCOPES : SCOPES, claims["permissions"])
  if (permissions === null) return null
  const tenant = await tenantOf(platform, cache, tenantId, now)
  if (tenant === null) return null
  const principal: Principal = {
    kind: "Tenant",
    tenant,
    actor: { type: scope === "customer" ? "Customer" : "Admin", id: sub },
    permissions,
    customerId: scope === "customer" ? sub : null,
  }
  return { principal, expiresAt }
}

/** Those of `all` that the claim names, with spaces between; all of them without it. A claim can't add to them: then it is no token. */
function narrowed(all: readonly Permission[], claim: unknown): ReadonlySet<Permission> | null {
  if (claim === undefined) return new Set(all)
  if (typeof claim !== "string") return null
  const named = claim.split(" ")
  const some = all.filter((permission) => named.includes(permission))
  return some.length === new Set(named).size ? new Set(some) : null
}

async function tenantOf(
  platform: Platform,
  cache: CredentialCache,
  tenantId: string,
  now: Instant,
): Promise<TenantRow | null> {
  const key = `tenant:${tenantId}`
  const known = cache.get(key, now)
  if (known !== null && !("kind" in known)) return known
  const tenant = await tenantById(platform.db, tenantId)
  if (tenant !== null) cache.set(key, tenant, now + limits.credentialCacheMs)
  return tenant
}
