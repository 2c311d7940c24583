// SKUs over the API: what each pricing model takes, needs and refuses.

import { beforeAll, describe, expect, test } from "vitest"
import type { Json, Tenant } from "../support/client.ts"
import { create, newTenant } from "../support/client.ts"

const SKUS = "/admin/v1/catalog/skus"

let tenant: Tenant
let planId: string

beforeAll(async () => {
  tenant = await newTenant("test")
  planId = await newPlan()
})

async function newPlan(): Promise<string> {
  const body = { name: "Startup", billing_cadence: "Monthly" }
  return (await create(tenant.api, "/admin/v1/catalog/plans", body)).id
}

const METERED = { name: "Requests", currency: "USD", meter_event_type: "api.request" }
const TIERS = [
  { up_to: 1000000, unit_amount_nanos: "1000000" },
  { up_to: 10000000, unit_amount_nanos: "750000" },
  { up_to: null, unit_amount_nanos: "500000" },
]

const MODELS: Record<string, Json> = {
  Flat: { name: "Fee", currency: "USD", unit_amount_nanos: "29000000000000", billing_timing: "InAdvance" },
  PerUnit: { ...METERED, unit_amount_nanos: "1000000" },
  Graduated: { ...METERED, tiers: TIERS.map((tier) => ({ ...tier, flat_amount_nanos: "0" })) },
  Volume: { ...METERED, tiers: [{ up_to: null, unit_amount_nanos: "5", flat_amount_nanos: "7" }] },
  Package: { ...METERED, unit_amount_nanos: "500", package_size: "1000" },
  Committed: {
    ...METERED,
    committed_amount_nanos: "100000000000000",
    committed_quantity: "1000000",
    overage_unit_amount_nanos: "150000000",
  },
  Percentage: {
    ...METERED,
    meter_property: "amount",
    meter_aggregation: "Sum",
    rate_bps: 290,
    fixed_amount_nanos: "300000000000",
  },
  Matrix: {
    ...METERED,
    group_by: ["region", "tier"],
    matrix: [
      { values: { region: "eu", tier: "a" }, unit_amount_nanos: "1500000" },
      { values: { region: "us", tier: null }, unit_amount_nanos: "1000000" },
    ],
    default_unit_amount_nanos: "2000000",
  },
}

const valid = (model: string, changes: Json = {}) => ({
  plan_id: planId,
  pricing_model: model,
  ...MODELS[model],
  ...changes,
})

const attempt = (body: Json) => tenant.api.post(SKUS, body)
const make = (body: Json) => create(tenant.api, SKUS, body)

