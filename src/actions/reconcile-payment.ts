// Asks what became of a payment that has no end yet, and comes back until it has one. Runs from the agenda, where it is put in the
// commit that begins the payment: nothing that happens after that is lost.

import type { PaymentRow } from "../db/rows.ts"
import { isUnderWay } from "../domain/payment.ts"
import { err, ok } from "../domain/result.ts"
import { limits } from "../limits.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { applyWaitingEvents } from "./apply-waiting-events.ts"
import { reconcileItem } from "./begin-payment.ts"
import { unchanged } from "./payment-news.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { chargeBegun } from "./settle-payment.ts"

/** `uniqueKey` counts how often it was looked at. */
export async function reconcilePayment(
  scope: Scope,
  paymentId: string,
  uniqueKey: string,
): Promise<Outcome<null>> {
  const looks = Number(uniqueKey) + 1
  const payment = await scope.read.payments.byId(paymentId)
  if (payment === null) return err(notFound("payment"))
  if (isUnderWay(payment.status)) {
    const settled = await chargeBegun(scope.aside(), { payment, isNew: false }, null)
    if (!settled.ok) return settled
  } else {
    // One that has its end may still have events that came before it was known whose they are.
    await applyWaitingEvents(scope.aside(), payment)
  }
  return act(
    scope,
    async () => {
      const now = await scope.read.payments.byId(paymentId)
      if (now === null || (!isUnderWay(now.status) && !(await isAwaited(scope, now, looks)))) {
        return ok(unchanged(null))
      }
      const again = reconcileItem(scope, now, looks)
      return ok({ value: null, commit: { agenda: [again], audit: [] } })
    },
    null,
  )
}

/** Whether events wait for it: they could not be applied just now, or whoever ended it died before it came to them. */
async function isAwaited(
  scope: Scope,
  { processor, chargeRef }: PaymentRow,
  looks: number,
): Promise<boolean> {
  if (processor === null || chargeRef === null || looks > limits.looksForEvents) return false
  return (await scope.read.payments.waitingEvents(processor, chargeRef, 1)).length > 0
}
