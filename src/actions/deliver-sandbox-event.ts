// Lets the sandbox tell an event. It comes in through the webhook route, as Stripe's do, before this job is done: told twice, it is
// the same event by its id.

import { ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import type { Scope } from "./scope.ts"

export async function deliverSandboxEvent(scope: Scope, eventRef: string): Promise<Outcome<null>> {
  await scope.platform.sandboxOf(scope.tenant).deliver(eventRef)
  return act(scope, async () => ok({ value: null, commit: { audit: [] } }), null)
}
