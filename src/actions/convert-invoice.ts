// Turns a pro-forma into the draft of an invoice: the offer was taken. It keeps its id and its lines.

import { invoices } from "../db/schema.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { findDraft } from "./find-draft.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"

export async function convertInvoice(
  scope: Scope,
  invoiceId: string,
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  return act(
    scope,
    async () => {
      const found = await findDraft(scope, invoiceId)
      if (!found.ok) return found
      const { invoice: before, lines } = found.value
      if (before.type !== "ProForma") {
        return err(refusal("invalid_state", "The invoice is no pro-forma: there is nothing to convert."))
      }
      if (lines.some(({ subscriptionId }) => subscriptionId !== null)) {
        const detail = "The pro-forma shows what a subscription will charge: bill the subscription instead."
        return err(refusal("invalid_state", detail))
      }
      const invoice = { ...before, type: "Standard" as const, version: before.version + 1 }
      return ok({
        value: { invoice, lines },
        commit: {
          guards: [scope.write.update(invoices, invoiceId, before.version, { type: "Standard" })],
          audit: [
            {
              action: "invoice.converted",
              subjectType: "Invoice",
              subjectId: invoiceId,
              customerId: before.customerId,
              before: { invoice_type: before.type },
              after: { invoice_type: invoice.type },
            },
          ],
        },
      })
    },
    reply,
  )
}
