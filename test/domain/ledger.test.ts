// The ledger: every posting balances, on every day; what customers owe is what their invoices say; and revenue that was deferred is
// earned day by day, all of it and no more.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { Currency } from "../../src/domain/currency.ts"
import { amountDue, amountLeft, amountPayable } from "../../src/domain/invoice.ts"
import type { DaySpan, Deferral, EntrySum, LedgerAccount, Posting } from "../../src/domain/ledger.ts"
import {
  bookedInFull,
  DAY_MS,
  deferralsOf,
  differencesOf,
  LEDGER_ACCOUNTS,
  postCredited,
  postDispute,
  postDraw,
  postDrawReturned,
  postExpiry,
  postFinalized,
  postGrant,
  postPayment,
  postPaymentFailed,
  postPayout,
  postPayoutFailed,
  postRefund,
  postRefundFailed,
  postVoided,
  postWrittenOff,
  recognized,
  revenueByMonth,
  trialBalances,
} from "../../src/domain/ledger.ts"
import type { Minor } from "../../src/domain/money.ts"
import { minor } from "../../src/domain/money.ts"
import { instant } from "../../src/domain/time.ts"

const USD = "USD" as Currency
const OF = { customerId: "c", currency: USD } as const
const cents = (n: number) => minor(BigInt(n))
const at = (day: number) => instant(day * DAY_MS)

/** What an account stands at when a day ends, of postings with the day of each. */
function standing(booked: readonly Booked[], account: LedgerAccount, day: number): bigint {
  return booked
    .filter((one) => one.day <= day)
    .flatMap(({ posting }) => posting.entries)
    .filter((entry) => entry.account === account)
    .reduce(
      (sum, { amount, days }) => sum + (days === undefined ? amount : recognized(amount, days, day)),
      0n,
    )
}

type Booked = { readonly day: number; readonly posting: Posting }

const balances = (booked: readonly Booked[], day: number) =>
  Object.fromEntries(
    LEDGER_ACCOUNTS.map((account) => [account, Number(standing(booked, account, day))] as const).filter(
      ([, amount]) => amount !== 0,
    ),
  )

const on = (day: number, postings: readonly Posting[]): Booked[] =>
  postings.map((posting) => ({ day, posting }))

const amounts = fc.bigInt({ min: 0n, max: 10n ** 12n }).map(minor)
const spans = fc
  .tuple(fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 1, max: 800 }))
  .map(([from, length]): DaySpan => ({ from, to: from + length }))

describe("recognition", () => {
  test("a fee of $31.00 for January is a dollar a day; the first day counts and the end doesn't", () => {
    const january = { from: 100, to: 131 }
    const days = [99, 100, 101, 129, 130, 131, 500]
    expect(days.map((day) => recognized(cents(3_100), january, day))).toEqual(
      [0, 100, 200, 3_000, 3_100, 3_100, 3_100].map(cents),
    )
  })

  test("what can't be split evenly is cut to the cent, and all there at the end", () => {
    // $1.00 over three days: 33⅓, 66⅔, 100.
    const days = { from: 0, to: 3 }
    expect([0, 1, 2].map((day) => recognized(cents(100), days, day))).toEqual([33, 66, 100].map(cents))
    expect([0, 1, 2].map((day) => recognized(cents(-100), days, day))).toEqual([-33, -66, -100].map(cents))
  })

  test("it is the exact share cut to the cent, never falls, and an opposite entry mirrors it on every day", () => {
    fc.assert(
      fc.property(amounts, spans, fc.integer({ min: -10, max: 2_000 }), (amount, days, day) => {
        const passed = BigInt(Math.min(Math.max(day - days.from + 1, 0), days.to - days.from))
        const now = recognized(amount, days, day)
        expect(now).toBe((amount * passed) / BigInt(days.to - days.from))
        expect(recognized(amount, days, day + 1)).toBeGreaterThanOrEqual(now)
        expect(recognized(minor(-amount), days, day)).toBe(-now)
        expect(recognized(amount, days, days.to - 1)).toBe(amount)
      }),
    )
  })
})

