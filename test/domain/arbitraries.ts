// Generators of domain values for the property tests: everything that the door would let in, edges included.

import fc from "fast-check"
import { add, decimal, ZERO, type Decimal } from "../../src/domain/decimal.ts"
import { nanos, type Nanos } from "../../src/domain/money.ts"
import type { Matrix, Percentage, PricingModel, Tier } from "../../src/domain/pricing/index.ts"
import { ROUNDINGS, type Modifiers } from "../../src/domain/pricing/pipeline.ts"
import { ratio, type Ratio } from "../../src/domain/ratio.ts"
import { cadenceDuration, type Schedule } from "../../src/domain/period.ts"
import { instant, LATEST, NO_TIME, type Instant } from "../../src/domain/time.ts"
import type { UsageTotal } from "../../src/domain/usage.ts"

const TEN_TO_30 = 10n ** 30n

/** Any decimal that is accepted from outside, of either sign. */
export const anyDecimal: fc.Arbitrary<Decimal> = fc
  .tuple(fc.bigInt({ min: 1n - TEN_TO_30, max: TEN_TO_30 - 1n }), fc.integer({ min: 0, max: 18 }))
  .map(([coefficient, scale]) => decimal(coefficient, scale))

/** Quantities as they are billed: small enough to fall into any tier, whole or with a fraction. */
export const quantity: fc.Arbitrary<Decimal> = fc.oneof(
  fc.bigInt({ min: 0n, max: 200n }).map((n) => decimal(n, 0)),
  fc
    .tuple(fc.bigInt({ min: 0n, max: 200_000n }), fc.integer({ min: 0, max: 6 }))
    .map(([n, scale]) => decimal(n, scale)),
  fc
    .tuple(fc.bigInt({ min: 0n, max: TEN_TO_30 }), fc.integer({ min: 0, max: 18 }))
    .map(([n, scale]) => decimal(n, scale)),
)

export const positiveQuantity: fc.Arbitrary<Decimal> = quantity.filter((q) => q.coefficient > 0n)

export const anyRatio: fc.Arbitrary<Ratio> = fc
  .tuple(fc.bigInt({ min: -TEN_TO_30, max: TEN_TO_30 }), fc.bigInt({ min: 1n, max: 10n ** 15n }))
  .map(([num, den]) => ratio(num, den))

/** A price: free, tiny, or anything up to the bound. */
export const amount: fc.Arbitrary<Nanos> = fc
  .oneof(fc.bigInt({ min: 0n, max: 5n }), fc.bigInt({ min: 0n, max: TEN_TO_30 }))
  .map(nanos)

/** A valid list of tiers: bounds are sums of positive widths, whole or with a fraction. */
export const tiers: fc.Arbitrary<readonly Tier[]> = fc
  .tuple(
    fc.array(fc.tuple(fc.bigInt({ min: 1n, max: 50_000n }), amount, amount), { maxLength: 4 }),
    fc.tuple(amount, amount),
    fc.integer({ min: 0, max: 3 }),
  )
  .map(([bounded, [lastUnit, lastFlat], scale]) => {
    let bound = 0n
    const below = bounded.map(([width, unitAmount, flatAmount]) => {
      bound += width
      return { upTo: decimal(bound, scale), unitAmount, flatAmount }
    })
    return [...below, { upTo: null, unitAmount: lastUnit, flatAmount: lastFlat }]
  })

const committed: fc.Arbitrary<PricingModel> = fc
  .record({
    committedAmount: amount,
    overageUnitAmount: amount,
    unitAmount: amount,
    committedQuantity: quantity,
  })
  .chain((terms) =>
    fc.constantFrom<PricingModel>(
      { model: "Committed", ...terms, unitAmount: null },
      { model: "Committed", ...terms, unitAmount: nanos(terms.unitAmount + 1n), committedQuantity: null },
    ),
  )

/** Rates of up to a hundred times the amount, to a ten-thousandth of a basis point. */
const percentage: fc.Arbitrary<Percentage> = fc
  .record({
    rateBps: fc.bigInt({ min: 0n, max: 10_000_000_000n }).map((n) => decimal(n, 4)),
    fixedAmount: amount,
    least: fc.option(amount, { nil: null }),
    above: fc.option(amount, { nil: null }),
  })
  .map(({ rateBps, fixedAmount, least, above }) => ({
    model: "Percentage",
    rateBps,
    fixedAmount,
    minimumPerEvent: least,
    maximumPerEvent: above === null ? null : nanos(above + (least ?? 0n)),
  }))

/** Values of two properties, few enough to meet again. */
export const combination: fc.Arbitrary<readonly (string | null)[]> = fc.tuple(
  fc.constantFrom("eu", "us", null),
  fc.constantFrom("1", "2"),
)

