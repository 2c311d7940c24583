// Takes an accepted event back. Its id stays used, and the difference is on the next invoice when its period was billed.

import type { Outcome, Reply } from "./act.ts"
import type { EventHistory } from "./correct-event.ts"
import { correctEvent } from "./correct-event.ts"
import type { Scope } from "./scope.ts"

export function voidEvent(
  scope: Scope,
  subscriptionId: string,
  eventId: string,
  reason: string | null,
  reply: Reply<EventHistory>,
): Promise<Outcome<EventHistory>> {
  return correctEvent(scope, subscriptionId, { eventId, change: { kind: "Void" }, reason }, reply)
}
