// Two callers of whom one is overtaken: what the other one does is committed after the first has decided and before it
// commits. And a worker that dies between two commits. Deterministic, where requests at the same time are a matter of luck.

import { createExecutionContext, env } from "cloudflare:test"
import { scopeFor } from "../../src/actions/scope.ts"
import type { Scope } from "../../src/actions/scope.ts"
import { platformOf } from "../../src/context.ts"
import { tenantById } from "../../src/db/system.ts"

/** A scope of the tenant, as a request would have it. */
export async function scopeOf(tenantId: string): Promise<Scope> {
  const platform = platformOf(env, createExecutionContext())
  const tenant = await tenantById(platform.db, tenantId)
  if (tenant === null) throw new Error("no such tenant")
  const actor = { type: "ApiKey" as const, id: "test" }
  return scopeFor(platform, tenant, { actor, requestId: "test", now: platform.wallNow() })
}

/** The same scope, but its first commit comes too late: `overtake` was quicker. */
export function overtaken(scope: Scope, overtake: () => Promise<unknown>): Scope {
  let done = false
  return {
    ...scope,
    async commit(plan) {
      if (!done) {
        done = true
        await overtake()
      }
      return scope.commit(plan)
    },
  }
}

/** The scope of a worker that dies: its n-th commit from now on never happens, nor any after it. */
export function dying(scope: Scope, after: number): Scope {
  let left = after
  const wrap = (inner: Scope): Scope => ({
    ...inner,
    aside: () => wrap(inner.aside()),
    async commit(plan) {
      left -= 1
      if (left < 0) throw new Error("the worker died")
      return inner.commit(plan)
    },
  })
  return wrap(scope)
}
