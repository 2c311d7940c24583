// Fields of the API to terms and back: nothing is lost, and a change changes what it names.

import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { ModifierTerms, PriceTerms, SkuMeter, SkuTerms, WindowTerms } from "../../src/domain/catalog.ts"
import { measureOf, usageOfEvents } from "../../src/domain/measure.ts"
import { decimalOf, formatDecimal } from "../../src/domain/decimal.ts"
import { ROUNDINGS } from "../../src/domain/pricing/pipeline.ts"
import type { PlanFields } from "../../src/domain/plan-fields.ts"
import { changedPlanFields, planTermsFrom } from "../../src/domain/plan-fields.ts"
import type { SkuFieldChanges } from "../../src/domain/sku-changes.ts"
import { changedSkuFields, skuFieldsOf } from "../../src/domain/sku-changes.ts"
import type { SkuFields } from "../../src/domain/sku-fields.ts"
import { skuTermsFrom } from "../../src/domain/sku-fields.ts"
import type { Aggregation } from "../../src/domain/terms.ts"
import { AGGREGATIONS, byCodeUnits } from "../../src/domain/terms.ts"
import { addDuration, instant, parseInstant } from "../../src/domain/time.ts"

const nanosText = fc.bigInt({ min: 0n, max: 10n ** 24n }).map(String)
const positive = fc.bigInt({ min: 1n, max: 10n ** 18n }).map(String)
const tiers = fc
  .tuple(
    fc.uniqueArray(fc.bigInt({ min: 1n, max: 10n ** 15n }), { maxLength: 5 }),
    fc.array(nanosText, { minLength: 12, maxLength: 12 }),
  )
  .map(([bounds, amounts]) => {
    const sorted = [...bounds.toSorted((a, b) => (a < b ? -1 : 1)).map(String), null]
    return sorted.map((upTo, at) => ({
      upTo,
      unitAmountNanos: amounts[2 * at] ?? "0",
      flatAmountNanos: amounts[2 * at + 1] ?? "0",
    }))
  })

const meter = fc.oneof(
  fc.constant({ aggregation: "Count" as const, property: null }),
  fc.record({
    aggregation: fc.constantFrom(...AGGREGATIONS.filter((aggregation) => aggregation !== "Count")),
    property: fc.string({ minLength: 1 }),
  }),
)
// A name that is a whole number, or __proto__, has a place of its own in an object of JavaScript.
const propertyName = fc.stringMatching(/^[a-z]{1,8}$/)
const metered: fc.Arbitrary<SkuMeter> = fc
  .record({
    eventType: fc.string({ minLength: 1 }),
    how: meter,
    filters: fc.option(
      fc.uniqueArray(
        fc.record({
          property: propertyName,
          values: fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 3 }),
        }),
        { minLength: 1, maxLength: 3, selector: ({ property }) => property },
      ),
      { nil: null },
    ),
    groupBy: fc.option(fc.uniqueArray(propertyName, { minLength: 1, maxLength: 3 }), { nil: null }),
    window: fc.constantFrom<WindowTerms | null>(null, { kind: "Tumbling", size: "PT1H" }),
  })
  .map(({ eventType, how, filters, groupBy, window }) => ({
    eventType,
    ...how,
    ...(filters === null ? {} : { filters }),
    ...(groupBy === null ? {} : { groupBy }),
    ...(window === null || how.aggregation === "WeightedSum" ? {} : { window }),
  }))

const price: fc.Arbitrary<PriceTerms> = fc.oneof(
  nanosText.map((unitAmountNanos) => ({ model: "PerUnit" as const, unitAmountNanos })),
  fc
    .tuple(fc.constantFrom("Graduated" as const, "Volume" as const), tiers)
    .map(([model, list]) => ({ model, tiers: list })),
  fc.record({ model: fc.constant("Package" as const), unitAmountNanos: nanosText, packageSize: positive }),
  fc.record({
    model: fc.constant("Committed" as const),
    committedAmountNanos: nanosText,
    committedQuantity: positive,
    unitAmountNanos: fc.constant(null),
    overageUnitAmountNanos: nanosText,
  }),
  fc.record({
    model: fc.constant("Committed" as const),
    committedAmountNanos: nanosText,
    committedQuantity: fc.constant(null),
    unitAmountNanos: positive,
    overageUnitAmountNanos: nanosText,
  }),
)

/** At least one of them, and bounds that leave room for any commitment. */
const modifiers: fc.Arbitrary<ModifierTerms> = fc
  .record({
    quantityTransform: fc.option(fc.record({ divideBy: positive, round: fc.constantFrom(...ROUNDINGS) }), {
      nil: null,
    }),
    includedQuantity: fc.option(positive, { nil: null }),
    minimumAmountNanos: fc.option(nanosText, { nil: null }),
    maximumAmountNanos: fc.option(fc.constant(String(10n ** 24n)), { nil: null }),
  })
  .filter((all) => Object.values(all).some((value) => value !== null))

