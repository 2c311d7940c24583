// The price calculator. Expected amounts are reckoned by hand from the price list.

import { beforeAll, describe, expect, test } from "vitest"
import { formatDecimal } from "../../src/domain/decimal.ts"
import { roundRatio } from "../../src/domain/ratio.ts"
import type { Json, Tenant } from "../support/client.ts"
import { create, newTenant } from "../support/client.ts"
import type { Case } from "../domain/tables/language.ts"
import { TABLES } from "../domain/tables/tables.ts"

const PREVIEW = "/admin/v1/catalog/skus/preview"

let tenant: Tenant

beforeAll(async () => {
  tenant = await newTenant("test")
})

const METERED = { currency: "USD", meter_event_type: "api.request" }
// The seed: first 1M requests at $0.000001, next 9M at $0.00000075, everything after at $0.0000005.
const SEED = {
  ...METERED,
  pricing_model: "Graduated",
  tiers: [
    { up_to: 1000000, unit_amount_nanos: "1000000" },
    { up_to: 10000000, unit_amount_nanos: "750000" },
    { up_to: null, unit_amount_nanos: "500000" },
  ],
}

const preview = (body: Json) => tenant.api.post(PREVIEW, body)

async function priced(sku: Json, quantity: string | number): Promise<any> {
  const answer = await preview({ sku, quantity })
  expect(answer.status).toBe(200)
  return answer.json
}

describe("the seed's tiers", () => {
  test.each([
    // No usage: nothing, and a line of nothing in the first tier.
    ["0", "0", "0"],
    // Half a cent and more rounds up to a cent, less to none.
    ["4999", "4999000000", "0"],
    ["5000", "5000000000", "10000000000"],
    // One million at $0.000001 are one dollar; the bound itself is in the tier.
    ["1000000", "1000000000000", "1000000000000"],
    ["1000001", "1000000750000", "1000000000000"],
    // A dollar, and nine million at $0.00000075: $6.75.
    ["10000000", "7750000000000", "7750000000000"],
    // Two million more at $0.0000005: another dollar.
    ["12000000", "8750000000000", "8750000000000"],
    ["10000000.5", "7750000250000", "7750000000000"],
  ])("%s requests", async (quantity, amount, rounded) => {
    expect(await priced(SEED, quantity)).toMatchObject({
      pricing_model: "Graduated",
      currency: "USD",
      quantity,
      amount_nanos: amount,
      rounded_nanos: rounded,
    })
  })

  test("tier by tier", async () => {
    const { tiers } = await priced(SEED, 12_000_000)
    const row = (tier: number, quantity: string, unit: string, amount: string) =>
      expect.objectContaining({
        tier,
        quantity,
        unit_amount_nanos: unit,
        flat_amount_nanos: "0",
        amount_nanos: amount,
      })
    expect(tiers).toEqual([
      row(0, "1000000", "1000000", "1000000000000"),
      row(1, "9000000", "750000", "6750000000000"),
      row(2, "2000000", "500000", "1000000000000"),
    ])
  })
})

