// Gather → decide → commit, again while a guard misses. A preview is the first half alone.

import type { Answer, Commit } from "../db/commit.ts"
import type { Result } from "../domain/result.ts"
import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import { pauseUpTo } from "../runtime/pause.ts"
import type { Refusal } from "./refusal.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** What an action decided: the value that it gives back and the commit that makes it so. `numbered`: the value with the invoice number
 *  that the commit drew; the answer is stored from `value`, and the batch itself puts the number in. */
export type Decided<T> = {
  readonly value: T
  readonly commit: Omit<Commit, "answer">
  readonly numbered?: (number: string) => T
}

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
    const { value, commit, numbered } = decided.value
    const outcome = await scope.commit({ ...commit, answer: reply?.(value) })
    switch (outcome.kind) {
      case "Committed":
        return ok(outcome.number === null || numbered === undefined ? value : numbered(outcome.number))
      case "NotUnique":
        if (!BEGUN_TWICE.some((name) => outcome.constraint.includes(name))) {
          return err(takenBy(outcome.constraint))
        }
        // Another one began it: the next try finds it.
        break
      case "GuardMissed":
        if (await isDoneByAnother(scope))
          return err(refusal("conflict", "Another delivery has done this job."))
        await pauseUpTo(Math.min(limits.commitPauseMs * 2 ** attempt, limits.commitPauseMaxMs))
    }
  }
  return err(refusal("conflict", "The resource is being changed by others at this moment. Try again."))
}

/** A job that comes twice at once: who lost would miss the guard of its row each time. */
async function isDoneByAnother({ jobId, read }: Scope): Promise<boolean> {
  return jobId !== null && (await read.records.job(jobId))?.status === "Done"
}

/** What is made once by whoever needs it first: the draft that gathers a payer's lines, a customer's default wallet. */
const BEGUN_TWICE = ["invoices.collects", "wallets.customer_id"]

/** Fields by which a tenant names what it has, under the names of their columns. */
const OWN_NAMES = ["external_id", "customer_external_id", "code"]

function takenBy(constraint: string): Refusal {
  const field = OWN_NAMES.find((name) => constraint.includes(`.${name}`))
  if (field !== undefined) {
    const message = `This ${field} is taken by another resource of the same kind.`
    return refusal("already_exists", message, [{ path: field, message }])
  }
  return refusal("conflict", "The resource is being changed by others at this moment. Try again.")
}
