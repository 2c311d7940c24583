// Law 4: billed = should − was. However a period is split into bills, the parts add up to the unsplit bill.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { BilledLine, Was } from "../../src/domain/billing.ts"
import { addWas, billLines } from "../../src/domain/billing.ts"
import type { RatedSku } from "../../src/domain/catalog.ts"
import { meterOfSku } from "../../src/domain/catalog.ts"
import type { Billable } from "../../src/domain/charges.ts"
import { chargesOf, usageKey } from "../../src/domain/charges.ts"
import type { BillingState } from "../../src/domain/close.ts"
import { billNowScope, decideClose, scheduleFrom } from "../../src/domain/close.ts"
import type { Currency } from "../../src/domain/currency.ts"
import { decimal } from "../../src/domain/decimal.ts"
import { cadenceDuration, periodAt } from "../../src/domain/period.ts"
import type { Instant } from "../../src/domain/time.ts"
import { instant, parseInstant } from "../../src/domain/time.ts"

const USD = "USD" as Currency

function at(text: string): Instant {
  const parsed = parseInstant(text)
  if (!parsed.ok) throw new Error(text)
  return parsed.value
}

const METER = { eventType: "api.request", aggregation: "Count", property: null } as const

function metered(id: string, price: RatedSku["terms"]["price"]): RatedSku {
  return { id, name: id, terms: { price, billingTiming: "InArrears", meter: METER } }
}

function fee(id: string, nanos: string, billingTiming: "InArrears" | "InAdvance"): RatedSku {
  return {
    id,
    name: id,
    terms: { price: { model: "Flat", unitAmountNanos: nanos }, billingTiming, meter: null },
  }
}

// The seed's tiers at prices that make cents: 0.10 up to 100, 0.05 up to 1,000, 0.01 after.
const TIERS = [
  { upTo: "100", unitAmountNanos: "100000000000", flatAmountNanos: "0" },
  { upTo: "1000", unitAmountNanos: "50000000000", flatAmountNanos: "0" },
  { upTo: null, unitAmountNanos: "10000000000", flatAmountNanos: "0" },
]

const SKUS: readonly RatedSku[] = [
  metered("graduated", { model: "Graduated", tiers: TIERS }),
  metered("volume", { model: "Volume", tiers: TIERS }),
  metered("package", { model: "Package", unitAmountNanos: "333333333333", packageSize: "7" }),
  metered("per-unit", { model: "PerUnit", unitAmountNanos: "1234567891" }),
  metered("committed", {
    model: "Committed",
    committedAmountNanos: "50000000000000",
    committedQuantity: "500",
    unitAmountNanos: null,
    overageUnitAmountNanos: "99999999999",
  }),
  fee("arrears", "29990000000000", "InArrears"),
  fee("advance", "9990000000000", "InAdvance"),
]

const START = at("2026-01-31T10:30:00Z")

function subscription(trialEndsAt: Instant | null = null): Billable {
  return {
    subscriptionId: "s",
    schedule: { anchor: START, timeZone: "UTC", every: cadenceDuration("Monthly", 1) },
    trialEndsAt,
    endedAt: null,
    quantities: { all: null, bySku: {} },
    skus: SKUS,
  }
}

class Books {
  readonly was = new Map<string, Was>()

  bill(billable: Billable, used: bigint, asOf: Instant): BilledLine[] {
    const meter = meterOfSku(SKUS[0]!)!
    const usage = new Map([[usageKey(START, meter.key), decimal(used, 0)]])
    const charges = chargesOf(billable, usage, { indices: [0], asOf, running: true })
    const lines = billLines(charges, this.was, USD)
    for (const line of lines) {
      const part = { quantity: line.quantity, rated: line.ratedNanos, amount: line.amountMinor }
      this.was.set(line.lineKey, addWas(this.was.get(line.lineKey), part))
    }
    return lines
  }

  get total(): bigint {
    return [...this.was.values()].reduce((sum, part) => sum + part.amount, 0n)
  }
}

const END = periodAt(subscription().schedule, 0).end

