// Random lives of subscriptions: changes, pauses, trials, ends, minimums, coupons, and bills at any time between.
// Law: whatever is billed when, all bills together come to what one bill at the end would have come to.

import fc from "fast-check"
import { expect, test } from "vitest"
import { adjustingCharges } from "../../src/domain/adjust.ts"
import { addWas, billLines } from "../../src/domain/billing.ts"
import type { Was } from "../../src/domain/billing.ts"
import type { RatedSku } from "../../src/domain/catalog.ts"
import { meterOfSku } from "../../src/domain/catalog.ts"
import type { Billable, ChargeScope, SoldSegment } from "../../src/domain/billable.ts"
import type { Charge } from "../../src/domain/charges.ts"
import { chargesOf, usageKey } from "../../src/domain/charges.ts"
import type { Redemption } from "../../src/domain/coupon.ts"
import type { Currency } from "../../src/domain/currency.ts"
import { decimal } from "../../src/domain/decimal.ts"
import type { Proration } from "../../src/domain/billable.ts"
import { cadenceDuration, periodAt, periodContaining, periodsWithin } from "../../src/domain/period.ts"
import type { Instant } from "../../src/domain/time.ts"
import { instant } from "../../src/domain/time.ts"
import type { Pause } from "../../src/domain/timeline.ts"
import { usageSchedule } from "../../src/domain/timeline.ts"
import type { UsageTotal } from "../../src/domain/usage.ts"

const USD = "USD" as Currency
const DAY = 86_400_000
const START = instant(Date.UTC(2026, 0, 31, 7, 30))
const DAYS = 100

function sku(id: string, terms: Partial<RatedSku["terms"]>): RatedSku {
  const price = { model: "PerUnit", unitAmountNanos: "9990000000000" } as const
  return { id, name: id, terms: { price, billingTiming: "InArrears", meter: null, ...terms } }
}

const CALLS = { eventType: "call", aggregation: "Count", property: null } as const
const TIERS = [
  { upTo: "10", unitAmountNanos: "333333333333", flatAmountNanos: "1000000000000" },
  { upTo: null, unitAmountNanos: "111111111111", flatAmountNanos: "0" },
]

/** Two plans; the seats of the first are also in the second, as when a plan gets a new version. */
const PLANS: readonly (readonly RatedSku[])[] = [
  [
    sku("seats", { billingTiming: "InAdvance" }),
    sku("base", { price: { model: "Flat", unitAmountNanos: "29990000000000" } }),
    sku("calls", { meter: CALLS, price: { model: "Graduated", tiers: TIERS } }),
  ],
  [
    sku("seats", {
      billingTiming: "InAdvance",
      price: { model: "PerUnit", unitAmountNanos: "7770000000000" },
    }),
    sku("ahead", {
      billingTiming: "InAdvance",
      price: { model: "Flat", unitAmountNanos: "100010000000000" },
    }),
    sku("calls2", { meter: CALLS }),
  ],
]

type Change = {
  readonly day: number
  readonly plan: number
  readonly seats: number
  readonly prorate: boolean
}

type Life = {
  readonly changes: readonly Change[]
  readonly pause: readonly [from: number, days: number] | null
  readonly trialDays: number
  readonly end: { readonly day: number; readonly prorated: boolean } | null
  readonly proration: Proration
  readonly minimum: boolean
  readonly coupons: readonly Redemption[]
  readonly bills: readonly BillAt[]
}

/** `seen`: how many of the changes of that very instant came before it. */
type BillAt = { readonly day: number; readonly running: boolean; readonly seen: number }

const at = (day: number): Instant => instant(START + Math.round(day * DAY))
// Few enough times that some things happen at one instant, and at the bounds of periods.
const time = fc.oneof(
  fc.constantFrom(0, 10, 28, 28.5, 59, 60),
  fc.integer({ min: 0, max: DAYS * 24 }).map((hours) => hours / 24),
)

const coupon = (id: string, percentBps: number | null, amountNanos: string | null): Redemption => ({
  id,
  code: id,
  terms: {
    percentBps,
    amountNanos,
    currency: amountNanos === null ? null : "USD",
    duration: "Repeating",
    periods: 2,
    planIds: null,
    skuIds: null,
  },
  fromIndex: 0,
  redeemedAt: START,
  removedAt: null,
})

