// Charges an invoice to its customer's default method. Runs from the agenda.
// Law: the attempt is written with its key first, then the processor is called, then the outcome is committed. A crash between is
// found again: the job repeats, finds its attempt, and asks what became of it under the same key.

import type { PaymentRow } from "../db/rows.ts"
import { ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { beginPayment } from "./begin-payment.ts"
import { unchanged } from "./payment-news.ts"
import type { Scope } from "./scope.ts"
import { chargeBegun } from "./settle-payment.ts"

/** The payment, or null where there was nothing to collect, or no method to collect it with. */
export async function collectPayment(
  scope: Scope,
  invoiceId: string,
  uniqueKey: string,
): Promise<Outcome<PaymentRow | null>> {
  const begun = await beginPayment(scope, { invoiceId, key: `collect:${uniqueKey}`, amountNanos: null })
  if (begun.ok) return chargeBegun(scope, begun.value, null)
  return begun.error.code === "invalid_state" ? finishJob(scope) : begun
}

/** Nothing is left to be done. */
export async function finishJob(scope: Scope): Promise<Outcome<null>> {
  return act(scope, async () => ok(unchanged(null)), null)
}
