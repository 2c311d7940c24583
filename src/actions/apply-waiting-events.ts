// Applies what a processor told of a charge before it was known whose it is.

import type { PaymentRow } from "../db/rows.ts"
import { limits } from "../limits.ts"
import { applyStoredEvent } from "./apply-stored-event.ts"
import type { Scope } from "./scope.ts"

/** What can't be applied goes on waiting: the payment's `reconcile-payment` job comes back to it. */
export async function applyWaitingEvents(scope: Scope, payment: PaymentRow): Promise<void> {
  const { processor, chargeRef } = payment
  if (processor === null || chargeRef === null) return
  const waiting = await scope.read.payments.waitingEvents(processor, chargeRef, limits.waitingEvents)
  for (const row of waiting) await applyStoredEvent(scope, row)
}
