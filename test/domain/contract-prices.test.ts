// What a contract makes of a subscription's prices, and when.

import fc from "fast-check"
import { describe, expect, it } from "vitest"
import type { RatedSku } from "../../src/domain/catalog.ts"
import type { Escalation } from "../../src/domain/contract.ts"
import { underContract } from "../../src/domain/contract-prices.ts"
import { contractSpans } from "../../src/domain/contract-spans.ts"
import { partsOf } from "../../src/domain/contract-due.ts"
import { escalated } from "../../src/domain/escalation.ts"
import { cadenceDuration } from "../../src/domain/period.ts"
import type { PriceTerms } from "../../src/domain/price-terms.ts"
import type { Segment } from "../../src/domain/timeline.ts"
import { EARLIEST, LATEST } from "../../src/domain/time.ts"
import { at, commit, phase, USD, version } from "./contract-fixtures.ts"

const PRICE: PriceTerms = { model: "PerUnit", unitAmountNanos: "1000" }
const SKU: RatedSku = {
  id: "sku",
  name: "Calls",
  terms: { price: PRICE, billingTiming: "InArrears", meter: null },
}
const SCHEDULE = { anchor: at("2026-01-10"), timeZone: "UTC", every: cadenceDuration("Monthly", 1) }
const OWN: Segment = {
  id: null,
  from: at("2026-01-10"),
  planId: "plan",
  planVersion: 1,
  quantities: { all: null, bySku: {} },
}
const YEARS = [
  phase(1, "2026-01-01", "2026-12-31", { discountBps: 1_000 }),
  phase(2, "2027-01-01", "2027-12-31", { discountBps: 2_000 }),
]
const link = (chain = [version(YEARS)], from = "2026-01-01") => ({ fromAt: at(from), chain })
const segments = (own: readonly Segment[], links = [link()], tags: string[] = []) =>
  underContract(
    own.map((segment) => ({ segment, skus: [SKU] })),
    contractSpans(links),
    SCHEDULE,
    () => tags,
  ).map(({ segment }) => segment)

describe("segments", () => {
  it("are divided where phases meet; fees follow with the next period", () => {
    const made = segments([OWN])
    expect(made.map(({ from, feesFrom, phase: name }) => [from, feesFrom, name])).toEqual([
      [at("2026-01-10"), undefined, "c1:1"],
      [at("2027-01-01"), at("2027-01-10"), "c1:2"],
      [at("2028-01-01"), at("2028-01-10"), undefined],
    ])
    expect(made.map(({ overrides }) => overrides?.["sku"]?.discountBps)).toEqual([1_000, 2_000, undefined])
  })

  it("of the subscription's own keep their quantities, and get the phase's prices", () => {
    const seats = { ...OWN, id: "change", from: at("2027-03-10"), quantities: { all: "25", bySku: {} } }
    const made = segments([OWN, seats])
    expect(made.map(({ id, quantities }) => [id, quantities.all])).toEqual([
      [null, null],
      [`contract:${at("2027-01-01")}`, null],
      ["change", "25"],
      [`contract:${at("2028-01-01")}`, "25"],
    ])
    expect(made[2]).toMatchObject({ phase: "c1:2", overrides: { sku: { discountBps: 2_000 } } })
  })

  it("are what they were without a contract", () => {
    expect(segments([OWN], [])).toEqual([OWN])
  })
})

describe("discounts", () => {
  const bps = (
    overrides: NonNullable<Parameters<typeof phase>[3]>["overrides"],
    own: number,
    tags: string[],
  ) => {
    const terms = { discountBps: 1_000, overrides: overrides ?? [] }
    const chain = [version([phase(1, "2026-01-01", "2026-12-31", terms)])]
    const segment = own === 0 ? OWN : { ...OWN, overrides: { sku: { price: null, discountBps: own } } }
    return segments([segment], [link(chain)], tags)[0]?.overrides?.["sku"]?.discountBps
  }
  const tag = (productTag: string, discountBps: number) => ({ productTag, skuId: null, discountBps })
  const sku = (discountBps: number) => ({ productTag: null, skuId: "sku", discountBps })

  it.each([
    ["the phase's", [], 0, [], 1_000],
    ["the tag's before the phase's", [tag("a", 500)], 0, ["a"], 500],
    ["another tag's doesn't count", [tag("a", 500)], 0, ["b"], 1_000],
    ["the higher of two tags", [tag("a", 500), tag("b", 700)], 0, ["a", "b"], 700],
    ["the SKU's before all", [tag("a", 900), sku(200)], 0, ["a"], 200],
    ["the subscription's own where it is higher", [], 1_500, [], 1_500],
    ["and not where it is lower", [], 500, [], 1_000],
  ])("%s", (_, overrides, own, tags, expected) => {
    expect(bps(overrides, own, tags)).toBe(expected)
  })
})

