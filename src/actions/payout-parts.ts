// What a payout gives back of which payments, so that no refund gives it back once more: recorded when it sets out, and taken back when it
// fails.
// Law: by payouts and refunds no more goes back of the payments of an invoice than they have brought. What is owed that no payment brought,
// as by an invoice below zero, is paid out without.

import type { Guarded } from "../db/database.ts"
import type { OwingInvoice } from "../db/readers/payouts.ts"
import type { PaymentRow, PayoutRow } from "../db/rows.ts"
import { assert } from "../domain/assert.ts"
import type { Minor } from "../domain/money.ts"
import { minor } from "../domain/money.ts"
import { refundable } from "../domain/payment.ts"
import type { PayoutPart } from "../domain/payout.ts"
import { limits } from "../limits.ts"
import { sum } from "./begin-refund.ts"
import type { Scope } from "./scope.ts"
import type { Returned } from "./set-off-owed.ts"
import { withCredit } from "./take-back-credit.ts"

type Creditor = Pick<PayoutRow, "customerId" | "currency">

/** An invoice on which money is owed, and what of each of its payments pays that, the newest first. */
type Lot = {
  readonly invoice: OwingInvoice
  readonly from: readonly { readonly payment: PaymentRow; readonly amountMinor: Minor }[]
}

export type Payable = {
  /** At most so much goes out now. `isAll`: it is all that is owed and can go. */
  readonly mostMinor: Minor
  readonly isAll: boolean
  /** What is owed beyond, and can't go out. */
  readonly keptMinor: Minor
  /** Oldest invoice first. */
  readonly lots: readonly Lot[]
}

/** What is owed to a customer, that no invoice waits for, and where it came from. */
export async function payableTo(scope: Scope, creditor: Creditor): Promise<Payable> {
  const most = limits.invoicesPerPayout
  const [standing, unpayable, owing] = await Promise.all([
    scope.read.payouts.owed(creditor, true),
    scope.read.payouts.unpayable(creditor),
    scope.read.payouts.owing(creditor, most + 1),
  ])
  const lots: Lot[] = []
  let room: number = limits.paymentsPerRefund
  for (const invoice of owing.slice(0, most)) {
    const lot = await lotOf(scope, invoice, room)
    lots.push(lot)
    room -= lot.from.length
    if (room <= 0) break
  }
  const can = sum(owing.map(payableOn))
  const brought = sum(lots.map(amountOf))
  const isAll = owing.length <= most && brought === can
  // Rows from before parts were recorded say that more is owed on an invoice than is: no more is kept than is owed in all.
  const beyond = minor(standing > brought ? standing - brought : 0n)
  const keptMinor = beyond < unpayable ? beyond : unpayable
  const free = standing - keptMinor
  const mostMinor = isAll || free < brought ? free : brought
  return { mostMinor: minor(mostMinor > 0n ? mostMinor : 0n), isAll, keptMinor, lots }
}

function payableOn({ owedMinor, backMinor }: OwingInvoice): Minor {
  return owedMinor < backMinor ? owedMinor : backMinor
}

function amountOf({ from }: Lot): Minor {
  return sum(from.map(({ amountMinor }) => amountMinor))
}

async function lotOf(scope: Scope, invoice: OwingInvoice, room: number): Promise<Lot> {
  const rows = await withCredit(scope, await scope.read.payments.leftOf(invoice.id, null, room))
  let left: bigint = payableOn(invoice)
  const from = rows.flatMap((payment) => {
    const some = refundable(payment)
    const amountMinor = minor(some < left ? some : left)
    left -= amountMinor
    return amountMinor === 0n ? [] : [{ payment, amountMinor }]
  })
  return { invoice, from }
}

export type Parts = { readonly parts: readonly PayoutPart[] | null; readonly guards: readonly Guarded[] }

/** What a payout of so much gives back of which payments, oldest invoice first, and that nobody else has given it back meanwhile. */
export function partsOf(scope: Scope, { lots }: Payable, amount: Minor): Parts {
  const guards: Guarded[] = []
  const parts: PayoutPart[] = []
  let left: bigint = amount
  for (const { invoice, from } of lots) {
    const taken = from.flatMap(({ payment: { id }, amountMinor }) => {
      const part = minor(amountMinor < left ? amountMinor : left)
      left -= part
      return part === 0n ? [] : [{ id, part }]
    })
    if (taken.length === 0) continue
    guards.push(scope.write.payOutOn(invoice.id, sum(taken.map(({ part }) => part))))
    guards.push(...taken.map(({ id, part }) => scope.write.payOutOf(id, part)))
    parts.push(...taken.map(({ id, part }) => ({ paymentId: id, amountMinor: String(part) })))
  }
  return { parts: parts.length === 0 ? null : parts, guards }
}

/** A payout that failed has given back nothing. Null for who was outrun between two readings. */
export async function partsReturned(
  scope: Scope,
  { id, parts, version }: PayoutRow,
): Promise<readonly Returned[] | null> {
  const given = await Promise.all(
    (parts ?? []).map(async (part) => {
      return { ...part, payment: await scope.read.payments.byId(part.paymentId) }
    }),
  )
  const known = await scope.read.payouts.byId(id)
  if (known?.version !== version) return null
  return given.map(({ payment, paymentId, amountMinor: amount }) => {
    assert(payment !== null, "what a payout gives back of is there", { payout: id, paymentId })
    const amountMinor = minor(BigInt(amount))
    const paidOutMinor = minor((payment.paidOutMinor ?? 0n) - amountMinor)
    assert(paidOutMinor >= 0n, "what comes back went out", { payout: id, paymentId })
    return { payment, change: { paidOutMinor }, amountMinor }
  })
}
