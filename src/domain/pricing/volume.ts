// Volume: the whole quantity at the price of the tier that it falls in, plus that tier's flat amount.

import { assert } from "../assert.ts"
import { formatDecimal } from "../decimal.ts"
import { compareRatio, decimalOfRatio, ratioOfDecimal, type Ratio } from "../ratio.ts"
import { exactAmount, type Priced, type Tier, type Volume } from "./model.ts"

export function priceVolume({ tiers }: Volume, quantity: Ratio): Priced {
  const index = tiers.findIndex(
    ({ upTo }) => upTo === null || compareRatio(quantity, ratioOfDecimal(upTo)) <= 0,
  )
  const tier = tiers[index]
  assert(tier !== undefined, "every quantity falls in a tier", { tiers, quantity })
  const { unitAmount, flatAmount } = tier
  const amount = exactAmount(quantity, unitAmount, flatAmount)
  return {
    amount,
    parts: [
      {
        tier: index,
        label: label(tiers, index),
        quantity: decimalOfRatio(quantity),
        unitAmount,
        flatAmount,
        amount,
      },
    ],
  }
}

function label(tiers: readonly Tier[], index: number): string {
  const upTo = tiers[index]?.upTo ?? null
  if (upTo !== null) return `All units, up to ${formatDecimal(upTo)}`
  const below = tiers[index - 1]?.upTo ?? null
  return below === null ? "All units" : `All units, above ${formatDecimal(below)}`
}