describe("the other models", () => {
  test.each<[name: string, sku: Json, quantity: string, amount: string]>([
    [
      "Flat",
      { currency: "USD", pricing_model: "Flat", unit_amount_nanos: "29000000000000" },
      "3",
      "29000000000000",
    ],
    ["PerUnit", { ...METERED, pricing_model: "PerUnit", unit_amount_nanos: "1000000" }, "1500", "1500000000"],
    ["Volume", { ...SEED, pricing_model: "Volume" }, "2000000", "1500000000000"],
    [
      "Package",
      { ...METERED, pricing_model: "Package", unit_amount_nanos: "5", package_size: 1000 },
      "2001",
      "15",
    ],
    [
      "Committed within",
      {
        ...METERED,
        pricing_model: "Committed",
        committed_amount_nanos: "100",
        committed_quantity: 10,
        overage_unit_amount_nanos: "20",
      },
      "10",
      "100",
    ],
    [
      "Committed beyond",
      {
        ...METERED,
        pricing_model: "Committed",
        committed_amount_nanos: "100",
        unit_amount_nanos: "10",
        overage_unit_amount_nanos: "20",
      },
      "12",
      "140",
    ],
  ])("%s", async (_, sku, quantity, amount) => {
    expect((await priced(sku, quantity)).amount_nanos).toBe(amount)
  })

  test("a flat fee needs no quantity", async () => {
    const sku = { currency: "USD", pricing_model: "Flat", unit_amount_nanos: "29000000000000" }
    expect((await preview({ sku })).json).toMatchObject({ quantity: "1", amount_nanos: "29000000000000" })
  })

  test("rounds to the minor unit of the currency: yen have none, dinars three", async () => {
    const sku = { pricing_model: "PerUnit", unit_amount_nanos: "1500500000000" }
    expect(await priced({ ...sku, currency: "JPY" }, 1)).toMatchObject({ rounded_nanos: "2000000000000" })
    expect(await priced({ ...sku, currency: "KWD" }, 1)).toMatchObject({ rounded_nanos: "1501000000000" })
  })
})

describe("modifiers", () => {
  // A cent an hour, counted in seconds.
  const HOURLY = { ...METERED, pricing_model: "PerUnit", unit_amount_nanos: "10000000000" }
  const hours = (round: string) => ({ quantity_transform: { divide_by: 3600, round } })

  test.each<[name: string, sku: Json, quantity: string, expected: Json]>([
    // 5,400 seconds are an hour and a half.
    ["up", { ...HOURLY, ...hours("Up") }, "5400", { transformed_quantity: "2", amount_nanos: "20000000000" }],
    [
      "down",
      { ...HOURLY, ...hours("Down") },
      "5400",
      { transformed_quantity: "1", amount_nanos: "10000000000" },
    ],
    [
      "exactly",
      { ...HOURLY, ...hours("None") },
      "5400",
      { transformed_quantity: "1.5", amount_nanos: "15000000000" },
    ],
    // A third of an hour: 3,333,333,333⅓ nanos.
    [
      "exactly, without a decimal",
      { ...HOURLY, ...hours("None") },
      "1200",
      { transformed_quantity: "0.333333333333333333", amount_nanos: "3333333333" },
    ],
    [
      "included units, after the transform",
      { ...HOURLY, ...hours("Up"), included_quantity: 5 },
      "36000",
      {
        quantity: "36000",
        transformed_quantity: "10",
        included_quantity: "5",
        billable_quantity: "5",
        amount_nanos: "50000000000",
      },
    ],
    [
      "fewer than included",
      { ...HOURLY, included_quantity: "100" },
      "40",
      { included_quantity: "40", billable_quantity: "0", amount_nanos: "0" },
    ],
    [
      "without any",
      HOURLY,
      "7",
      { transformed_quantity: "7", included_quantity: "0", billable_quantity: "7" },
    ],
    // The seed's 12 million are $8.75; half of a million free leave 11.5 million: $1 + $6.75 + $0.75.
    [
      "tiers after the free units",
      { ...SEED, included_quantity: 500000 },
      "12000000",
      { amount_nanos: "8500000000000" },
    ],
    [
      "no usage, a minimum",
      { ...SEED, minimum_amount_nanos: "5000000000000" },
      "0",
      { amount_nanos: "5000000000000" },
    ],
  ])("%s", async (_, sku, quantity, expected) => {
    expect(await priced(sku, quantity)).toMatchObject(expected)
  })

  const sum = (parts: readonly { amount_nanos: string }[]) =>
    String(parts.reduce((total, part) => total + BigInt(part.amount_nanos), 0n))

  test("the minimum and the maximum are parts of their own", async () => {
    const bounded = { ...SEED, minimum_amount_nanos: "2000000000000", maximum_amount_nanos: "8000000000000" }
    const [low, within, high] = [
      await priced(bounded, 1_000_000),
      await priced(bounded, 10_000_000),
      await priced(bounded, 12_000_000),
    ]
    expect(low.tiers.at(-1)).toEqual({
      tier: null,
      label: "Up to the minimum",
      quantity: "1",
      unit_amount_nanos: "1000000000000",
      flat_amount_nanos: "0",
      amount_nanos: "1000000000000",
    })
    expect(within.tiers.map((part: { tier: number | null }) => part.tier)).toEqual([0, 1])
    expect(high.tiers.at(-1)).toMatchObject({ label: "Down to the maximum", amount_nanos: "-750000000000" })
    expect(high.tiers).toHaveLength(4)
    const amounts = [low, within, high].map((shown) => [shown.amount_nanos, sum(shown.tiers)])
    expect(amounts).toEqual([
      ["2000000000000", "2000000000000"],
      ["7750000000000", "7750000000000"],
      ["8000000000000", "8000000000000"],
    ])
  })

  test("what is shown sums to the amount, also where every part is a fraction of a nano", async () => {
    // Half a nano and what is missing to ten: 0.5 + 9.5.
    const halves = {
      ...METERED,
      pricing_model: "PerUnit",
      unit_amount_nanos: "1",
      minimum_amount_nanos: "10",
    }
    const { amount_nanos: amount, tiers } = await priced(halves, "0.5")
    expect([amount, sum(tiers)]).toEqual(["10", "10"])
  })

  test("a Flat fee takes none", async () => {
    const sku = { currency: "USD", pricing_model: "Flat", unit_amount_nanos: "5", minimum_amount_nanos: "9" }
    const refused = await preview({ sku })
    expect([refused.status, refused.json.errors[0].path]).toEqual([422, "sku.minimum_amount_nanos"])
  })
})

