// The holds of a subscription that are not over, newest first.

import { err, ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { findSubscription } from "./find.ts"
import type { HeldAmount } from "./place-hold.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** `before`: the id that the page before ended with. */
export type HoldPage = { readonly limit: number; readonly before: string | null }

export type Holds = { readonly holds: readonly HeldAmount[]; readonly next: string | null }

export async function listHolds(
  scope: Scope,
  subscriptionId: string,
  { limit, before }: HoldPage,
): Promise<Outcome<Holds>> {
  const found = await findSubscription(scope, subscriptionId)
  if (!found.ok) return found
  const reply = await scope.meter(subscriptionId).holds(scope.customerId)
  if (reply.kind === "NotFound") return err(notFound("subscription"))
  // Ids rise with the time they were made.
  const all = reply.holds
    .filter(({ id }) => before === null || id < before)
    .toSorted((a, b) => (a.id < b.id ? 1 : -1))
  const holds = all.slice(0, limit)
  return ok({ holds, next: all.length > limit ? (holds.at(-1)?.id ?? null) : null })
}
