// Advances the clock of a test tenant. The request takes the first turn; what is more than one invocation may do goes on by itself.

import { beginAdvance, endTurn, takeTurn } from "../db/clock.ts"
import type { Advancing } from "../domain/advance.ts"
import { err, ok } from "../domain/result.ts"
import type { Instant } from "../domain/time.ts"
import { formatInstant, instant } from "../domain/time.ts"
import { limits } from "../limits.ts"
import type { Outcome, Reply } from "./act.ts"
import { invalid, refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { scopeFor } from "./scope.ts"
import { liveClock } from "./set-clock.ts"
import type { Advance } from "./walk-agenda.ts"
import { takenTurn, turnUntil } from "./walk-agenda.ts"

/** Goes to `to`, or as far as one turn goes. `queries`: what it may ask of D1. */
export async function advanceClock(
  scope: Scope,
  to: Instant,
  reply: Reply<Advance> | null,
  queries: number | null = scope.platform.queries,
): Promise<Outcome<Advance>> {
  if (scope.tenant.mode !== "test") return err(liveClock())
  if (to < scope.now)
    return err(invalid("to", `The clock stands at ${formatInstant(scope.now)}: it can't go back.`))
  const longest = instant(scope.now + limits.advanceYears * 366 * 86_400_000)
  if (to > longest) return err(invalid("to", `One advance takes at most ${limits.advanceYears} years.`))
  if (to > limits.latestClockMs) return err(invalid("to", "A test clock stands at 2200-01-01 at the latest."))
  const begun = { from: scope.now, to, jobs: 0, failed: [], by: scope.actor }
  const taken = (await beginAdvance(scope.platform.db, scope.tenant.id, begun, turnUntil(scope)))
    ? ok({ advance: begun, now: scope.now })
    : await joined(scope, to)
  if (!taken.ok) return taken
  return ok(await takenTurn(scope, { ...taken.value, queries }, (advance) => reply?.(advance)))
}

/** Goes on with an advance that waits for its next turn, if it goes no further than this one. */
async function joined(
  scope: Scope,
  to: Instant,
): Promise<Outcome<{ readonly advance: Advancing; readonly now: Instant }>> {
  const { platform, tenant } = scope
  const turn = await takeTurn(platform.db, tenant.id, platform.wallNow(), turnUntil(scope))
  const advance = turn?.advance ?? null
  if (turn === null || advance === null) {
    return err(refusal("conflict", "Another advance of this clock is under way."))
  }
  if (to >= advance.to) return ok({ advance: { ...advance, to }, now: turn.clockAt ?? advance.from })
  await endTurn(platform.db, tenant.id)
  return err(refusal("conflict", `The clock is on its way to ${formatInstant(advance.to)}.`))
}

/** The next turn, from the queue. Null: there is none to be taken. */
export async function continueAdvance(scope: Scope, queries: number | null): Promise<Advance | null> {
  const { platform, tenant } = scope
  const turn = await takeTurn(platform.db, tenant.id, platform.wallNow(), turnUntil(scope))
  const advance = turn?.advance ?? null
  if (turn === null || advance === null) return null
  // On behalf of who asked for it, at the time of the first turn.
  const first = scopeFor(platform, tenant, {
    actor: advance.by,
    requestId: platform.newId(),
    now: advance.from,
    announce: false,
  })
  return takenTurn(first, { advance, now: turn.clockAt ?? advance.from, queries }, () => undefined)
}