describe("from events", () => {
  const summed = {
    currency: "USD",
    pricing_model: "PerUnit",
    unit_amount_nanos: "1000",
    meter_event_type: "llm",
  }

  test("a Sum adds up the property, exactly", async () => {
    const events = [{ tokens: 1500 }, { tokens: "0.1" }, { tokens: "0.2", model: "gpt-4" }]
    const { json } = await preview({ sku: { ...summed, meter_property: "tokens" }, events })
    expect(json).toMatchObject({ quantity: "1500.3", amount_nanos: "1500300" })
  })

  test("a Count counts them", async () => {
    const { json } = await preview({ sku: summed, events: [{}, { any: [1, { deep: null }] }, {}] })
    expect(json).toMatchObject({ quantity: "3", amount_nanos: "3000" })
  })

  test.each<[aggregation: string, quantity: string]>([
    ["Max", "9"],
    ["UniqueCount", "3"],
    // In the order of their time.
    ["Latest", "7"],
  ])("a %s of those that the filters leave", async (meter_aggregation, quantity) => {
    const meter = { meter_aggregation, meter_property: "gb", filters: { region: ["eu", "us"] } }
    const gb = [7, 9, "2", 7]
    const events = [...gb.map((n) => ({ gb: n, region: "eu" })), { gb: 100, region: "ap" }, {}]
    const { json } = await preview({ sku: { ...summed, ...meter }, events })
    expect(json).toMatchObject({ quantity })
  })

  test.each<[name: string, meter: Json]>([
    ["a level over time", { meter_aggregation: "WeightedSum", meter_property: "gb" }],
    ["windows", { window: { type: "Sliding", size: "PT1H" } }],
  ])("%s needs to know when they happened", async (_, meter) => {
    const refused = await preview({ sku: { ...summed, ...meter }, events: [{ gb: 1 }] })
    expect([refused.status, refused.json.errors[0].path]).toEqual([422, "events"])
    const { json } = await preview({ sku: { ...summed, ...meter }, quantity: 5 })
    expect(json).toMatchObject({ quantity: "5", amount_nanos: "5000" })
  })

  test("a total below zero is priced as none", async () => {
    const { json } = await preview({ sku: { ...summed, meter_property: "n" }, events: [{ n: 1 }, { n: -5 }] })
    expect(json).toMatchObject({ quantity: "0", amount_nanos: "0" })
  })

  test.each<[path: string, event: Json]>([
    ["events.1.tokens", {}],
    ["events.1.tokens", { tokens: true }],
    ["events.1.tokens", { tokens: "many" }],
    ["events.1.tokens", { tokens: { n: 1 } }],
  ])("an event that can't be added up is named: %s", async (path, event) => {
    const refused = await preview({
      sku: { ...summed, meter_property: "tokens" },
      events: [{ tokens: 1 }, event],
    })
    expect([refused.status, refused.json.errors[0].path]).toEqual([422, path])
  })
})

