// Gives back an invoice, or a part of it, by a document of its own. What was charged stays billed: no later bill charges it
// again, which is what sets a credit note apart from a void.

import type { AuditEntry } from "../db/commit.ts"
import type { InvoiceRow } from "../db/rows.ts"
import { invoices } from "../db/schema.ts"
import { assert } from "../domain/assert.ts"
import type { Credit, CreditableLine, WantedLine } from "../domain/credit-note.ts"
import {
  creditAmount,
  creditLines,
  creditNoteNumber,
  creditRest,
  creditTotal,
} from "../domain/credit-note.ts"
import type { Currency } from "../domain/currency.ts"
import { decimalOf } from "../domain/decimal.ts"
import { amountLeft, invoiceTax, invoiceTotal } from "../domain/invoice.ts"
import type { Unpaid } from "../domain/ledger.ts"
import { postCredited } from "../domain/ledger.ts"
import type { Minor } from "../domain/money.ts"
import { formatNanos, minor, minorToNanos, nanos, nanosToMinor } from "../domain/money.ts"
import { err, ok } from "../domain/result.ts"
import { isUnscoped } from "../domain/wallet.ts"
import type { Drawn } from "../domain/wallet-return.ts"
import { creditedParts, outOfScope } from "../domain/wallet-return.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { unowedItems } from "./collect-items.ts"
import { creditRows, leftOf } from "./credit-rows.ts"
import { deferred } from "./deferred.ts"
import type { Draft } from "./draft-invoice.ts"
import { emptyInvoice } from "./draft-invoice.ts"
import { returning, withLimit } from "./draw-wallet.ts"
import { findInvoice } from "./find.ts"
import { standingLines, stillDrawn } from "./payable-lines.ts"
import type { Refusal } from "./refusal.ts"
import { invalid, refusal } from "./refusal.ts"
import { saveDraft } from "./save-draft.ts"
import type { Scope } from "./scope.ts"
import { setOffOwed } from "./set-off-owed.ts"

/** Amounts are nanos. Without lines and amount: everything that is left. */
export type NewCreditNote = {
  readonly reason: string
  readonly lines: readonly CreditNoteLine[] | null
  readonly amountNanos: string | null
}

export type CreditNoteLine = {
  readonly lineId: string
  readonly amountNanos: string | null
  readonly quantity: string | null
}

export async function createCreditNote(
  scope: Scope,
  invoiceId: string,
  input: NewCreditNote,
  reply: Reply<Draft>,
): Promise<Outcome<Draft>> {
  return act(
    scope,
    async () => {
      const creditable = await creditableOf(scope, invoiceId)
      if (!creditable.ok) return creditable
      const { found, notes, left } = creditable.value
      const { invoice } = found
      const credits = decided(input, left, invoice)
      if (!credits.ok) return credits
      const note = noteOf(scope, found, credits.value, {
        reason: input.reason,
        sequence: notes.length + 1,
      })
      const first = await unpayable(scope, found, notes, note)
      const parts = partsOf(invoice, note.invoice.totalMinor, first)
      const change = creditedFields(scope, invoice, note.invoice.totalMinor, parts.credit)
      const back = await returning(scope, invoice, parts.credit, first)
      const credit = parts.credit === 0n ? back : await withLimit(scope, invoice.customerId, back)
      const { customerId, currency } = invoice
      const owed = { causeId: note.invoice.id, customerId, currency }
      const setOff = await setOffOwed(scope, owed, [{ invoiceId, amountMinor: parts.money }])
      const saved = saveDraft(scope, null, note)
      const agenda = change.status === "Open" ? [] : await unowedItems(scope, invoice)
      return ok({
        value: note,
        commit: {
          guards: [
            scope.write.update(invoices, invoiceId, invoice.version, change),
            ...credit.guards,
            ...setOff.guards,
          ],
          writes: [...saved.writes, ...credit.writes],
          agenda: [...agenda, ...credit.agenda],
          postings: [
            ...postCredited(note.invoice, unpaidOf(invoice, parts), deferred(scope, note)),
            ...credit.postings,
            ...setOff.postings,
          ],
          audit: [creditAudit(note, invoice, change.status), ...credit.audit, ...setOff.audit],
        },
      })
    },
    reply,
  )
}

type Creditable = {
  readonly found: Draft
  readonly notes: readonly Draft[]
  readonly left: readonly CreditableLine[]
}

/** The invoice and its credit notes as they are at one moment: where a note comes between the two readings they are read again. */
async function creditableOf(scope: Scope, invoiceId: string): Promise<Outcome<Creditable>> {
  for (let versionBefore = -1; ;) {
    const found = await findInvoice(scope, invoiceId)
    if (!found.ok) return found
    const { invoice } = found.value
    const refused = refuseCredit(invoice)
    if (refused !== null) return err(refused)
    const notes = await scope.read.invoices.creditNotes(invoiceId)
    const left = leftOf(found.value, notes)
    const before = minor(invoice.totalMinor - (invoice.creditedMinor ?? 0n))
    if (creditTotal(creditRest(left)) === before) return ok({ found: found.value, notes, left })
    assert(invoice.version !== versionBefore, "what is left of the lines is what is left", { invoiceId })
    versionBefore = invoice.version
  }
}

/** What credit with a scope has paid of lines that are given back now, and may pay of no other. */
async function unpayable(
  scope: Scope,
  invoice: Draft,
  notes: readonly Draft[],
  note: Draft,
): Promise<readonly Drawn[]> {
  if (invoice.invoice.drawnMinor === 0n) return []
  const drawn = await stillDrawn(scope, invoice.invoice)
  if (drawn.every(({ grant }) => isUnscoped(grant))) return []
  const [before = [], after = []] = await standingLines(scope, invoice, [notes, [...notes, note]])
  return outOfScope(drawn, { before, after }, note.invoice.totalMinor)
}