describe("billed = should − was", () => {
  test("interim bills and the last one add up to a single bill, charge by charge", () => {
    const steps = fc.array(fc.tuple(fc.bigInt(0n, 3_000n), fc.double({ min: 0, max: 1, noNaN: true })), {
      maxLength: 6,
    })
    const trial = fc.option(fc.integer({ min: 1, max: 40 }), { nil: null })
    fc.assert(
      fc.property(steps, fc.bigInt(0n, 3_000n), trial, (interim, extra, trialDays) => {
        const billable = subscription(trialDays === null ? null : instant(START + trialDays * 86_400_000))
        const split = new Books()
        let used = 0n
        const times = interim
          .map(([, share]) => Math.floor(START + share * (END - START)))
          .toSorted((a, b) => a - b)
        for (const [index, [more]] of interim.entries()) {
          used += more
          split.bill(billable, used, instant(times[index]!))
        }
        split.bill(billable, used + extra, END)
        const whole = new Books()
        whole.bill(billable, used + extra, END)
        expect(split.total).toBe(whole.total)
        for (const [key, part] of whole.was) expect(split.was.get(key)?.amount).toBe(part.amount)
      }),
      { numRuns: 300 },
    )
  })

  test("billing again without new usage yields nothing", () => {
    const books = new Books()
    books.bill(subscription(), 1_234n, END)
    expect(books.bill(subscription(), 1_234n, END)).toEqual([])
  })

  test("a charge that was never billed gets a line, also at zero", () => {
    const lines = new Books().bill(subscription(), 0n, START)
    // Fees in arrears have accrued nothing yet; the fee in advance and the commitment are owed at once.
    expect(lines.map((line) => [line.skuId, line.amountMinor])).toEqual([
      ["graduated", 0n],
      ["volume", 0n],
      ["package", 0n],
      ["per-unit", 0n],
      ["committed", 5_000n],
      ["advance", 999n],
    ])
  })

  test("a trial waives recurring fees for its time only", () => {
    // 14 of the 28 days from 31 January to 28 February: half of 29.99 and of 9.99, rounded half away from zero.
    const books = new Books()
    const lines = books.bill(subscription(instant(START + 14 * 86_400_000)), 0n, END)
    expect(lines.find((line) => line.skuId === "arrears")?.amountMinor).toBe(1_500n)
    expect(lines.find((line) => line.skuId === "advance")?.amountMinor).toBe(500n)
  })
})

describe("closing periods", () => {
  const schedule = subscription().schedule
  const state: BillingState = {
    status: "Active",
    schedule,
    periodIndex: 0,
    periodEnd: END,
    billFromIndex: 0,
    cancelAt: null,
    endedAt: null,
  }

  test("nothing is closed before the end, and the end opens the next period", () => {
    expect(decideClose(state, instant(END - 1))).toBeNull()
    const close = decideClose(state, END)
    expect(close?.next).toEqual(periodAt(schedule, 1))
    expect(close?.scope).toEqual({ indices: [0, 1], asOf: END, running: false })
  })

  test("a subscription that is cancelled at the period's end has no next period", () => {
    const close = decideClose({ ...state, cancelAt: END }, END)
    expect(close).toMatchObject({ next: null, status: "Cancelled", endedAt: END })
    expect(close?.scope.indices).toEqual([0])
  })

  test("an ended subscription is closed once", () => {
    const ended = { ...state, status: "Cancelled" as const, endedAt: instant(START + 1_000), cancelAt: START }
    expect(decideClose(ended, END)?.scope.asOf).toBe(START + 1_000)
    expect(decideClose({ ...ended, billFromIndex: 1 }, END)).toBeNull()
  })

  test("a bill on demand looks at every period that is not billed yet", () => {
    const later = instant(periodAt(schedule, 2).start + 5)
    expect(billNowScope(state, later, 100).indices).toEqual([0, 1, 2])
    expect(billNowScope(state, later, 2).indices).toEqual([0, 1])
  })

  test("the schedule keeps to the anchor: 31 January, 28 February, 31 March", () => {
    const starts = scheduleFrom(state, 3).map((period) => new Date(period.start).toISOString().slice(0, 10))
    expect(starts).toEqual(["2026-01-31", "2026-02-28", "2026-03-31"])
  })
})
