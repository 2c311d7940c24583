// What must hold of the webhooks: each event once in the list, under one content, and in the end at every receiver that wants it, of a
// subscription or thing in its order.

import { env } from "cloudflare:workers"
import type { EventFilter, EventType } from "../../src/domain/webhook-events.ts"
import { wants } from "../../src/domain/webhook-events.ts"
import { PATIENCE_MS } from "../../src/domain/webhook.ts"
import type { Receiver } from "./receivers.ts"
import type { Simulation } from "./simulation.ts"

type Event = {
  readonly id: string
  readonly type: EventType
  readonly sequence: number
  readonly subjectId: string
  readonly lane: string
  readonly body: string | null
}

const EVENTS = `SELECT id, type, sequence, subject_id AS subjectId, coalesce(subscription_id, subject_id) AS lane, body
  FROM webhook_events WHERE tenant_id = ? ORDER BY sequence`

/** What was tried for less than three days and is not tried any more, though the event is still there. */
const GIVEN_UP = `SELECT d.event_id AS id, d.done_at - d.first_attempt_at AS triedMs FROM webhook_deliveries AS d
  JOIN webhook_events AS e ON e.id = d.event_id WHERE d.tenant_id = ? AND d.status = 'Failed'`

async function rows<T>(simulation: Simulation, sql: string): Promise<T[]> {
  return (await env.DB.prepare(sql).bind(simulation.tenantId).all<T>()).results
}

export async function webhooksBrokenNow(simulation: Simulation): Promise<string[]> {
  const events = await rows<Event>(simulation, EVENTS)
  const { receivers } = simulation
  const soon = (await rows<{ id: string; triedMs: number }>(simulation, GIVEN_UP)).filter(
    ({ triedMs }) => triedMs < PATIENCE_MS,
  )
  return [
    ...receivers.scandals,
    ...events.flatMap(({ sequence }, at) =>
      sequence === (events[0]?.sequence ?? 0) + at ? [] : [`event ${sequence} has a gap before it`],
    ),
    ...events.flatMap(({ id, body }) =>
      (receivers.bodyOf(id) ?? body) === body ? [] : [`event ${id} was told with another content`],
    ),
    ...soon.map(({ id, triedMs }) => `event ${id} was given up after ${triedMs} ms`),
    ...receivers.all.flatMap((receiver) => outOfOrder(receiver, events)),
  ]
}

/** A receiver takes no event before the others of its lane that it wants: not even while much is still under way. */
function outOfOrder(receiver: Receiver, events: readonly Event[]): string[] {
  const wanted = events.filter((event) => wantsIt(receiver, event))
  const places = new Map([...receiver.took.keys()].map((id, place) => [id, place]))
  return [...Map.groupBy(wanted, ({ lane }) => lane).values()].flatMap((lane) =>
    lane.flatMap((event, at) => {
      const before = lane[at - 1]
      const place = places.get(event.id)
      if (before === undefined || place === undefined || receiver.gaveUp.has(before.id)) return []
      const isAfter = (places.get(before.id) ?? Infinity) < place
      return isAfter ? [] : [`receiver ${receiver.place} took ${told(event)} before ${told(before)}`]
    }),
  )
}

/** Whatever went wrong on the way. */
export async function webhooksBrokenInTheEnd(simulation: Simulation): Promise<string[]> {
  const events = await rows<Event>(simulation, EVENTS)
  return simulation.receivers.all.flatMap((receiver) =>
    events
      .filter((event) => wantsIt(receiver, event) && !receiver.took.has(event.id))
      .map((event) => `receiver ${receiver.place} never got ${told(event)}`),
  )
}

function wantsIt({ id, events }: { id: string; events: readonly EventFilter[] }, event: Event): boolean {
  return wants({ id, events }, event)
}

function told({ type, sequence, lane }: Event): string {
  return `${type} ${sequence} of ${lane}`
}
