// The end of a dunning for one subscription: the tenant's final action where the last try failed, and where the invoice is paid after
// all the way back from a pause that was such an end. Runs from the agenda.

import { dunnings } from "../db/schema.ts"
import { ok } from "../domain/result.ts"
import { hasEnded } from "../domain/subscription.ts"
import type { DunningRow, SubscriptionRow } from "../db/rows.ts"
import type { Outcome } from "./act.ts"
import { cancelSubscription } from "./cancel-subscription.ts"
import { changeState } from "./change-state.ts"
import { finishJob } from "./collect-payment.ts"
import { decidePause, resumeSubscription } from "./pause-subscription.ts"
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
      return cancel(scope, subscription)
    case "None":
      return finishJob(scope)
  }
}

async function pause(
  scope: Scope,
  dunning: DunningRow,
  { id, status }: SubscriptionRow,
): Promise<Outcome<null>> {
  if (status === "Paused") return finishJob(scope)
  const paused = await changeState(
    scope,
    id,
    async (terms) => {
      const wanted = decidePause(scope, terms, { resumeAt: null })
      const now = (await scope.read.payments.dunning(dunning.id)) ?? dunning
      if (!wanted.ok) return wanted
      const noted = scope.write.update(dunnings, now.id, now.version, { paused: [...now.paused, id] })
      return ok({ ...wanted.value, guards: [noted] })
    },
    null,
  )
  return paused.ok ? ok(null) : paused
}

async function resume(
  scope: Scope,
  dunning: DunningRow,
  { id, status }: SubscriptionRow,
): Promise<Outcome<null>> {
  if (status !== "Paused" || !dunning.paused.includes(id)) return finishJob(scope)
  const resumed = await resumeSubscription(scope, id, { anchor: "Keep" }, null)
  return resumed.ok ? ok(null) : resumed
}

/** What was used until then is billed by its last close. */
async function cancel(scope: Scope, { id }: SubscriptionRow): Promise<Outcome<null>> {
  const cancelled = await cancelSubscription(scope, id, { at: "Now", prorate: false, invoice: true }, null)
  return cancelled.ok ? ok(null) : cancelled
}
