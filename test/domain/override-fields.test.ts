// A subscription's own prices: what is given replaces what the SKU says, by the rules of its pricing model.

import { describe, expect, test } from "vitest"
import type { PriceTerms, RatedSku } from "../../src/domain/catalog.ts"
import type { OverrideFields } from "../../src/domain/override-fields.ts"
import { overrideFieldsOf, overridesFrom } from "../../src/domain/override-fields.ts"
import { skuUnder } from "../../src/domain/sku-overrides.ts"

const meter = { eventType: "api.request", aggregation: "Count", property: null } as const

const metered = (id: string, price: PriceTerms, maximumAmountNanos: string | null = null): RatedSku => ({
  id,
  name: id,
  terms: {
    price,
    billingTiming: "InArrears",
    meter,
    ...(maximumAmountNanos === null
      ? {}
      : {
          modifiers: {
            quantityTransform: null,
            includedQuantity: null,
            minimumAmountNanos: null,
            maximumAmountNanos,
          },
        }),
  },
})

const SKUS: readonly RatedSku[] = [
  metered("calls", { model: "PerUnit", unitAmountNanos: "100" }),
  metered("packs", { model: "Package", unitAmountNanos: "100", packageSize: "1000" }),
  metered("tiers", {
    model: "Graduated",
    tiers: [
      { upTo: "10", unitAmountNanos: "5", flatAmountNanos: "0" },
      { upTo: null, unitAmountNanos: "4", flatAmountNanos: "0" },
    ],
  }),
  metered(
    "commit",
    {
      model: "Committed",
      committedAmountNanos: "1000",
      committedQuantity: "10",
      unitAmountNanos: null,
      overageUnitAmountNanos: "200",
    },
    "5000",
  ),
]

describe("overrides", () => {
  test("keep of the price what they do not name", () => {
    const made = overridesFrom(
      [
        { sku_id: "packs", unit_amount_nanos: "90" },
        { sku_id: "calls", discount_bps: 1_500 },
        { sku_id: "commit", committed_amount_nanos: "800", unit_amount_nanos: "80", discount_bps: 500 },
      ],
      SKUS,
    )
    expect(made.ok && made.value).toEqual({
      packs: { price: { model: "Package", unitAmountNanos: "90", packageSize: "1000" }, discountBps: 0 },
      calls: { price: null, discountBps: 1_500 },
      commit: {
        price: {
          model: "Committed",
          committedAmountNanos: "800",
          committedQuantity: null,
          unitAmountNanos: "80",
          overageUnitAmountNanos: "200",
        },
        discountBps: 500,
      },
    })
    expect(made.ok && overrideFieldsOf(made.value)).toEqual([
      { sku_id: "calls", discount_bps: 1_500 },
      {
        sku_id: "commit",
        committed_amount_nanos: "800",
        unit_amount_nanos: "80",
        overage_unit_amount_nanos: "200",
        discount_bps: 500,
      },
      { sku_id: "packs", unit_amount_nanos: "90", package_size: "1000" },
    ])
    expect(overrideFieldsOf(undefined)).toEqual([])
  })

  test.each<[name: string, fields: OverrideFields[], paths: string[]]>([
    ["a SKU of another plan", [{ sku_id: "seats", discount_bps: 1 }], ["overrides.0.sku_id"]],
    [
      "a SKU twice",
      [
        { sku_id: "calls", discount_bps: 1 },
        { sku_id: "calls", unit_amount_nanos: "1" },
      ],
      ["overrides.1.sku_id"],
    ],
    ["nothing", [{ sku_id: "calls" }], ["overrides.0"]],
    ["fields of another model", [{ sku_id: "calls", package_size: "10" }], ["overrides.0.package_size"]],
    [
      "tiers out of order",
      [
        {
          sku_id: "tiers",
          tiers: [
            { up_to: "10", unit_amount_nanos: "1" },
            { up_to: "5", unit_amount_nanos: "1" },
            { up_to: null, unit_amount_nanos: "1" },
          ],
        },
      ],
      ["overrides.0.tiers.1.up_to"],
    ],
    [
      "tiers that end",
      [{ sku_id: "tiers", tiers: [{ up_to: "10", unit_amount_nanos: "1" }] }],
      ["overrides.0.tiers.0.up_to"],
    ],
    [
      "a commitment above the SKU's maximum",
      [{ sku_id: "commit", committed_amount_nanos: "6000" }],
      ["overrides.0"],
    ],
    [
      "each for itself",
      [{ sku_id: "calls" }, { sku_id: "packs", discount_bps: 1 }, { sku_id: "x" }],
      ["overrides.0", "overrides.2.sku_id"],
    ],
  ])("refuse %s", (_, fields, paths) => {
    const made = overridesFrom(fields, SKUS)
    expect(!made.ok && made.error.map(({ path }) => path)).toEqual(paths)
  })
})

test("a SKU under overrides has its price and its discount, and nothing else changes", () => {
  const [calls, packs] = [SKUS[0]!, SKUS[1]!]
  const made = overridesFrom([{ sku_id: "calls", unit_amount_nanos: "90", discount_bps: 1_000 }], SKUS)
  const overrides = made.ok ? made.value : undefined
  expect(skuUnder(calls, overrides).terms).toEqual({
    price: { model: "PerUnit", unitAmountNanos: "90" },
    billingTiming: "InArrears",
    meter,
    modifiers: {
      quantityTransform: null,
      includedQuantity: null,
      minimumAmountNanos: null,
      maximumAmountNanos: null,
      discountBps: 1_000,
    },
  })
  expect(skuUnder(packs, overrides)).toBe(packs)
})
