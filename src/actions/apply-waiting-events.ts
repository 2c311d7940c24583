// Applies what a processor told of a charge or a payout before it was known whose it is.

import { limits } from "../limits.ts"
import { applyStoredEvent } from "./apply-stored-event.ts"
import type { Scope } from "./scope.ts"

/** `chargeRef`: the name of the charge, or of the payout. */
type Told = { readonly processor: string | null; readonly chargeRef: string | null }

/** What can't be applied goes on waiting: the job that looks after the payment or payout comes back to it. */
export async function applyWaitingEvents(scope: Scope, { processor, chargeRef }: Told): Promise<void> {
  if (processor === null || chargeRef === null) return
  const waiting = await scope.read.payments.waitingEvents(processor, chargeRef, limits.waitingEvents)
  for (const row of waiting) await applyStoredEvent(scope, row)
}
