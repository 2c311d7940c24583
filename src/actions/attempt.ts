// The name of what a job or a request begins, by which the same one that comes again finds it.
// Law: an Idempotency-Key that comes with another wish is refused, and names another request once it is forgotten.

import { instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import { firstIdAt } from "../runtime/ids.ts"
import type { Refusal } from "./refusal.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

const REQUEST = "request:"
const ASKED = "|"

/** The name of what a request begins: the same when it is repeated under its Idempotency-Key. */
export function requestKey(scope: Scope): string {
  return REQUEST + (scope.claim?.claim.scope ?? scope.newId())
}

/** The name as it is kept. Of a request it tells also what was asked for. */
export function attemptKeyOf(name: string, asked: readonly (string | null)[]): string {
  return name.startsWith(REQUEST) ? [name, ...asked.map((value) => value ?? "")].join(ASKED) : name
}

export function isNamed({ attemptKey }: { readonly attemptKey: string }, name: string): boolean {
  return attemptKey === name || attemptKey.startsWith(name + ASKED)
}

type Begun = { readonly id: string; readonly attemptKey: string }

/** Whether who comes under this name may mean what was begun under it. A key's life has nothing to do with a tenant's clock, and an id
 *  tells when it was made. */
export function isSameAttempt({ platform }: Scope, begun: Begun): boolean {
  const oldest = instant(platform.wallNow() - limits.idempotencyTtlMs)
  return !begun.attemptKey.startsWith(REQUEST) || begun.id >= firstIdAt(oldest)
}

/** Null where who comes wants what was begun. */
export function refuseOther(begun: Begun, attemptKey: string): Refusal | null {
  if (begun.attemptKey === attemptKey) return null
  const message = "The Idempotency-Key was used for another request. Use a new key for each request."
  return refusal("idempotency_key_reused", message, [{ path: "Idempotency-Key", message }])
}
