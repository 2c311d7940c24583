// A transaction of Billy's is what our core does about an invoice with one instrument: the payments that follow one another while
// each was only declined for now. Its guid is that of the first one; those that were declined are its failures. Pure.
// Law: which payments are one transaction is told by them alone, and a payment that comes later changes it for none before.

import type { PaymentRow, PayoutRow, RefundRow } from "../db/rows.ts"
import type { DunningStatus } from "../domain/dunning.ts"
import { isUnderWay } from "../domain/payment.ts"

export type SubmitStatus = "staged" | "retrying" | "done" | "failed" | "canceled"
export type ProcessorStatus = "pending" | "succeeded" | "failed"

export type TransactionState = { readonly submit: SubmitStatus; readonly status: ProcessorStatus | null }

export type Attempt = Pick<
  PaymentRow,
  "kind" | "status" | "methodId" | "attemptKey" | "isHardFailure" | "returnedAt"
>

/** What names the attempts that somebody asked for, each a transaction of its own. */
export const ASKED_FOR = "request:"

/** Whether an attempt goes on with what the one before it began. `db/readers/billy-money.ts` says the same in SQL. */
export function goesOn(before: Attempt, next: Attempt): boolean {
  const isDeclined = before.status === "Failed" && before.isHardFailure !== true && before.returnedAt === null
  const isSame = before.kind === "Processor" && next.kind === "Processor" && before.methodId === next.methodId
  return isDeclined && isSame && !next.attemptKey.startsWith(ASKED_FOR)
}

/** The transactions of an invoice's payments, which come oldest first. */
export function seriesOf<T extends Attempt>(payments: readonly T[]): T[][] {
  const all: T[][] = []
  for (const payment of payments) {
    const open = all.at(-1)
    const last = open?.at(-1)
    if (open !== undefined && last !== undefined && goesOn(last, payment)) open.push(payment)
    else all.push([payment])
  }
  return all
}

/** What decides whether a declined transaction is tried again. */
export type Surroundings = {
  /** Whether another transaction of the invoice came after it. */
  readonly isReplaced: boolean
  /** Whether the invoice asks for nothing any more. */
  readonly isOver: boolean
  readonly dunning: DunningStatus | null
  /** How often a declined payment is tried again. */
  readonly retries: number
}

export function stateOfSeries(series: readonly Attempt[], around: Surroundings): TransactionState {
  const last = series.at(-1)
  switch (last?.status) {
    case undefined:
    case "Processing":
      return { submit: series.length > 1 ? "retrying" : "staged", status: null }
    case "Pending":
    case "RequiresAction":
      return { submit: "done", status: "pending" }
    case "Succeeded":
      return { submit: "done", status: "succeeded" }
    case "Failed":
      if (last.isHardFailure === true || last.returnedAt !== null) return { submit: "done", status: "failed" }
      return { submit: afterDecline(series.length, around), status: null }
  }
}

function afterDecline(tries: number, { isReplaced, isOver, dunning, retries }: Surroundings): SubmitStatus {
  if (isReplaced || isOver) return tries > retries ? "failed" : "canceled"
  return dunning === "Active" ? "retrying" : "failed"
}

/** A refund is submitted with the request that asks for it. */
export function stateOfRefund({ status }: Pick<RefundRow, "status">): TransactionState {
  switch (status) {
    case "Processing":
      return { submit: "staged", status: null }
    case "Pending":
      return { submit: "done", status: "pending" }
    case "Succeeded":
      return { submit: "done", status: "succeeded" }
    case "Failed":
      return { submit: "done", status: "failed" }
  }
}

/** Whether money is on its way: nothing else is asked for then. */
export function isRunning(payments: readonly Attempt[]): boolean {
  return payments.some(({ status }) => isUnderWay(status))
}

/** A payout tries again under its own name. */
export function stateOfPayout(
  payout: Pick<PayoutRow, "status" | "tries" | "retryAt" | "failures" | "returnedAt">,
): TransactionState {
  switch (payout.status) {
    case "Processing":
      return { submit: payout.tries > 0 ? "retrying" : "staged", status: null }
    case "Pending":
      return { submit: "done", status: "pending" }
    case "Succeeded":
      return { submit: "done", status: "succeeded" }
    case "Failed":
      if (isDoneFor(payout)) return { submit: "done", status: "failed" }
      return { submit: payout.retryAt === null ? "failed" : "retrying", status: null }
    case "Cancelled":
      return isDoneFor(payout) ? { submit: "done", status: "failed" } : { submit: "canceled", status: null }
  }
}

/** Whether the processor took it and ended it: it came back, or was declined for good. */
function isDoneFor({ returnedAt, failures }: Pick<PayoutRow, "returnedAt" | "failures">): boolean {
  return returnedAt !== null || failures.at(-1)?.isHard === true
}