describe("what is given comes back", () => {
  test.each(Object.keys(MODELS))("%s", async (model) => {
    const body = valid(model)
    const made = await make(body)
    expect(made).toEqual({
      billing_timing: "InArrears",
      meter_event_type: null,
      meter_aggregation: model === "Flat" ? null : "Count",
      meter_property: null,
      ...body,
      id: expect.any(String),
      plan_version: 1,
      created_at: expect.any(String),
    })
    expect((await tenant.api.get(`${SKUS}/${made.id}`)).json).toEqual(made)
  })

  test("the seed's SKU and the seed's tiers", async () => {
    const seed = {
      plan_id: planId,
      name: "API Requests",
      pricing_model: "PerUnit",
      unit_amount_nanos: "1000000",
      meter_event_type: "api.request",
      currency: "USD",
    }
    expect(await make(seed)).toMatchObject({
      ...seed,
      meter_aggregation: "Count",
      billing_timing: "InArrears",
    })
    const { unit_amount_nanos: _, ...rest } = seed
    const tiered = await make({ ...rest, pricing_model: "Graduated", tiers: TIERS })
    expect(tiered.tiers).toEqual(TIERS.map((tier) => ({ ...tier, flat_amount_nanos: "0" })))
    expect(tiered).not.toHaveProperty("unit_amount_nanos")
  })

  const MODIFIERS = {
    quantity_transform: { divide_by: "3600", round: "Up" },
    included_quantity: "100.5",
    minimum_amount_nanos: "0",
    maximum_amount_nanos: "900000000000000",
  }

  const TAKE_ALL = Object.keys(MODELS).filter((model) => !["Flat", "Matrix"].includes(model))
  test.each(TAKE_ALL)("modifiers on %s", async (model) => {
    const made = await make(valid(model, MODIFIERS))
    expect(made).toMatchObject(MODIFIERS)
    expect((await tenant.api.get(`${SKUS}/${made.id}`)).json).toEqual(made)
    // What a SKU answers with can be sent back.
    const { id: _, plan_version: _v, created_at: _c, ...body } = made
    expect(await make(body)).toMatchObject(body)
  })

  test("on a Matrix those that have a meaning for each of its combinations", async () => {
    const { included_quantity: _, ...rest } = MODIFIERS
    const some = { ...rest, quantity_transform: { divide_by: "1000", round: "None" } }
    expect(await make(valid("Matrix", some))).toMatchObject(some)
  })

  test("a Percentage has its fixed amount and its bounds per event, or none", async () => {
    const bounds = { minimum_per_event_nanos: "500000000000", maximum_per_event_nanos: "500000000000" }
    const made = await make(valid("Percentage", { ...bounds, rate_bps: "12.5000" }))
    expect(made).toMatchObject({ ...bounds, rate_bps: "12.5" })
    const { id: _, plan_version: _v, created_at: _c, ...body } = made
    expect(await make(body)).toMatchObject(body)
    const none = { fixed_amount_nanos: null, minimum_per_event_nanos: null, maximum_per_event_nanos: null }
    const plain = await make(valid("Percentage", none))
    expect(plain).toMatchObject({ fixed_amount_nanos: "0" })
    expect(plain).not.toHaveProperty("minimum_per_event_nanos")
    // A change takes one away, and leaves the others.
    const path = `${SKUS}/${made.id}`
    const changed = await tenant.api.patch(path, { maximum_per_event_nanos: null, rate_bps: 300 })
    expect(changed.json).toMatchObject({ rate_bps: 300, minimum_per_event_nanos: "500000000000" })
    expect(changed.json).not.toHaveProperty("maximum_per_event_nanos")
  })

  test("values of a Matrix are compared by their text", async () => {
    const cell = (region: unknown) => ({ values: { region }, unit_amount_nanos: "1" })
    const fields = { group_by: ["region"], matrix: [cell(1), cell(true), cell("eu"), cell(null)] }
    const made = await make(valid("Matrix", fields))
    expect(made.matrix.map((one: Json) => one.values.region)).toEqual(["1", "true", "eu", null])
  })

  test("a modifier that is null is none, on Flat too", async () => {
    const none = {
      quantity_transform: null,
      included_quantity: null,
      minimum_amount_nanos: null,
      maximum_amount_nanos: null,
    }
    for (const model of ["Flat", "PerUnit"]) {
      const made = await make(valid(model, none))
      for (const field of Object.keys(none)) expect(made).not.toHaveProperty(field)
    }
  })

  test("a quantity is divided without rounding unless it is asked for", async () => {
    const made = await make(valid("PerUnit", { quantity_transform: { divide_by: 60 } }))
    expect(made.quantity_transform).toEqual({ divide_by: "60", round: "None" })
  })

  test("a property makes the meter a Sum", async () => {
    const made = await make(valid("PerUnit", { meter_property: "tokens" }))
    expect(made).toMatchObject({ meter_aggregation: "Sum", meter_property: "tokens" })
  })

  test.each<[name: string, meter: Json, shown: Json]>([
    ["Max", { meter_aggregation: "Max", meter_property: "seats" }, {}],
    ["UniqueCount", { meter_aggregation: "UniqueCount", meter_property: "user" }, {}],
    ["Latest", { meter_aggregation: "Latest", meter_property: "gb" }, {}],
    ["WeightedSum", { meter_aggregation: "WeightedSum", meter_property: "gb" }, {}],
    [
      "a filter by one value",
      { filters: { model: "large", retries: 0, test: false } },
      { filters: { model: ["large"], retries: ["0"], test: ["false"] } },
    ],
    ["filters by several", { filters: { model: ["large", "huge"] } }, {}],
    ["groups", { group_by: ["region", "model"] }, {}],
    [
      "the peak of each day",
      { meter_aggregation: "Max", meter_property: "gb", window: { type: "Tumbling", size: "P1D" } },
      {},
    ],
    ["the highest hour", { window: { type: "Sliding", size: "PT1H" } }, {}],
    ["the billing period", { window: "BillingPeriod" }, { window: undefined }],
    ["the billing period as an object", { window: { type: "BillingPeriod" } }, { window: undefined }],
    [
      "nothing of all that",
      { filters: null, group_by: null, window: null },
      { filters: undefined, group_by: undefined, window: undefined },
    ],
    ["no filters and no groups", { filters: {}, group_by: [] }, { filters: undefined, group_by: undefined }],
  ])("a meter: %s", async (_, meter, shown) => {
    const made = await make(valid("PerUnit", meter))
    for (const [field, value] of Object.entries({ ...meter, ...shown })) expect(made[field]).toEqual(value)
    expect((await tenant.api.get(`${SKUS}/${made.id}`)).json).toEqual(made)
    // What a SKU answers with can be sent back.
    const { id: _id, plan_version: _v, created_at: _c, ...body } = made
    expect(await make(body)).toMatchObject(body)
  })

  test("without a meter a SKU prices seats", async () => {
    const made = await make(valid("PerUnit", { meter_event_type: null, billing_timing: "InAdvance" }))
    expect(made).toMatchObject({ meter_event_type: null, billing_timing: "InAdvance" })
  })

  test("a bound is a number where that is exact, else text", async () => {
    const bounds = [1, "2.50", "9007199254740991", "9007199254740993"]
    const tiers = [...bounds, null].map((up_to) => ({ up_to, unit_amount_nanos: "1" }))
    const made = await make(valid("Volume", { tiers }))
    const returned = made.tiers.map((tier: { up_to: unknown }) => tier.up_to)
    expect(returned).toEqual([1, "2.5", 9007199254740991, "9007199254740993", null])
  })

  test("the last tier is open in every way that it is said, and has a price per unit, a flat one or both", async () => {
    const last: Json[] = [{}, { up_to: null }, { up_to: "inf" }, { up_to: "Infinity" }]
    for (const open of last) {
      const tiers = [
        { up_to: 0.5, flat_amount_nanos: "7" },
        { ...open, unit_amount_nanos: "1" },
      ]
      expect((await make(valid("Graduated", { tiers }))).tiers).toEqual([
        { up_to: "0.5", unit_amount_nanos: "0", flat_amount_nanos: "7" },
        { up_to: null, unit_amount_nanos: "1", flat_amount_nanos: "0" },
      ])
    }
  })

  test("quantities are exact decimals", async () => {
    const made = await make(valid("Package", { package_size: "0.5000" }))
    expect(made.package_size).toBe("0.5")
  })

  test("a commitment may say what it covers by a price", async () => {
    const { committed_quantity: _, ...rest } = valid("Committed") as Json
    const made = await make({ ...rest, unit_amount_nanos: "100000000" })
    expect(made.unit_amount_nanos).toBe("100000000")
    expect(made).not.toHaveProperty("committed_quantity")
  })
})

