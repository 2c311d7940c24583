// Finds a webhook endpoint, and events with their bodies.

import type { WebhookEndpointRow } from "../db/rows.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { bodyOf } from "./webhook-body.ts"

export async function findWebhook(scope: Scope, id: string): Promise<Outcome<WebhookEndpointRow>> {
  const row = await scope.read.webhooks.endpoint(id)
  return row === null ? err(notFound("webhook endpoint")) : ok(row)
}

/** `next`: behind which sequence to go on, while there is more. */
export type EventPage = { readonly bodies: readonly string[]; readonly next: number | null }

/** Events behind a sequence, oldest first, as they are or will be delivered: whoever lists one first freezes it. */
export async function listEvents(scope: Scope, after: number, limit: number): Promise<EventPage> {
  const events = await scope.read.webhooks.events(after, limit + 1)
  const page = events.slice(0, limit)
  const bodies: string[] = []
  for (const event of page) {
    const body = await bodyOf(scope, event)
    if (body !== null) bodies.push(body)
  }
  return { bodies, next: events.length > limit ? (page.at(-1)?.sequence ?? null) : null }
}