describe("what is deferred", () => {
  const line = (amount: number, start: number, end: number, fields = {}) => ({
    amountMinor: cents(amount),
    isTax: false,
    isMetered: false,
    serviceStart: at(start),
    serviceEnd: at(end),
    taxes: null,
    ...fields,
  })
  const none = new Set<string | null>()

  test("a fee for days ahead is; one whose last day has begun, usage, tax and what has no period are not", () => {
    const lines = [
      line(3_100, 10, 41),
      line(500, 0, 10),
      line(600, 0, 11),
      line(700, 10, 41, { isMetered: true }),
      line(800, 10, 41, { isTax: true }),
      line(900, 10, 41, { serviceStart: null, serviceEnd: null }),
    ]
    expect(deferralsOf(lines, none, at(10))).toEqual([
      { days: { from: 10, to: 41 }, amountMinor: cents(3_100) },
    ])
    expect(deferralsOf([line(500, 0, 12)], none, at(10))).toEqual([
      { days: { from: 0, to: 12 }, amountMinor: cents(500) },
    ])
  })

  test("lines for the same days are one, a discount among them, and a tax that is in a price is nobody's income", () => {
    const lines = [
      line(11_900, 0, 30, { taxes: [{ rateId: "vat", amountMinor: cents(1_900) }] }),
      line(-2_000, 0, 30),
      line(1_200, 0, 365, { taxes: [{ rateId: "on top", amountMinor: cents(96) }] }),
    ]
    expect(deferralsOf(lines, new Set(["vat"]), at(0))).toEqual([
      { days: { from: 0, to: 30 }, amountMinor: cents(8_000) },
      { days: { from: 0, to: 365 }, amountMinor: cents(1_200) },
    ])
  })
})

describe("an invoice", () => {
  const invoice = { id: "i", ...OF, totalMinor: cents(3_410), taxMinor: cents(310) }
  const fee: Deferral[] = [{ days: { from: 0, to: 31 }, amountMinor: cents(3_100) }]

  test("in advance is owed at once and earned day by day", () => {
    const booked = on(0, postFinalized(invoice, fee))
    expect(balances(booked, 0)).toEqual({
      AccountsReceivable: 3_410,
      TaxPayable: -310,
      DeferredRevenue: -3_000,
      Revenue: -100,
    })
    expect(balances(booked, 30)).toEqual({ AccountsReceivable: 3_410, TaxPayable: -310, Revenue: -3_100 })
  })

  test("that is late is caught up on the day on which it is final", () => {
    const booked = on(9, postFinalized(invoice, fee))
    expect(balances(booked, 8)).toEqual({})
    expect(balances(booked, 9)).toMatchObject({ DeferredRevenue: -2_100, Revenue: -1_000 })
  })

  test("that is voided on the way leaves nothing from that day on, and what was before stays", () => {
    const booked = [...on(0, postFinalized(invoice, fee)), ...on(10, postVoided(invoice, fee))]
    expect(balances(booked, 9)).toMatchObject({ DeferredRevenue: -2_100, Revenue: -1_000 })
    for (const day of [10, 20, 31, 99]) expect(balances(booked, day)).toEqual({})
  })

  test("that is voided after its service takes back what was earned", () => {
    const booked = [...on(0, postFinalized(invoice, fee)), ...on(40, postVoided(invoice, []))]
    expect(balances(booked, 39)).toMatchObject({ Revenue: -3_100 })
    expect(balances(booked, 40)).toEqual({})
  })

  test("that is credited by half is half of it, on every day", () => {
    const note = { ...invoice, id: "n", totalMinor: cents(1_705), taxMinor: cents(155) }
    const half: Deferral[] = [{ days: { from: 0, to: 31 }, amountMinor: cents(1_550) }]
    const unpaid = { account: "AccountsReceivable", amountMinor: invoice.totalMinor } as const
    const booked = [...on(0, postFinalized(invoice, fee)), ...on(10, postCredited(note, unpaid, half))]
    // Eleven days of 50 cents.
    expect(balances(booked, 10)).toEqual({
      AccountsReceivable: 1_705,
      TaxPayable: -155,
      DeferredRevenue: -1_000,
      Revenue: -550,
    })
    expect(balances(booked, 30)).toEqual({ AccountsReceivable: 1_705, TaxPayable: -155, Revenue: -1_550 })
  })

  test("below zero is owed to the customer until it is paid out", () => {
    const below = { ...invoice, totalMinor: cents(-500), taxMinor: cents(0) }
    const booked = on(0, postFinalized(below))
    expect(balances(booked, 0)).toEqual({ PayoutsPayable: -500, Revenue: 500 })
    const paid = [...booked, ...on(1, postPayout({ ...OF, payoutId: "p", amountMinor: cents(500) }))]
    expect(balances(paid, 1)).toEqual({ Cash: -500, Revenue: 500 })
  })

  test("that was paid and is credited is owed back, and the refund ends that", () => {
    const paid = [
      ...on(0, postFinalized({ ...invoice, taxMinor: cents(0) })),
      ...on(0, postPayment({ ...OF, paymentId: "p", amountMinor: cents(3_410) })),
    ]
    const note = { ...invoice, id: "n", totalMinor: cents(410), taxMinor: cents(0) }
    const unpaid = { account: "AccountsReceivable", amountMinor: cents(0) } as const
    const credited = [...paid, ...on(1, postCredited(note, unpaid))]
    expect(balances(credited, 1)).toEqual({ Cash: 3_410, Revenue: -3_000, PayoutsPayable: -410 })
    const refund = { ...OF, refundId: "r", amountMinor: cents(410), owedMinor: cents(410) }
    expect(balances([...credited, ...on(2, postRefund(refund))], 2)).toEqual({ Cash: 3_000, Revenue: -3_000 })
  })
})

