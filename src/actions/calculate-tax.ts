// Computes the taxes of a draft now. They are computed anew until the draft is final; this shows them before.

import { formatNanos, minorToNanos } from "../domain/money.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { findInvoice } from "./find.ts"
import { refusal } from "./refusal.ts"
import { saveDraft } from "./save-draft.ts"
import type { Scope } from "./scope.ts"
import { withTaxes } from "./tax-lines.ts"

export async function calculateTax(
  scope: Scope,
  invoiceId: string,
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  return act(
    scope,
    async () => {
      const found = await findInvoice(scope, invoiceId)
      if (!found.ok) return found
      const before = found.value
      const { status, version } = before.invoice
      if (status !== "Draft") {
        const detail = `The invoice is ${status}; taxes are computed while it is a Draft, and final after that.`
        return err(refusal("invalid_state", detail))
      }
      const taxed = await withTaxes(scope, before)
      if (!taxed.ok) return taxed
      const after = { ...taxed.value, invoice: { ...taxed.value.invoice, version: version + 1 } }
      return ok({
        value: after,
        commit: {
          ...saveDraft(scope, before, after),
          audit: [
            {
              action: "invoice.taxed",
              subjectType: "Invoice",
              subjectId: invoiceId,
              customerId: after.invoice.customerId,
              before: amounts(before),
              after: amounts(after),
            },
          ],
        },
      })
    },
    reply,
  )
}

function amounts({ invoice: { taxMinor, totalMinor, currency } }: Draft) {
  return {
    tax_nanos: formatNanos(minorToNanos(taxMinor, currency)),
    total_nanos: formatNanos(minorToNanos(totalMinor, currency)),
  }
}
