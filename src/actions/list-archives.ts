// The archives of a subscription's raw events, newest first.

import type { Archive } from "../domain/archive.ts"
import { ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { findSubscription } from "./find.ts"
import type { Scope } from "./scope.ts"

export type ArchivePage = { readonly archives: readonly Archive[]; readonly next: number | null }

/** `before` is the `next` of the page before, or null for the first page. */
export async function listArchives(
  scope: Scope,
  subscriptionId: string,
  { limit, before }: { readonly limit: number; readonly before: number | null },
): Promise<Outcome<ArchivePage>> {
  const found = await findSubscription(scope, subscriptionId)
  if (!found.ok) return found
  // One more than is told says whether there are more.
  const reply = await scope.meter(subscriptionId).archives({ before, limit: limit + 1 })
  const archives = reply.archives.slice(0, limit)
  const next = reply.archives.length > limit ? (archives.at(-1)?.first ?? null) : null
  return ok({ archives, next })
}