describe("every event of money", () => {
  const movement = fc
    .tuple(amounts, fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([amountMinor, share]) => ({
      ...OF,
      amountMinor,
      part: minor((amountMinor * BigInt(Math.round(share * 1_000))) / 1_000n),
    }))

  test("posts what balances on every day, or nothing when nothing moves", () => {
    fc.assert(
      fc.property(movement, fc.boolean(), fc.array(spans, { maxLength: 3 }), (money, paid, days) => {
        const { amountMinor, part } = money
        const ids = {
          id: "x",
          paymentId: "x",
          refundId: "x",
          disputeId: "x",
          payoutId: "x",
          grantId: "x",
          entryId: "x",
        }
        const of = { ...OF, amountMinor, ...ids, paid }
        const invoice = { ...of, totalMinor: amountMinor, taxMinor: part }
        const unique = new Map(days.map((span) => [`${span.from}/${span.to}`, span]))
        const deferred = [...unique.values()].map((span) => ({ days: span, amountMinor: part }))
        const all = [
          postFinalized(invoice, deferred),
          postFinalized({ ...invoice, totalMinor: minor(-amountMinor) }, deferred),
          postVoided(invoice, deferred),
          postCredited(invoice, { account: "BadDebt", amountMinor: part }, deferred),
          postWrittenOff(invoice, part),
          postPayment({ ...of, dueMinor: part }),
          postPaymentFailed({ ...of, dueMinor: part }),
          postRefund({ ...of, owedMinor: part }),
          postRefundFailed({ ...of, owedMinor: part }),
          ...(["Opened", "Won", "Lost"] as const).map((outcome) => postDispute({ ...of, outcome })),
          postPayout(of),
          postPayoutFailed(of),
          postGrant(of),
          postGrant({ ...of, source: "PayoutsPayable" }),
          postDraw(of),
          postDrawReturned(of),
          postExpiry(of),
        ]
        for (const postings of all) {
          for (const { entries } of postings) expect(entries.length).toBeGreaterThan(1)
          for (const day of [-1, 0, 1, 30, 500, 2_000]) {
            const sum = LEDGER_ACCOUNTS.reduce(
              (total, account) => total + standing(on(0, postings), account, day),
              0n,
            )
            expect(sum).toBe(0n)
          }
        }
      }),
    )
  })

  test("that is zero posts nothing", () => {
    expect(postPayment({ ...OF, paymentId: "p", amountMinor: cents(0) })).toEqual([])
    expect(postFinalized({ id: "i", ...OF, totalMinor: cents(0), taxMinor: cents(0) })).toEqual([])
  })

  test("an entry over days that are over is a mistake of ours", () => {
    expect(() => bookedInFull({ from: 0, to: 10 }, at(9))).toThrow("a day ahead")
    expect(bookedInFull({ from: 0, to: 11 }, at(9))).toBe(10)
    expect(bookedInFull(undefined, at(9))).toBe(9)
  })
})

