// Gives up an invoice that will not be paid: what is still owed on it becomes a loss.

import { invoices } from "../db/schema.ts"
import { amountDue, moveInvoice } from "../domain/invoice.ts"
import { postWrittenOff } from "../domain/ledger.ts"
import { formatNanos, minorToNanos } from "../domain/money.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { unowedItems } from "./collect-items.ts"
import type { Draft } from "./draft-invoice.ts"
import { findInvoice } from "./find.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function writeOffInvoice(
  scope: Scope,
  invoiceId: string,
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  return act(
    scope,
    async () => {
      const found = await findInvoice(scope, invoiceId)
      if (!found.ok) return found
      const { invoice: before, lines } = found.value
      const status = moveInvoice(before.status, "write off")
      if (!status.ok) return err(refusal("invalid_state", status.error))
      if (before.type === "TopUp") {
        return err(refusal("invalid_state", "Nothing is owed on a top-up. Void it instead."))
      }
      if (before.pendingMinor > 0n) {
        return err(refusal("invalid_state", "A payment of the invoice is under way. Wait for its outcome."))
      }
      const owed = amountDue(before)
      if (owed === 0n) return err(refusal("invalid_state", "Nothing is owed on the invoice."))
      const change = { status: status.value }
      const invoice = { ...before, ...change, version: before.version + 1 }
      return ok({
        value: { invoice, lines },
        commit: {
          guards: [scope.write.update(invoices, invoiceId, before.version, change)],
          agenda: await unowedItems(scope, invoice),
          postings: postWrittenOff(before, owed),
          audit: [
            {
              action: "invoice.written_off",
              subjectType: "Invoice",
              subjectId: invoiceId,
              customerId: before.customerId,
              before: { status: before.status },
              after: {
                status: invoice.status,
                written_off_nanos: formatNanos(minorToNanos(owed, before.currency)),
              },
            },
          ],
        },
      })
    },
    reply,
  )
}
