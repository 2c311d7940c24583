// Money that comes to be owed on an invoice after disputes of its payments were lost, by a credit note, or by a refund or a payout that has
// failed: the bank has given it back already, so it is set off against what was lost, in the commit that brings it about.
// Laws: no more is set off than comes to be owed, nor than was lost; a row of a payment that changes twice in one commit is guarded once.

import type { AuditEntry } from "../db/commit.ts"
import type { Guarded } from "../db/database.ts"
import type { PaymentRow } from "../db/rows.ts"
import { invoices, payments } from "../db/schema.ts"
import { assert } from "../domain/assert.ts"
import type { Currency } from "../domain/currency.ts"
import { disputesOf, lossOf, setOffAgainst } from "../domain/dispute.ts"
import type { Posting } from "../domain/ledger.ts"
import { postSetOff } from "../domain/ledger.ts"
import type { Minor } from "../domain/money.ts"
import { formatNanos, minor, minorToNanos } from "../domain/money.ts"
import { owedBack, sum } from "./begin-refund.ts"
import { paymentAudit } from "./payment-audit.ts"
import type { Scope } from "./scope.ts"

/** `causeId`: of what brings it about. */
export type NewlyOwed = {
  readonly causeId: string
  readonly customerId: string
  readonly currency: Currency
}

export type OnInvoice = { readonly invoiceId: string; readonly amountMinor: Minor }

export type PaymentChange = { readonly payment: PaymentRow; readonly change: Partial<PaymentRow> }

export type OwedSetOff = {
  readonly guards: readonly Guarded[]
  readonly postings: readonly Posting[]
  readonly audit: readonly AuditEntry[]
}

/** The invoices are guarded by who calls. `beside`: what changes of payments in the same commit. */
export async function setOffOwed(
  scope: Scope,
  { causeId, customerId, currency }: NewlyOwed,
  on: readonly OnInvoice[],
  beside: readonly PaymentChange[] = [],
): Promise<OwedSetOff> {
  const found = await Promise.all(
    on.map(async ({ invoiceId, amountMinor }) =>
      amountMinor === 0n ? [] : againstLosses(await scope.read.payments.disputedOf(invoiceId), amountMinor),
    ),
  )
  const against = found.flat()
  const amountMinor = sum(against.map((one) => one.amountMinor))
  return {
    guards: paymentGuards(scope, [...beside, ...against.map(({ change }) => change)]),
    postings: postSetOff({ setOffId: causeId, customerId, currency, amountMinor }),
    audit: against.map((one) =>
      setOffAudit("dispute.set_off", one.change.payment, one.amountMinor, minor(0n)),
    ),
  }
}

/** What went back of a payment by a refund or payout that has failed: `amountMinor` of it was owed, and is owed again. */
export type Returned = PaymentChange & { readonly amountMinor: Minor }

/** Guards also the rows of the payments, with their changes. */
export async function setOffReturned(
  scope: Scope,
  owed: NewlyOwed,
  returned: readonly Returned[],
): Promise<OwedSetOff> {
  const owing = returned.filter(({ amountMinor }) => amountMinor > 0n)
  const byInvoice = [...Map.groupBy(owing, ({ payment }) => payment.invoiceId)]
  const on = await Promise.all(
    byInvoice.map(async ([invoiceId, its]) => returnedOn(scope, invoiceId, sum(its.map(amountOf)))),
  )
  const setOff = await setOffOwed(
    scope,
    owed,
    on.map(({ owes }) => owes),
    returned,
  )
  return { ...setOff, guards: [...on.map(({ guard }) => guard), ...setOff.guards] }
}

function amountOf({ amountMinor }: Returned): Minor {
  return amountMinor
}

/** What of it is owed on the invoice; a dispute of another payment of it may be lost at the same time. */
async function returnedOn(scope: Scope, invoiceId: string, amountMinor: Minor) {
  const found = await scope.read.invoices.byId(invoiceId)
  assert(found !== null, "a payment is of an invoice", { invoiceId })
  const { invoice } = found
  const guard = scope.write.update(invoices, invoiceId, invoice.version, {})
  const disputed = await scope.read.payments.disputedOf(invoiceId)
  const isLost = disputed.some((payment) => disputesOf(payment).some((one) => lossOf(one) > 0n))
  const given = isLost ? await scope.read.payments.refundsOf(invoiceId) : []
  const owed = isLost ? await owedBack(scope, invoice, given, amountMinor) : minor(0n)
  return { guard, owes: { invoiceId, amountMinor: owed < amountMinor ? owed : amountMinor } }
}

type Against = { readonly change: PaymentChange; readonly amountMinor: Minor }

/** What of so much money the disputes of these payments have lost, the oldest first. */
export function againstLosses(rows: readonly PaymentRow[], money: Minor): readonly Against[] {
  let open: bigint = money
  return rows.flatMap((payment) => {
    const { disputes, amountMinor } = setOffAgainst(disputesOf(payment), minor(open), "Money")
    open -= amountMinor
    const setOffMinor = minor((payment.setOffMinor ?? 0n) + amountMinor)
    return amountMinor === 0n ? [] : [{ change: { payment, change: { disputes, setOffMinor } }, amountMinor }]
  })
}

/** One guard for each row, of the version that was read first. */
export function paymentGuards(scope: Scope, changes: readonly PaymentChange[]): Guarded[] {
  return [...Map.groupBy(changes, ({ payment }) => payment.id)].map(([id, its]) => {
    const version = Math.min(...its.map(({ payment }) => payment.version))
    return scope.write.update(payments, id, version, Object.assign({}, ...its.map(({ change }) => change)))
  })
}

export function setOffAudit(action: string, payment: PaymentRow, amount: Minor, credit: Minor): AuditEntry {
  const entry = paymentAudit(action, payment)
  const nanos = (minorAmount: Minor) => formatNanos(minorToNanos(minorAmount, payment.currency))
  const says = { set_off_nanos: nanos(amount), of_credit_nanos: nanos(credit) }
  return { ...entry, after: { ...(entry.after as Readonly<Record<string, unknown>>), ...says } }
}
