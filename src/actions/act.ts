// Gather → decide → commit, again while a guard misses. A preview is the first half alone.

import type { Answer, Commit } from "../db/commit.ts"
import type { Result } from "../domain/result.ts"
import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import { pauseUpTo } from "../runtime/pause.ts"
import type { Refusal } from "./refusal.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** What an action decided: the value that it gives back and the commit that makes it so. */
export type Decided<T> = { readonly value: T; readonly commit: Omit<Commit, "answer"> }

export type Outcome<T> = Result<T, Refusal>

/** How the door tells the value to its caller. Pure: the same bytes are sent, and stored for a replay. */
export type Reply<T> = (value: T) => Answer

/**
 * Runs an action. `decide` gathers and decides anew at each try; a missed guard means that what it had read was
 * changed meanwhile by somebody who got further.
 */
export async function act<T>(
  scope: Scope,
  decide: () => Promise<Outcome<Decided<T>>>,
  reply: Reply<T> | null,
): Promise<Outcome<T>> {
  for (let attempt = 0; attempt < limits.commitAttempts; attempt++) {
    const decided = await decide()
    if (!decided.ok) return decided
    const { value, commit } = decided.value
    const outcome = await scope.commit({ ...commit, answer: reply?.(value) })
    switch (outcome.kind) {
      case "Committed":
        return ok(value)
      case "NotUnique":
        return err(takenBy(outcome.constraint))
      case "GuardMissed":
        await pauseUpTo(Math.min(limits.commitPauseMs * 2 ** attempt, limits.commitPauseMaxMs))
    }
  }
  return err(refusal("conflict", "The resource is being changed by others at this moment. Try again."))
}

function takenBy(constraint: string): Refusal {
  if (constraint.includes("external_id")) {
    const message = "This external_id is taken by another resource of the same kind."
    return refusal("already_exists", message, [{ path: "external_id", message }])
  }
  return refusal("conflict", "The resource is being changed by others at this moment. Try again.")
}
