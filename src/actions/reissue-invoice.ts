// Makes the draft that stands in the place of a void invoice; an open one is voided in the same commit, so that no other bill
// takes its charges in between.
// Law: what a subscription charged is computed anew, should − was, so the replacement never charges what another invoice
// has taken since. A void invoice is replaced once; the replacement can be voided and replaced in turn.

import type { InvoiceRow } from "../db/rows.ts"
import { invoices } from "../db/schema.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { unowedItems } from "./collect-items.ts"
import { NO_CREDIT } from "./credit-moves.ts"
import type { Draft } from "./draft-invoice.ts"
import { draftAudit, emptyInvoice } from "./draft-invoice.ts"
import { findInvoice } from "./find.ts"
import { recomputeDraft } from "./refresh-draft.ts"
import type { Refusal } from "./refusal.ts"
import { invalid, refusal } from "./refusal.ts"
import { saveDraft, withLines } from "./save-draft.ts"
import { reopen } from "./reopen.ts"
import type { Scope } from "./scope.ts"
import { withTaxes } from "./tax-lines.ts"
import type { Voiding } from "./void-invoice.ts"
import { creditBack, voiding } from "./void-invoice.ts"
import { withdrawPayout } from "./withdraw-payout.ts"

/** `reason`: why an open invoice is voided. */
export async function reissueInvoice(
  scope: Scope,
  invoiceId: string,
  reason: string | null,
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  return act(
    scope,
    async () => {
      const found = await findInvoice(scope, invoiceId)
      if (!found.ok) return found
      const { invoice: before } = found.value
      const refused = refuseReissue(before)
      if (refused !== null) return err(refused)
      const voided = before.status === "Void" ? ok(null) : voidingFor(scope, found.value, reason)
      if (!voided.ok) return voided
      const [opened, refreshed] = await Promise.all([
        reopen(scope, found.value),
        recomputeDraft(scope, found.value),
      ])
      if (!opened.ok) return opened
      if (!refreshed.ok) return refreshed
      const credit = before.status === "Void" ? ok(NO_CREDIT) : await creditBack(scope, before)
      if (!credit.ok) return credit
      const withdrawn = await withdrawPayout(scope, before)
      if (!withdrawn.ok) return withdrawn
      const copy = copyOf(scope, { invoice: before, lines: refreshed.value.lines })
      const draft = await withTaxes(scope, copy)
      if (!draft.ok) return draft
      const change = { ...voided.value?.change, replacedByInvoiceId: draft.value.invoice.id }
      return ok({
        value: draft.value,
        commit: {
          guards: [
            scope.write.update(invoices, invoiceId, before.version, change),
            ...withdrawn.value.guards,
            ...opened.value.guards,
            ...refreshed.value.guards,
            ...credit.value.guards,
          ],
          writes: [
            ...saveDraft(scope, null, draft.value).writes,
            ...credit.value.writes,
            ...opened.value.writes,
          ],
          agenda: [...opened.value.agenda, ...(await unowedItems(scope, before)), ...credit.value.agenda],
          postings: [...(voided.value?.postings ?? []), ...credit.value.postings],
          audit: [
            ...(voided.value?.audit ?? []),
            draftAudit(draft.value),
            ...withdrawn.value.audit,
            ...credit.value.audit,
          ],
        },
      })
    },
    reply,
  )
}

function refuseReissue({ type, status, replacedByInvoiceId }: InvoiceRow): Refusal | null {
  if (type !== "Standard")
    return refusal("invalid_state", "Only an invoice can be reissued, and this is none.")
  if (replacedByInvoiceId !== null) {
    return refusal("invalid_state", `The invoice is replaced by ${replacedByInvoiceId} already.`)
  }
  switch (status) {
    case "Void":
    case "Open":
      return null
    case "Draft":
      return refusal("invalid_state", "The invoice is a Draft: change it, there is nothing to reissue.")
    case "Paid":
    case "Uncollectible":
      return refusal("invalid_state", `The invoice is ${status}; give it back by a credit note instead.`)
  }
}

function voidingFor(scope: Scope, before: Draft, reason: string | null): Outcome<Voiding> {
  if (reason !== null) return voiding(scope, before, reason)
  return err(invalid("reason", "The invoice is Open and is voided by this: say why."))
}

/** The same for the same customer, as a draft of its own. It waits to be finalized by hand. */
function copyOf(scope: Scope, { invoice, lines }: Draft): Draft {
  const id = scope.newId()
  const { customerId, subscriptionId, currency, sections, memo, metadata, periodStart, periodEnd } = invoice
  const row: InvoiceRow = {
    ...emptyInvoice(scope, id),
    customerId,
    subscriptionId,
    currency,
    sections,
    memo,
    paymentMethodId: invoice.paymentMethodId,
    statementDescriptor: invoice.statementDescriptor,
    payout: invoice.payout,
    metadata,
    periodStart,
    periodEnd,
    totalMinor: invoice.totalMinor,
    replacesInvoiceId: invoice.id,
    version: 0,
  }
  const copies = lines
    .filter(({ isTax }) => !isTax)
    .map((line) => {
      const lineId = scope.newId()
      const lineKey = line.kind === "Manual" ? `line:${lineId}` : line.lineKey
      return { ...line, id: lineId, invoiceId: id, lineKey }
    })
  return withLines({ invoice: row, lines: [] }, copies)
}
