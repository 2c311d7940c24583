// Says that a trial is about to end, three days before it does. Runs from the agenda.

import { err, ok } from "../domain/result.ts"
import { formatInstant } from "../domain/time.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function warnTrial(scope: Scope, subscriptionId: string): Promise<Outcome<null>> {
  return act(
    scope,
    async () => {
      const subscription = await scope.read.subscriptions.byId(subscriptionId)
      if (subscription === null) return err(notFound("subscription"))
      const { status, trialEndsAt, id, customerId } = subscription
      if (status !== "Trialing" || trialEndsAt === null) return ok({ value: null, commit: { audit: [] } })
      return ok({
        value: null,
        commit: {
          audit: [
            {
              action: "subscription.trial_will_end",
              subjectType: "Subscription",
              subjectId: id,
              customerId,
              after: { trial_end: formatInstant(trialEndsAt) },
            },
          ],
        },
      })
    },
    null,
  )
}
