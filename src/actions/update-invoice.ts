// Changes what a draft says beside its lines.

import { ok } from "../domain/result.ts"
import type { InvoiceRow } from "../db/rows.ts"
import { invoices } from "../db/schema.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { ChangesOf } from "./changes.ts"
import { given } from "./changes.ts"
import type { Draft } from "./draft-invoice.ts"
import { findDraft } from "./find-draft.ts"
import type { Scope } from "./scope.ts"

export type InvoiceChanges = ChangesOf<Pick<InvoiceRow, "memo" | "metadata" | "externalId">>

export async function updateInvoice(
  scope: Scope,
  invoiceId: string,
  changes: InvoiceChanges,
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  const values = given(changes)
  return act(
    scope,
    async () => {
      const found = await findDraft(scope, invoiceId)
      if (!found.ok) return found
      const { invoice: before, lines } = found.value
      const after = { ...before, ...values, version: before.version + 1 }
      return ok({
        value: { invoice: after, lines },
        commit: {
          guards: [scope.write.update(invoices, invoiceId, before.version, values)],
          audit: [
            {
              action: "invoice.updated",
              subjectType: "Invoice",
              subjectId: invoiceId,
              customerId: before.customerId,
              before: wordsOf(before),
              after: wordsOf(after),
            },
          ],
        },
      })
    },
    reply,
  )
}

function wordsOf({ memo, metadata, externalId }: InvoiceRow) {
  return { memo, metadata, external_id: externalId }
}
