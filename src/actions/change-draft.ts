// How a draft's lines are changed: the change, the taxes on what it leaves, one commit guarded by the draft's version, one entry of audit.

import type { AuditEntry } from "../db/commit.ts"
import type { Guarded } from "../db/database.ts"
import { ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { findDraft } from "./find-draft.ts"
import { invoiceTotals } from "./invoice-audit.ts"
import { saveDraft } from "./save-draft.ts"
import type { Scope } from "./scope.ts"
import { withTaxes } from "./tax-lines.ts"

export type DraftChange = {
  /** With its new lines; they are taxed anew. */
  readonly draft: Draft
  readonly guards?: readonly Guarded[]
  readonly action: AuditEntry["action"]
  /** What the audit says beside the totals. */
  readonly before?: Readonly<Record<string, unknown>>
  readonly after?: Readonly<Record<string, unknown>>
}

export async function changeDraft(
  scope: Scope,
  invoiceId: string,
  decide: (before: Draft) => Promise<Outcome<DraftChange>> | Outcome<DraftChange>,
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  return act(
    scope,
    async () => {
      const found = await findDraft(scope, invoiceId)
      if (!found.ok) return found
      const before = found.value
      const change = await decide(before)
      if (!change.ok) return change
      const taxed = await withTaxes(scope, change.value.draft)
      if (!taxed.ok) return taxed
      const after = taxed.value
      const saved = saveDraft(scope, before, after)
      return ok({
        value: after,
        commit: {
          guards: [...saved.guards, ...(change.value.guards ?? [])],
          writes: saved.writes,
          audit: [
            {
              action: change.value.action,
              subjectType: "Invoice",
              subjectId: invoiceId,
              customerId: after.invoice.customerId,
              before: { ...invoiceTotals(before), ...change.value.before },
              after: { ...invoiceTotals(after), ...change.value.after },
            },
          ],
        },
      })
    },
    reply,
  )
}
