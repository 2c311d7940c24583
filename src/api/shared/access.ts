// Who may call an operation: credentials → principal → permission → the tenant's scope.
// Law: an operation runs only with the permission that the OpenAPI document names for it.

import type { MiddlewareHandler } from "hono"
import type { Principal } from "../../actions/authenticate.ts"
import { authenticate } from "../../actions/authenticate.ts"
import type { Scope as Permission } from "../../domain/tenant.ts"
import { limits } from "../../limits.ts"
import type { ApiEnv, Ctx } from "./door.ts"
import { withKey } from "./idempotency.ts"
import { openScope } from "./open-scope.ts"
import { Problem } from "./problems.ts"

type Access = {
  readonly permission: Permission | "root"
  readonly idempotent: boolean
  /** Whether the key may also be in the body, as `idempotency_key`. */
  readonly bodyKey?: boolean
  /** Whether a customer's token may do it, if it has the permission. */
  readonly customers: boolean
}

const BEARER = [{ BearerAuth: [] }, { ApiKeyAuth: [] }]

/** For operations that read. */
export function reads(permission: Permission) {
  return operation({ permission, idempotent: false, customers: true })
}

/** For operations that change something: they honor an Idempotency-Key. */
export function writes(permission: Permission | "root") {
  return operation({ permission, idempotent: true, customers: true })
}

/** As `writes`, for a body that may hold the key itself. */
export function writesByBodyKey(permission: Permission) {
  return operation({ permission, idempotent: true, customers: true, bodyKey: true })
}

/** As `writes`, below /v1, for what a business does to a customer's records and no customer does to its own. */
export function businessWrites(permission: Permission) {
  return operation({ permission, idempotent: true, customers: false })
}

function operation(access: Access) {
  return {
    security: access.permission === "root" ? [{ BearerAuth: [] }] : BEARER,
    middleware: [guard(access)] as [MiddlewareHandler<ApiEnv>],
    "x-permission": access.permission,
    "x-idempotent": access.idempotent,
    ...(access.customers ? {} : { "x-business-only": true }),
  }
}

function guard(access: Access): MiddlewareHandler<ApiEnv> {
  return async (c, next) => {
    const principal = await admit(c, access.permission)
    if (principal.kind === "Tenant" && principal.customerId !== null && !access.customers) {
      throw new Problem("forbidden", "A customer's token may not do this.")
    }
    if (principal.kind === "Tenant" && !(await c.get("door").rates.mayCall(principal.tenant.id))) {
      throw new Problem("rate_limited", "Too many requests. Usage events are not limited.", undefined, 10)
    }
    const key = access.idempotent ? await keyOf(c, access) : undefined
    if (key !== undefined) return withKey(c, principal, key, next)
    openScope(c, principal, null)
    return next()
  }
}

/** Two keys that differ would name two requests. */
async function keyOf(c: Ctx, { bodyKey = false }: Access): Promise<string | undefined> {
  const header = c.req.header("Idempotency-Key")
  const inBody = bodyKey ? await keyInBody(c) : undefined
  if (header === undefined || inBody === undefined || header === inBody) return header ?? inBody
  const message = "The Idempotency-Key of the header is another one."
  throw new Problem("invalid_request", message, [{ path: "idempotency_key", message }])
}

/** What is no key is refused with the body. */
async function keyInBody(c: Ctx): Promise<string | undefined> {
  const given: unknown = await c.req.json().catch(() => null)
  const isObject = typeof given === "object" && given !== null && "idempotency_key" in given
  const key = isObject ? given.idempotency_key : undefined
  return typeof key === "string" && key !== "" && key.length <= limits.idempotencyKeyLength ? key : undefined
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
