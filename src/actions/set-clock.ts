// Sets the clock of a test tenant. It stands there until it is set or advanced again; nothing runs by this alone.

import { hasSubscriptions, setClock } from "../db/clock.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import { formatInstant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { invalid, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** `advancingTo`: where the clock is on its way to. */
export type ClockState = {
  readonly now: Instant
  readonly frozen: boolean
  readonly advancingTo: Instant | null
}

/** Only a test tenant has a clock to set, and once it has subscriptions, time goes forward only. */
export async function setTestClock(
  scope: Scope,
  to: Instant,
  reply: Reply<ClockState>,
): Promise<Outcome<ClockState>> {
  if (scope.tenant.mode !== "test") return err(liveClock())
  if (to > limits.latestClockMs)
    return err(invalid("now", "A test clock stands at 2200-01-01 at the latest."))
  if (scope.tenant.advance !== null) {
    return err(refusal("conflict", "An advance of this clock is under way."))
  }
  return act(
    scope,
    async () => {
      const { db } = scope.platform
      if (to < scope.now && (await hasSubscriptions(db, scope.tenant.id))) {
        const message = `The tenant has subscriptions and its clock stands at ${formatInstant(scope.now)}: it can't go back.`
        return err(refusal("invalid_state", message, [{ path: "now", message }]))
      }
      return ok({
        value: { now: to, frozen: true, advancingTo: null },
        commit: {
          guards: [setClock(db, scope.tenant.id, to)],
          audit: [
            {
              action: "test_clock.set",
              subjectType: "Tenant",
              subjectId: scope.tenant.id,
              before: { now: formatInstant(scope.now) },
              after: { now: formatInstant(to) },
            },
          ],
        },
      })
    },
    reply,
  )
}

export function liveClock() {
  return refusal("invalid_state", "A live tenant runs on real time; only a test tenant has a clock to set.")
}