describe("spans", () => {
  it("an amendment holds from when it was made", () => {
    const before = version(YEARS, { status: "Amended", endedAt: at("2026-06-15") })
    const after = version([phase(1, "2026-01-01", "2026-12-31", { discountBps: 3_000 })], {
      id: "c2",
      activatedAt: at("2026-06-15"),
    })
    const spans = contractSpans([link([before, after])])
    expect(spans.map(({ start, end, discountBps }) => [start, end, discountBps])).toEqual([
      [at("2026-01-01"), at("2026-06-15"), 1_000],
      [at("2026-06-15"), at("2027-01-01"), 3_000],
    ])
  })

  it("the contract that a subscription came to later takes the place of the one before", () => {
    const later = version([phase(1, "2026-01-01", "2027-06-30")], { id: "d", rootContractId: "d" })
    const spans = contractSpans([link(), link([later], "2026-03-01")])
    expect(spans.map(({ rootContractId, start, end }) => [rootContractId, start, end])).toEqual([
      ["c1", at("2026-01-01"), at("2026-03-01")],
      ["d", at("2026-03-01"), at("2027-07-01")],
    ])
  })

  it("ends with a termination, and none is of a draft", () => {
    const ended = version(YEARS, { status: "Terminated", endedAt: at("2026-02-01") })
    expect(contractSpans([link([ended])]).at(-1)?.end).toBe(at("2026-02-01"))
    expect(contractSpans([link([version(YEARS, { status: "Draft", activatedAt: null })])])).toEqual([])
  })

  it("lie in order without overlap, whatever was amended when", () => {
    const instants = fc.array(fc.integer({ min: at("2025-06-01"), max: at("2028-06-01") }), { maxLength: 4 })
    fc.assert(
      fc.property(instants, fc.constantFrom("Year", "Phase", null), (times, every) => {
        const amended = times.toSorted((a, b) => a - b)
        const escalation =
          every === null
            ? null
            : ({ type: "Percent", bps: 300, every, productTag: null, skuId: null } as const)
        const chain = [EARLIEST, ...amended].map((start, index) =>
          version(YEARS, {
            id: `v${index}`,
            activatedAt: start as typeof EARLIEST,
            status: index < amended.length ? "Amended" : "Active",
            endedAt: (amended[index] ?? null) as typeof EARLIEST | null,
            terms: { phases: YEARS, escalation },
          }),
        )
        const spans = contractSpans([{ fromAt: EARLIEST, chain }])
        expect(spans[0]?.start).toBe(at("2026-01-01"))
        expect(spans.at(-1)?.end).toBe(at("2028-01-01"))
        for (const [index, span] of spans.entries()) {
          expect(span.start).toBeLessThan(span.end)
          if (index > 0) expect(span.start).toBe(spans[index - 1]?.end)
        }
      }),
    )
  })
})

describe("escalation", () => {
  const percent = { type: "Percent", bps: 500, every: "Year", productTag: null, skuId: null } as const
  const fixed: Escalation = {
    type: "Fixed",
    amountNanos: "7",
    every: "Phase",
    productTag: null,
    skuId: "sku",
  }

  it("by a share compounds, and is rounded once", () => {
    const at3 = (amount: string) => escalated({ model: "PerUnit", unitAmountNanos: amount }, percent, 3)
    // 1.05³ = 1.157625. Rounded year by year 10 would become 11, 12 and 13.
    expect(at3("1000000")).toMatchObject({ unitAmountNanos: "1157625" })
    expect(at3("10")).toMatchObject({ unitAmountNanos: "12" })
    expect(at3("0")).toMatchObject({ unitAmountNanos: "0" })
  })

  it("by an amount raises prices of units that cost something, and no others", () => {
    const tiers = [
      { upTo: "10", unitAmountNanos: "0", flatAmountNanos: "50" },
      { upTo: null, unitAmountNanos: "100", flatAmountNanos: "0" },
    ]
    expect(escalated({ model: "Graduated", tiers }, fixed, 2)).toEqual({
      model: "Graduated",
      tiers: [
        { upTo: "10", unitAmountNanos: "0", flatAmountNanos: "50" },
        { upTo: null, unitAmountNanos: "114", flatAmountNanos: "0" },
      ],
    })
  })

  it("of a percentage raises its rate exactly", () => {
    const price: PriceTerms = {
      model: "Percentage",
      rateBps: "290",
      fixedAmountNanos: "300",
      minimumPerEventNanos: null,
      maximumPerEventNanos: "1000",
    }
    const raised = { rateBps: "319.725", fixedAmountNanos: "331", maximumPerEventNanos: "1103" }
    expect(escalated(price, percent, 2)).toMatchObject(raised)
  })

  it("steps with the anniversaries of the contract, or with its phases", () => {
    const spans = (every: "Year" | "Phase") => {
      const phases = [phase(1, "2026-02-01", "2026-12-31"), phase(2, "2027-01-01", "2028-12-31")]
      const terms = { phases, escalation: { ...percent, every } }
      return contractSpans([link([version(phases, { terms })])])
    }
    expect(spans("Year").map(({ start, steps }) => [start, steps])).toEqual([
      [at("2026-02-01"), 0],
      [at("2027-01-01"), 0],
      [at("2027-02-01"), 1],
      [at("2028-02-01"), 2],
    ])
    expect(spans("Phase").map(({ steps }) => steps)).toEqual([0, 1])
  })
})

describe("what is committed", () => {
  const phases = [phase(1, "2026-01-01", "2026-12-31", { commitments: [commit("365")] }), ...YEARS.slice(1)]
  const cents = (fields: Parameters<typeof version>[1]) =>
    partsOf(version(phases, fields), USD).map((part) => part.committed)

  it("after a termination is the share of the phase that has passed, or all of it", () => {
    const ended = { status: "Terminated", endedAt: at("2026-03-15") } as const
    expect(cents({})).toEqual([36_500n])
    expect(cents(ended)).toEqual([7_300n])
    expect(cents({ ...ended, terms: { phases, escalation: null, trueUp: "Full" } })).toEqual([36_500n])
    expect(cents({ ...ended, endedAt: at("2025-12-31") })).toEqual([])
    const [first] = phases
    const paid = { ...phase(1, "2026-01-01", "2026-12-31"), ...first, billing: "Upfront" as const }
    expect(cents({ ...ended, terms: { phases: [paid], escalation: null } })).toEqual([36_500n])
    expect(partsOf(version(phases), USD)[0]?.within.end).toBeLessThan(LATEST)
  })
})
