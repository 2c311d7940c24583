// Takes a line that was written by hand off a draft. What is charged by a price can't be: the next refresh would bring it back.

import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { findDraft } from "./find-draft.ts"
import { invoiceTotals } from "./invoice-audit.ts"
import { notFound, refusal } from "./refusal.ts"
import { belowZero, saveDraft, withLines } from "./save-draft.ts"
import type { Scope } from "./scope.ts"
import { withTaxes } from "./tax-lines.ts"

export async function removeInvoiceLine(
  scope: Scope,
  invoiceId: string,
  lineId: string,
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  return act(
    scope,
    async () => {
      const found = await findDraft(scope, invoiceId)
      if (!found.ok) return found
      const before = found.value
      const line = before.lines.find(({ id }) => id === lineId)
      if (line === undefined) return err(notFound("line"))
      if (line.kind !== "Manual") {
        return err(refusal("invalid_state", "Only a line that was written by hand can be taken off."))
      }
      const kept = withLines(
        before,
        before.lines.filter((other) => other !== line),
      )
      const refused = line.amountMinor > 0n ? belowZero(kept) : null
      if (refused !== null) return err(refusal("invalid_state", refused.detail))
      const after = await withTaxes(scope, kept)
      if (!after.ok) return after
      return ok({
        value: after.value,
        commit: {
          ...saveDraft(scope, before, after.value),
          audit: [
            {
              action: "invoice.line_removed",
              subjectType: "Invoice",
              subjectId: invoiceId,
              customerId: before.invoice.customerId,
              before: { ...invoiceTotals(before), removed: line.description },
              after: invoiceTotals(after.value),
            },
          ],
        },
      })
    },
    reply,
  )
}