// A book of invoices as the documents tell it, beside the ledger.
type Doc = {
  readonly id: string
  readonly totalMinor: Minor
  readonly taxMinor: Minor
  readonly days: DaySpan | null
  readonly type: "Standard"
  status: "Open" | "Paid" | "Void" | "Uncollectible"
  creditedMinor: Minor
  paidMinor: Minor
  readonly drawnMinor: Minor
}

type Step = { readonly kind: string; readonly pick: number; readonly amount: number; readonly span: DaySpan }

/** Days that are ahead of the day on which they are booked. */
const ahead = (days: DaySpan | null, amountMinor: bigint, day: number): Deferral[] =>
  days === null || days.to <= day + 1 || amountMinor === 0n ? [] : [{ days, amountMinor: minor(amountMinor) }]

/** One step of a business; the postings that it makes. */
function play(docs: Doc[], { kind, pick, amount, span }: Step, day: number): Posting[] {
  const doc = docs[pick % Math.max(docs.length, 1)]
  if (kind === "finalize" || doc === undefined) {
    const [totalMinor, taxMinor] = [cents(amount), cents(Math.floor(amount / 6))]
    const days = pick % 2 === 0 ? { from: day + span.from - 500, to: day + span.to - 500 } : null
    const fresh: Doc = {
      id: `i${docs.length}`,
      totalMinor,
      taxMinor,
      days,
      type: "Standard",
      status: amount === 0 ? "Paid" : "Open",
      creditedMinor: cents(0),
      paidMinor: cents(0),
      drawnMinor: cents(0),
    }
    docs.push(fresh)
    return postFinalized({ ...fresh, ...OF }, ahead(days, totalMinor - taxMinor, day))
  }
  const invoice = { ...doc, ...OF }
  const due = amountDue(doc)
  switch (kind) {
    case "void":
      if (doc.status !== "Open" || doc.creditedMinor > 0n || doc.paidMinor > 0n) return []
      doc.status = "Void"
      return postVoided(invoice, ahead(doc.days, doc.totalMinor - doc.taxMinor, day))
    case "write off":
      if (doc.status !== "Open" || due === 0n) return []
      doc.status = "Uncollectible"
      return postWrittenOff(invoice, due)
    case "pay": {
      if (doc.status !== "Open" && doc.status !== "Uncollectible") return []
      const [isGivenUp, payable] = [doc.status === "Uncollectible", amountPayable(doc)]
      doc.paidMinor = minor(doc.paidMinor + BigInt(amount))
      if (amountLeft(doc) <= 0n) doc.status = "Paid"
      const dueMinor = minor(BigInt(amount) < payable ? BigInt(amount) : payable)
      return postPayment({ ...OF, paymentId: `p${day}`, amountMinor: cents(amount), dueMinor, isGivenUp })
    }
    case "credit": {
      const whole = doc.totalMinor - doc.creditedMinor
      if (doc.status === "Void" || whole <= 0n) return []
      const totalMinor = minor(
        (whole * BigInt(amount % 4)) / 3n > whole ? whole : (whole * BigInt(amount % 4)) / 3n,
      )
      const left = amountLeft(doc)
      const account = doc.status === "Uncollectible" ? "BadDebt" : "AccountsReceivable"
      const unpaid = { account, amountMinor: minor(left > 0n ? left : 0n) } as const
      doc.creditedMinor = minor(doc.creditedMinor + totalMinor)
      if (doc.status === "Open" && amountLeft(doc) <= 0n) doc.status = "Paid"
      return postCredited(
        { ...OF, id: `n${day}`, totalMinor, taxMinor: cents(0) },
        unpaid,
        ahead(doc.days, totalMinor, day),
      )
    }
    default:
      return []
  }
}

