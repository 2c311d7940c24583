// Changes how a subscription is paid: which method is charged, and what its charges are called. Invoices that are final already are
// asked for the way it says then.

import type { SubscriptionRow } from "../db/rows.ts"
import { subscriptions } from "../db/schema.ts"
import { ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { ChangesOf } from "./changes.ts"
import { given } from "./changes.ts"
import { findSubscription } from "./find.ts"
import { checkMethod } from "./method-of.ts"
import type { Scope } from "./scope.ts"

export type SubscriptionChanges = ChangesOf<Pick<SubscriptionRow, "paymentMethodId" | "statementDescriptor">>

export async function updateSubscription(
  scope: Scope,
  id: string,
  changes: SubscriptionChanges,
  reply: Reply<SubscriptionRow>,
): Promise<Outcome<SubscriptionRow>> {
  const values = given(changes)
  return act(
    scope,
    async () => {
      const found = await findSubscription(scope, id)
      if (!found.ok) return found
      const before = found.value
      const method = await checkMethod(scope, before.customerId, values.paymentMethodId)
      if (!method.ok) return method
      const after = { ...before, ...values, version: before.version + 1 }
      return ok({
        value: after,
        commit: {
          guards: [scope.write.update(subscriptions, id, before.version, values)],
          audit: [
            {
              action: "subscription.updated",
              subjectType: "Subscription",
              subjectId: id,
              customerId: before.customerId,
              before: paidBy(before),
              after: paidBy(after),
            },
          ],
        },
      })
    },
    reply,
  )
}

function paidBy({ paymentMethodId, statementDescriptor }: SubscriptionRow) {
  return { payment_method_id: paymentMethodId, statement_descriptor: statementDescriptor }
}
