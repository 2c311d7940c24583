// Voids an invoice that was not paid. What it charged is open again: the next bill of the subscription charges it. What credit paid of it
// goes back to where it came from, and the credit that one below zero became is taken back.

import type { AuditEntry } from "../db/commit.ts"
import type { InvoiceRow } from "../db/rows.ts"
import { invoices } from "../db/schema.ts"
import { moveInvoice } from "../domain/invoice.ts"
import type { Posting } from "../domain/ledger.ts"
import { postVoided } from "../domain/ledger.ts"
import { formatNanos, minor, minorToNanos } from "../domain/money.ts"
import { err, ok } from "../domain/result.ts"
import type { Outcome, Reply } from "./act.ts"
import { act } from "./act.ts"
import { freeForVoid } from "./call-off.ts"
import { unowedItems } from "./collect-items.ts"
import type { CreditPart } from "./credit-moves.ts"
import { NO_CREDIT } from "./credit-moves.ts"
import { deferred } from "./deferred.ts"
import type { Draft } from "./draft-invoice.ts"
import { returning, withLimit } from "./draw-wallet.ts"
import { findInvoice } from "./find.ts"
import { refusal } from "./refusal.ts"
import { NOT_REOPENED, reopen } from "./reopen.ts"
import type { Scope } from "./scope.ts"
import { withdrawPayout } from "./withdraw-payout.ts"
import { takingBack } from "./take-back-credit.ts"

/** `permitsUnderWay`: also while a payment or payout has no end yet. Money that arrives then is owed to the customer. `isWaived`: what it
 *  charged is not charged by a later bill either. */
export type VoidOptions = { readonly permitsUnderWay?: boolean; readonly isWaived?: boolean }

export async function voidInvoice(
  scope: Scope,
  invoiceId: string,
  reason: string,
  reply: Reply<Draft> | null,
  { permitsUnderWay = false, isWaived = false }: VoidOptions = {},
): Promise<Outcome<Draft>> {
  const open = await findInvoice(scope, invoiceId)
  const free = open.ok ? await freeForVoid(scope, open.value.invoice) : open
  if (!free.ok) return free
  return act(
    scope,
    async () => {
      const found = await findInvoice(scope, invoiceId)
      if (!found.ok) return found
      // A top-up whose payment was called off is void by that.
      const isDone = free.value > 0 && found.value.invoice.status === "Void"
      if (isDone) return ok({ value: found.value, commit: { audit: [] } })
      const voided = voiding(scope, found.value, reason, permitsUnderWay)
      if (!voided.ok) return voided
      const withdrawn = await withdrawPayout(scope, found.value.invoice, permitsUnderWay)
      if (!withdrawn.ok) return withdrawn
      const reopened = isWaived ? ok(NOT_REOPENED) : await reopen(scope, found.value)
      if (!reopened.ok) return reopened
      const credit = await creditBack(scope, found.value.invoice)
      if (!credit.ok) return credit
      const { change, postings, audit } = voided.value
      const waived = isWaived ? true : null
      const invoice = { ...voided.value.invoice, waived }
      const { version } = found.value.invoice
      return ok({
        value: { invoice, lines: found.value.lines },
        commit: {
          guards: [
            scope.write.update(invoices, invoiceId, version, { ...change, waived }),
            ...withdrawn.value.guards,
            ...reopened.value.guards,
            ...credit.value.guards,
          ],
          writes: [...credit.value.writes, ...reopened.value.writes],
          agenda: [...reopened.value.agenda, ...(await unowedItems(scope, invoice)), ...credit.value.agenda],
          postings: [...postings, ...credit.value.postings],
          audit: [...audit, ...withdrawn.value.audit, ...credit.value.audit],
        },
      })
    },
    reply,
  )
}

export type Voiding = {
  readonly invoice: InvoiceRow
  readonly change: Partial<InvoiceRow>
  readonly postings: readonly Posting[]
  readonly audit: readonly AuditEntry[]
}

/** What voiding changes of the invoice itself, or why it can't be voided. */
export function voiding(
  scope: Scope,
  { invoice: before, lines }: Draft,
  reason: string,
  permitsUnderWay = false,
): Outcome<Voiding> {
  const status = moveInvoice(before.status, "void")
  if (!status.ok) return err(refusal("invalid_state", status.error))
  if ((before.creditedMinor ?? 0n) > 0n) {
    return err(refusal("invalid_state", "The invoice has credit notes. Credit what is left of it instead."))
  }
  if (before.paidMinor > 0n || (before.pendingMinor > 0n && !permitsUnderWay)) {
    const what = before.paidMinor > 0n ? "was paid in part" : "has a payment under way"
    return err(refusal("invalid_state", `The invoice ${what}. Credit it instead.`))
  }
  const change = {
    status: status.value,
    voidedAt: scope.now,
    voidedReason: reason,
    // Whoever pays for several subscriptions has a new draft for what they owe next.
    collects: null,
    drawnMinor: minor(0n),
  }
  const invoice = { ...before, ...change, version: before.version + 1 }
  return ok({
    invoice,
    change,
    postings:
      before.status === "Draft" || before.type === "TopUp"
        ? []
        : postVoided(before, deferred(scope, { invoice: before, lines })),
    audit: [
      {
        action: "invoice.voided",
        subjectType: "Invoice",
        subjectId: before.id,
        customerId: before.customerId,
        before: { status: before.status },
        after: { status: invoice.status, reason },
      },
    ],
  })
}

/** What of credit goes along with a void: an open invoice has drawn some, or has become some. */
export async function creditBack(scope: Scope, invoice: InvoiceRow): Promise<Outcome<CreditPart>> {
  const { id, customerId, currency, status, totalMinor, drawnMinor, payout } = invoice
  if (status === "Draft") return ok(await withLimit(scope, customerId, NO_CREDIT))
  if (totalMinor >= 0n || payout === true) {
    return ok(await withLimit(scope, customerId, await returning(scope, invoice, drawnMinor)))
  }
  const became = minor(-totalMinor)
  const taken = await takingBack(scope, customerId, new Map([[id, became]]))
  if (taken.takenMinor === became) return ok(await withLimit(scope, customerId, taken))
  const spent = formatNanos(minorToNanos(minor(became - taken.takenMinor), currency))
  return err(refusal("invalid_state", `Of the credit that the invoice became ${spent} is spent.`))
}