describe("a business", () => {
  const step = fc.record({
    kind: fc.constantFrom("finalize", "finalize", "void", "write off", "pay", "pay", "credit"),
    pick: fc.nat({ max: 50 }),
    amount: fc.nat({ max: 100_000 }),
    span: spans,
  })

  test("owes and is owed what its invoices say after every step, and in the end nothing is deferred", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const [docs, booked]: [Doc[], Booked[]] = [[], []]
        for (const [day, one] of steps.entries()) {
          booked.push(...on(day, play(docs, one, day)))
          const sum = LEDGER_ACCOUNTS.reduce((total, account) => total + standing(booked, account, day), 0n)
          expect(sum).toBe(0n)
          const due = docs.reduce((total, doc) => total + amountDue(doc), 0n)
          expect(standing(booked, "AccountsReceivable", day)).toBe(due)
          const lost = docs.filter(({ status }) => status === "Uncollectible").map(amountPayable)
          expect(standing(booked, "BadDebt", day)).toBe(lost.reduce((total, some) => total + some, 0n))
          const over = docs
            .filter(({ status }) => status !== "Void")
            .reduce((total, doc) => (amountLeft(doc) < 0n ? total + amountLeft(doc) : total), 0n)
          expect(standing(booked, "PayoutsPayable", day)).toBe(over)
        }
        expect(standing(booked, "DeferredRevenue", 5_000)).toBe(0n)
      }),
      { numRuns: 300 },
    )
  })
})

describe("an audit", () => {
  const sum = (account: LedgerAccount, amount: number, cause: EntrySum["cause"] = "invoice.finalized") => ({
    ...OF,
    account,
    cause,
    amount: cents(amount),
  })
  const sound = [sum("AccountsReceivable", 100), sum("Revenue", -80), sum("TaxPayable", -20)]
  const documents = (["Receivables", "Income", "Tax"] as const).map((check, n) => ({
    ...OF,
    check,
    amount: cents([100, -80, -20][n] ?? 0),
  }))

  test("finds nothing where entries and documents agree", () => {
    expect(differencesOf(sound, documents)).toEqual([])
    expect(differencesOf([], [])).toEqual([])
  })

  test("tells an entry that is missing by each law that it breaks", () => {
    const found = differencesOf(sound.slice(1), documents)
    expect(found.map(({ check, expected, actual }) => [check, expected, actual])).toEqual([
      ["Balance", 0n, -100n],
      ["Receivables", 100n, 0n],
    ])
  })

  test("tells a document that was never booked, and a booking without a document", () => {
    expect(differencesOf([], documents).map(({ check }) => check)).toEqual(["Receivables", "Income", "Tax"])
    const payment = [
      sum("Cash", 100, "payment.succeeded"),
      sum("AccountsReceivable", -100, "payment.succeeded"),
    ]
    const found = differencesOf(payment, [])
    expect(found.map(({ check }) => check)).toEqual(["Receivables", "Payments"])
  })
})

describe("reports", () => {
  const balance = (account: LedgerAccount, amount: number, currency = USD) => ({
    account,
    currency,
    amount: cents(amount),
  })

  test("a trial balance keeps currencies apart", () => {
    const found = trialBalances([
      balance("Revenue", -700),
      balance("Cash", 700),
      balance("Cash", 5, "EUR" as Currency),
      balance("Revenue", -5, "EUR" as Currency),
    ])
    expect(found.map(({ currency, debit, credit }) => [currency, debit, credit])).toEqual([
      ["EUR", 5n, 5n],
      ["USD", 700n, 700n],
    ])
  })

  test("revenue of a month is what came onto the accounts in it", () => {
    const months = revenueByMonth([
      { month: "2026-01", balances: [balance("Revenue", -1_000), balance("DeferredRevenue", -500)] },
      {
        month: "2026-02",
        balances: [balance("Revenue", -1_400), balance("DeferredRevenue", -100), balance("Refunds", 50)],
      },
    ])
    expect(months).toEqual([
      {
        month: "2026-02",
        currency: "USD",
        moved: { Revenue: 400n, Breakage: 0n, Refunds: 50n, Promotions: 0n },
        net: 350n,
        deferred: 100n,
      },
    ])
  })
})
