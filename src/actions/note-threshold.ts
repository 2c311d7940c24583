// Notes that a meter's usage reached its subscription's threshold: a row of the agenda bills it. Runs from the queue.
// What a repeat means: nothing. A crossing has one row, by its number.

import { ok } from "../domain/result.ts"
import type { ThresholdMessage } from "../domain/threshold.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import type { Scope } from "./scope.ts"

export async function noteThreshold(scope: Scope, message: ThresholdMessage): Promise<Outcome<null>> {
  const { subscription_id: subject, crossing } = message
  const uniqueKey = `crossing ${crossing}`
  const row = { kind: "bill-threshold", subject, uniqueKey, dueAt: scope.now } as const
  return act(scope, async () => ok({ value: null, commit: { agenda: [row], audit: [] } }), null)
}
