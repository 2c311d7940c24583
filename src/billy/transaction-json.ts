// Transactions as they are shown: attempts to charge an invoice, payouts of it, and refunds. Pure.

import type { PaymentRow, PayoutRow, RefundRow } from "../db/rows.ts"
import type { Instant } from "../domain/time.ts"
import { instant } from "../domain/time.ts"
import type { Facts } from "./facts.ts"
import { uriOf } from "./facts.ts"
import { guidOf } from "./guid.ts"
import { isCalledOff } from "./invoice-state.ts"
import type { Json } from "./print.ts"
import { isoDate } from "./print.ts"
import type { TransactionState } from "./series.ts"
import { seriesOf, stateOfPayout, stateOfRefund, stateOfSeries } from "./series.ts"

/** `ids`: all names in the core of which this is the transaction; the first one is its own. */
export type Transaction = { readonly ids: readonly string[]; readonly json: Json }

/** All transactions of an invoice, newest first. */
export function transactionsOf(facts: Facts): Transaction[] {
  const { payments, refunds, payouts } = facts.money
  const all = [
    ...seriesOf(payments).map((series, at, every) => debit(facts, series, every[at + 1]?.[0] ?? null)),
    ...payouts.map((payout) => credit(facts, payout)),
    ...refunds.map((row) => refund(facts, row)),
  ]
  return all.toSorted((a, b) => ((a.ids[0] ?? "") < (b.ids[0] ?? "") ? 1 : -1))
}

/** `next`: the payment by which another transaction came into its place. */
function debit(facts: Facts, series: readonly PaymentRow[], next: PaymentRow | null): Transaction {
  const { invoice, money, methods } = facts
  const [first] = series
  const last = series.at(-1)
  if (first === undefined || last === undefined) return { ids: [], json: null }
  const isOver = invoice.status === "Void" || invoice.status === "Paid" || isCalledOff(invoice)
  const state = stateOfSeries(series, {
    isReplaced: next !== null,
    isOver,
    dunning: money.dunning?.status ?? null,
    retries: money.dunning?.settings.scheduleDays.length ?? 0,
  })
  const declined = series.filter(({ status, isHardFailure, returnedAt }) => {
    return status === "Failed" && isHardFailure !== true && returnedAt === null
  })
  const ended = state.submit === "canceled" ? (next?.createdAt ?? invoice.voidedAt) : null
  return {
    ids: series.map(({ id }) => id),
    json: shown(facts, "debit", first, state, {
      uri: uriOf(methods.get(first.methodId ?? "")),
      ref: last.chargeRef,
      statement: first.statementDescriptor,
      failures: declined.map((one) =>
        failure(one.id, one.failureCode, one.failureMessage, one.settledAt ?? one.createdAt),
      ),
      updatedAt: latest([...series.flatMap(timesOf), ended]),
    }),
  }
}

function credit(facts: Facts, payout: PayoutRow): Transaction {
  const { id, failures, createdAt, settledAt, returnedAt } = payout
  const times = failures.map(({ at }) => at)
  const state = stateOfPayout(payout)
  // Of what the processor took and did not do, as of a charge, the end is its status and no failure.
  const declined = state.submit === "done" && state.status === "failed" ? failures.slice(0, -1) : failures
  return {
    ids: [id],
    json: shown(facts, "credit", payout, state, {
      uri: uriOf(facts.methods.get(payout.methodId)),
      ref: payout.payoutRef,
      statement: payout.statementDescriptor,
      // A payout has one name, however often it fails: the failures are told by their place.
      failures: declined.map(({ at, code, message }, place) =>
        failure(withPlace(id, place), code, message, at),
      ),
      updatedAt: latest([createdAt, settledAt, returnedAt, ...times]),
    }),
  }
}

function refund(facts: Facts, row: RefundRow): Transaction {
  const { id, refundRef, settledAt, createdAt } = row
  const updatedAt = latest([createdAt, settledAt])
  const json = shown(facts, "refund", row, stateOfRefund(row), {
    uri: null,
    ref: refundRef,
    statement: null,
    failures: [],
    updatedAt,
  })
  return { ids: [id], json }
}

type Shown = {
  readonly uri: string | null
  readonly ref: string | null
  readonly statement: string | null
  readonly failures: readonly Json[]
  readonly updatedAt: Instant
}

function shown(
  { invoice }: Facts,
  type: "debit" | "credit" | "refund",
  { id, amountMinor, createdAt }: Pick<PaymentRow, "id" | "amountMinor" | "createdAt">,
  { submit, status }: TransactionState,
  { uri, ref, statement, failures, updatedAt }: Shown,
): Json {
  return {
    guid: guidOf("transaction", id),
    invoice_guid: guidOf("invoice", invoice.id),
    transaction_type: type,
    submit_status: submit,
    status,
    amount: Number(amountMinor),
    funding_instrument_uri: uri,
    // The processor has nothing of ours until it has taken it, though it may have kept what it declined.
    processor_uri: submit === "done" ? ref : null,
    appears_on_statement_as: statement,
    failure_count: failures.length,
    failures,
    created_at: isoDate(createdAt),
    updated_at: isoDate(updatedAt),
  }
}

function failure(id: string, code: string | null, message: string | null, at: Instant): Json {
  return {
    guid: guidOf("failure", id),
    error_message: message,
    error_code: code,
    error_number: null,
    created_at: isoDate(at),
  }
}

/** The name of a part: the last two of its sixteen bytes count. */
function withPlace(id: string, place: number): string {
  return id.slice(0, -4) + place.toString(16).padStart(4, "0")
}

function timesOf({ createdAt, settledAt, returnedAt }: PaymentRow): (Instant | null)[] {
  return [createdAt, settledAt, returnedAt]
}

export function latest(times: readonly (Instant | null)[]): Instant {
  return instant(Math.max(...times.map((at) => at ?? 0)))
}
