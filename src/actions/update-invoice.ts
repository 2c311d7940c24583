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
import { checkMethod } from "./method-of.ts"
import type { Scope } from "./scope.ts"

type Said = "memo" | "metadata" | "externalId" | "paymentMethodId" | "statementDescriptor"

export type InvoiceChanges = ChangesOf<Pick<InvoiceRow, Said>>

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
      const method = await checkMethod(scope, before.customerId, values.paymentMethodId)
      if (!method.ok) return method
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

function wordsOf({ memo, metadata, externalId, paymentMethodId, statementDescriptor }: InvoiceRow) {
  return {
    memo,
    metadata,
    external_id: externalId,
    payment_method_id: paymentMethodId,
    statement_descriptor: statementDescriptor,
  }
}
