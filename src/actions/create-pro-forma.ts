// Keeps what a subscription's next invoice will be, as an offer: computed as the close computes it, and stored as a pro-forma,
// which charges nothing.

import type { InvoiceRow } from "../db/rows.ts"
import { ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import type { Draft } from "./draft-invoice.ts"
import { draftAudit, emptyInvoice } from "./draft-invoice.ts"
import { findSubscriptionTerms } from "./find.ts"
import { upcomingInvoice } from "./follow-up.ts"
import { saveDraft, withLines } from "./save-draft.ts"
import type { Scope } from "./scope.ts"
import { withTaxes } from "./tax-lines.ts"

export async function createProForma(
  scope: Scope,
  subscriptionId: string,
  memo: string | null,
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  return act(
    scope,
    async () => {
      const found = await findSubscriptionTerms(scope, subscriptionId)
      if (!found.ok) return found
      const upcoming = await upcomingInvoice(scope, found.value)
      if (!upcoming.ok) return upcoming
      const offer = await withTaxes(scope, offerOf(scope, upcoming.value, subscriptionId, memo))
      if (!offer.ok) return offer
      return ok({
        value: offer.value,
        commit: { writes: saveDraft(scope, null, offer.value).writes, audit: [draftAudit(offer.value)] },
      })
    },
    reply,
  )
}

/** Of a draft that gathers, only what is the subscription's own. */
function offerOf(
  scope: Scope,
  { invoice, lines }: Draft,
  subscriptionId: string,
  memo: string | null,
): Draft {
  const id = scope.newId()
  const { customerId, currency, sections, periodStart, periodEnd, totalMinor } = invoice
  const row: InvoiceRow = {
    ...emptyInvoice(scope, id),
    type: "ProForma",
    customerId,
    subscriptionId,
    currency,
    sections,
    periodStart,
    periodEnd,
    memo,
    totalMinor,
    version: 0,
  }
  const own = lines.filter((line) => line.subscriptionId === subscriptionId)
  const copies = own.map((line) => ({ ...line, id: scope.newId(), invoiceId: id }))
  return withLines({ invoice: row, lines: [] }, copies)
}