const livesAt = (moment: fc.Arbitrary<number>): fc.Arbitrary<Life> =>
  fc.record({
    changes: fc.array(
      fc.record({
        day: moment,
        plan: fc.nat(1),
        seats: fc.integer({ min: 1, max: 9 }),
        prorate: fc.boolean(),
      }),
      { maxLength: 4 },
    ),
    pause: fc.option(fc.tuple(moment, moment)),
    trialDays: fc.constantFrom(0, 0, 10, 40),
    end: fc.option(fc.record({ day: moment, prorated: fc.boolean() })),
    proration: fc.constantFrom("Time", "Day"),
    minimum: fc.boolean(),
    coupons: fc.constantFrom(
      [],
      [coupon("a", 1_050, null)],
      [coupon("a", 3_333, null), coupon("b", null, "40000000000000")],
    ),
    bills: fc.array(fc.record({ day: moment, running: fc.boolean(), seen: fc.nat(2) }), { maxLength: 8 }),
  })

const LIVES = livesAt(time)

/** Much happens at one instant: a change is billed and changed again before time goes on. */
const HASTY_LIVES = livesAt(fc.constantFrom(0, 10, 28))

const SCHEDULE = { anchor: START, timeZone: "UTC", every: cadenceDuration("Monthly", 1) }

/** The subscription as it is known at a time: what is changed later isn't known yet. */
function knownAt(life: Life, now: Instant, seen: number): Billable {
  const first = segment(life, START, 0, 5, null)
  const before = life.changes.filter(({ day }) => at(day) < now).toSorted((a, b) => a.day - b.day)
  const changes = [...before, ...life.changes.filter(({ day }) => at(day) === now).slice(0, seen)]
  const segments = changes.map(({ day, plan, seats, prorate }) => {
    const period = periodContaining(SCHEDULE, at(day))
    const feesFrom = prorate || period === null || period.start === at(day) ? null : period.end
    return segment(life, at(day), plan, seats, feesFrom)
  })
  const end = life.end !== null && at(life.end.day) <= now ? at(life.end.day) : null
  return {
    subscriptionId: "s",
    currency: USD,
    schedule: SCHEDULE,
    trialEndsAt: life.trialDays === 0 ? null : at(life.trialDays),
    end: end === null ? null : { at: end, prorated: life.end?.prorated === true },
    pauses: pausesAt(life, now),
    segments: [first, ...segments],
  }
}

function segment(
  life: Life,
  from: Instant,
  plan: number,
  seats: number,
  feesFrom: Instant | null,
): SoldSegment {
  const base = {
    id: null,
    from,
    planId: `p${plan}`,
    planVersion: 1,
    quantities: { all: `${seats}`, bySku: {} },
  }
  return {
    segment: feesFrom === null ? base : { ...base, feesFrom },
    proration: life.proration,
    minimumNanos: life.minimum ? "55550000000000" : null,
    skus: PLANS[plan] ?? [],
  }
}

function pausesAt({ pause }: Life, now: Instant): Pause[] {
  if (pause === null || at(pause[0]) > now) return []
  const to = at(pause[0] + pause[1])
  return [{ from: at(pause[0]), to: to <= now ? to : null }]
}

/** Five calls an hour into each day that is served; what is after the end or now isn't there. */
function usageAt(billable: Billable, now: Instant): Map<string, UsageTotal> {
  const usage = new Map<string, UsageTotal>()
  const parts = usageSchedule(
    billable.schedule,
    billable.segments.map((sold) => sold.segment),
  )
  const until = billable.end !== null && billable.end.at < now ? billable.end.at : now
  for (const part of periodsWithin(parts, { start: START, end: instant(now + 1) })) {
    let calls = 0n
    for (let day = 0; day < DAYS; day++) {
      const moment = instant(START + day * DAY + 3_600_000)
      if (moment >= part.start && moment < part.end && moment < until) calls += 5n
    }
    for (const meter of [meterOfSku(PLANS[0]?.[2] as RatedSku)]) {
      const total = { value: decimal(calls, 0), events: Number(calls), groups: [] }
      usage.set(usageKey(part.start, meter?.key ?? ""), total)
    }
  }
  return usage
}

const ALL = 100

class Books {
  readonly was = new Map<string, Was>()

