// What money that comes, goes back or is contested posts. What is pending posts nothing: only what has happened is booked.

import { assert } from "../assert.ts"
import { minor } from "../money.ts"
import type { Minor } from "../money.ts"
import type { LedgerAccount, LedgerCause, Movement, Posting } from "./accounts.ts"
import { post } from "./accounts.ts"

/** `dueMinor`: what of the payment settles an invoice, all of it if absent; of one that failed after all, what is owed again. The rest
 *  is owed to the customer, until it is paid out or becomes credit. `isGivenUp`: the invoice is uncollectible. */
export type PaymentMoney = Movement & {
  readonly paymentId: string
  readonly dueMinor?: Minor
  readonly isGivenUp?: boolean
}

/** Money has come in. */
export function postPayment(payment: PaymentMoney): Posting[] {
  return payments("payment.succeeded", payment, 1n)
}

/** A payment that had succeeded has failed after all, as a bank debit can: what it settled is owed again. */
export function postPaymentFailed(payment: PaymentMoney): Posting[] {
  return payments("payment.failed", payment, -1n)
}

function payments(cause: LedgerCause, payment: PaymentMoney, sign: 1n | -1n): Posting[] {
  const { paymentId, amountMinor, dueMinor = amountMinor } = payment
  assert(amountMinor >= 0n && dueMinor >= 0n && dueMinor <= amountMinor, "a payment holds what it settles", {
    paymentId,
  })
  return post(cause, paymentId, payment, [
    { account: "Cash", amount: minor(sign * amountMinor) },
    {
      account: payment.isGivenUp === true ? "BadDebt" : "AccountsReceivable",
      amount: minor(-sign * dueMinor),
    },
    { account: "PayoutsPayable", amount: minor(-sign * (amountMinor - dueMinor)) },
  ])
}

/** `owedMinor`: what of the refund was owed to the customer already, by a credit note or an overpayment. The rest is goodwill, which
 *  lessens what was earned. Absent: all of it is. */
export type RefundMoney = Movement & { readonly refundId: string; readonly owedMinor?: Minor }

export function postRefund(refund: RefundMoney): Posting[] {
  return refunds("refund.succeeded", refund, 1n)
}

/** A refund that had succeeded came back. */
export function postRefundFailed(refund: RefundMoney): Posting[] {
  return refunds("refund.failed", refund, -1n)
}

/** A refund that was refused was to pay what was owed: another one has paid it, which was goodwill until then. */
export function postRefundCovered({
  refundId,
  ...money
}: Movement & { readonly refundId: string }): Posting[] {
  return moved("refund.failed", refundId, money, "PayoutsPayable", "Refunds")
}

function refunds(cause: LedgerCause, refund: RefundMoney, sign: 1n | -1n): Posting[] {
  const { refundId, amountMinor, owedMinor = minor(0n) } = refund
  assert(amountMinor >= 0n && owedMinor >= 0n && owedMinor <= amountMinor, "a refund holds what was owed", {
    refundId,
  })
  return post(cause, refundId, refund, [
    { account: "Cash", amount: minor(-sign * amountMinor) },
    { account: "PayoutsPayable", amount: minor(sign * owedMinor) },
    { account: "Refunds", amount: minor(sign * (amountMinor - owedMinor)) },
  ])
}

export type DisputeMoney = Movement & {
  readonly disputeId: string
  readonly outcome: "Opened" | "Reopened" | "Won" | "Lost"
}

/** The processor takes the money when a dispute is opened. Won: it comes back. Lost: it is a loss, until it is reopened. */
export function postDispute({ outcome, ...dispute }: DisputeMoney): Posting[] {
  switch (outcome) {
    case "Opened":
      return moved("dispute.opened", dispute.disputeId, dispute, "Disputes", "Cash")
    case "Reopened":
      return moved("dispute.opened", dispute.disputeId, dispute, "Disputes", "BadDebt")
    case "Won":
      return moved("dispute.won", dispute.disputeId, dispute, "Cash", "Disputes")
    case "Lost":
      return moved("dispute.lost", dispute.disputeId, dispute, "BadDebt", "Disputes")
  }
}

/** `setOffId`: what brings it about, the dispute's id or that of a credit note. */
export type SetOffMoney = Movement & { readonly setOffId: string }

/** What the bank gave back by a dispute that was lost is not owed to the customer beside: the loss is less by it. */
export function postSetOff({ setOffId, ...money }: SetOffMoney): Posting[] {
  return moved("dispute.set_off", setOffId, money, "PayoutsPayable", "BadDebt")
}

/** The dispute is not lost any more: what was owed is owed again. */
export function postSetOffUndone({ setOffId, ...money }: SetOffMoney): Posting[] {
  return moved("dispute.set_off_undone", setOffId, money, "BadDebt", "PayoutsPayable")
}

export type PayoutMoney = Movement & { readonly payoutId: string }

/** What was owed to the customer has left. */
export function postPayout(payout: PayoutMoney): Posting[] {
  return moved("payout.succeeded", payout.payoutId, payout, "PayoutsPayable", "Cash")
}

/** A payout that had succeeded came back. */
export function postPayoutFailed(payout: PayoutMoney): Posting[] {
  return moved("payout.failed", payout.payoutId, payout, "Cash", "PayoutsPayable")
}

/** An amount that one account gives to another. */
export function moved(
  cause: LedgerCause,
  causeId: string,
  movement: Movement,
  to: LedgerAccount,
  from: LedgerAccount,
): Posting[] {
  const { amountMinor } = movement
  assert(amountMinor >= 0n, "an amount that moves is not below zero", { cause, causeId })
  return post(cause, causeId, movement, [
    { account: to, amount: amountMinor },
    { account: from, amount: minor(-amountMinor) },
  ])
}
