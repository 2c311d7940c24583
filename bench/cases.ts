// What is measured, in the order in which it takes its turns.

import type { Plan } from "./load.ts"
import type { World } from "./setup.ts"

export type Case = { readonly name: string; readonly plan: Omit<Plan, "port" | "seconds"> }

export const NOOP = "a route that does nothing"
export const NOOP_CALL = "a call to the meter that does nothing"

export function casesFor(world: World): Case[] {
  const hot = world.subscriptionIds.slice(0, 1)
  const base = { method: "POST", headers: {}, keyed: false, customerId: world.customerId } as const
  const noEvents = { ...base, eventsPerRequest: 0, subscriptionIds: [] }
  const single = { ...base, connections: 64, eventsPerRequest: 1, subscriptionIds: hot }
  const headers = { authorization: `Bearer ${world.apiKey}` }
  // As the quick start sends it: with an Idempotency-Key, which is the event's id.
  const event = { ...single, path: "/v1/events", headers, keyed: true }
  const batch = { ...base, path: "/v1/events/batch", headers, subscriptionIds: hot }
  return [
    { name: NOOP, plan: { ...noEvents, method: "GET", path: "/bench/noop", connections: 64 } },
    {
      name: NOOP_CALL,
      plan: { ...single, path: "/bench/noop-call", headers: { "bench-tenant": world.tenantId } },
    },
    { name: "the meter alone, single events", plan: { ...single, path: "/bench/record" } },
    { name: "POST /v1/events, one subscription", plan: event },
    {
      name: "POST /v1/events, a hundred subscriptions",
      plan: { ...event, subscriptionIds: world.subscriptionIds },
    },
    { name: "POST /v1/events/batch, 100 events", plan: { ...batch, connections: 8, eventsPerRequest: 100 } },
    {
      name: "POST /v1/events/batch, 1,000 events",
      plan: { ...batch, connections: 4, eventsPerRequest: 1_000 },
    },
  ]
}