describe("what looks at more than a quantity", () => {
  // 2.9 % and 30 cents.
  const CARD = {
    currency: "USD",
    pricing_model: "Percentage",
    rate_bps: 290,
    fixed_amount_nanos: "300000000000",
  }
  const PAID = { ...CARD, meter_event_type: "payment", meter_property: "amount" }
  const BOUNDED = { ...PAID, minimum_per_event_nanos: "500000000000" }
  const REGIONS = {
    currency: "USD",
    pricing_model: "Matrix",
    matrix: [
      { values: { region: "eu" }, unit_amount_nanos: "2000000000000" },
      { values: { region: 1 }, unit_amount_nanos: "1000000000000" },
    ],
    default_unit_amount_nanos: "5000000000000",
  }
  const COUNTED = { ...REGIONS, meter_event_type: "use", group_by: ["region"] }

  test("a Percentage of a quantity is that of one event, unless it says of how many", async () => {
    const fee = async (usage: Json) => (await preview({ sku: CARD, ...usage })).json
    expect(await fee({ quantity: 100 })).toMatchObject({ event_count: 1, amount_nanos: "3200000000000" })
    expect(await fee({ quantity: "100", event_count: 2 })).toMatchObject({ amount_nanos: "3500000000000" })
    expect(await fee({ quantity: 0 })).toMatchObject({ event_count: 0, amount_nanos: "0" })
    expect(await fee({ quantity: 0, event_count: 1 })).toMatchObject({ amount_nanos: "300000000000" })
    const { tiers } = await fee({ quantity: 100, event_count: 2 })
    expect(tiers).toEqual([
      {
        tier: null,
        label: "2.9% of the amount",
        quantity: "100",
        unit_amount_nanos: "29000000000",
        flat_amount_nanos: "0",
        amount_nanos: "2900000000000",
      },
      {
        tier: null,
        label: "Per event",
        quantity: "2",
        unit_amount_nanos: "300000000000",
        flat_amount_nanos: "0",
        amount_nanos: "600000000000",
      },
    ])
  })

  test("a Percentage of events: what they moved, and how many they were", async () => {
    const events = [{ amount: 100 }, { amount: "50" }]
    // 4.35 and 0.60.
    expect((await preview({ sku: PAID, events })).json).toMatchObject({
      quantity: "150",
      event_count: 2,
      amount_nanos: "4950000000000",
    })
  })

  test("with a bound per event, of one event or of those that are given", async () => {
    const one = await preview({ sku: BOUNDED, quantity: 1 })
    expect(one.json).toMatchObject({ amount_nanos: "500000000000" })
    // 0.329 is raised to 0.50; 3.20 stays.
    const two = await preview({ sku: BOUNDED, events: [{ amount: 1 }, { amount: 100 }] })
    expect(two.json).toMatchObject({ quantity: "101", event_count: 2, amount_nanos: "3700000000000" })
    expect(two.json.tiers.map((part: Json) => part.label)).toEqual(["Fees of 2 events"])
  })

  test("a Matrix by groups, and by events", async () => {
    const groups = [
      { values: { region: "eu" }, quantity: 3 },
      { values: { region: "1" }, quantity: "0.5" },
      { values: { region: null }, quantity: 1 },
    ]
    const shown = (await preview({ sku: REGIONS, groups })).json
    expect(shown).toMatchObject({ quantity: "4.5", amount_nanos: "11500000000000" })
    const rows = shown.tiers.map((part: Json) => [part.tier, part.label, part.amount_nanos])
    expect(rows).toEqual([
      [0, "eu", "6000000000000"],
      [1, "1", "500000000000"],
      [null, "All others", "5000000000000"],
    ])
    const events = [{ region: "eu" }, { region: 1 }, { region: "eu" }, {}]
    expect((await preview({ sku: COUNTED, events })).json).toMatchObject({ amount_nanos: "10000000000000" })
    expect((await preview({ sku: REGIONS, groups: [] })).json).toMatchObject({ amount_nanos: "0", tiers: [] })
  })

  test.each<[path: string, body: Json]>([
    ["event_count", { sku: SEED, quantity: 1, event_count: 1 }],
    ["event_count", { sku: PAID, events: [], event_count: 1 }],
    ["event_count", { sku: CARD, quantity: 1, event_count: 0 }],
    ["event_count", { sku: CARD, quantity: 1, event_count: 1.5 }],
    ["event_count", { sku: BOUNDED, quantity: 1, event_count: 2 }],
    ["quantity", { sku: CARD }],
    ["events", { sku: CARD, events: [] }],
    ["events.0.amount", { sku: PAID, events: [{}] }],
    ["discount_bps", { sku: CARD, quantity: 1, discount_bps: 10_001 }],
    ["groups", { sku: REGIONS, quantity: 5 }],
    ["groups", { sku: REGIONS }],
    ["groups", { sku: SEED, groups: [] }],
    ["groups", { sku: REGIONS, quantity: 5, groups: [] }],
    ["groups.0.values", { sku: REGIONS, groups: [{ values: { tier: "a" }, quantity: 1 }] }],
    ["groups.0.values", { sku: REGIONS, groups: [{ values: {}, quantity: 1 }] }],
    [
      "groups.1.values",
      {
        sku: REGIONS,
        groups: [
          { values: { region: 1 }, quantity: 1 },
          { values: { region: "1" }, quantity: 1 },
        ],
      },
    ],
    ["groups.0.quantity", { sku: REGIONS, groups: [{ values: { region: "eu" }, quantity: -1 }] }],
  ])("refuses what is not said: %s", async (path, body) => {
    const refused = await preview(body)
    expect([refused.status, refused.json.errors?.[0]?.path]).toEqual([422, path])
  })

  test("a commitment needs no meter to be reckoned with, but to be sold", async () => {
    const sku = {
      currency: "USD",
      pricing_model: "Committed",
      committed_amount_nanos: "100",
      committed_quantity: 10,
      overage_unit_amount_nanos: "20",
    }
    expect((await preview({ sku, quantity: 12 })).json.amount_nanos).toBe("140")
  })
})