function partsOf(invoice: InvoiceRow, given: Minor, first: readonly Drawn[]) {
  const bound = first.reduce((sum, { amountMinor }) => sum + amountMinor, 0n)
  return creditedParts({ ...invoice, leftMinor: amountLeft(invoice) }, given, minor(bound))
}

/** Where what is not paid of the invoice stands. What goes back as credit is owed for a moment, until it does. */
function unpaidOf(invoice: InvoiceRow, { unpaid, credit }: ReturnType<typeof partsOf>): Unpaid {
  const account = invoice.status === "Uncollectible" ? "BadDebt" : "AccountsReceivable"
  return { account, amountMinor: minor(unpaid + credit) }
}

function refuseCredit(invoice: InvoiceRow): Refusal | null {
  const { status, type, totalMinor, creditedMinor } = invoice
  if (type !== "Standard")
    return refusal("invalid_state", "Only an invoice can be credited, and this is none.")
  if (status === "Draft" || status === "Void") {
    const detail = `The invoice is ${status}; a credit note is of a finalized invoice that is not void.`
    return refusal("invalid_state", detail)
  }
  if (totalMinor > (creditedMinor ?? 0n)) return null
  return refusal(
    "invalid_state",
    "Nothing is left to credit: the invoice was credited in full, or was of nothing.",
  )
}

function decided(
  { lines, amountNanos }: NewCreditNote,
  left: readonly CreditableLine[],
  { currency }: InvoiceRow,
): Outcome<readonly Credit[]> {
  if (lines === null && amountNanos === null) return ok(creditRest(left))
  const credits = lines === null ? byAmount() : byLines(lines)
  if (!credits.ok || creditTotal(credits.value) > 0n) return credits
  return err(invalid(lines === null ? "amount_nanos" : "lines", "The credit note would come to nothing."))

  function byAmount(): Outcome<readonly Credit[]> {
    const amount = minorOf(amountNanos ?? "", currency, "amount_nanos")
    if (!amount.ok) return amount
    const credited = creditAmount(left, amount.value, currency)
    return credited.ok ? credited : err(invalid(credited.error.path, credited.error.message))
  }

  function byLines(some: readonly CreditNoteLine[]): Outcome<readonly Credit[]> {
    const wanted: WantedLine[] = []
    for (const [at, line] of some.entries()) {
      const path = `lines.${at}.amount_nanos`
      const amount = line.amountNanos === null ? ok(null) : minorOf(line.amountNanos, currency, path)
      if (!amount.ok) return amount
      const quantity = line.quantity === null ? null : decimalOf(line.quantity)
      wanted.push({ lineId: line.lineId, amount: amount.value, quantity })
    }
    const credited = creditLines(left, wanted, currency)
    return credited.ok ? credited : err(invalid(credited.error.path, credited.error.message))
  }
}

function minorOf(text: string, currency: Currency, path: string): Outcome<Minor> {
  const amount = nanosToMinor(nanos(BigInt(text)), currency)
  return amount.ok ? amount : err(invalid(path, `Not a whole number of the minor units of ${currency}.`))
}

/** The note is final at once, and nothing is to be paid on it. */
function noteOf(
  scope: Scope,
  original: Draft,
  credits: readonly Credit[],
  { reason, sequence }: { readonly reason: string; readonly sequence: number },
): Draft {
  const { invoice } = original
  const id = scope.newId()
  const lines = creditRows(scope, id, original, credits)
  assert(invoice.number !== null && invoiceTotal(lines) === creditTotal(credits), "a note is its credits", {
    id,
  })
  const note: InvoiceRow = {
    ...emptyInvoice(scope, id),
    type: "CreditNote",
    status: "Paid",
    number: creditNoteNumber(invoice.number, sequence),
    appliesToInvoiceId: invoice.id,
    customerId: invoice.customerId,
    subscriptionId: invoice.subscriptionId,
    sections: invoice.sections,
    currency: invoice.currency,
    totalMinor: invoiceTotal(lines),
    taxMinor: invoiceTax(lines),
    tax: invoice.tax,
    memo: reason,
    periodStart: invoice.periodStart,
    periodEnd: invoice.periodEnd,
    recipient: invoice.recipient,
    finalizedAt: scope.now,
    paidAt: scope.now,
  }
  return { invoice: note, lines }
}

/** An invoice that is given back in full owes nothing more. */
function creditedFields(scope: Scope, invoice: InvoiceRow, given: Minor, returned: Minor) {
  const creditedMinor = minor((invoice.creditedMinor ?? 0n) + given)
  assert(creditedMinor <= invoice.totalMinor, "no more is given back than was charged", { id: invoice.id })
  const change = { creditedMinor, drawnMinor: minor(invoice.drawnMinor - returned) }
  const isSettled = invoice.status === "Open" && amountLeft({ ...invoice, ...change }) <= 0n
  return isSettled
    ? { ...change, status: "Paid" as const, paidAt: scope.now }
    : { ...change, status: invoice.status }
}

function creditAudit(
  { invoice: note }: Draft,
  invoice: InvoiceRow,
  status: InvoiceRow["status"],
): AuditEntry {
  return {
    action: "invoice.credited",
    subjectType: "Invoice",
    subjectId: invoice.id,
    customerId: invoice.customerId,
    before: { status: invoice.status },
    after: {
      status,
      credit_note_id: note.id,
      credit_note_number: note.number,
      credited_nanos: formatNanos(minorToNanos(note.totalMinor, note.currency)),
      reason: note.memo,
    },
  }
}