const UNMETERED = { meter_property: undefined, meter_aggregation: undefined }
const MATRIX = (MODELS.Matrix as Json).matrix

test("the SKUs of a plan are no more than a meter keeps as one value", async () => {
  const plan_id = await newPlan()
  const matrixOf = (length: number) =>
    Array.from({ length: 480 }, (_, at) => ({
      values: { region: `${at}`.padEnd(length, "x") },
      unit_amount_nanos: "1",
    }))
  const sku = (length: number) => valid("Matrix", { plan_id, group_by: ["region"], matrix: matrixOf(length) })
  // Some 57,000 characters: four of them fit into 250,000, a fifth doesn't, and none of the four can grow to twice its size.
  const [first] = [await make(sku(80)), await make(sku(80)), await make(sku(80)), await make(sku(80))]
  const refused = await attempt(sku(80))
  expect([refused.status, refused.json.code]).toEqual([409, "invalid_state"])
  const grown = await tenant.api.patch(`${SKUS}/${first.id}`, { matrix: matrixOf(200) })
  expect([grown.status, grown.json.code]).toEqual([409, "invalid_state"])
})

describe("refusals name their place", () => {
  const open = [{ up_to: null, unit_amount_nanos: "1" }]
  test.each<[path: string, model: string, changes: Json]>([
    ["unit_amount_nanos", "Flat", { unit_amount_nanos: undefined }],
    ["unit_amount_nanos", "PerUnit", { unit_amount_nanos: undefined }],
    ["unit_amount_nanos", "PerUnit", { unit_amount_nanos: "-1" }],
    ["unit_amount_nanos", "PerUnit", { unit_amount_nanos: "0.5" }],
    ["unit_amount_nanos", "PerUnit", { unit_amount_nanos: 1000000 }],
    ["unit_amount_nanos", "PerUnit", { unit_amount_nanos: "1e6" }],
    ["unit_amount_nanos", "PerUnit", { unit_amount_nanos: "1".repeat(26) }],
    ["unit_amount_nanos", "Graduated", { unit_amount_nanos: "1" }],
    ["tiers", "PerUnit", { tiers: open }],
    ["tiers", "Graduated", { tiers: undefined }],
    ["tiers", "Volume", { tiers: [] }],
    ["tiers", "Volume", { tiers: Array.from({ length: 101 }, () => open[0]) }],
    [
      "tiers.1.up_to",
      "Graduated",
      { tiers: [{ up_to: 10, unit_amount_nanos: "1" }, { up_to: 10, unit_amount_nanos: "1" }, ...open] },
    ],
    ["tiers.0.up_to", "Graduated", { tiers: [{ up_to: 10, unit_amount_nanos: "1" }] }],
    ["tiers.0.up_to", "Volume", { tiers: [...open, ...open] }],
    ["tiers.0.up_to", "Volume", { tiers: [{ up_to: 0, unit_amount_nanos: "1" }, ...open] }],
    ["tiers.0.up_to", "Volume", { tiers: [{ unit_amount_nanos: "1" }, ...open] }],
    ["tiers.0.up_to", "Volume", { tiers: [{ up_to: 9007199254740992, unit_amount_nanos: "1" }, ...open] }],
    ["tiers.0.up_to", "Volume", { tiers: [{ up_to: "ten", unit_amount_nanos: "1" }, ...open] }],
    ["tiers.0.unit_amount_nanos", "Volume", { tiers: [{ up_to: null }] }],
    ["tiers.0.flat_amount_nanos", "Volume", { tiers: [{ ...open[0], flat_amount_nanos: "-1" }] }],
    ["tiers.0.price", "Volume", { tiers: [{ ...open[0], price: "1" }] }],
    ["package_size", "Package", { package_size: undefined }],
    ["package_size", "Package", { package_size: 0 }],
    ["package_size", "Package", { package_size: "-5" }],
    ["package_size", "PerUnit", { package_size: 5 }],
    ["committed_amount_nanos", "Committed", { committed_amount_nanos: undefined }],
    ["overage_unit_amount_nanos", "Committed", { overage_unit_amount_nanos: undefined }],
    ["overage_unit_amount_nanos", "Package", { overage_unit_amount_nanos: "1" }],
    ["committed_quantity", "Committed", { committed_quantity: undefined }],
    ["unit_amount_nanos", "Committed", { unit_amount_nanos: "1" }],
    ["unit_amount_nanos", "Committed", { committed_quantity: undefined, unit_amount_nanos: "0" }],
    ["quantity_transform", "Flat", { quantity_transform: { divide_by: 60, round: "Up" } }],
    ["included_quantity", "Flat", { included_quantity: 1 }],
    ["minimum_amount_nanos", "Flat", { minimum_amount_nanos: "1" }],
    ["maximum_amount_nanos", "Flat", { maximum_amount_nanos: "1" }],
    ["quantity_transform.divide_by", "PerUnit", { quantity_transform: { divide_by: 0, round: "Up" } }],
    ["quantity_transform.divide_by", "PerUnit", { quantity_transform: { divide_by: "-60", round: "Up" } }],
    ["quantity_transform.divide_by", "PerUnit", { quantity_transform: { round: "Up" } }],
    ["quantity_transform.round", "PerUnit", { quantity_transform: { divide_by: 60, round: "up" } }],
    ["quantity_transform.multiply_by", "PerUnit", { quantity_transform: { divide_by: 60, multiply_by: 2 } }],
    ["included_quantity", "PerUnit", { included_quantity: -1 }],
    ["minimum_amount_nanos", "PerUnit", { minimum_amount_nanos: "-1" }],
    ["minimum_amount_nanos", "PerUnit", { minimum_amount_nanos: 5 }],
    ["maximum_amount_nanos", "PerUnit", { minimum_amount_nanos: "100", maximum_amount_nanos: "99" }],
    ["maximum_amount_nanos", "Committed", { maximum_amount_nanos: "99999999999999" }],
    ["meter_event_type", "Committed", { meter_event_type: undefined }],
    ["meter_event_type", "Percentage", { meter_event_type: undefined, ...UNMETERED }],
    ["meter_event_type", "Matrix", { meter_event_type: undefined, group_by: undefined }],
    ["rate_bps", "Percentage", { rate_bps: undefined }],
    ["rate_bps", "Percentage", { rate_bps: -1 }],
    ["rate_bps", "Percentage", { rate_bps: "0.00001" }],
    ["rate_bps", "Percentage", { rate_bps: 1_000_001 }],
    ["rate_bps", "PerUnit", { rate_bps: 5 }],
    ["fixed_amount_nanos", "Flat", { fixed_amount_nanos: "1" }],
    ["maximum_per_event_nanos", "Percentage", { minimum_per_event_nanos: "2", maximum_per_event_nanos: "1" }],
    ["included_quantity", "Percentage", { minimum_per_event_nanos: "2", included_quantity: 5 }],
    [
      "quantity_transform",
      "Percentage",
      { maximum_per_event_nanos: "2", quantity_transform: { divide_by: 5 } },
    ],
    ["meter_property", "Percentage", UNMETERED],
    ["meter_aggregation", "Percentage", { meter_aggregation: "Max" }],
    ["window", "Percentage", { window: { type: "Tumbling", size: "P1D" } }],
    ["matrix", "Matrix", { matrix: undefined }],
    ["matrix", "Matrix", { matrix: [] }],
    ["matrix", "PerUnit", { matrix: [] }],
    ["default_unit_amount_nanos", "Matrix", { default_unit_amount_nanos: undefined }],
    ["group_by", "Matrix", { group_by: undefined }],
    ["matrix.0.values.tier", "Matrix", { group_by: ["region"] }],
    ["matrix.0.values.model", "Matrix", { group_by: ["region", "tier", "model"] }],
    ["matrix.2.values", "Matrix", { matrix: [...MATRIX, MATRIX[0]] }],
    ["matrix.0.values.region", "Matrix", { matrix: [{ values: { region: {} }, unit_amount_nanos: "1" }] }],
    ["matrix.0.unit_amount_nanos", "Matrix", { matrix: [{ values: { region: "eu", tier: "a" } }] }],
    ["included_quantity", "Matrix", { included_quantity: 5 }],
    ["quantity_transform.round", "Matrix", { quantity_transform: { divide_by: 5, round: "Up" } }],
    ["meter_event_type", "Flat", { meter_event_type: "api.request", billing_timing: "InArrears" }],
    ["billing_timing", "PerUnit", { billing_timing: "InAdvance" }],
    ["billing_timing", "PerUnit", { billing_timing: "Sometimes" }],
    ["meter_property", "PerUnit", { meter_aggregation: "Sum" }],
    ["meter_property", "PerUnit", { meter_aggregation: "Count", meter_property: "tokens" }],
    ["meter_aggregation", "PerUnit", { meter_aggregation: "Median" }],
    ...["Max", "UniqueCount", "Latest", "WeightedSum"].map((meter_aggregation): [string, string, Json] => {
      return ["meter_property", "PerUnit", { meter_aggregation }]
    }),
    ["filters", "PerUnit", { meter_event_type: undefined, filters: { a: "b" } }],
    ["group_by", "PerUnit", { meter_event_type: undefined, group_by: ["a"] }],
    ["window", "PerUnit", { meter_event_type: undefined, window: { type: "Tumbling", size: "PT1H" } }],
    ["filters.a", "PerUnit", { filters: { a: [] } }],
    ["filters.a", "PerUnit", { filters: { a: null } }],
    ["filters.a", "PerUnit", { filters: { a: { in: ["b"] } } }],
    [
      "filters",
      "PerUnit",
      { filters: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`p${n}`, "x"])) },
    ],
    ["filters.a", "PerUnit", { filters: { a: Array.from({ length: 101 }, (_, n) => n) } }],
    ["group_by", "PerUnit", { group_by: "region" }],
    ["group_by.0", "PerUnit", { group_by: [""] }],
    ["group_by", "PerUnit", { group_by: ["a", "b", "c", "d", "e", "f"] }],
    ["group_by", "PerUnit", { group_by: ["a", "a"] }],
    ["window.size", "PerUnit", { window: { type: "Tumbling" } }],
    ["window.size", "PerUnit", { window: { type: "BillingPeriod", size: "PT1H" } }],
    ["window.size", "PerUnit", { window: { type: "Tumbling", size: "P1M" } }],
    ["window.size", "PerUnit", { window: { type: "Tumbling", size: "1h" } }],
    ["window.size", "PerUnit", { window: { type: "Sliding", size: "PT59S" } }],
    ["window.size", "PerUnit", { window: { type: "Sliding", size: "P367D" } }],
    ["window.type", "PerUnit", { window: { type: "Hopping", size: "PT1H" } }],
    ["window", "PerUnit", { window: "Tumbling" }],
    ...["Max", "UniqueCount", "Latest", "WeightedSum"].map((meter_aggregation): [string, string, Json] => {
      const window = { type: "Sliding", size: "PT1H" }
      return ["window", "PerUnit", { meter_aggregation, meter_property: "n", window }]
    }),
    [
      "window",
      "PerUnit",
      {
        meter_aggregation: "WeightedSum",
        meter_property: "n",
        window: { type: "Tumbling", size: "PT1H" },
      },
    ],
    ["meter_aggregation", "PerUnit", { meter_event_type: undefined, meter_aggregation: "Count" }],
    ["meter_property", "PerUnit", { meter_event_type: undefined, meter_property: "tokens" }],
    ["pricing_model", "PerUnit", { pricing_model: "Cubic" }],
    ["plan_id", "PerUnit", { plan_id: "startup" }],
    ["currency", "PerUnit", { currency: "XXX" }],
    ["name", "PerUnit", { name: "" }],
    ["filters", "PerUnit", { filters: [] }],
  ])("%s of %s: %o", async (path, model, changes) => {
    const refused = await attempt(valid(model, changes))
    expect(refused.status).toBe(422)
    expect(refused.json.code).toBe("invalid_request")
    expect(refused.json.errors.map((fault: { path: string }) => fault.path)).toContain(path)
  })

  test("every fault is named at once", async () => {
    const refused = await attempt({
      plan_id: planId,
      name: "x",
      currency: "USD",
      pricing_model: "Committed",
      tiers: TIERS,
    })
    const paths = refused.json.errors.map((fault: { path: string }) => fault.path)
    expect(paths.toSorted()).toEqual([
      "committed_amount_nanos",
      "committed_quantity",
      "meter_event_type",
      "overage_unit_amount_nanos",
      "tiers",
    ])
  })

  test("all SKUs of a plan share one currency", async () => {
    const refused = await attempt(valid("PerUnit", { currency: "EUR" }))
    expect([refused.status, refused.json.code]).toEqual([422, "currency_mismatch"])
    expect(refused.json.errors[0].path).toBe("currency")
    const own = await newPlan()
    const first = await make(valid("Flat", { plan_id: own, currency: "EUR" }))
    const changed = await tenant.api.patch(`${SKUS}/${first.id}`, { currency: "GBP" })
    expect([changed.status, changed.json.currency]).toEqual([200, "GBP"])
    await make(valid("PerUnit", { plan_id: own, currency: "GBP" }))
    const split = await tenant.api.patch(`${SKUS}/${first.id}`, { currency: "USD" })
    expect([split.status, split.json.code]).toEqual([422, "currency_mismatch"])
  })
})

