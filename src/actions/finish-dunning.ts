// The end of a dunning for one subscription: the tenant's final action where the last try failed, and where the invoice is paid after
// all the way back from a pause that was such an end. Runs from the agenda.

import type { SubscriptionTerms } from "../db/readers/subscriptions.ts"
import { dunnings } from "../db/schema.ts"
import { err, ok } from "../domain/result.ts"
import { hasEnded } from "../domain/subscription.ts"
import type { DunningRow, SubscriptionRow } from "../db/rows.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { decideCancel } from "./cancel-subscription.ts"
import type { DecideChange, StateChange } from "./change-state.ts"
import { changeState } from "./change-state.ts"
import { finishJob } from "./collect-payment.ts"
import { decidePause, resumeSubscription } from "./pause-subscription.ts"
import { unchanged } from "./payment-news.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** `uniqueKey`: the dunning, and behind a colon its status. Whoever was quicker to end, pause or resume it has done its work. */
export async function finishDunning(
  scope: Scope,
  subscriptionId: string,
  uniqueKey: string,
): Promise<Outcome<null>> {
  const [dunning, subscription] = await Promise.all([
    scope.read.payments.dunning(uniqueKey.split(":")[0] ?? ""),
    scope.read.subscriptions.byId(subscriptionId),
  ])
  if (dunning === null || subscription === null || hasEnded(subscription.status)) return finishJob(scope)
  if (dunning.status === "Resolved") return resume(scope, dunning, subscription)
  if (dunning.status === "Active") return finishJob(scope)
  switch (dunning.settings.finalAction) {
    case "Pause":
      return pause(scope, dunning, subscription)
    case "Cancel":
      return cancel(scope, dunning, subscription)
    case "None":
      return finishJob(scope)
  }
}

/** A dunning that was resolved since has no end any more: the subscription goes on. */
const OVER = refusal("invalid_state", "The dunning is not at its end any more.")

async function pause(
  scope: Scope,
  dunning: DunningRow,
  { id, status }: SubscriptionRow,
): Promise<Outcome<null>> {
  if (status === "Paused") return finishJob(scope)
  const decide = atItsEnd(scope, dunning, (terms) => decidePause(scope, terms, { resumeAt: null }), {
    isNoted: true,
  })
  return ended(scope, await changeState(scope, id, decide, null))
}

/** What was used until then is billed by its last close. */
async function cancel(scope: Scope, dunning: DunningRow, { id }: SubscriptionRow): Promise<Outcome<null>> {
  const wanted = { at: "Now", prorate: false, invoice: true } as const
  const decide = atItsEnd(scope, dunning, (terms) => decideCancel(scope, terms, wanted), { isNoted: false })
  return ended(scope, await changeState(scope, id, decide, null))
}

/** Decides as long as the dunning is at its end, which its version guards. `isNoted`: a success undoes it. */
function atItsEnd(
  scope: Scope,
  { id: dunningId }: DunningRow,
  decide: (terms: SubscriptionTerms) => Outcome<StateChange>,
  { isNoted }: { readonly isNoted: boolean },
): DecideChange {
  return async (terms) => {
    const now = await scope.read.payments.dunning(dunningId)
    if (now?.status !== "Exhausted") return err(OVER)
    const wanted = decide(terms)
    if (!wanted.ok) return wanted
    const paused = isNoted ? [...now.paused, terms.subscription.id] : now.paused
    return ok({ ...wanted.value, guards: [scope.write.update(dunnings, dunningId, now.version, { paused })] })
  }
}

async function ended(scope: Scope, outcome: Outcome<SubscriptionRow>): Promise<Outcome<null>> {
  if (outcome.ok) return ok(null)
  return outcome.error === OVER ? finishJob(scope) : outcome
}

/** Unless another unpaid invoice keeps it paused: whatever ends the dunning of that one resumes it. */
async function resume(
  scope: Scope,
  dunning: DunningRow,
  { id, status }: SubscriptionRow,
): Promise<Outcome<null>> {
  if (status !== "Paused" || !dunning.paused.includes(id)) return finishJob(scope)
  const keepers = await scope.read.payments.keepersOf(id, dunning.id)
  if (keepers.length > 0) return handOver(scope, dunning, id)
  const resumed = await resumeSubscription(scope, id, { anchor: "Keep" }, null)
  return resumed.ok ? ok(null) : resumed
}

async function handOver(scope: Scope, { id }: DunningRow, subscriptionId: string): Promise<Outcome<null>> {
  const handed = await act(
    scope.aside(),
    async () => {
      const [keeper] = await scope.read.payments.keepersOf(subscriptionId, id)
      if (keeper === undefined || keeper.paused.includes(subscriptionId)) return ok(unchanged(keeper ?? null))
      const paused = [...keeper.paused, subscriptionId]
      const guard = scope.write.update(dunnings, keeper.id, keeper.version, { paused })
      return ok({ value: keeper, commit: { guards: [guard], audit: [] } })
    },
    null,
  )
  if (!handed.ok) return handed
  // It was paid in between: the job comes again and resumes.
  if (handed.value === null)
    return err(refusal("conflict", "Nothing keeps the subscription paused any more."))
  return finishJob(scope)
}
