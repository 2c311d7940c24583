// The raw events of a subscription, newest first, from its meter.

import { err, ok } from "../domain/result.ts"
import type { StoredEvent } from "../meter/protocol.ts"
import type { Outcome } from "./act.ts"
import { findSubscription } from "./find.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type { StoredEvent }

export type EventPage = { readonly events: readonly StoredEvent[]; readonly next: number | null }

/** `before` is the `next` of the page before, or null for the first page. */
export async function readEvents(
  scope: Scope,
  subscriptionId: string,
  page: { readonly limit: number; readonly before: number | null; readonly eventType: string | null },
): Promise<Outcome<EventPage>> {
  const found = await findSubscription(scope, subscriptionId)
  if (!found.ok) return found
  const reply = await scope.meter(subscriptionId).events({ ...page, customerId: scope.customerId })
  return reply.kind === "NotFound"
    ? err(notFound("subscription"))
    : ok({ events: reply.events, next: reply.next })
}
