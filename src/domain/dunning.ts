// Dunning: what happens to an invoice whose payment failed. It is tried again some days after the failure, and after the last try
// the tenant's final action follows.
// Laws: all days count from the first failure, whatever happens between; a step is taken once; a success ends it at any time.

import { assert } from "./assert.ts"
import type { Instant } from "./time.ts"
import { instant } from "./time.ts"

/** Active: tries are to come. Resolved: the invoice is paid, or no longer owed. Exhausted: the last try failed. */
export const DUNNING_STATUSES = ["Active", "Resolved", "Exhausted"] as const
export type DunningStatus = (typeof DUNNING_STATUSES)[number]

/** What becomes of the subscriptions of an invoice whose last try failed; None leaves them past due. */
export const FINAL_ACTIONS = ["Pause", "Cancel", "None"] as const
export type FinalAction = (typeof FINAL_ACTIONS)[number]

export type DunningSettings = {
  /** Days from the first failure, one for each try, ascending. */
  readonly scheduleDays: readonly number[]
  readonly finalAction: FinalAction
}

export const DEFAULT_DUNNING: DunningSettings = { scheduleDays: [3, 7, 14, 21], finalAction: "Pause" }

/** Succeeded: the try has paid the invoice, so it was the last step. Failed: it was tried in vain. Skipped: there was nothing to try, no method or one that was declined for good. Waiting: an earlier
 *  try has no end yet. */
export const STEP_RESULTS = ["Succeeded", "Failed", "Skipped", "Waiting"] as const
export type StepResult = (typeof STEP_RESULTS)[number]

export type DunningStep = {
  readonly at: Instant
  readonly result: StepResult
  readonly paymentId: string | null
}

export type DunningProgress = {
  readonly status: DunningStatus
  readonly failedAt: Instant
  readonly settings: DunningSettings
  readonly steps: readonly DunningStep[]
  readonly nextAttemptAt: Instant | null
}

const DAY_MS = 86_400_000

/** The beginning, with the first failure. Without a schedule it is exhausted at once. */
export function beginDunning(failedAt: Instant, settings: DunningSettings): DunningProgress {
  return placed({ status: "Active", failedAt, settings, steps: [], nextAttemptAt: null })
}

/** After a step, which is the next one that was to come. */
export function takeStep(dunning: DunningProgress, step: DunningStep): DunningProgress {
  assert(dunning.status === "Active", "a step is of a dunning that goes on", { status: dunning.status })
  const before = dunning.steps.length
  assert(before < dunning.settings.scheduleDays.length, "no step is taken twice", { before })
  return placed({ ...dunning, steps: [...dunning.steps, step] })
}

/** `step`: the one that paid the invoice; null where something else did, or nothing is owed any more. */
export function endDunning(dunning: DunningProgress, step: DunningStep | null = null): DunningProgress {
  const steps = step === null ? dunning.steps : [...dunning.steps, step]
  assert(steps.length <= dunning.settings.scheduleDays.length, "no step is taken twice", {
    steps: steps.length,
  })
  return { ...dunning, steps, status: "Resolved", nextAttemptAt: null }
}

function placed(dunning: DunningProgress): DunningProgress {
  const days = dunning.settings.scheduleDays[dunning.steps.length]
  if (days === undefined) return { ...dunning, status: "Exhausted", nextAttemptAt: null }
  return { ...dunning, nextAttemptAt: instant(dunning.failedAt + days * DAY_MS) }
}

export function isLastStep({ settings, steps }: DunningProgress): boolean {
  return steps.length === settings.scheduleDays.length - 1
}