const matrix: fc.Arbitrary<Matrix> = fc.record({
  model: fc.constant("Matrix" as const),
  cells: fc.uniqueArray(fc.record({ values: combination, unitAmount: amount }), {
    selector: ({ values }) => JSON.stringify(values),
    minLength: 1,
    maxLength: 6,
  }),
  defaultUnitAmount: amount,
})

export const pricingModel: fc.Arbitrary<PricingModel> = fc.oneof(
  fc.record({ model: fc.constant("Flat" as const), unitAmount: amount }),
  fc.record({ model: fc.constant("PerUnit" as const), unitAmount: amount }),
  fc.record({ model: fc.constant("Graduated" as const), tiers }),
  fc.record({ model: fc.constant("Volume" as const), tiers }),
  fc.record({ model: fc.constant("Package" as const), unitAmount: amount, packageSize: positiveQuantity }),
  committed,
  percentage,
  matrix,
)

/** What a meter may have counted: its groups are part of the total, and its fees are whatever they are. */
export const usageTotal: fc.Arbitrary<UsageTotal> = fc
  .record({
    groups: fc.uniqueArray(fc.record({ values: combination, value: quantity, events: fc.nat(1000) }), {
      selector: ({ values }) => JSON.stringify(values),
      maxLength: 6,
    }),
    beyond: quantity,
    events: fc.nat(1000),
    fees: quantity,
  })
  .map(({ groups, beyond, events, fees }) => {
    return { value: groups.reduce((sum, { value }) => add(sum, value), beyond), events, groups, fees }
  })

/** A price that no quantity falls under again: a volume price may fall at a bound, and rises where its tiers do. */
export function rising(model: PricingModel): PricingModel {
  if (model.model !== "Volume") return model
  let [unit, flat] = [0n, 0n]
  const risen = model.tiers.map(({ upTo, unitAmount, flatAmount }) => {
    unit += unitAmount
    flat += flatAmount
    return { upTo, unitAmount: nanos(unit), flatAmount: nanos(flat) }
  })
  return { ...model, tiers: risen }
}

/** Modifiers that go together: no maximum below the minimum. */
export const modifiers: fc.Arbitrary<Modifiers> = fc
  .record({
    quantityTransform: fc.option(
      fc.record({ divideBy: positiveQuantity, round: fc.constantFrom(...ROUNDINGS) }),
      { nil: null },
    ),
    includedQuantity: fc.oneof(fc.constant(ZERO), quantity),
    minimumAmount: fc.option(amount, { nil: null }),
    above: fc.option(amount, { nil: null }),
    discountBps: fc.oneof(fc.constant(0n), fc.bigInt({ min: 0n, max: 10_000n })),
  })
  .map(({ above, ...rest }) => ({
    ...rest,
    maximumAmount: above === null ? null : nanos(above + (rest.minimumAmount ?? 0n)),
  }))

export const anyInstant: fc.Arbitrary<Instant> = fc.integer({ min: 0, max: LATEST }).map(instant)

/** Instants of the years that are billed, with time zone rules that are known or continued. */
export const recentInstant: fc.Arbitrary<Instant> = fc
  .integer({ min: Date.UTC(2015, 0, 1), max: Date.UTC(2035, 0, 1) })
  .map(instant)

/** Zones with and without clock changes; by half an hour (Lord Howe), backwards in the religious year (Casablanca), at
 *  midnight (Havana, Santiago), with odd offsets (Kathmandu), beyond the date line (Kiritimati). */
export const timeZone: fc.Arbitrary<string> = fc.constantFrom(
  "UTC",
  "America/New_York",
  "Australia/Lord_Howe",
  "Africa/Casablanca",
  "America/Havana",
  "America/Santiago",
  "Asia/Kathmandu",
  "Pacific/Kiritimati",
  "Europe/Berlin",
)

const cadence = fc.constantFrom("Daily", "Weekly", "Monthly", "Quarterly", "Annual")
const duration = fc.oneof(
  fc
    .tuple(cadence, fc.integer({ min: 1, max: 4 }))
    .map(([name, interval]) => cadenceDuration(name, interval)),
  fc.constantFrom(
    { ...NO_TIME, days: 10 },
    { ...NO_TIME, hours: 1 },
    { ...NO_TIME, months: 1, days: 1 },
    { ...NO_TIME, years: 1, months: 2 },
    { ...NO_TIME, days: 1, hours: 12 },
  ),
)

export const schedule: fc.Arbitrary<Schedule> = fc.record({
  anchor: recentInstant,
  timeZone,
  every: duration,
})