describe("a stored SKU", () => {
  test("is priced as it stands", async () => {
    const plan = await create(tenant.api, "/admin/v1/catalog/plans", {
      name: "P",
      billing_cadence: "Monthly",
    })
    const sku = await create(tenant.api, "/admin/v1/catalog/skus", {
      ...SEED,
      plan_id: plan.id,
      name: "Requests",
    })
    const { json } = await preview({ sku_id: sku.id, quantity: "12000000" })
    expect(json).toEqual(await priced(SEED, "12000000"))
    // What a SKU answers with can be sent back, but for what it is not made of.
    const { id: _, plan_version: _v, created_at: _c, ...inline } = sku
    expect(await priced(inline, "12000000")).toEqual(json)
    // A maximum that is added to it is priced at once: $8.75 less 75 cents.
    const capped = await tenant.api.patch(`/admin/v1/catalog/skus/${sku.id}`, {
      maximum_amount_nanos: "8000000000000",
    })
    expect(capped.status).toBe(200)
    const { json: shown } = await preview({ sku_id: sku.id, quantity: "12000000" })
    expect(shown.amount_nanos).toBe("8000000000000")
  })
})

/** How the usage of a case is said in a request. */
function usageOf({ sku, expected }: Case): Json {
  if (expected.kind === "Refused") return { quantity: 1 }
  const { given } = expected
  switch (given.kind) {
    case "Events":
      return { events: given.events }
    case "Groups": {
      const names = (sku.group_by ?? []).toSorted()
      return {
        groups: given.groups.map(([values, quantity]) => ({
          values: Object.fromEntries(
            names.map((name, at) => [name, values[at] === "none" ? null : values[at]]),
          ),
          quantity: formatDecimal(quantity),
        })),
      }
    }
    case "Quantity": {
      const quantity = formatDecimal(given.quantity)
      return sku.pricing_model === "Percentage" ? { quantity, event_count: given.events } : { quantity }
    }
  }
}

