// The raw events of a subscription, newest first: from its meter, and from the archive where they left it.

import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { StoredEvent } from "../meter/protocol.ts"
import type { Outcome } from "./act.ts"
import { findSubscription } from "./find.ts"
import { readArchived } from "./read-archived.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export type { StoredEvent }

export type EventPage = { readonly events: readonly StoredEvent[]; readonly next: number | null }

type Page = { readonly limit: number; readonly before: number | null; readonly eventType: string | null }

/** `before` is the `next` of the page before, or null for the first page. A page may be short and still have a next one. */
export async function readEvents(
  scope: Scope,
  subscriptionId: string,
  page: Page,
): Promise<Outcome<EventPage>> {
  const found = await findSubscription(scope, subscriptionId)
  if (!found.ok) return found
  const { customerId } = found.value
  const meter = scope.meter(subscriptionId)
  const events: StoredEvent[] = []
  let { before } = page
  for (let opened = 0; opened <= limits.archivesPerPage; opened += 1) {
    const limit = page.limit - events.length
    const reply = await meter.events({ ...page, limit, before, customerId: scope.customerId })
    if (reply.kind === "NotFound") return err(notFound("subscription"))
    events.push(...reply.events)
    const { archive, next } = reply
    if (archive === undefined || next === null || events.length === page.limit) return ok({ events, next })
    const rest = await readArchived(scope, customerId, archive, next)
    if (!rest.ok) return rest
    const wanted = rest.value.filter(
      ({ eventType }) => page.eventType === null || page.eventType === eventType,
    )
    const taken = wanted.slice(0, page.limit - events.length)
    events.push(...taken)
    before = taken.length < wanted.length ? (taken.at(-1)?.seq ?? next) : archive.first
    if (events.length === page.limit) break
  }
  return ok({ events, next: before })
}