const moneyMeter: fc.Arbitrary<SkuMeter> = fc
  .tuple(fc.string({ minLength: 1 }), propertyName)
  .map(([eventType, property]) => ({ eventType, aggregation: "Sum", property }))

const percentage: fc.Arbitrary<PriceTerms> = fc
  .record({
    rateBps: fc.bigInt({ min: 0n, max: 10_000n }).map(String),
    fixedAmountNanos: nanosText,
    least: fc.option(nanosText, { nil: null }),
    hasMost: fc.boolean(),
  })
  .map(({ rateBps, fixedAmountNanos, least: minimumPerEventNanos, hasMost }) => {
    const maximumPerEventNanos = hasMost ? String(10n ** 24n) : null
    return { model: "Percentage", rateBps, fixedAmountNanos, minimumPerEventNanos, maximumPerEventNanos }
  })

/** A price of each combination of two properties, and the meter that groups by them, in any order. */
const grouped: fc.Arbitrary<Pick<SkuTerms, "price" | "meter">> = fc
  .record({
    eventType: fc.string({ minLength: 1 }),
    groupBy: fc.uniqueArray(propertyName, { minLength: 2, maxLength: 2 }),
    values: fc.uniqueArray(
      fc.tuple(fc.option(fc.string(), { nil: null }), fc.option(fc.string(), { nil: null })),
      { minLength: 1, maxLength: 4, selector: (values) => JSON.stringify(values) },
    ),
    unitAmountNanos: nanosText,
  })
  .map(({ eventType, groupBy, values, unitAmountNanos }) => ({
    price: {
      model: "Matrix",
      dimensions: groupBy.toSorted(byCodeUnits),
      cells: values.map((combination) => ({ values: combination, unitAmountNanos })),
      defaultUnitAmountNanos: unitAmountNanos,
    },
    meter: { eventType, aggregation: "Count", property: null, groupBy },
  }))

const terms: fc.Arbitrary<SkuTerms> = fc.oneof(
  fc.record({ price: percentage, billingTiming: fc.constant("InArrears" as const), meter: moneyMeter }),
  grouped.map((all) => ({ ...all, billingTiming: "InArrears" as const })),
  fc.record({ price, billingTiming: fc.constant("InArrears" as const), meter: metered }),
  fc.record({ price, billingTiming: fc.constant("InArrears" as const), meter: metered, modifiers }),
  nanosText.map((unitAmountNanos) => ({
    price: { model: "Flat" as const, unitAmountNanos },
    billingTiming: "InAdvance" as const,
    meter: null,
  })),
)

describe("SKU fields", () => {
  it("say the terms that they came from", () => {
    fc.assert(
      fc.property(terms, (all) => {
        expect(skuTermsFrom(skuFieldsOf(all))).toEqual({ ok: true, value: all })
      }),
    )
  })

  it("are the same after a change of nothing", () => {
    fc.assert(
      fc.property(terms, (all) => {
        expect(skuTermsFrom(changedSkuFields(all, {}))).toEqual({ ok: true, value: all })
      }),
    )
  })

  it("keep the order of what is stored, so that equal terms are equal text", () => {
    fc.assert(
      fc.property(terms, (all) => {
        const again = skuTermsFrom(changedSkuFields(JSON.parse(JSON.stringify(all)) as SkuTerms, {}))
        const first = skuTermsFrom(skuFieldsOf(all))
        expect(JSON.stringify(again)).toBe(JSON.stringify(first))
      }),
    )
  })
})