  bill(life: Life, now: Instant, running: boolean, seen = ALL): void {
    const billable = knownAt(life, now, seen)
    const last = periodContaining(SCHEDULE, now)?.index ?? 0
    const indices = Array.from({ length: last + 1 }, (_, index) => index)
    const chargeScope: ChargeScope = { indices, asOf: now, running }
    const charges = chargesOf(billable, usageAt(billable, now), chargeScope)
    const by = { was: this.was, chargeScope, commitments: [], redemptions: life.coupons }
    const adjusting = adjustingCharges(billable, charges, by)
    for (const line of billLines([...charges, ...adjusting], this.was, USD)) {
      const part = { quantity: line.quantity, rated: line.ratedNanos, amount: line.amountMinor }
      this.was.set(line.lineKey, addWas(this.was.get(line.lineKey), part))
    }
  }

  amounts(): Record<string, bigint> {
    const some = [...this.was].filter(([, { amount }]) => amount !== 0n)
    return Object.fromEntries(some.map(([key, { amount }]) => [key, amount]))
  }

  total(): bigint {
    return [...this.was.values()].reduce((sum, { amount }) => sum + amount, 0n)
  }
}

/** Upgraded, billed for it, and taken back, all in one instant. */
const TWICE_AT_ONCE: Life = {
  changes: [
    { day: 10, plan: 1, seats: 3, prorate: true },
    { day: 10, plan: 0, seats: 2, prorate: true },
  ],
  pause: null,
  trialDays: 0,
  end: null,
  proration: "Time",
  minimum: false,
  coupons: [],
  bills: [{ day: 10, running: true, seen: 1 }],
}

test.each([
  ["", LIVES],
  ["hasty ", HASTY_LIVES],
])("all bills of a %slife together are the one bill that it comes to, charge by charge", (_, lives) => {
  fc.assert(
    fc.property(lives, (life) => {
      // In the end everything has happened, and the last period is over.
      const end = periodAt(SCHEDULE, 4).start
      const parts = new Books()
      for (const { day, running, seen } of life.bills.toSorted((a, b) => a.day - b.day || a.seen - b.seen)) {
        parts.bill(life, at(day), running, seen)
        if (!running) continue
        // A bill up to now leaves nothing that an earlier one made it say.
        const fresh = new Books()
        fresh.bill(life, at(day), running, seen)
        expect(parts.amounts()).toEqual(fresh.amounts())
      }
      parts.bill(life, end, false)
      const whole = new Books()
      whole.bill(life, end, false)
      expect(parts.amounts()).toEqual(whole.amounts())
      expect(parts.total()).toBe(whole.total())
    }),
    { numRuns: 300, examples: [[TWICE_AT_ONCE]] },
  )
})

test("nothing is billed twice: what is billed up to now leaves nothing to a bill of what is due", () => {
  fc.assert(
    fc.property(LIVES, time, fc.boolean(), (life, day, running) => {
      const books = new Books()
      books.bill(life, at(day), true)
      const before = books.amounts()
      books.bill(life, at(day), running)
      expect(books.amounts()).toEqual(before)
    }),
    { numRuns: 200 },
  )
})

test("what pays out is the mirror of what charges, fee by fee", () => {
  fc.assert(
    fc.property(LIVES, time, (life, day) => {
      const billable = knownAt(life, at(day), ALL)
      const chargeScope = { indices: [0, 1, 2, 3], asOf: at(day), running: true }
      const feesOf = (of: Billable) =>
        chargesOf(of, usageAt(billable, at(day)), chargeScope).filter((charge) => !charge.metered)
      const [charged, paid] = [feesOf(billable), feesOf({ ...billable, paysOut: true })]
      const told = (sign: bigint) => (charge: Charge) => [
        charge.lineKey,
        charge.should.num * sign,
        charge.should.den,
        charge.due,
        charge.silent,
      ]
      expect(paid.map(told(-1n))).toEqual(charged.map(told(1n)))
      const cents = (charges: readonly Charge[]) =>
        billLines(charges, new Map(), USD).map(({ lineKey, amountMinor }) => [lineKey, amountMinor])
      expect(cents(paid).map(([key, amount]) => [key, -BigInt(amount ?? 0n)])).toEqual(cents(charged))
    }),
    { numRuns: 200 },
  )
})
