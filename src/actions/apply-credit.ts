// Pays an open invoice, or a part of it, with credit that came when the invoice was final already.
// Laws: what is drawn is what would have been drawn of what is due, in the same order and by the same scopes; nothing is drawn for which
// a payment is under way; who is paid in full is dunned no longer.

import type { InvoiceRow } from "../db/rows.ts"
import { invoices } from "../db/schema.ts"
import { amountAskable, amountLeft, moveInvoice } from "../domain/invoice.ts"
import { formatNanos, minor, minorToNanos } from "../domain/money.ts"
import { err, ok } from "../domain/result.ts"
import { drawsFor } from "../domain/wallet-draw.ts"
import type { Decided, Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { askedAmount } from "./begin-payment.ts"
import type { Draft } from "./draft-invoice.ts"
import type { Drawing } from "./draw-wallet.ts"
import { drawingOf } from "./draw-wallet.ts"
import { resolved } from "./dunning-of-payment.ts"
import { findInvoice } from "./find.ts"
import { standingLines, stillDrawn } from "./payable-lines.ts"
import type { Refusal } from "./refusal.ts"
import { refusal } from "./refusal.ts"
import type { Scope } from "./scope.ts"
import { tellWalletNow } from "./wallet-limit.ts"

export async function applyCredit(
  scope: Scope,
  invoiceId: string,
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  const outcome = await act(
    scope,
    async () => {
      const found = await findInvoice(scope, invoiceId)
      if (!found.ok) return found
      const refused = refuse(found.value.invoice)
      if (refused !== null) return err(refused)
      const credit = await drawingMore(scope, found.value)
      if (credit.drawnMinor > 0n) return ok(await applied(scope, found.value, credit))
      return err(refusal("invalid_state", "The customer holds no credit that may pay the invoice."))
    },
    reply,
  )
  if (outcome.ok) await tellWalletNow(scope, outcome.value.invoice.customerId)
  return outcome
}

function refuse(invoice: InvoiceRow): Refusal | null {
  if (invoice.type === "TopUp") return refusal("invalid_state", "Credit does not buy credit.")
  const due = askedAmount(invoice, null)
  return due.ok ? null : due.error
}

/** What the invoice draws of what is due and that no payment is under way for: as if the credit had been there from the beginning. */
async function drawingMore(scope: Scope, draft: Draft): Promise<Drawing> {
  const { invoice } = draft
  const { wallets, walletBudgets, invoices: reader } = scope.read
  const [held, isWatched, [lines = []], before] = await Promise.all([
    wallets.heldBy(invoice.customerId, invoice.currency),
    walletBudgets.isWatched(invoice.customerId),
    reader.creditNotes(invoice.id).then((notes) => standingLines(scope, draft, [notes])),
    stillDrawn(scope, invoice),
  ])
  const paid = { drawn: before, dueMinor: amountAskable(invoice) }
  return drawingOf(scope, invoice, { held, isWatched }, drawsFor(held, lines, scope.now, paid))
}

async function applied(scope: Scope, { invoice, lines }: Draft, credit: Drawing): Promise<Decided<Draft>> {
  const drawnMinor = minor(invoice.drawnMinor + credit.drawnMinor)
  const settled = amountLeft({ ...invoice, drawnMinor }) > 0n ? null : moveInvoice(invoice.status, "settle")
  const isPaid = settled?.ok === true
  const change = { drawnMinor, ...(isPaid ? { status: settled.value, paidAt: scope.now } : {}) }
  const after = { ...invoice, ...change, version: invoice.version + 1 }
  const dunning = isPaid ? await scope.read.payments.dunningOf(invoice.id) : null
  const ended =
    dunning === null || dunning.status === "Resolved"
      ? { guards: [], agenda: [], audit: [] }
      : await resolved(scope, dunning)
  return {
    value: { invoice: after, lines },
    commit: {
      guards: [
        scope.write.update(invoices, invoice.id, invoice.version, change),
        ...credit.guards,
        ...ended.guards,
      ],
      writes: credit.writes,
      postings: credit.postings,
      agenda: [...credit.agenda, ...ended.agenda],
      audit: [...auditOf(invoice, after, credit), ...credit.audit, ...ended.audit],
    },
  }
}

function auditOf(before: InvoiceRow, after: InvoiceRow, { drawnMinor }: Drawing) {
  const { id, customerId, currency, number, status } = after
  const subject = { subjectType: "Invoice", subjectId: id, customerId, before: { status: before.status } }
  const applied_nanos = formatNanos(minorToNanos(drawnMinor, currency))
  return [
    {
      action: "invoice.credit_applied",
      ...subject,
      after: { status, invoice_number: number, applied_nanos },
    },
    ...(status === "Paid" ? [{ action: "invoice.settled", ...subject, after: { status } }] : []),
  ]
}
