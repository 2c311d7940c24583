// Tells an accepted event anew: when it happened, what was used, or both. It may move to another period.

import type { Properties } from "../domain/measure.ts"
import { err } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import type { Outcome, Reply } from "./act.ts"
import type { EventHistory } from "./correct-event.ts"
import { correctEvent } from "./correct-event.ts"
import { invalid } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** What is null stays as it is; properties are replaced whole. */
export type Amendment = {
  readonly timestamp: Instant | null
  readonly properties: Properties | null
  readonly reason: string | null
}

export async function amendEvent(
  scope: Scope,
  subscriptionId: string,
  eventId: string,
  { timestamp, properties, reason }: Amendment,
  reply: Reply<EventHistory>,
): Promise<Outcome<EventHistory>> {
  if (timestamp === null && properties === null) {
    return err(invalid("properties", "Give the timestamp, the properties or both as they should have been."))
  }
  const change = { kind: "Amend", timestamp, properties } as const
  return correctEvent(scope, subscriptionId, { eventId, change, reason }, reply)
}
