// Settles a finalized invoice on which nothing is owed. Runs from the agenda.

import { invoices } from "../db/schema.ts"
import { amountLeft, moveInvoice } from "../domain/invoice.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome } from "./act.ts"
import { act } from "./act.ts"
import { isWaiting } from "./begin-payout.ts"
import { FINAL, payOutItem } from "./pay-out-invoice.ts"
import { notFound } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function settleInvoice(scope: Scope, invoiceId: string): Promise<Outcome<null>> {
  return act(
    scope,
    async () => {
      const found = await scope.read.invoices.byId(invoiceId)
      if (found === null) return err(notFound("invoice"))
      const { invoice } = found
      // Owed to the customer: it is settled by its payout.
      if (isWaiting(invoice)) {
        return ok({ value: null, commit: { agenda: [payOutItem(scope, invoice, FINAL)], audit: [] } })
      }
      const status = moveInvoice(invoice.status, "settle")
      if (!status.ok || amountLeft(invoice) > 0n) return ok({ value: null, commit: { audit: [] } })
      const change = { status: status.value, paidAt: scope.now }
      return ok({
        value: null,
        commit: {
          guards: [scope.write.update(invoices, invoiceId, invoice.version, change)],
          audit: [
            {
              action: "invoice.settled",
              subjectType: "Invoice",
              subjectId: invoiceId,
              customerId: invoice.customerId,
              before: { status: invoice.status },
              after: { status: status.value },
            },
          ],
        },
      })
    },
    null,
  )
}