describe("modifiers", () => {
  const base = { pricing_model: "PerUnit", unit_amount_nanos: "5", meter_event_type: "x" } as const
  const made = (fields: SkuFields) => {
    const result = skuTermsFrom(fields)
    if (!result.ok) throw new Error(JSON.stringify(result.error))
    return result.value
  }
  const all = made({
    ...base,
    quantity_transform: { divide_by: "60" },
    included_quantity: "10",
    minimum_amount_nanos: "100",
    maximum_amount_nanos: "100",
  })

  it("are stored with all four, and not at all where there are none", () => {
    expect(all.modifiers).toEqual({
      quantityTransform: { divideBy: "60", round: "None" },
      includedQuantity: "10",
      minimumAmountNanos: "100",
      maximumAmountNanos: "100",
    })
    const none = { quantity_transform: null, included_quantity: null, minimum_amount_nanos: null }
    expect(made({ ...base, ...none })).toEqual(made(base))
    expect(made(base)).not.toHaveProperty("modifiers")
  })

  it("change one by one, and null removes one", () => {
    const changed = (changes: SkuFieldChanges) => made(changedSkuFields(all, changes)).modifiers
    expect(changed({ included_quantity: "20" })).toEqual({ ...all.modifiers, includedQuantity: "20" })
    expect(changed({ quantity_transform: null })).toEqual({ ...all.modifiers, quantityTransform: null })
    expect(changed({ quantity_transform: { divide_by: "7", round: "Up" } })).toEqual({
      ...all.modifiers,
      quantityTransform: { divideBy: "7", round: "Up" },
    })
    expect(
      changed({
        quantity_transform: null,
        included_quantity: null,
        minimum_amount_nanos: null,
        maximum_amount_nanos: null,
      }),
    ).toBeUndefined()
  })

  it("stay with their model", () => {
    const other = changedSkuFields(all, {
      pricing_model: "Package",
      unit_amount_nanos: "5",
      package_size: "2",
      included_quantity: "3",
    })
    expect(skuFieldsOf(made(other))).toEqual({
      ...skuFieldsOf(made({ ...base, pricing_model: "Package", package_size: "2" })),
      included_quantity: "3",
    })
  })
})

describe("plan fields", () => {
  const start = parseInstant("2026-01-31T00:00:00Z")
  const secondPeriod = (fields: PlanFields): number | null => {
    const made = planTermsFrom(fields)
    if (!made.ok || !start.ok) return null
    return addDuration(start.value, made.value.terms.every, 1, "UTC")
  }

  it.each<[PlanFields, string]>([
    [{ billing_cadence: "Daily" }, "2026-02-01"],
    [{ billing_cadence: "Weekly", interval: 2 }, "2026-02-14"],
    [{ billing_cadence: "Monthly" }, "2026-02-28"],
    [{ billing_cadence: "Quarterly" }, "2026-04-30"],
    [{ billing_cadence: "Annual", interval: 3 }, "2029-01-31"],
    [{ billing_cadence: "Custom", period: "P10D" }, "2026-02-10"],
  ])("%o begins its second period on %s", (fields, date) => {
    expect(secondPeriod(fields)).toBe(instant(Date.parse(date)))
  })

  it("give the interval or the period, as the cadence has it", () => {
    expect(planTermsFrom({ billing_cadence: "Custom" })).toMatchObject({
      ok: false,
      error: { path: "period" },
    })
    const both = { billing_cadence: "Custom", period: "P1D", interval: 1 } as const
    expect(planTermsFrom(both)).toMatchObject({ ok: false, error: { path: "interval" } })
    const neither = { billing_cadence: "Monthly", period: "P1D" } as const
    expect(planTermsFrom(neither)).toMatchObject({ ok: false, error: { path: "period" } })
  })

  it("are the same after a change of nothing", () => {
    const all: PlanFields[] = [
      { billing_cadence: "Monthly", interval: 6, trial_days: 14, trial_usage: "Free" },
      { billing_cadence: "Custom", period: "P10D" },
      { billing_cadence: "Daily", prorate: "Day", minimum_spend_nanos: "5000000000000" },
      { billing_cadence: "Monthly", direction: "Payout" },
    ]
    for (const fields of all) {
      const made = planTermsFrom(fields)
      expect(made.ok && planTermsFrom(changedPlanFields(made.value, {}))).toEqual(made)
    }
  })
})

describe("plan terms that older plans don't have", () => {
  const made = (fields: PlanFields) => {
    const result = planTermsFrom(fields)
    if (!result.ok) throw new Error(result.error.message)
    return result.value
  }
  const bare = made({ billing_cadence: "Monthly" })
  const all = made({ billing_cadence: "Monthly", prorate: "Day", minimum_spend_nanos: "7" })

  it("are absent by default, so that a plan is the same as one that was stored before", () => {
    expect(Object.keys(bare.terms)).toEqual(["interval", "period", "every", "trialDays", "trialUsage"])
    expect(made({ billing_cadence: "Monthly", prorate: "Time", minimum_spend_nanos: null })).toEqual(bare)
    expect(all.terms).toEqual({ ...bare.terms, prorate: "Day", minimumAmountNanos: "7" })
  })

  it("pay out where that is said, and then without a minimum", () => {
    const paying = made({ billing_cadence: "Monthly", direction: "Payout" })
    expect(paying.terms).toEqual({ ...bare.terms, direction: "Payout" })
    expect(made({ billing_cadence: "Monthly", direction: "Charge" })).toEqual(bare)
    const both = { billing_cadence: "Monthly", direction: "Payout", minimum_spend_nanos: "7" } as const
    expect(planTermsFrom(both)).toMatchObject({ ok: false, error: { path: "minimum_spend_nanos" } })
  })

  it("change by what is named, and go by null and Time", () => {
    expect(made(changedPlanFields(all, { trial_days: 3 })).terms).toEqual({ ...all.terms, trialDays: 3 })
    expect(made(changedPlanFields(all, { minimum_spend_nanos: null, prorate: "Time" }))).toEqual(bare)
    expect(made(changedPlanFields(bare, { minimum_spend_nanos: "7", prorate: "Day" }))).toEqual(all)
  })
})

