// The state machines of Billy, arrow by arrow: what the core knows on the left, what Billy calls it on the right.

import { describe, expect, test } from "vitest"
import type { InvoiceFacts } from "../../src/billy/invoice-state.ts"
import { statusOfInvoice } from "../../src/billy/invoice-state.ts"
import type { Attempt, Surroundings } from "../../src/billy/series.ts"
import { seriesOf, stateOfPayout, stateOfRefund, stateOfSeries } from "../../src/billy/series.ts"
import { minor } from "../../src/domain/money.ts"
import type { Instant } from "../../src/domain/time.ts"
import { instant } from "../../src/domain/time.ts"

const LATER = instant(1_400_000_000_000)

function attempt(status: Attempt["status"], given: Partial<Attempt> = {}): Attempt {
  return {
    kind: "Processor",
    methodId: "card",
    attemptKey: "dunning:1:1",
    isHardFailure: status === "Failed" ? false : null,
    returnedAt: null,
    ...given,
    status,
  }
}

const declined = attempt("Failed")
const refused = attempt("Failed", { isHardFailure: true })
const returned = attempt("Failed", { returnedAt: LATER })
const times = (n: number) => Array.from({ length: n }, () => declined)
const asked = (one: Attempt): Attempt => ({ ...one, attemptKey: "request:1" })
const other = (one: Attempt): Attempt => ({ ...one, methodId: "another" })

const RUNS: Surroundings = { isReplaced: false, isOver: false, dunning: "Active", retries: 10 }

describe("a transaction", () => {
  const rows: [arrow: string, Attempt[], Partial<Surroundings>, submit: string, status: string | null][] = [
    ["is staged", [attempt("Processing")], { dunning: null }, "staged", null],
    ["staged → done, succeeded", [attempt("Succeeded")], { dunning: null }, "done", "succeeded"],
    ["staged → done, pending", [attempt("Pending")], { dunning: null }, "done", "pending"],
    ["staged → done, the customer is asked", [attempt("RequiresAction")], {}, "done", "pending"],
    ["staged → done, failed", [refused], {}, "done", "failed"],
    ["staged → retrying", [declined], {}, "retrying", null],
    ["retrying → retrying, under way", [declined, attempt("Processing")], {}, "retrying", null],
    ["retrying → retrying, the tenth failure", times(10), {}, "retrying", null],
    ["retrying → done, succeeded", [declined, attempt("Succeeded")], {}, "done", "succeeded"],
    ["retrying → done, pending", [declined, attempt("Pending")], {}, "done", "pending"],
    ["retrying → done, failed", [declined, refused], {}, "done", "failed"],
    ["retrying → failed, the eleventh failure", times(11), { dunning: "Exhausted" }, "failed", null],
    ["staged → failed, without retries", [declined], { dunning: "Exhausted", retries: 0 }, "failed", null],
    ["retrying → canceled, by another instrument", [declined], { isReplaced: true }, "canceled", null],
    ["retrying → canceled, with its invoice", [declined], { isOver: true }, "canceled", null],
    ["failed stays so, whatever comes after it", times(11), { isReplaced: true }, "failed", null],
    ["done stays so when its invoice is canceled", [attempt("Pending")], { isOver: true }, "done", "pending"],
    ["succeeded → failed, by an event", [returned], {}, "done", "failed"],
  ]

  test.each(rows)("%s", (_, series, around, submit, status) => {
    expect(stateOfSeries(series, { ...RUNS, ...around })).toEqual({ submit, status })
  })

  test.each([
    ["Processing", "staged", null],
    ["Pending", "done", "pending"],
    ["Succeeded", "done", "succeeded"],
    ["Failed", "done", "failed"],
  ] as const)("that is a refund, %s", (status, submit, told) => {
    expect(stateOfRefund({ status })).toEqual({ submit, status: told })
  })

  const payout = { tries: 0, retryAt: null, failures: [], returnedAt: null }
  const closed = [{ at: LATER, code: "account_closed", message: "", ref: null, isHard: true }]
  test.each([
    ["Processing", {}, "staged", null],
    ["Processing", { tries: 1 }, "retrying", null],
    ["Pending", {}, "done", "pending"],
    ["Succeeded", {}, "done", "succeeded"],
    ["Failed", { retryAt: LATER }, "retrying", null],
    ["Failed", {}, "failed", null],
    ["Failed", { returnedAt: LATER }, "done", "failed"],
    ["Failed", { failures: closed }, "done", "failed"],
    ["Cancelled", {}, "canceled", null],
    ["Cancelled", { failures: closed }, "done", "failed"],
  ] as const)("that is a credit, %s %o", (status, given, submit, told) => {
    expect(stateOfPayout({ ...payout, ...given, status })).toEqual({ submit, status: told })
  })
})