describe("PATCH", () => {
  const change = (id: string, body: Json) => tenant.api.patch(`${SKUS}/${id}`, body)

  test("keeps what is not given", async () => {
    const made = await make(valid("Package"))
    const changed = await change(made.id, { unit_amount_nanos: "600" })
    expect(changed.json).toEqual({ ...made, unit_amount_nanos: "600" })
    expect((await tenant.api.get(`${SKUS}/${made.id}`)).json).toEqual(changed.json)
  })

  test("adds, changes and removes one modifier at a time", async () => {
    const made = await make(valid("PerUnit", { minimum_amount_nanos: "500", included_quantity: 10 }))
    const raised = await change(made.id, { maximum_amount_nanos: "600" })
    expect(raised.json).toEqual({ ...made, maximum_amount_nanos: "600" })
    const crossed = await change(made.id, { minimum_amount_nanos: "601" })
    expect([crossed.status, crossed.json.errors[0].path]).toEqual([422, "maximum_amount_nanos"])
    const lowered = await change(made.id, { minimum_amount_nanos: null, included_quantity: "2.5" })
    const { minimum_amount_nanos: _, ...rest } = raised.json
    expect(lowered.json).toEqual({ ...rest, included_quantity: "2.5" })
    expect((await tenant.api.get(`${SKUS}/${made.id}`)).json).toEqual(lowered.json)
    const fee = await change(made.id, {
      pricing_model: "Flat",
      unit_amount_nanos: "5",
      meter_event_type: null,
    })
    expect(fee.status).toBe(200)
    expect(fee.json).not.toHaveProperty("included_quantity")
  })

  test("another model takes no price over", async () => {
    const made = await make(valid("PerUnit"))
    const bare = await change(made.id, { pricing_model: "Package", package_size: 10 })
    expect([bare.status, bare.json.errors[0].path]).toEqual([422, "unit_amount_nanos"])
    const whole = await change(made.id, { pricing_model: "Volume", tiers: TIERS })
    expect(whole.json).toMatchObject({ pricing_model: "Volume", meter_event_type: "api.request" })
    expect(whole.json).not.toHaveProperty("unit_amount_nanos")
  })

  test("the ways to say what a commitment covers replace each other", async () => {
    const { id } = await make(valid("Committed"))
    const byPrice = await change(id, { unit_amount_nanos: "1000" })
    expect(byPrice.json).not.toHaveProperty("committed_quantity")
    const byQuantity = await change(id, { committed_quantity: 5 })
    expect(byQuantity.json.committed_quantity).toBe("5")
    expect(byQuantity.json).not.toHaveProperty("unit_amount_nanos")
  })

  test("the meter changes as a whole", async () => {
    const { id } = await make(valid("PerUnit"))
    const meter = async (body: Json) => {
      const { json } = await change(id, body)
      return [json.meter_event_type, json.meter_aggregation, json.meter_property]
    }
    expect(await meter({ meter_property: "tokens" })).toEqual(["api.request", "Sum", "tokens"])
    expect(await meter({ meter_event_type: "llm.call" })).toEqual(["llm.call", "Sum", "tokens"])
    expect(await meter({ meter_aggregation: "Count" })).toEqual(["llm.call", "Count", null])
    expect(await meter({ meter_aggregation: "Sum", meter_property: "a" })).toEqual(["llm.call", "Sum", "a"])
    expect(await meter({ meter_property: null })).toEqual(["llm.call", "Count", null])
    expect(await meter({ meter_event_type: null })).toEqual([null, null, null])
  })

  test("filters, groups and window stay until they are changed, and null removes them", async () => {
    const window = { type: "Tumbling", size: "PT24H" }
    const meter = {
      meter_aggregation: "Max",
      meter_property: "gb",
      filters: { a: ["b"] },
      group_by: ["c"],
      window,
    }
    const made = await make(valid("PerUnit", meter))
    const renamed = await change(made.id, { meter_property: "tb" })
    expect(renamed.json).toEqual({ ...made, meter_property: "tb" })
    const refused = await change(made.id, { meter_aggregation: "WeightedSum" })
    expect([refused.status, refused.json.errors[0].path]).toEqual([422, "window"])
    const changed = await change(made.id, { filters: { d: 1 }, window: null })
    const { window: _, ...rest } = renamed.json
    expect(changed.json).toEqual({ ...rest, filters: { d: ["1"] } })
    const bare = await change(made.id, { filters: null, group_by: null })
    expect(bare.json).not.toHaveProperty("filters")
    expect(bare.json).not.toHaveProperty("group_by")
    await change(made.id, { group_by: ["c"] })
    const seats = await change(made.id, { meter_event_type: null })
    expect(seats.json).toMatchObject({
      meter_event_type: null,
      meter_aggregation: null,
      meter_property: null,
    })
    expect(seats.json).not.toHaveProperty("group_by")
  })

  test("refuses what the model refuses, at its place", async () => {
    const { id } = await make(valid("PerUnit"))
    for (const [path, body] of [
      ["tiers", { tiers: TIERS }],
      ["billing_timing", { billing_timing: "InAdvance" }],
      ["unit_amount_nanos", { unit_amount_nanos: null }],
      ["unit_amount_nanos", { unit_amount_nanos: "-1" }],
      [
        "tiers.2.up_to",
        { pricing_model: "Volume", tiers: TIERS.map((tier) => ({ ...tier, up_to: tier.up_to ?? 5 })) },
      ],
    ] as const) {
      const refused = await change(id, body)
      expect([refused.status, refused.json.errors[0].path]).toEqual([422, path])
    }
    expect((await change(id, { plan_id: planId })).status).toBe(422)
  })
})

