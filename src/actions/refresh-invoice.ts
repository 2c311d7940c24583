// Brings a draft up to date: its usage, what adjusts its periods, its taxes. Finalization does the same a last time.

import { subscriptions } from "../db/schema.ts"
import { ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { findDraft } from "./find-draft.ts"
import { invoiceTotals } from "./invoice-audit.ts"
import { refreshDraft } from "./refresh-draft.ts"
import { saveDraft, withLines } from "./save-draft.ts"
import type { Scope } from "./scope.ts"
import { withTaxes } from "./tax-lines.ts"

export async function refreshInvoice(
  scope: Scope,
  invoiceId: string,
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  return act(
    scope,
    async () => {
      const found = await findDraft(scope, invoiceId)
      if (!found.ok) return found
      const before = found.value
      const refreshed = await refreshDraft(scope, before)
      if (!refreshed.ok) return refreshed
      const taxed = await withTaxes(scope, withLines(before, refreshed.value.lines))
      if (!taxed.ok) return taxed
      const after = taxed.value
      const saved = saveDraft(scope, before, after)
      return ok({
        value: after,
        commit: {
          writes: saved.writes,
          guards: [
            ...saved.guards,
            ...refreshed.value.guards,
            // Two drafts of a subscription must not both take the same late usage.
            ...refreshed.value.subscriptions.map((row) =>
              scope.write.update(subscriptions, row.id, row.version, {}),
            ),
          ],
          audit: [
            {
              action: "invoice.refreshed",
              subjectType: "Invoice",
              subjectId: invoiceId,
              customerId: after.invoice.customerId,
              before: invoiceTotals(before),
              after: invoiceTotals(after),
            },
          ],
        },
      })
    },
    reply,
  )
}