describe("attempts are one transaction", () => {
  const rows: [what: string, Attempt[], lengths: number[]][] = [
    ["while each was only declined for now", [declined, declined, attempt("Succeeded")], [3]],
    ["but not with another instrument", [declined, other(declined), other(declined)], [1, 2]],
    ["but not when somebody asks for it", [declined, asked(declined), declined], [1, 2]],
    ["but not after what was final", [refused, declined], [1, 1]],
    ["but not after what came back", [declined, returned, declined], [2, 1]],
    ["but not after what is on its way", [attempt("Pending"), declined], [1, 1]],
    ["but not with what was paid elsewhere", [declined, attempt("Succeeded", { kind: "Manual" })], [1, 1]],
    ["and nothing is none", [], []],
  ]

  test.each(rows)("%s", (_, attempts, lengths) => {
    expect(seriesOf(attempts).map(({ length }) => length)).toEqual(lengths)
  })
})

describe("an invoice", () => {
  const open = {
    status: "Open",
    totalMinor: minor(500n),
    creditedMinor: null,
    paidMinor: minor(0n),
    drawnMinor: minor(0n),
    payout: null,
  } as const
  const none: InvoiceFacts = { invoice: open, payments: [], payouts: [], dunning: null, hasMethod: true }
  const as = (invoice: Partial<InvoiceFacts["invoice"]>): Partial<InvoiceFacts> => ({
    invoice: { ...open, ...invoice },
  })
  const paid = as({ status: "Paid", paidMinor: minor(500n) })
  const cancelled = as({ status: "Void" })

  const rows: [arrow: string, Partial<InvoiceFacts>, status: string][] = [
    ["(created) of nothing → settled", as({ status: "Paid", totalMinor: minor(0n) }), "settled"],
    ["(created) without instrument → staged", { hasMethod: false }, "staged"],
    ["(created) with instrument → processing", {}, "processing"],
    ["a draft without instrument is staged", { ...as({ status: "Draft" }), hasMethod: false }, "staged"],
    ["a draft with instrument is processing", as({ status: "Draft" }), "processing"],
    ["staged → processing, by an instrument", { payments: [attempt("Processing")] }, "processing"],
    [
      "processing → processing, by another one",
      { payments: [declined, other(attempt("Processing"))] },
      "processing",
    ],
    [
      "failed → processing, by another one",
      { payments: [refused, other(attempt("Processing"))] },
      "processing",
    ],
    ["processing → settled", { ...paid, payments: [attempt("Succeeded")] }, "settled"],
    ["processing → failed", { payments: [refused], dunning: "Active" }, "failed"],
    ["processing → processing, pending", { payments: [attempt("Pending")] }, "processing"],
    ["processing → processing, declined for now", { payments: [declined], dunning: "Active" }, "processing"],
    ["processing → failed, retries exhausted", { payments: times(11), dunning: "Exhausted" }, "failed"],
    ["staged → canceled", { ...cancelled, hasMethod: false }, "canceled"],
    ["processing → canceled", { ...cancelled, payments: [declined] }, "canceled"],
    ["failed → canceled", { ...cancelled, payments: [refused] }, "canceled"],
    [
      "canceled → canceled, whatever comes later",
      { ...cancelled, payments: [attempt("Succeeded")] },
      "canceled",
    ],
    ["called off by a credit note", as({ status: "Paid", creditedMinor: minor(500n) }), "canceled"],
    ["settled → settled, refunded", { ...paid, payments: [attempt("Succeeded")] }, "settled"],
    [
      "settled → settled, credited when paid",
      {
        invoice: { ...open, status: "Paid", paidMinor: minor(500n), creditedMinor: minor(500n) },
      },
      "settled",
    ],
    ["settled → failed, when the money comes back", { payments: [returned], dunning: "Exhausted" }, "failed"],
    [
      "settled → processing, when it is tried again",
      { payments: [returned], dunning: "Active" },
      "processing",
    ],
    ["given up", as({ status: "Uncollectible" }), "failed"],
  ]

  test.each(rows)("%s", (_, facts, status) => {
    expect(statusOfInvoice({ ...none, ...facts })).toBe(status)
  })

  const credit = as({ payout: true, totalMinor: minor(-500n) })
  type Payout = InvoiceFacts["payouts"][number]
  const sent = (status: Payout["status"], retryAt: Instant | null = null): Payout[] => [{ status, retryAt }]
  const credits: [arrow: string, Partial<InvoiceFacts>, status: string][] = [
    ["without instrument → staged", { hasMethod: false }, "staged"],
    ["with instrument → processing", {}, "processing"],
    ["processing → processing, pending", { payouts: sent("Pending") }, "processing"],
    ["processing → processing, to be tried again", { payouts: sent("Failed", LATER) }, "processing"],
    ["processing → failed", { payouts: sent("Failed") }, "failed"],
    [
      "processing → settled",
      { ...as({ payout: true, status: "Paid", totalMinor: minor(-500n) }), payouts: sent("Succeeded") },
      "settled",
    ],
    ["→ canceled", { ...cancelled, payouts: sent("Cancelled") }, "canceled"],
  ]

  test.each(credits)("that is a credit: %s", (_, facts, status) => {
    expect(statusOfInvoice({ ...none, ...credit, ...facts })).toBe(status)
  })
})