describe("measure", () => {
  const sum = { eventType: "x", aggregation: "Sum" as const, property: "n" }

  it("adds up exactly, in any order", () => {
    const values = fc.array(fc.oneof(fc.integer(), fc.constantFrom("0.1", "0.2", "1e3", "-5.75")))
    const total = (list: readonly (string | number)[]) => {
      const measured = usageOfEvents(
        sum,
        list.map((n) => ({ n })),
      )
      return measured.ok ? formatDecimal(measured.value.value) : measured.error
    }
    fc.assert(
      fc.property(values, (list) => {
        expect(total(list)).toEqual(total(list.toReversed()))
      }),
    )
    expect(total(["0.1", "0.2"])).toBe("0.3")
  })

  it("does not take what every object inherits for a property", () => {
    const inherited = { ...sum, property: "constructor" }
    expect(usageOfEvents(inherited, [{}])).toMatchObject({
      ok: false,
      error: { path: "events.0.constructor" },
    })
  })

  it("counts events without looking into them", () => {
    const count = { eventType: "x", aggregation: "Count" as const, property: null }
    const value = { value: decimalOf("2"), events: 2, groups: [] }
    expect(usageOfEvents(count, [{}, { n: "many" }])).toEqual({ ok: true, value })
  })

  it("keeps a total of each combination, and the fees where there are some", () => {
    const events = [{ n: 1, g: "a" }, { n: 5, g: "b" }, { n: 2, g: "a" }, { n: 4 }]
    const fee = { rateBps: "10000", fixedNanos: "0", minimumNanos: null, maximumNanos: "2000000000000" }
    const group = (g: string | null, value: string, count: number) => ({
      values: [g],
      value: decimalOf(value),
      events: count,
    })
    // Of 1, 5, 2 and 4, each at most two.
    expect(usageOfEvents({ ...sum, groupBy: ["g"], fee }, events)).toEqual({
      ok: true,
      value: {
        value: decimalOf("12"),
        events: 4,
        groups: [group("a", "3", 2), group("b", "5", 1), group(null, "4", 1)],
        fees: decimalOf("7000000000000"),
      },
    })
  })

  it("looks at each value of a UniqueCount once, at the last of a Latest, and at what the filters leave", () => {
    const events = [{ n: 7 }, { n: "7" }, { n: 9 }, { n: 2 }, { n: 100, test: true }]
    const filters = [{ property: "test", values: ["true"] }]
    const total = (aggregation: Aggregation, more: object = {}) => {
      const usage = usageOfEvents({ ...sum, aggregation, ...more }, events)
      return usage.ok && formatDecimal(usage.value.value)
    }
    expect(total("UniqueCount")).toBe("4")
    expect(total("Latest")).toBe("100")
    expect(total("Max")).toBe("100")
    expect(total("Max", { filters })).toBe("100")
    expect(total("Sum", { filters })).toBe("100")
  })
})

describe("groups and values as text", () => {
  const rules = { aggregation: "UniqueCount" as const, property: "n", groupBy: ["g"] }
  const measured = (properties: object) => {
    const measure = measureOf(rules, properties)
    return measure.ok ? [measure.value?.member, measure.value?.group] : measure.error
  }

  it("are of numbers and booleans their JSON, of objects the JSON with sorted keys", () => {
    expect(measured({ n: 1.5, g: true })).toEqual(["1.5", '["true"]'])
    expect(measured({ n: { b: [1, { z: 1, a: 2 }], a: null }, g: "" })).toEqual([
      '{"a":null,"b":[1,{"a":2,"z":1}]}',
      '[""]',
    ])
  })

  it("are missing where there is null, and no group then is one", () => {
    expect(measured({ n: 1, g: null })).toEqual(["1", "[null]"])
    expect(measured({ n: 1 })).toEqual(["1", "[null]"])
    expect(measured({ n: 1, g: "null" })).toEqual(["1", '["null"]'])
    expect(measured({ n: null, g: "x" })).toBe("property_missing")
    // What JSON.parse makes of 1e400.
    expect(measured({ n: Infinity })).toBe("property_missing")
  })

  it("tell groups apart by a bounded length", () => {
    const long = "x".repeat(255)
    expect(measured({ n: 1, g: `${long}y` })).toEqual(["1", JSON.stringify([long])])
  })
})
