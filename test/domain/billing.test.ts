// Law 4: billed = should − was. However a period is split into bills, the parts add up to the unsplit bill.

import fc from "fast-check"
import { describe, expect, test } from "vitest"
import type { BilledLine, Was } from "../../src/domain/billing.ts"
import { addWas, billLines } from "../../src/domain/billing.ts"
import type { ModifierTerms, RatedSku } from "../../src/domain/catalog.ts"
import { meterOfSku } from "../../src/domain/catalog.ts"
import type { Billable } from "../../src/domain/billable.ts"
import { chargesOf, usageKey } from "../../src/domain/charges.ts"
import type { BillingState } from "../../src/domain/close.ts"
import { billNowScope, decideClose } from "../../src/domain/close.ts"
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

function metered(id: string, price: RatedSku["terms"]["price"], modified?: Partial<ModifierTerms>): RatedSku {
  const terms = { price, billingTiming: "InArrears", meter: METER } as const
  return {
    id,
    name: id,
    terms: modified === undefined ? terms : { ...terms, modifiers: modifiers(modified) },
  }
}

function modifiers(some: Partial<ModifierTerms>): ModifierTerms {
  const none = {
    quantityTransform: null,
    includedQuantity: null,
    minimumAmountNanos: null,
    maximumAmountNanos: null,
  }
  return { ...none, ...some }
}

/** Seats at 4.99. */
function seats(id: string, billingTiming: "InArrears" | "InAdvance", some: Partial<ModifierTerms>): RatedSku {
  const price = { model: "PerUnit", unitAmountNanos: "4990000000000" } as const
  return { id, name: id, terms: { price, billingTiming, meter: null, modifiers: modifiers(some) } }
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

const COMMITTED = SKUS[4]!.terms.price

// Every modifier, on every model that takes it, with bounds that are reached within the period.
const MODIFIED: readonly RatedSku[] = [
  metered(
    "dozens",
    { model: "PerUnit", unitAmountNanos: "77777777777" },
    { quantityTransform: { divideBy: "12", round: "Up" } },
  ),
  metered(
    "whole sevenths",
    { model: "Graduated", tiers: TIERS },
    { quantityTransform: { divideBy: "7", round: "Down" }, includedQuantity: "50.5" },
  ),
  metered(
    "sevenths",
    { model: "Graduated", tiers: TIERS },
    { quantityTransform: { divideBy: "7", round: "None" }, minimumAmountNanos: "3333333333333" },
  ),
  metered("after 150", { model: "Volume", tiers: TIERS }, { includedQuantity: "150" }),
  metered(
    "bounded",
    { model: "Package", unitAmountNanos: "333333333333", packageSize: "7" },
    { minimumAmountNanos: "20000000000001", maximumAmountNanos: "100000000000001" },
  ),
  metered("committed at least", COMMITTED, {
    minimumAmountNanos: "70004999999999",
    includedQuantity: "1000",
  }),
  metered("committed at most", COMMITTED, { maximumAmountNanos: "120005000000000" }),
  seats("seats", "InArrears", { includedQuantity: "2", minimumAmountNanos: "30010000000000" }),
  seats("seats ahead", "InAdvance", { maximumAmountNanos: "30010000000000" }),
]

const START = at("2026-01-31T10:30:00Z")

function subscription(trialEndsAt: Instant | null = null, skus = SKUS): Billable {
  return {
    subscriptionId: "s",
    currency: USD,
    schedule: { anchor: START, timeZone: "UTC", every: cadenceDuration("Monthly", 1) },
    trialEndsAt,
    end: null,
    pauses: [],
    segments: [{ segment: SEGMENT, proration: "Time", minimumNanos: null, skus }],
  }
}

const SEGMENT = {
  id: null,
  from: START,
  planId: "plan",
  planVersion: 1,
  quantities: { all: "7", bySku: {} },
}

class Books {
  readonly was = new Map<string, Was>()

  bill(billable: Billable, used: bigint, asOf: Instant): BilledLine[] {
    const meter = meterOfSku(SKUS[0]!)!
    const total = { value: decimal(used, 0), events: Number(used), groups: [] }
    const usage = new Map([[usageKey(START, meter.key), total]])
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
        const trialEndsAt = trialDays === null ? null : instant(START + trialDays * 86_400_000)
        const billable = subscription(trialEndsAt, [...SKUS, ...MODIFIED])
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

  test("a minimum and a maximum are on the amount of the whole period, whenever it is billed", () => {
    const books = new Books()
    const billed = (used: bigint, asOf: Instant) => {
      const lines = books.bill(subscription(null, MODIFIED), used, asOf)
      return Object.fromEntries(lines.map((line) => [line.skuId, line.amountMinor]))
    }
    // No usage: the minimum, and 70.004999… is 70.00. Seven seats at 4.99 are 34.93, at most 30.01.
    expect(billed(0n, START)).toEqual({
      dozens: 0n,
      "whole sevenths": 0n,
      sevenths: 333n,
      "after 150": 0n,
      bounded: 2_000n,
      "committed at least": 7_000n,
      "committed at most": 5_000n,
      "seats ahead": 3_001n,
    })
    // Half of the time: half of 30.01, more than half of five seats at 4.99. 357 events are 30 dozens begun; 51 sevenths,
    // half a one above 50.5; 207 after 150 at 0.05; 51 packages at a third, still below the minimum.
    expect(billed(357n, instant((START + END) / 2))).toEqual({
      dozens: 233n,
      "whole sevenths": 5n,
      sevenths: 177n,
      "after 150": 1_035n,
      bounded: 0n,
      "committed at least": 0n,
      "committed at most": 0n,
      seats: 1_501n,
    })
    // 3,500 events are 500 packages, 166.67 without the maximum of 100.00; 3,000 beyond the commitment are capped at 120.005.
    // 2,500 after the free thousand: 2,000 beyond the commitment, 50 + 199.99…
    expect(billed(3_500n, END)).toMatchObject({
      bounded: 8_000n,
      "committed at least": 18_000n,
      "committed at most": 7_001n,
      seats: 1_500n,
    })
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
    billFromIndex: 0,
    cancelAt: null,
    endAt: null,
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
})
