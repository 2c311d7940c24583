// What a lost dispute is set off against: the bank has given the customer's money back, so what is owed to the customer for the same
// payment is owed no more, as part of the commit of the dispute. What comes to be owed after it is in set-off-owed.ts.
// Laws: what is left of the credit that the payment became goes first, then what is owed in money on its invoice; what is spent stays
// spent, and is a loss. A dispute that is not lost any more gives back what it was set off against, less what others have lost since.

import type { HeldGrant } from "../db/readers/wallets.ts"
import type { InvoiceRow, PaymentRow } from "../db/rows.ts"
import { invoices } from "../db/schema.ts"
import { assert } from "../domain/assert.ts"
import type { Dispute } from "../domain/dispute.ts"
import { setOffAgainst } from "../domain/dispute.ts"
import { postSetOff, postSetOffUndone } from "../domain/ledger.ts"
import type { Minor } from "../domain/money.ts"
import { minor } from "../domain/money.ts"
import { owedBack } from "./begin-refund.ts"
import type { CreditPart } from "./credit-moves.ts"
import { movedCredit, NO_CREDIT } from "./credit-moves.ts"
import { withLimit } from "./draw-wallet.ts"
import type { Scope } from "./scope.ts"
import { againstLosses, paymentGuards, setOffAudit } from "./set-off-owed.ts"
import { takingBack, withCredit } from "./take-back-credit.ts"

/** A state of a dispute that comes after `known`. `moved`: all disputes of the payment, with the one at `at` as it is now. `causeId`: of
 *  its round. */
export type DisputeMove = {
  readonly known: Dispute | null
  readonly moved: readonly Dispute[]
  readonly at: number
  readonly causeId: string
}

/** `disputes`: with what they were set off against. `change`: of the payment's row, beside them. */
export type SetOffPart = CreditPart & {
  readonly disputes: readonly Dispute[]
  readonly change: Partial<PaymentRow>
}

/** Null for who was outrun between two readings. */
export async function setOffDispute(
  scope: Scope,
  payment: PaymentRow,
  move: DisputeMove,
): Promise<SetOffPart | null> {
  const [wasLost, isLost] = [move.known?.status === "Lost", move.moved[move.at]?.status === "Lost"]
  if (isLost && !wasLost) return setOff(scope, payment, move)
  if (wasLost && !isLost) return undone(scope, payment, move)
  return { ...NO_CREDIT, disputes: move.moved, change: {} }
}

async function setOff(
  scope: Scope,
  payment: PaymentRow,
  { moved, at, causeId }: DisputeMove,
): Promise<SetOffPart> {
  const { customerId, currency } = payment
  const dispute = moved[at]
  assert(dispute !== undefined, "what is lost is one of the disputes", { payment: payment.id })
  const lost = minor(BigInt(dispute.amountMinor))
  const invoice = await invoiceOf(scope, payment)
  const [credited] = await withCredit(scope, [payment])
  assert(credited !== undefined, "a payment has its credit", { payment: payment.id })
  const credit = least(credited.freeMinor, lost)
  const owed = await owedBack(scope, invoice, await scope.read.payments.refundsOf(invoice.id))
  const money = least(minor(lost - credit), owed)
  const amountMinor = minor(credit + money)
  // Also where nothing is owed: a credit note that comes in between still sees a dispute that is not lost.
  const asItWas = scope.write.update(invoices, invoice.id, invoice.version, {})
  if (amountMinor === 0n) return { ...NO_CREDIT, guards: [asItWas], disputes: moved, change: {} }
  const grants = credited.grant === null ? [] : [credited.grant]
  const taken = await takingBack(scope, customerId, new Map([[payment.id, credit]]), grants)
  assert(taken.takenMinor === credit, "what is left of credit can be taken", { payment: payment.id, credit })
  const part = credit === 0n ? taken : await withLimit(scope, customerId, taken)
  const setOffOf = { owedMinor: String(amountMinor), creditMinor: String(credit) }
  return {
    ...part,
    guards: [asItWas, ...part.guards, ...(money > 0n ? [scope.write.holdOwed(invoice, money, true)] : [])],
    postings: [...part.postings, ...postSetOff({ setOffId: causeId, customerId, currency, amountMinor })],
    audit: [setOffAudit("dispute.set_off", payment, amountMinor, credit), ...part.audit],
    disputes: moved.with(at, { ...dispute, setOff: setOffOf }),
    change: {
      creditedMinor: minor(payment.creditedMinor - credit),
      setOffMinor: minor((payment.setOffMinor ?? 0n) + amountMinor),
    },
  }
}