describe("the tables of worked examples", () => {
  test.each(TABLES)("%s", async (_, cases) => {
    for (const one of cases) {
      const { expected, place, discountBps } = one
      // A total below zero comes from events only.
      const usage = usageOf(one)
      if (JSON.stringify(usage).includes('"quantity":"-')) continue
      const sku = { ...one.sku, currency: one.currency }
      const { status, json } = await preview({ sku, discount_bps: discountBps, ...usage })
      if (expected.kind === "Refused") {
        expect([place, status]).toEqual([place, 422])
        expect(json.errors.map((fault: { path: string }) => fault.path)).toContain(`sku.${expected.path}`)
        continue
      }
      const told = [place, status, json.amount_nanos, json.rounded_nanos]
      expect(told).toEqual([place, 200, `${roundRatio(expected.exact)}`, `${expected.rounded.num}`])
    }
  })
})

describe("refusals", () => {
  test.each<[path: string, body: Json]>([
    ["sku", { quantity: 1 }],
    ["sku", { sku: SEED, sku_id: "01944b1f-0000-7000-8000-000000000005", quantity: 1 }],
    ["quantity", { sku: SEED }],
    ["quantity", { sku: SEED, quantity: -1 }],
    ["quantity", { sku: SEED, quantity: "1e400" }],
    ["events", { sku: SEED, quantity: 1, events: [{}] }],
    ["events", { sku: { currency: "USD", pricing_model: "PerUnit", unit_amount_nanos: "1" }, events: [{}] }],
    ["events.0", { sku: SEED, events: [1] }],
    ["sku.currency", { sku: { ...SEED, currency: undefined }, quantity: 1 }],
    [
      "sku.tiers.2.up_to",
      {
        sku: { ...SEED, tiers: SEED.tiers.map((tier) => ({ ...tier, up_to: tier.up_to ?? 5 })) },
        quantity: 1,
      },
    ],
    ["sku.package_size", { sku: { ...SEED, package_size: 5 }, quantity: 1 }],
    ["price", { sku: SEED, quantity: 1, price: 5 }],
  ])("%s", async (path, body) => {
    const refused = await preview(body)
    expect(refused.status).toBe(422)
    expect(refused.json.errors.map((fault: { path: string }) => fault.path)).toContain(path)
  })

  test("a SKU that does not exist is not found", async () => {
    const refused = await preview({ sku_id: "01944b1f-0000-7000-8000-00000000dead", quantity: 1 })
    expect([refused.status, refused.json.errors[0].path]).toEqual([404, "sku_id"])
  })
})

test("it honors an Idempotency-Key, and leaves nothing in the audit trail", async () => {
  const key = { "Idempotency-Key": "preview-1" }
  const body = { sku: SEED, quantity: 5 }
  const before = (await tenant.api.get("/admin/v1/audit")).text
  const first = await tenant.api.post(PREVIEW, body, key)
  const again = await tenant.api.post(PREVIEW, body, key)
  expect([again.text, again.headers.get("X-Idempotency-Replayed")]).toEqual([first.text, "true"])
  expect((await tenant.api.post(PREVIEW, { ...body, quantity: 6 }, key)).json.code).toBe(
    "idempotency_key_reused",
  )
  expect((await tenant.api.get("/admin/v1/audit")).text).toBe(before)
})