describe("lists and archive", () => {
  test("an archived SKU leaves the plan and the list", async () => {
    const own = await newPlan()
    const kept = await make(valid("Flat", { plan_id: own }))
    const gone = await make(valid("PerUnit", { plan_id: own }))
    const archived = await tenant.api.post(`${SKUS}/${gone.id}/archive`)
    expect(archived.status).toBe(200)
    expect(archived.json).toEqual({ ...gone, archived_at: expect.stringMatching(/Z$/) })
    expect((await tenant.api.get(`${SKUS}?plan_id=${own}`)).json).toEqual([kept])
    const all = await tenant.api.get(`${SKUS}?plan_id=${own}&include_archived=true`)
    expect(all.json).toEqual([archived.json, kept])
    expect((await tenant.api.get(`/admin/v1/catalog/plans/${own}`)).json.skus).toEqual([kept])
    expect((await tenant.api.get(`${SKUS}/${gone.id}`)).json).toEqual(archived.json)
    const again = await tenant.api.post(`${SKUS}/${gone.id}/archive`)
    const changed = await tenant.api.patch(`${SKUS}/${gone.id}`, { name: "Back" })
    expect([again.json.code, changed.json.code]).toEqual(["invalid_state", "invalid_state"])
  })

  test("a plan has at most a hundred SKUs", async () => {
    const own = await newPlan()
    for (let n = 0; n < 100; n++) await make(valid("Flat", { plan_id: own }))
    const refused = await attempt(valid("Flat", { plan_id: own }))
    expect([refused.status, refused.json.code]).toEqual([409, "invalid_state"])
  })
})
