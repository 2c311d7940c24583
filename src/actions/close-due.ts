// Closes what of a subscription is due by now, before it is changed: a change looks at a subscription that is up to date.

import { decideClose } from "../domain/close.ts"
import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { Outcome } from "./act.ts"
import { closePeriod } from "./close-period.ts"
import { findSubscription } from "./find.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

/** Each close is a commit of its own, which the agenda's row then finds done. */
export async function closeDue(scope: Scope, subscriptionId: string): Promise<Outcome<null>> {
  for (let closed = 0; closed <= limits.closesAtOnce; closed++) {
    const found = await findSubscription(scope, subscriptionId)
    if (!found.ok) return found
    const close = found.value.endedAt === null ? decideClose(found.value, scope.now) : null
    if (close === null) return ok(null)
    const done = await closePeriod(scope.aside(), subscriptionId)
    if (!done.ok) return done
  }
  const message = "Past periods of the subscription are being billed at this moment. Try again."
  return err(refusal("conflict", message))
}