/** What was owed is owed again, and what of it was credit is credit again, but for what other disputes have lost: that is set off against
 *  theirs, credit against those of its payment alone. */
async function undone(
  scope: Scope,
  payment: PaymentRow,
  { known, moved, causeId }: DisputeMove,
): Promise<SetOffPart | null> {
  const was = known?.setOff
  if (was === undefined) return { ...NO_CREDIT, disputes: moved, change: {} }
  const { id, customerId, currency } = payment
  const [amountMinor, credit] = [minor(BigInt(was.owedMinor)), minor(BigInt(was.creditMinor))]
  const invoice = await invoiceOf(scope, payment)
  const [grant] = credit === 0n ? [] : await scope.read.wallets.grantsOf([id])
  const disputed = await scope.read.payments.disputedOf(invoice.id)
  // What a twin has restored meanwhile must not come back once more.
  if (disputed.find((row) => row.id === id)?.version !== payment.version) return null
  const others = disputed.filter((row) => row.id !== id)
  const { against, ...back } = offAgain(payment, moved, others, { amountMinor, credit })
  const { restored } = back
  const part = restored === 0n ? NO_CREDIT : await restoring(scope, payment, { grant, amountMinor: restored })
  const changes = against.map(({ change }) => change)
  return {
    ...part,
    guards: [
      scope.write.update(invoices, invoice.id, invoice.version, {}),
      ...paymentGuards(scope, changes),
      ...part.guards,
    ],
    postings: [
      ...postSetOffUndone({ setOffId: causeId, customerId, currency, amountMinor: back.owedMinor }),
      ...part.postings,
    ],
    audit: [
      setOffAudit("dispute.set_off_undone", payment, amountMinor, credit),
      ...back.audit,
      ...part.audit,
    ],
    disputes: back.disputes,
    change: back.change,
  }
}

/** Of what one dispute gives back: what other ones have lost, those of its payment first. `owedMinor`: the rest, `restored` of it as credit. */
function offAgain(
  payment: PaymentRow,
  moved: readonly Dispute[],
  others: readonly PaymentRow[],
  { amountMinor, credit }: { readonly amountMinor: Minor; readonly credit: Minor },
) {
  const none = minor(0n)
  const ofCredit = setOffAgainst(moved, credit, "Credit")
  const ofMoney = setOffAgainst(ofCredit.disputes, minor(amountMinor - credit), "Money")
  const own = minor(ofCredit.amountMinor + ofMoney.amountMinor)
  const against = againstLosses(others, minor(amountMinor - credit - ofMoney.amountMinor))
  const again = against.reduce((total, one) => total + one.amountMinor, own as bigint)
  const restored = minor(credit - ofCredit.amountMinor)
  return {
    against,
    restored,
    owedMinor: minor(amountMinor - again),
    disputes: ofMoney.disputes,
    change: {
      creditedMinor: minor(payment.creditedMinor + restored),
      setOffMinor: minor((payment.setOffMinor ?? 0n) - amountMinor + own),
    },
    audit: [
      ...(own === 0n ? [] : [setOffAudit("dispute.set_off", payment, own, ofCredit.amountMinor)]),
      ...against.map((one) => setOffAudit("dispute.set_off", one.change.payment, one.amountMinor, none)),
    ],
  }
}

type Restoring = { readonly grant: HeldGrant | undefined; readonly amountMinor: Minor }

async function restoring(
  scope: Scope,
  { id, customerId }: PaymentRow,
  { grant, amountMinor }: Restoring,
): Promise<CreditPart> {
  assert(grant !== undefined, "what was taken back was of a grant", { payment: id })
  const held = await scope.read.wallets.heldBy(customerId, grant.row.currency)
  return withLimit(
    scope,
    customerId,
    movedCredit(scope, [{ grant, amountMinor }], held, { kind: "Restored" }),
  )
}

async function invoiceOf(scope: Scope, { id, invoiceId }: PaymentRow): Promise<InvoiceRow> {
  const found = await scope.read.invoices.byId(invoiceId)
  assert(found !== null, "a payment is of an invoice", { payment: id })
  return found.invoice
}

function least(a: Minor, b: Minor): Minor {
  return a < b ? a : b
}
