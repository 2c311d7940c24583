// Charges what fills a wallet up. Runs from the agenda, once for each recharge.
// Law: as for every charge: the attempt is written with its key first, and a job that comes again finds it.

import type { PaymentRow } from "../db/rows.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { beginPayment } from "./begin-payment.ts"
import { endingRecharge } from "./end-recharge.ts"
import { unchanged } from "./payment-news.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { chargeBegun } from "./settle-payment.ts"

/** The payment, or null where there was nobody to charge. */
export async function rechargeWallet(scope: Scope, rechargeId: string): Promise<Outcome<PaymentRow | null>> {
  const recharge = await scope.read.recharges.byId(rechargeId)
  if (recharge === null) return err(notFound("recharge"))
  const attempt = { invoiceId: recharge.invoiceId, key: `recharge:${rechargeId}`, amountNanos: null }
  const begun = await beginPayment(scope, attempt)
  if (begun.ok) return chargeBegun(scope, begun.value, null)
  return begun.error.code === "invalid_state" ? giveUp(scope, rechargeId) : begun
}

/** There is no method to charge. The invoice has nothing under way, so nothing can arrive on it any more. */
async function giveUp(scope: Scope, rechargeId: string): Promise<Outcome<null>> {
  return act(
    scope,
    async () => {
      const recharge = await scope.read.recharges.byId(rechargeId)
      if (recharge === null || recharge.status !== "Pending") return ok(unchanged(null))
      const found = await scope.read.invoices.byId(recharge.invoiceId)
      if (found === null) return err(notFound("invoice"))
      const ending = await endingRecharge(scope, found.invoice, "no_payment_method")
      return ok({ value: null, commit: ending })
    },
    null,
  )
}
