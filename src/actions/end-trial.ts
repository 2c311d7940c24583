// Ends a trial: the subscription is Active from now on. Runs from the agenda.

import { subscriptions } from "../db/schema.ts"
import { moveSubscription } from "../domain/subscription.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function endTrial(scope: Scope, subscriptionId: string): Promise<Outcome<null>> {
  return act(
    scope,
    async () => {
      const subscription = await scope.read.subscriptions.byId(subscriptionId)
      if (subscription === null) return err(notFound("subscription"))
      const status = moveSubscription(subscription.status, "end_trial")
      if (!status.ok) return ok({ value: null, commit: { audit: [] } })
      return ok({
        value: null,
        commit: {
          guards: [
            scope.write.update(subscriptions, subscription.id, subscription.version, {
              status: status.value,
            }),
          ],
          audit: [
            {
              action: "subscription.trial_ended",
              subjectType: "Subscription",
              subjectId: subscription.id,
              customerId: subscription.customerId,
              before: { status: subscription.status },
              after: { status: status.value },
            },
          ],
        },
      })
    },
    null,
  )
}
